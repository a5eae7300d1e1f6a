#include "pki/csr.h"

#include "pki_help.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

AUTO_DEFINE(req, X509_REQ *, X509_REQ_free);

static X509_REQ *read_req(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509_REQ *req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(req);
	return req;
}

/* The request's extensions as OpenSSL prints them, one a line. */
static char *extensions_of(X509_REQ *req)
{
	STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;

	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
		assert_int_equal(X509V3_EXT_print(bio, sk_X509_EXTENSION_value(list, i), 0, 0), 1);
		(void)BIO_puts(bio, "\n");
	}
	text = xstrndup(data, (size_t)BIO_get_mem_data(bio, &data));
	BIO_free(bio);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return text;
}

static void a_request_is_signed_by_its_key_for_every_algorithm(void **state)
{
	const struct cert_want want = { .cn = "kube-apiserver", .usage = CERT_SERVER };

	(void)state;
	for (size_t i = 0; key_algorithms[i]; i++) {
		AUTO(pkey) EVP_PKEY *key = NULL;
		AUTO(pkey) EVP_PKEY *other = NULL;
		AUTO(free) char *pem = NULL;
		AUTO(req) X509_REQ *req = NULL;

		assert_ok(key_generate(key_algorithms[i], &key, e));
		assert_ok(key_generate("ECDSA-P256", &other, e));
		assert_ok(csr_make(&want, key, &pem, e));
		assert_true(str_starts(pem, "-----BEGIN CERTIFICATE REQUEST-----\n"));
		req = read_req(pem);
		assert_int_equal(X509_REQ_verify(req, key), 1);
		assert_int_not_equal(X509_REQ_verify(req, other), 1);
		assert_true(key_same(X509_REQ_get0_pubkey(req), key));
		ERR_clear_error();
	}
}

static void a_request_asks_for_subject_names_and_usages(void **state)
{
	AUTO(json) json_t *sans = json_pack("[s,s,s]", "master", "10.77.0.10", "localhost");
	const struct cert_want want = { .cn = "master",
					.org = "system:nodes",
					.sans = sans,
					.usage = CERT_SERVER | CERT_CLIENT };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) char *pem = NULL;
	AUTO(free) char *extensions = NULL;
	AUTO(req) X509_REQ *req = NULL;
	char subject[128];

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	assert_ok(csr_make(&want, key, &pem, e));
	req = read_req(pem);
	assert_int_equal(X509_REQ_get_version(req), X509_REQ_VERSION_1);
	(void)X509_NAME_oneline(X509_REQ_get_subject_name(req), subject, sizeof(subject));
	assert_string_equal(subject, "/O=system:nodes/CN=master");
	extensions = extensions_of(req);
	assert_string_equal(extensions,
			    "Digital Signature\n"
			    "TLS Web Server Authentication, TLS Web Client Authentication\n"
			    "DNS:localhost, DNS:master, IP Address:10.77.0.10\n");
}

static void a_request_without_names_has_no_empty_extension_for_them(void **state)
{
	const struct cert_want want = { .cn = "kubernetes-admin", .usage = CERT_CLIENT };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) char *pem = NULL;
	AUTO(free) char *extensions = NULL;
	AUTO(req) X509_REQ *req = NULL;

	(void)state;
	assert_ok(key_generate("RSA-2048", &key, e));
	assert_ok(csr_make(&want, key, &pem, e));
	req = read_req(pem);
	extensions = extensions_of(req);
	assert_string_equal(extensions, "Digital Signature, Key Encipherment\n"
					"TLS Web Client Authentication\n");
}

static void names_that_are_none_make_no_request(void **state)
{
	AUTO(json) json_t *sans = json_pack("[s]", "10.0.0.0/8");
	const struct cert_want bad_san = { .cn = "x", .sans = sans, .usage = CERT_SERVER };
	const struct cert_want no_cn = { .usage = CERT_CLIENT };
	AUTO(pkey) EVP_PKEY *key = NULL;
	char *pem = NULL;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	assert_refused(csr_make(&bad_san, key, &pem, e), ERR_CRYPTO, "10.0.0.0/8");
	assert_refused(csr_make(&no_cn, key, &pem, e), ERR_CRYPTO, "common name");
	assert_null(pem);
}

static void a_request_is_described_as_it_was_made(void **state)
{
	AUTO(json) json_t *sans = json_pack("[s,s,s]", "n1", "10.77.0.10", "fd00::1");
	AUTO(json) json_t *said = NULL;
	AUTO(json) json_t *again = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) char *pem = NULL;
	struct cert_want want = { .cn = "system:node:n1", .org = "system:nodes", .sans = sans,
				  .usage = CERT_SERVER };
	AUTO(json) json_t *wanted = json_pack("{s:s, s:[s], s:[s,s,s], s:b}", "cn", "system:node:n1",
					      "orgs", "system:nodes", "sans", "n1", "10.77.0.10",
					      "fd00::1", "plain", 1);

	(void)state;
	assert_ok(key_generate("RSA-2048", &key, e));
	assert_ok(csr_make(&want, key, &pem, e));
	assert_ok(csr_describe(pem, strlen(pem), &said, e));
	assert_int_equal(strlen(json_str(said, "key")), 64);
	want.sans = NULL;
	free(pem);
	assert_ok(csr_make(&want, key, &pem, e));
	assert_ok(csr_describe(pem, strlen(pem), &again, e));
	assert_string_equal(json_str(again, "key"), json_str(said, "key"));
	assert_int_equal(json_array_size(json_object_get(again, "sans")), 0);
	json_object_del(said, "key");
	assert_true(json_equal(said, wanted));
}

/* What a subject or a name may hold besides is not passed over in silence. `make` changes it. */
static json_t *described(void (*make)(X509_REQ *req))
{
	AUTO(req) X509_REQ *req = X509_REQ_new();
	AUTO(pkey) EVP_PKEY *key = NULL;
	X509_NAME *subject = X509_REQ_get_subject_name(req);
	BIO *bio = BIO_new(BIO_s_mem());
	json_t *said = NULL;
	char *data;
	long len;

	assert_ok(key_generate("ECDSA-P256", &key, e));
	X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const void *)"system:nodes", -1, -1, 0);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const void *)"system:node:n1", -1, -1,
				   0);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	make(req);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
	len = BIO_get_mem_data(bio, &data);
	assert_ok(csr_describe(data, (size_t)len, &said, e));
	BIO_free(bio);
	return said;
}

static void plain_request(X509_REQ *req)
{
	(void)req;
}

static void second_cn(X509_REQ *req)
{
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC,
				   (const void *)"kubernetes", -1, -1, 0);
}

static void unit_too(X509_REQ *req)
{
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "OU", MBSTRING_ASC,
				   (const void *)"more", -1, -1, 0);
}

static void add_names(X509_REQ *req, const char *names)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();

	sk_X509_EXTENSION_push(list, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names));
	assert_int_equal(X509_REQ_add_extensions(req, list), 1);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

static void a_mail_address(X509_REQ *req)
{
	add_names(req, "DNS:n1,email:a@example.org");
}

static void a_uri(X509_REQ *req)
{
	add_names(req, "URI:spiffe://example.org/x");
}

static void what_is_beyond_cn_o_names_and_addresses_is_told(void **state)
{
	static void (*const rows[])(X509_REQ *) = { second_cn, unit_too, a_mail_address, a_uri };
	AUTO(json) json_t *good = described(plain_request);

	(void)state;
	assert_true(json_is_true(json_object_get(good, "plain")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(json) json_t *said = described(rows[i]);

		assert_true(json_is_false(json_object_get(said, "plain")));
	}
}

static void a_request_that_its_key_did_not_sign_is_refused(void **state)
{
	const struct cert_want want = { .cn = "system:node:n1", .usage = CERT_CLIENT };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *other = NULL;
	AUTO(free) char *pem = NULL;
	AUTO(req) X509_REQ *req = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	json_t *said = NULL;
	char *data;
	long len;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	assert_ok(key_generate("ECDSA-P256", &other, e));
	assert_ok(csr_make(&want, key, &pem, e));
	req = read_req(pem);
	assert_int_equal(X509_REQ_set_pubkey(req, other), 1);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
	len = BIO_get_mem_data(bio, &data);
	assert_refused(csr_describe(data, (size_t)len, &said, e), ERR_CRYPTO, "not one that is signed");
	assert_refused(csr_describe("", 0, &said, e), ERR_CRYPTO, "request");
	assert_refused(csr_describe("-----BEGIN CERTIFICATE REQUEST-----\n", 36, &said, e), ERR_CRYPTO,
		       "request");
	BIO_free(bio);
	assert_null(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_described_as_it_was_made),
		cmocka_unit_test(what_is_beyond_cn_o_names_and_addresses_is_told),
		cmocka_unit_test(a_request_that_its_key_did_not_sign_is_refused),
		cmocka_unit_test(a_request_is_signed_by_its_key_for_every_algorithm),
		cmocka_unit_test(a_request_asks_for_subject_names_and_usages),
		cmocka_unit_test(a_request_without_names_has_no_empty_extension_for_them),
		cmocka_unit_test(names_that_are_none_make_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
