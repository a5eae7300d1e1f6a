#include "pki/token.h"

#include "pki_help.h"

#define ID     "abcdef"
#define SECRET "0123456789abcdef"
/* 32 octets 00..1f */
#define PIN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static void a_plain_token_is_id_and_secret(void **state)
{
	AUTO(token) struct token token;
	AUTO(secret) char *text = NULL;

	(void)state;
	assert_ok(token_parse(ID "." SECRET, &token, e));
	assert_string_equal(token.id, ID);
	assert_string_equal(token.secret, SECRET);
	assert_false(token.pinned);
	text = token_format(&token);
	assert_string_equal(text, ID "." SECRET);
}

static void a_pinned_token_is_67_characters_and_carries_the_whole_hash(void **state)
{
	AUTO(token) struct token token;
	AUTO(secret) char *text = NULL;
	AUTO(secret) char *plain = NULL;

	(void)state;
	assert_ok(token_parse(ID "." SECRET "." PIN, &token, e));
	assert_true(token.pinned);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(token.pin[i], i);
	text = token_format(&token);
	assert_string_equal(text, ID "." SECRET "." PIN);
	assert_int_equal(strlen(text), 67);
	plain = token_format_plain(&token);
	assert_string_equal(plain, ID "." SECRET);
}

static void malformed_tokens_are_refused_without_a_word_of_the_secret(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		".",
		"..",
		"abcdef",
		SECRET,
		ID "." SECRET " ",
		" " ID "." SECRET,
		ID "." SECRET "\n",
		ID ". " SECRET,
		"abcde." SECRET,
		"abcdefg." SECRET,
		"ABCDEF." SECRET,
		"abc-ef." SECRET,
		ID ".0123456789abcde",
		ID ".0123456789abcdef0",
		ID ".0123456789ABCDEF",
		ID ".0123456789abcde!",
		ID "." SECRET ".",
		ID "." SECRET "." PIN "A",
		ID "." SECRET ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
		ID "." SECRET
		   ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", /* bits past the end */
		ID "." SECRET ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+",
		ID "." SECRET ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=",
		ID "." SECRET "." PIN ".",
		ID ".." SECRET,
		NULL,
	};
	struct token token;

	(void)state;
	memset(&token, 'x', sizeof(token));
	for (size_t i = 0; bad[i]; i++) {
		struct err err = ERR_INIT;

		if (token_parse(bad[i], &token, &err) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, ERR_CRYPTO);
		assert_true(str_starts(err.msg, "malformed token: "));
		assert_null(strstr(err.msg, "0123456789"));
		assert_null(strstr(err.next, "0123456789"));
		assert_true(*err.next);
	}
	assert_refused(token_parse(NULL, &token, e), ERR_CRYPTO, "it is empty");
	assert_int_equal(token.id[0], 'x'); /* untouched on failure */
}

static void generated_tokens_are_well_formed_and_differ(void **state)
{
	char last[TOKEN_SECRET_LEN + 1] = "";

	(void)state;
	for (int i = 0; i < 100; i++) {
		AUTO(token) struct token token;
		AUTO(token) struct token back;
		AUTO(secret) char *text = NULL;

		assert_ok(token_generate(&token, e));
		assert_false(token.pinned);
		text = token_format(&token);
		assert_ok(token_parse(text, &back, e));
		assert_string_not_equal(token.secret, last);
		memcpy(last, token.secret, sizeof(last));
	}
}

/* Chi-square of 35 degrees of freedom: above 120 once in 10^10 runs for a uniform source, while
 * taking octets modulo 36 without rejection gives about 600 for this many characters. */
static void the_secrets_characters_are_equally_frequent(void **state)
{
	double counts[256] = { 0 }, chi = 0, total = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		AUTO(token) struct token token;

		assert_ok(token_generate(&token, e));
		for (int j = 0; j < TOKEN_SECRET_LEN; j++)
			counts[(unsigned char)token.secret[j]]++;
		total += TOKEN_SECRET_LEN;
	}
	for (const char *p = "0123456789abcdefghijklmnopqrstuvwxyz"; *p; p++) {
		double expected = total / 36, off = counts[(unsigned char)*p] - expected;

		chi += off * off / expected;
	}
	if (chi > 120)
		fail_msg("chi-square %.1f", chi);
}

static void ca_hashes_are_read_in_any_case_and_written_lower(void **state)
{
	static const char lower[] =
		"sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static const char upper[] =
		"SHA256:000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";
	unsigned char pin[32] = { 0 };
	AUTO(free) char *text = NULL;

	(void)state;
	assert_ok(pin_parse(upper, pin, e));
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(pin[i], i);
	text = pin_format(pin);
	assert_string_equal(text, lower);
}

static void ca_hashes_that_are_none_are_refused(void **state)
{
#define HEX62 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
	static const char *const bad[] = {
		"",
		"sha256",
		"sha256:",
		"md5:" HEX62 "1f",
		HEX62 "1f",
		"sha256:" HEX62,
		"sha256:" HEX62 "1",
		"sha256:" HEX62 "1f0",
		"sha256:" HEX62 "1g",
		"sha256: " HEX62 "1f",
		"sha256:" HEX62 "1f ",
		"sha512:" HEX62 "1f",
		NULL,
	};
	unsigned char pin[32];

	(void)state;
	for (size_t i = 0; bad[i]; i++)
		assert_refused(pin_parse(bad[i], pin, e), ERR_CRYPTO, "CA hash");
	assert_refused(pin_parse(NULL, pin, e), ERR_CRYPTO, "CA hash");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_token_is_id_and_secret),
		cmocka_unit_test(a_pinned_token_is_67_characters_and_carries_the_whole_hash),
		cmocka_unit_test(malformed_tokens_are_refused_without_a_word_of_the_secret),
		cmocka_unit_test(generated_tokens_are_well_formed_and_differ),
		cmocka_unit_test(the_secrets_characters_are_equally_frequent),
		cmocka_unit_test(ca_hashes_are_read_in_any_case_and_written_lower),
		cmocka_unit_test(ca_hashes_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
