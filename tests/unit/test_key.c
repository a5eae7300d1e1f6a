#include "pki/key.h"

#include "kubeadm_pki.h"
#include "pki_help.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

static char *pem_of(EVP_PKEY *key, const EVP_CIPHER *cipher, bool pkcs8)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char pass[] = "secret", *data, *pem;
	int len = cipher ? 6 : 0;

	assert_int_equal(
		pkcs8 ? PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, pass, len, NULL, NULL)
		      : PEM_write_bio_PrivateKey_traditional(
				bio, key, cipher, (unsigned char *)pass, len, NULL, NULL),
		1);
	pem = xstrndup(data, (size_t)BIO_get_mem_data(bio, &data));
	BIO_free(bio);
	return pem;
}

static void every_algorithm_of_kubeadm_makes_a_key_of_its_kind_and_size(void **state)
{
	static const struct {
		const char *name, *header;
		int bits;
	} rows[] = {
		{ "ECDSA-P256", "-----BEGIN EC PRIVATE KEY-----\n", 256 },
		{ "ECDSA-P384", "-----BEGIN EC PRIVATE KEY-----\n", 384 },
		{ "RSA-2048", "-----BEGIN RSA PRIVATE KEY-----\n", 2048 },
		{ "RSA-3072", "-----BEGIN RSA PRIVATE KEY-----\n", 3072 },
		{ "RSA-4096", "-----BEGIN RSA PRIVATE KEY-----\n", 4096 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(pkey) EVP_PKEY *key = NULL;
		AUTO(pkey) EVP_PKEY *back = NULL;
		AUTO(secret) char *pem = NULL;

		assert_string_equal(key_algorithms[i], rows[i].name);
		assert_ok(key_generate(rows[i].name, &key, e));
		assert_int_equal(EVP_PKEY_get_bits(key), rows[i].bits);
		assert_false(key_weak(key));
		assert_ok(key_to_pem(key, &pem, e));
		assert_true(str_starts(pem, rows[i].header));
		assert_null(strstr(pem, "EC PARAMETERS"));
		assert_ok(key_from_pem(pem, strlen(pem), "x.key", &back, e));
		assert_true(key_same(key, back));
	}
	assert_null(key_algorithms[sizeof(rows) / sizeof(*rows)]);
}

static void other_algorithms_are_refused_by_name(void **state)
{
	static const char *const names[] = { "",        "RSA",        "RSA-1024", "rsa-2048",
					     "Ed25519", "ECDSA-P521", "P-256",    NULL };
	EVP_PKEY *key = NULL;

	(void)state;
	for (size_t i = 0; names[i]; i++)
		assert_refused(key_generate(names[i], &key, e), ERR_CRYPTO, names[i]);
	assert_refused(key_generate(NULL, &key, e), ERR_CRYPTO, "(none)");
	assert_null(key);
}

static void a_p256_key_names_its_curve_and_carries_its_public_half(void **state)
{
	/* SEC 1 C.4: 30 77, version 1, 32 octets; [0] 1.2.840.10045.3.1.7; [1] uncompressed point
	 */
	static const unsigned char head[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20 };
	static const unsigned char curve[] = {
		0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00, 0x04
	};
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(secret) char *pem = NULL;
	unsigned char *der = NULL;
	char *type = NULL, *header = NULL;
	long len = 0;
	BIO *bio;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	assert_ok(key_to_pem(key, &pem, e));
	bio = BIO_new_mem_buf(pem, -1);
	assert_int_equal(PEM_read_bio(bio, &type, &header, &der, &len), 1);
	assert_int_equal(len, 121);
	assert_memory_equal(der, head, sizeof(head));
	assert_memory_equal(der + sizeof(head) + 32, curve, sizeof(curve));
	OPENSSL_free(type);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
}

static void kubeadms_keys_are_read(void **state)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *public = NULL;
	AUTO(x509) X509 *cert = NULL;

	(void)state;
	assert_ok(key_from_pem(kubeadm_apiserver_key, strlen(kubeadm_apiserver_key),
			       "apiserver.key", &key, e));
	assert_ok(cert_from_pem(kubeadm_apiserver_crt, strlen(kubeadm_apiserver_crt),
				"apiserver.crt", &cert, e));
	assert_true(key_same(key, X509_get0_pubkey(cert)));
	assert_ok(
		key_public_from_pem(kubeadm_sa_pub, strlen(kubeadm_sa_pub), "sa.pub", &public, e));
	assert_false(key_same(key, public));
}

static void pkcs8_and_leading_parameters_are_read(void **state)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *back = NULL;
	AUTO(pkey) EVP_PKEY *after = NULL;
	AUTO(free) char *pkcs8 = NULL;
	AUTO(free) char *sec1 = NULL;
	AUTO(free) char *both = NULL;

	(void)state;
	assert_ok(key_generate("ECDSA-P384", &key, e));
	pkcs8 = pem_of(key, NULL, true);
	assert_true(str_starts(pkcs8, "-----BEGIN PRIVATE KEY-----"));
	assert_ok(key_from_pem(pkcs8, strlen(pkcs8), "x.key", &back, e));
	assert_true(key_same(key, back));
	sec1 = pem_of(key, NULL, false);
	/* as "openssl ecparam -genkey" writes */
	both = xasprintf(
		"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n%s",
		sec1);
	assert_ok(key_from_pem(both, strlen(both), "x.key", &after, e));
	assert_true(key_same(key, after));
}

static void keys_with_a_passphrase_are_refused_and_nobody_is_asked(void **state)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *back = NULL;
	AUTO(free) char *pkcs8 = NULL;
	AUTO(free) char *sec1 = NULL;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	pkcs8 = pem_of(key, EVP_aes_128_cbc(), true);
	assert_true(str_starts(pkcs8, "-----BEGIN ENCRYPTED PRIVATE KEY-----"));
	sec1 = pem_of(key, EVP_aes_128_cbc(), false);
	assert_non_null(strstr(sec1, "Proc-Type: 4,ENCRYPTED"));
	assert_refused(key_from_pem(pkcs8, strlen(pkcs8), "ca.key", &back, e), ERR_CRYPTO,
		       "ca.key: the key is encrypted with a passphrase");
	assert_refused(key_from_pem(sec1, strlen(sec1), "ca.key", &back, e), ERR_CRYPTO,
		       "ca.key: the key is encrypted with a passphrase");
	assert_null(back);
}

static void a_key_whose_halves_do_not_fit_is_refused(void **state)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *back = NULL;
	AUTO(secret) char *pem = NULL;
	AUTO(free) char *evil = NULL;
	char *body;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	assert_ok(key_to_pem(key, &pem, e));
	evil = xstrdup(pem);
	/* The twentieth base64 digit lies in the private number's octets, far from both ends. */
	body = strchr(evil, '\n') + 20;
	*body = *body == 'A' ? 'B' : 'A';
	assert_ok(key_from_pem(pem, strlen(pem), "sa.key", &back, e));
	EVP_PKEY_free(TAKE(back));
	assert_refused(key_from_pem(evil, strlen(evil), "sa.key", &back, e), ERR_CRYPTO,
		       "sa.key: damaged key: its private half does not fit");
	assert_null(back);
}

static EVP_PKEY *explicit_curve(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_group_name(ctx, "P-256"), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void keys_that_kubernetes_cannot_use_are_refused(void **state)
{
	AUTO(pkey) EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	AUTO(pkey) EVP_PKEY *binary = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
	AUTO(pkey) EVP_PKEY *good = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	EVP_PKEY *const bad[] = { ed, binary };
	AUTO(free) char *fine = pem_of(good, NULL, true);
	AUTO(pkey) EVP_PKEY *back = NULL;

	(void)state;
	assert_ok(key_from_pem(fine, strlen(fine), "x.key", &back, e));
	EVP_PKEY_free(TAKE(back));
	for (size_t i = 0; i < 2; i++) {
		AUTO(free) char *pem = pem_of(bad[i], NULL, true);

		assert_refused(key_from_pem(pem, strlen(pem), "x.key", &back, e), ERR_CRYPTO,
			       "x.key: the key is neither RSA nor ECDSA");
	}
	assert_null(back);
}

static void a_curve_spelt_out_is_written_back_by_name_or_refused(void **state)
{
	AUTO(pkey) EVP_PKEY *spelt = explicit_curve();
	AUTO(free) char *pem = pem_of(spelt, NULL, false);
	AUTO(pkey) EVP_PKEY *back = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_true(strlen(pem) > 400);
	/* CVE-2022-0778's class: whichever way, it ends, and never yields an unnamed curve. */
	if (key_from_pem(pem, strlen(pem), "x.key", &back, &err) < 0) {
		assert_int_equal(err.code, ERR_CRYPTO);
	} else {
		char group[64];

		assert_int_equal(EVP_PKEY_get_group_name(back, group, sizeof(group), NULL), 1);
		assert_string_equal(group, "prime256v1");
	}
}

static void rsa_below_2048_bits_is_weak(void **state)
{
	AUTO(pkey) EVP_PKEY *weak = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	AUTO(pkey) EVP_PKEY *fine = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);

	(void)state;
	assert_true(key_weak(weak));
	assert_false(key_weak(fine));
}

static void texts_that_are_no_keys_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"hello",
		"-----BEGIN EC PRIVATE KEY-----\n",
		"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
		"-----BEGIN EC PRIVATE KEY-----\n????\n-----END EC PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n",
		kubeadm_ca_crt,
		kubeadm_sa_pub,
		NULL,
	};
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) char *large = xcalloc(1, 1024 * 1024 + 2);

	(void)state;
	for (size_t i = 0; bad[i]; i++)
		assert_refused(key_from_pem(bad[i], strlen(bad[i]), "x.key", &key, e), ERR_CRYPTO,
			       "x.key: ");
	assert_refused(
		key_public_from_pem(kubeadm_ca_crt, strlen(kubeadm_ca_crt), "sa.pub", &key, e),
		ERR_CRYPTO, "sa.pub: no public key");
	assert_refused(key_from_pem(large, 1024 * 1024 + 1, "x.key", &key, e), ERR_CRYPTO,
		       "larger than 1 MiB");
	assert_null(key);
}

static void a_public_key_is_pkix_and_reads_back_as_the_same(void **state)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *other = NULL;
	AUTO(pkey) EVP_PKEY *back = NULL;
	AUTO(free) char *pem = NULL;

	(void)state;
	assert_ok(key_generate("RSA-2048", &key, e));
	assert_ok(key_generate("ECDSA-P256", &other, e));
	assert_ok(key_public_to_pem(key, &pem, e));
	assert_true(str_starts(pem, "-----BEGIN PUBLIC KEY-----\n"));
	assert_int_equal(strlen(pem), 451); /* the size of kubeadm's sa.pub */
	assert_ok(key_public_from_pem(pem, strlen(pem), "sa.pub", &back, e));
	assert_true(key_same(key, back));
	assert_false(key_same(other, back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_of_kubeadm_makes_a_key_of_its_kind_and_size),
		cmocka_unit_test(other_algorithms_are_refused_by_name),
		cmocka_unit_test(a_p256_key_names_its_curve_and_carries_its_public_half),
		cmocka_unit_test(kubeadms_keys_are_read),
		cmocka_unit_test(pkcs8_and_leading_parameters_are_read),
		cmocka_unit_test(keys_with_a_passphrase_are_refused_and_nobody_is_asked),
		cmocka_unit_test(a_key_whose_halves_do_not_fit_is_refused),
		cmocka_unit_test(keys_that_kubernetes_cannot_use_are_refused),
		cmocka_unit_test(a_curve_spelt_out_is_written_back_by_name_or_refused),
		cmocka_unit_test(rsa_below_2048_bits_is_weak),
		cmocka_unit_test(texts_that_are_no_keys_are_refused),
		cmocka_unit_test(a_public_key_is_pkix_and_reads_back_as_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
