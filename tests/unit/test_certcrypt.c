#include "pki/certcrypt.h"

#include "pki/base64.h"
#include "pki_help.h"

#define KEY_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Made by kubeadm's format from key 00..1f, nonce 00..0b and the text "hello\n". */
static const char sealed_base64[] = "AAECAwQFBgcICQoLL2e6d6rvI/rSPiZBQF7Yx/jlH/3MMA==";

static void the_known_value_opens(void **state)
{
	struct certcrypt_key key;
	unsigned char *sealed = NULL;
	char *plain = NULL;
	size_t len = 0, plain_len = 0;

	(void)state;
	assert_ok(certcrypt_key_parse(KEY_HEX, &key, e));
	assert_true(base64_decode(sealed_base64, strlen(sealed_base64), &sealed, &len));
	assert_int_equal(len, 6 + CERTCRYPT_OVERHEAD);
	assert_ok(certcrypt_open(&key, sealed, len, "ca.key", &plain, &plain_len, e));
	assert_int_equal(plain_len, 6);
	assert_string_equal(plain, "hello\n");
	secret_freen(plain, plain_len);
	free(sealed);
}

static void what_is_sealed_opens_with_its_key_only(void **state)
{
	struct certcrypt_key key, other;
	unsigned char *sealed = NULL;
	char *plain = NULL;
	size_t len = 0, plain_len = 0;

	(void)state;
	assert_ok(certcrypt_key_generate(&key, e));
	assert_ok(certcrypt_key_generate(&other, e));
	assert_ok(certcrypt_seal(&key, "secret", 6, &sealed, &len, e));
	assert_int_equal(len, 34);
	assert_refused(certcrypt_open(&other, sealed, len, "ca.key", &plain, &plain_len, e),
		       ERR_CRYPTO, "ca.key: cannot be decrypted");
	assert_null(plain);
	assert_ok(certcrypt_open(&key, sealed, len, "ca.key", &plain, &plain_len, e));
	assert_string_equal(plain, "secret");
	secret_freen(plain, plain_len);
	free(sealed);
}

static void nothing_and_a_megabyte_are_sealed_and_more_is_refused(void **state)
{
	AUTO(free) char *large = xcalloc(1, 1024 * 1024 + 1);
	const size_t sizes[] = { 0, 1024 * 1024 };
	struct certcrypt_key key;
	unsigned char *none = NULL;
	size_t len = 0;

	(void)state;
	assert_ok(certcrypt_key_parse(KEY_HEX, &key, e));
	for (int i = 0; i < 2; i++) {
		unsigned char *sealed = NULL;
		char *plain = NULL;
		size_t plain_len = 1;

		assert_ok(certcrypt_seal(&key, large, sizes[i], &sealed, &len, e));
		assert_ok(certcrypt_open(&key, sealed, len, "x", &plain, &plain_len, e));
		assert_int_equal(plain_len, sizes[i]);
		assert_memory_equal(plain, large, sizes[i]);
		secret_freen(plain, plain_len);
		free(sealed);
	}
	assert_refused(certcrypt_seal(&key, large, 1024 * 1024 + 1, &none, &len, e), ERR_CRYPTO,
		       "larger than 1 MiB");
	assert_null(none);
}

static void every_value_has_a_nonce_of_its_own(void **state)
{
	unsigned char nonces[100][12];
	struct certcrypt_key key;

	(void)state;
	assert_ok(certcrypt_key_parse(KEY_HEX, &key, e));
	for (int i = 0; i < 100; i++) {
		unsigned char *sealed = NULL;
		size_t len;

		assert_ok(certcrypt_seal(&key, "x", 1, &sealed, &len, e));
		memcpy(nonces[i], sealed, 12);
		free(sealed);
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(nonces[i], nonces[j], 12);
	}
}

static void a_changed_or_cut_value_is_refused_wherever_it_was_touched(void **state)
{
	struct certcrypt_key key;
	unsigned char *sealed = NULL;
	char *plain = NULL;
	size_t len = 0, plain_len = 0;

	(void)state;
	assert_ok(certcrypt_key_parse(KEY_HEX, &key, e));
	assert_true(base64_decode(sealed_base64, strlen(sealed_base64), &sealed, &len));
	for (size_t i = 0; i < len; i++) {
		sealed[i] ^= 1;
		assert_refused(certcrypt_open(&key, sealed, len, "x", &plain, &plain_len, e),
			       ERR_CRYPTO, "x: ");
		sealed[i] ^= 1;
		assert_refused(certcrypt_open(&key, sealed, i, "x", &plain, &plain_len, e),
			       ERR_CRYPTO, "x: ");
	}
	assert_null(plain);
	free(sealed);
}

static void weak_and_malformed_keys_are_refused_without_being_repeated(void **state)
{
	static const char *const bad[] = {
		"",
		"00",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"4141414141414141414141414141414141414141414141414141414141414141",
		"000102030405060708090a0b0c0d0e0f",
		KEY_HEX "20",
		KEY_HEX " ",
		" " KEY_HEX,
		"0x" KEY_HEX,
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
		NULL,
	};
	struct certcrypt_key key;

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		struct err err = ERR_INIT;

		if (certcrypt_key_parse(bad[i], &key, &err) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.code, ERR_CRYPTO);
		assert_null(strstr(err.msg, "0001020304"));
	}
	assert_refused(certcrypt_key_parse(NULL, &key, e), ERR_CRYPTO, "certificate key");
}

static void a_key_is_written_in_lower_case_and_read_in_any(void **state)
{
	struct certcrypt_key key, back;
	AUTO(secret) char *hex = NULL;

	(void)state;
	assert_ok(certcrypt_key_parse(
		"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", &key, e));
	hex = certcrypt_key_format(&key);
	assert_string_equal(hex, KEY_HEX);
	assert_ok(certcrypt_key_parse(hex, &back, e));
	assert_memory_equal(&key, &back, sizeof(key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_known_value_opens),
		cmocka_unit_test(what_is_sealed_opens_with_its_key_only),
		cmocka_unit_test(nothing_and_a_megabyte_are_sealed_and_more_is_refused),
		cmocka_unit_test(every_value_has_a_nonce_of_its_own),
		cmocka_unit_test(a_changed_or_cut_value_is_refused_wherever_it_was_touched),
		cmocka_unit_test(weak_and_malformed_keys_are_refused_without_being_repeated),
		cmocka_unit_test(a_key_is_written_in_lower_case_and_read_in_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
