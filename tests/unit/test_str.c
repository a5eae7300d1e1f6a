#include "tests/unit/base_help.h"

static void a_buffer_grows_to_its_maximum_and_no_further(void **state)
{
	AUTO(buf) struct buf buf = BUF_INIT(10);

	(void)state;
	assert_int_equal(buf_add(&buf, "12345", 5), 0);
	assert_int_equal(buf_addf(&buf, "%s", "67890"), 0);
	assert_string_equal(buf.data, "1234567890");
	assert_int_equal(buf_add(&buf, "x", 1), -1);
	assert_int_equal(buf_addf(&buf, "%d", 1), -1);
	assert_string_equal(buf.data, "1234567890");
	assert_int_equal(buf.len, 10);
}

static void a_large_buffer_keeps_every_byte(void **state)
{
	AUTO(buf) struct buf buf = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buf_addf(&buf, "%d,", i % 10), 0);
	assert_int_equal(buf.len, 20000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buf.data[i * 2], '0' + i % 10);
}

static void the_nearest_word_is_found_or_none(void **state)
{
	static const char *const words[] = { "networking", "podSubnet", "serviceSubnet",
					     "dnsDomain",  "etcd",      NULL };

	(void)state;
	assert_string_equal(str_nearest("netwroking", words), "networking");
	assert_string_equal(str_nearest("podsubnet", words), "podSubnet");
	assert_string_equal(str_nearest("podSubnets", words), "podSubnet");
	assert_string_equal(str_nearest("ectd", words), "etcd");
	assert_null(str_nearest("kubernetes", words));
	assert_null(str_nearest("", words));
	assert_null(str_nearest("ab", words));
}

static void a_very_long_word_is_near_to_none(void **state)
{
	static const char *const words[] = { "etcd", NULL };
	char word[4096];

	(void)state;
	memset(word, 'e', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(str_nearest(word, words));
}

static void json_is_found_by_path(void **state)
{
	AUTO(json) json_t *pod = xjson_pack("{s:{s:[i], s:s}}", "spec", "list", 1, "name", "x");

	(void)state;
	assert_string_equal(json_string_value(json_at(pod, "spec.name")), "x");
	assert_null(json_at(pod, "spec.nothing"));
	assert_null(json_at(pod, "spec.name.deeper"));
	assert_null(json_at(pod, "spe"));
	assert_string_equal(json_str(json_at(pod, "spec"), "name"), "x");
	assert_null(json_str(pod, "spec"));
}

static void small_helpers_hold(void **state)
{
	AUTO(free) char *cut = xstrndup("abcdef", 3);
	AUTO(free) char *none = xstrdup(NULL);

	(void)state;
	assert_string_equal(cut, "abc");
	assert_null(none);
	assert_true(str_starts("abc", "ab") && !str_starts("a", "ab"));
	assert_true(str_ends("abc", "bc") && !str_ends("c", "bc"));
	assert_true(str_eq(NULL, NULL) && !str_eq("", NULL) && str_eq("a", "a"));
	secret_free(NULL);
	secret_freen(NULL, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_grows_to_its_maximum_and_no_further),
		cmocka_unit_test(a_large_buffer_keeps_every_byte),
		cmocka_unit_test(the_nearest_word_is_found_or_none),
		cmocka_unit_test(a_very_long_word_is_near_to_none),
		cmocka_unit_test(json_is_found_by_path),
		cmocka_unit_test(small_helpers_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
