/* Octets as text, by the vectors of RFC 4648 section 10. */
#include "pki/base64.h"

#include "pki_help.h"

static void the_rfcs_vectors_hold_both_ways(void **state)
{
	static const char *const rows[][3] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *standard = base64_encode(rows[i][0], strlen(rows[i][0]));
		AUTO(free) char *url = base64url_encode(rows[i][0], strlen(rows[i][0]));
		unsigned char *back = NULL;
		size_t len = 99;

		assert_string_equal(standard, rows[i][1]);
		assert_string_equal(url, rows[i][2]);
		assert_true(base64_decode(standard, strlen(standard), &back, &len));
		assert_int_equal(len, strlen(rows[i][0]));
		assert_string_equal((char *)back, rows[i][0]);
		free(back);
		assert_true(base64url_decode(url, strlen(url), &back, &len));
		assert_int_equal(len, strlen(rows[i][0]));
		assert_string_equal((char *)back, rows[i][0]);
		free(back);
	}
}

static void every_length_comes_back(void **state)
{
	unsigned char data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t n = 0; n <= sizeof(data); n++) {
		AUTO(free) char *text = base64_encode(data, n);
		unsigned char *back = NULL;
		size_t len = 0;

		assert_true(base64_decode(text, strlen(text), &back, &len));
		assert_int_equal(len, n);
		assert_memory_equal(back, data, n);
		free(back);
	}
}

static void line_breaks_are_skipped_in_base64_only(void **state)
{
	unsigned char *back = NULL;
	size_t len;

	(void)state;
	assert_true(base64_decode("Zm9v\r\nYg==\n", 11, &back, &len));
	assert_string_equal((char *)back, "foob");
	free(back);
	assert_false(base64url_decode("Zm9v\nYg", 7, &back, &len));
}

static void what_is_not_canonical_is_refused(void **state)
{
	static const char *const standard[] = { "Z",        "Zg",   "Zg=",      "Zg===", "=",
						"====",     "Zh==", "Zm9=",     "Zm 9v", "Zm-_",
						"Zg==Zg==", "Z=g=", "Zm9v====", NULL };
	static const char *const url[] = { "Z", "Zg==", "Zh", "Zm9", "Zm+/", "Zm 9v", NULL };
	unsigned char *back = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; standard[i]; i++)
		if (base64_decode(standard[i], strlen(standard[i]), &back, &len))
			fail_msg("\"%s\" was taken", standard[i]);
	for (size_t i = 0; url[i]; i++)
		if (base64url_decode(url[i], strlen(url[i]), &back, &len))
			fail_msg("\"%s\" was taken", url[i]);
	assert_null(back);
}

static void hex_is_read_in_any_case_at_its_exact_length(void **state)
{
	unsigned char out[3];
	AUTO(free) char *text = hex_encode("\x01\xab\xff", 3);

	(void)state;
	assert_string_equal(text, "01abff");
	assert_true(hex_decode("01aBFf", out, 3));
	assert_memory_equal(out, "\x01\xab\xff", 3);
	assert_false(hex_decode("01abf", out, 3));
	assert_false(hex_decode("01abff0", out, 3));
	assert_false(hex_decode("01abfg", out, 3));
	assert_false(hex_decode("", out, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_vectors_hold_both_ways),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(line_breaks_are_skipped_in_base64_only),
		cmocka_unit_test(what_is_not_canonical_is_refused),
		cmocka_unit_test(hex_is_read_in_any_case_at_its_exact_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
