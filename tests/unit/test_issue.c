/* Issued certificates, judged by OpenSSL's own strict verifier. */
#include "pki/cert.h"

#include "pki_help.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define DAY 86400L

/* 0, or the verifier's reason against `cert` under `ca` for `purpose` at `when`. */
static int judge(X509 *ca, X509 *cert, int purpose, const char *host, const char *ip, time_t when)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int rc;

	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT |
						   X509_V_FLAG_CHECK_SS_SIGNATURE |
						   X509_V_FLAG_POLICY_CHECK);
	X509_VERIFY_PARAM_set_time(param, when);
	X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits */
	if (purpose)
		assert_int_equal(X509_VERIFY_PARAM_set_purpose(param, purpose), 1);
	if (host)
		assert_int_equal(X509_VERIFY_PARAM_set1_host(param, host, 0), 1);
	if (ip)
		assert_int_equal(X509_VERIFY_PARAM_set1_ip_asc(param, ip), 1);
	rc = X509_verify_cert(ctx) == 1 ? 0 : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return rc;
}

static X509 *issue(const struct cert_want *want, const struct ca *ca, EVP_PKEY *key)
{
	X509 *cert = NULL;

	assert_ok(cert_issue(want, key, ca->cert, ca->key, &cert, e));
	return cert;
}

static char *ext_text(X509 *cert, int nid)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int at = X509_get_ext_by_NID(cert, nid, -1);
	char *data, *text;

	if (at < 0) {
		BIO_free(bio);
		return NULL;
	}
	assert_int_equal(X509V3_EXT_print(bio, X509_get_ext(cert, at), 0, 0), 1);
	text = xstrndup(data, (size_t)BIO_get_mem_data(bio, &data));
	BIO_free(bio);
	return text;
}

static void assert_ext(X509 *cert, int nid, bool critical, const char *wanted)
{
	AUTO(free) char *text = ext_text(cert, nid);

	assert_non_null(text);
	assert_string_equal(text, wanted);
	assert_int_equal(
		X509_EXTENSION_get_critical(X509_get_ext(cert, X509_get_ext_by_NID(cert, nid, -1))),
		critical);
}

static void leaves_of_every_algorithm_pass_the_strict_verifier(void **state)
{
	AUTO(json) json_t *sans = json_pack("[s,s]", "kubernetes", "10.96.0.1");
	const struct cert_want want = { .cn = "kube-apiserver",
					.sans = sans,
					.now = NOW,
					.usage = CERT_SERVER,
					.validity_s = DAY };

	(void)state;
	for (size_t i = 0; key_algorithms[i]; i++) {
		struct ca ca = make_ca(key_algorithms[i], "kubernetes", 10 * DAY);
		AUTO(pkey) EVP_PKEY *key = NULL;
		AUTO(x509) X509 *cert = NULL;

		assert_ok(key_generate(i == 0 ? "ECDSA-P384" : "ECDSA-P256", &key, e));
		cert = issue(&want, &ca, key);
		assert_int_equal(judge(ca.cert, ca.cert, 0, NULL, NULL, NOW), X509_V_OK);
		assert_int_equal(
			judge(ca.cert, cert, X509_PURPOSE_SSL_SERVER, "kubernetes", NULL, NOW),
			X509_V_OK);
		free_ca(&ca);
	}
}

static void a_leaf_is_good_for_its_own_names_only(void **state)
{
	AUTO(json) json_t *sans = json_pack("[s,s,s]", "master", "10.96.0.1", "fd00::1");
	const struct cert_want want = { .cn = "kube-apiserver",
					.sans = sans,
					.now = NOW,
					.usage = CERT_SERVER,
					.validity_s = DAY };
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *cert = issue(&want, &ca, ca.key);
	const int server = X509_PURPOSE_SSL_SERVER;

	(void)state;
	assert_int_equal(judge(ca.cert, cert, server, "master", NULL, NOW), X509_V_OK);
	assert_int_equal(judge(ca.cert, cert, server, NULL, "10.96.0.1", NOW), X509_V_OK);
	assert_int_equal(judge(ca.cert, cert, server, NULL, "fd00::1", NOW), X509_V_OK);
	assert_int_equal(judge(ca.cert, cert, server, "master2", NULL, NOW),
			 X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(judge(ca.cert, cert, server, "kube-apiserver", NULL, NOW),
			 X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(judge(ca.cert, cert, server, NULL, "10.96.0.2", NOW),
			 X509_V_ERR_IP_ADDRESS_MISMATCH);
	free_ca(&ca);
}

static void clients_are_no_servers_and_servers_no_clients(void **state)
{
	struct cert_want want = { .cn = "x", .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY };
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *client = issue(&want, &ca, ca.key);
	AUTO(x509) X509 *server = NULL;
	AUTO(x509) X509 *both = NULL;

	(void)state;
	want.usage = CERT_SERVER;
	server = issue(&want, &ca, ca.key);
	want.usage = CERT_SERVER | CERT_CLIENT;
	both = issue(&want, &ca, ca.key);
	assert_int_equal(judge(ca.cert, client, X509_PURPOSE_SSL_CLIENT, NULL, NULL, NOW), 0);
	assert_int_equal(judge(ca.cert, client, X509_PURPOSE_SSL_SERVER, NULL, NULL, NOW),
			 X509_V_ERR_INVALID_PURPOSE);
	assert_int_equal(judge(ca.cert, server, X509_PURPOSE_SSL_SERVER, NULL, NULL, NOW), 0);
	assert_int_equal(judge(ca.cert, server, X509_PURPOSE_SSL_CLIENT, NULL, NULL, NOW),
			 X509_V_ERR_INVALID_PURPOSE);
	assert_int_equal(judge(ca.cert, both, X509_PURPOSE_SSL_SERVER, NULL, NULL, NOW), 0);
	assert_int_equal(judge(ca.cert, both, X509_PURPOSE_SSL_CLIENT, NULL, NULL, NOW), 0);
	free_ca(&ca);
}

static void a_ca_of_the_same_name_vouches_for_nothing_of_ours(void **state)
{
	const struct cert_want want = {
		.cn = "x", .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY
	};
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	struct ca evil = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *cert = issue(&want, &ca, ca.key);

	(void)state;
	assert_int_equal(judge(ca.cert, cert, 0, NULL, NULL, NOW), X509_V_OK);
	assert_int_not_equal(judge(evil.cert, cert, 0, NULL, NULL, NOW), X509_V_OK);
	free_ca(&ca);
	free_ca(&evil);
}

static void validity_begins_five_minutes_back_and_ends_with_the_ca(void **state)
{
	struct cert_want want = { .cn = "x", .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY };
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *leaf = issue(&want, &ca, ca.key);
	AUTO(x509) X509 *longer = NULL;
	AUTO(x509) X509 *later = NULL;

	(void)state;
	assert_int_equal(cert_not_before(ca.cert), NOW - 300);
	assert_int_equal(cert_not_after(ca.cert), NOW + 10 * DAY);
	assert_int_equal(cert_not_before(leaf), NOW - 300);
	assert_int_equal(cert_not_after(leaf), NOW + DAY);
	assert_int_equal(judge(ca.cert, leaf, 0, NULL, NULL, NOW - 301),
			 X509_V_ERR_CERT_NOT_YET_VALID);
	assert_int_equal(judge(ca.cert, leaf, 0, NULL, NULL, NOW - 300), X509_V_OK);
	assert_int_equal(judge(ca.cert, leaf, 0, NULL, NULL, NOW + DAY + 1),
			 X509_V_ERR_CERT_HAS_EXPIRED);
	want.validity_s = 365 * DAY;
	longer = issue(&want, &ca, ca.key);
	assert_int_equal(cert_not_after(longer), NOW + 10 * DAY);
	/* On a host whose clock is behind: no earlier than the CA itself. */
	want.now = NOW - 200;
	want.validity_s = DAY;
	later = issue(&want, &ca, ca.key);
	assert_int_equal(cert_not_before(later), NOW - 300);
	free_ca(&ca);
}

static void years_from_2050_on_are_written_as_rfc_5280_wants_them(void **state)
{
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 40 * 365 * DAY);

	(void)state;
	assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(ca.cert)), V_ASN1_UTCTIME);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(ca.cert)), V_ASN1_GENERALIZEDTIME);
	assert_int_equal(judge(ca.cert, ca.cert, 0, NULL, NULL, NOW + 39 * 365 * DAY), X509_V_OK);
	free_ca(&ca);
}

static void serials_are_positive_and_never_the_same(void **state)
{
	const struct cert_want want = {
		.cn = "x", .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY
	};
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	uint64_t seen[200], bits = 0;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		AUTO(x509) X509 *cert = issue(&want, &ca, ca.key);

		assert_int_equal(ASN1_STRING_type(X509_get0_serialNumber(cert)), V_ASN1_INTEGER);
		assert_int_equal(ASN1_INTEGER_get_uint64(&seen[i], X509_get0_serialNumber(cert)),
				 1);
		assert_true(seen[i] != 0);
		bits |= seen[i];
		for (size_t j = 0; j < i; j++)
			assert_true(seen[i] != seen[j]);
	}
	assert_true(bits == UINT64_MAX); /* every bit is used: 2^-194 against it */
	free_ca(&ca);
}

static void extensions_are_kubeadms_and_key_identifiers_match(void **state)
{
	AUTO(json) json_t *sans = json_pack("[s]", "master");
	const struct cert_want want = { .cn = "master",
					.sans = sans,
					.now = NOW,
					.validity_s = DAY,
					.usage = CERT_SERVER | CERT_CLIENT };
	static const int order[] = { NID_key_usage,
				     NID_ext_key_usage,
				     NID_basic_constraints,
				     NID_subject_key_identifier,
				     NID_authority_key_identifier,
				     NID_subject_alt_name };
	struct ca ca = make_ca("ECDSA-P256", "etcd-ca", 10 * DAY);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	cert = issue(&want, &ca, key);
	assert_int_equal(X509_get_version(cert), X509_VERSION_3);
	assert_int_equal(X509_get_ext_count(cert), 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(cert, i))),
				 order[i]);
	assert_ext(cert, NID_key_usage, true, "Digital Signature");
	assert_ext(cert, NID_ext_key_usage, false,
		   "TLS Web Server Authentication, TLS Web Client Authentication");
	assert_ext(cert, NID_basic_constraints, true, "CA:FALSE");
	assert_ext(cert, NID_subject_alt_name, false, "DNS:master");
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(cert),
					       X509_get0_subject_key_id(ca.cert)),
			 0);
	assert_int_equal(ASN1_STRING_length(X509_get0_subject_key_id(cert)), 20);
	assert_int_not_equal(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(cert),
						   X509_get0_subject_key_id(ca.cert)),
			     0);
	assert_int_equal(X509_get_ext_count(ca.cert), 4);
	assert_ext(ca.cert, NID_key_usage, true, "Digital Signature, Certificate Sign");
	assert_ext(ca.cert, NID_basic_constraints, true, "CA:TRUE");
	assert_ext(ca.cert, NID_subject_alt_name, false, "DNS:etcd-ca");
	assert_null(X509_get0_authority_key_id(ca.cert));
	free_ca(&ca);
}

static void only_rsa_keys_encipher(void **state)
{
	struct cert_want want = { .cn = "x", .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY };
	struct ca ca = make_ca("RSA-2048", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *rsa = issue(&want, &ca, ca.key);
	AUTO(pkey) EVP_PKEY *ec_key = NULL;
	AUTO(x509) X509 *ec = NULL;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &ec_key, e));
	ec = issue(&want, &ca, ec_key);
	assert_ext(ca.cert, NID_key_usage, true,
		   "Digital Signature, Key Encipherment, Certificate Sign");
	assert_ext(rsa, NID_key_usage, true, "Digital Signature, Key Encipherment");
	assert_ext(ec, NID_key_usage, true, "Digital Signature");
	free_ca(&ca);
}

static void the_digest_follows_the_signers_curve(void **state)
{
	static const struct {
		const char *algorithm;
		int nid;
	} rows[] = { { "ECDSA-P256", NID_ecdsa_with_SHA256 },
		     { "ECDSA-P384", NID_ecdsa_with_SHA384 },
		     { "RSA-2048", NID_sha256WithRSAEncryption } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ca ca = make_ca(rows[i].algorithm, "kubernetes", DAY);

		assert_int_equal(X509_get_signature_nid(ca.cert), rows[i].nid);
		free_ca(&ca);
	}
}

static void names_are_sorted_once_each_and_addresses_keep_their_order(void **state)
{
	AUTO(json)
	json_t *sans = json_pack("[s,s,s,s,s,s,s,s,s]", "master", "10.96.0.1", "kubernetes.default",
				 "Kubernetes", "10.77.0.10", "*.example.org", "::ffff:10.96.0.1",
				 "master", "::1");
	const struct cert_want want = {
		.cn = "x", .sans = sans, .now = NOW, .usage = CERT_SERVER, .validity_s = DAY
	};
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *cert = issue(&want, &ca, ca.key);

	(void)state;
	assert_ext(cert, NID_subject_alt_name, false,
		   "DNS:*.example.org, DNS:kubernetes, DNS:kubernetes.default, DNS:master, "
		   "IP Address:10.96.0.1, IP Address:10.77.0.10, IP Address:0:0:0:0:0:0:0:1");
	free_ca(&ca);
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "",     "a b",   "-a",         "a-",     "a..b",
					   ".a",   "a.",    "a_b",        "a*.b",   "*",
					   "**.b", "a/b",   "10.0.0.0/8", "a:6443", "http://a",
					   "a\nb", "[::1]", NULL };
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	char large[256];
	X509 *cert = NULL;

	(void)state;
	memset(large, 'a', sizeof(large) - 1);
	large[255] = '\0';
	for (size_t i = 0; i <= sizeof(bad) / sizeof(*bad) - 1; i++) {
		AUTO(json) json_t *sans = json_pack("[s]", bad[i] ? bad[i] : large);
		const struct cert_want want = {
			.cn = "x", .sans = sans, .now = NOW, .usage = CERT_SERVER, .validity_s = DAY
		};

		assert_refused(cert_issue(&want, ca.key, ca.cert, ca.key, &cert, e), ERR_CRYPTO,
			       "is neither an IP address nor a host name");
	}
	assert_null(cert);
	free_ca(&ca);
}

static void the_subject_has_organizations_first_in_gos_encoding(void **state)
{
	AUTO(json) json_t *more = json_pack("[s]", "g2");
	const struct cert_want want = { .cn = "jörg",
					.org = "system:masters",
					.orgs = more,
					.now = NOW,
					.usage = CERT_CLIENT,
					.validity_s = DAY };
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *cert = issue(&want, &ca, ca.key);
	const X509_NAME *name = X509_get_subject_name(cert);
	const X509_NAME_ENTRY *entry;

	(void)state;
	assert_int_equal(X509_NAME_entry_count(name), 3);
	for (int i = 0; i < 2; i++) {
		entry = X509_NAME_get_entry(name, i);
		assert_int_equal(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)),
				 NID_organizationName);
		assert_int_equal(ASN1_STRING_type(X509_NAME_ENTRY_get_data(entry)),
				 V_ASN1_PRINTABLESTRING);
		assert_int_equal(X509_NAME_ENTRY_set(entry), 0); /* one set of two */
	}
	entry = X509_NAME_get_entry(name, 2);
	assert_int_equal(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)), NID_commonName);
	assert_int_equal(ASN1_STRING_type(X509_NAME_ENTRY_get_data(entry)), V_ASN1_UTF8STRING);
	assert_int_equal(X509_NAME_ENTRY_set(entry), 1);
	free_ca(&ca);
}

static void a_node_name_longer_than_x520_allows_still_gets_its_certificate(void **state)
{
	char cn[254];
	const struct cert_want want = {
		.cn = cn, .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY
	};
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *cert = NULL;

	(void)state;
	memset(cn, 'n', sizeof(cn) - 1);
	cn[253] = '\0';
	cert = issue(&want, &ca, ca.key);
	assert_int_equal(judge(ca.cert, cert, X509_PURPOSE_SSL_CLIENT, NULL, NULL, NOW), X509_V_OK);
	free_ca(&ca);
}

static void nothing_is_signed_with_a_ca_that_is_none_or_expired_or_of_another_key(void **state)
{
	struct cert_want want = { .cn = "x", .now = NOW, .usage = CERT_CLIENT, .validity_s = DAY };
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	struct ca other = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	AUTO(x509) X509 *leaf = issue(&want, &ca, ca.key);
	X509 *cert = NULL;

	(void)state;
	assert_refused(cert_issue(&want, ca.key, leaf, ca.key, &cert, e), ERR_CRYPTO, "is no CA");
	assert_refused(cert_issue(&want, ca.key, ca.cert, other.key, &cert, e), ERR_CRYPTO,
		       "the CA's key does not belong to the CA");
	assert_refused(cert_issue(&want, ca.key, ca.cert, NULL, &cert, e), ERR_CRYPTO,
		       "the CA's key does not belong to the CA");
	want.now = NOW + 10 * DAY;
	assert_refused(cert_issue(&want, ca.key, ca.cert, ca.key, &cert, e), ERR_CRYPTO,
		       "the CA expired on 2027-01-25T08:00:00Z");
	assert_null(cert);
	free_ca(&ca);
	free_ca(&other);
}

static void wishes_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		struct cert_want want;
		enum err_code code;
		const char *part;
	} rows[] = {
		{ { .cn = "", .usage = CERT_CA, .now = NOW, .validity_s = DAY },
		  ERR_CRYPTO,
		  "common name" },
		{ { .usage = CERT_CA, .now = NOW, .validity_s = DAY }, ERR_CRYPTO, "common name" },
		{ { .cn = "x", .now = NOW, .validity_s = DAY }, ERR_BUG, "usage" },
		{ { .cn = "x", .usage = CERT_CA, .now = NOW }, ERR_CRYPTO, "valid for 0 seconds" },
		{ { .cn = "x", .usage = CERT_CA, .now = NOW, .validity_s = -1 },
		  ERR_CRYPTO,
		  "-1 sec" },
		{ { .cn = "x", .usage = CERT_CA, .now = NOW, .validity_s = 8000 * 365 * DAY },
		  ERR_CRYPTO,
		  "cannot be valid" },
		{ { .cn = "x", .usage = CERT_CA, .validity_s = DAY },
		  ERR_CRYPTO,
		  "cannot be valid" },
	};
	AUTO(pkey) EVP_PKEY *key = NULL;
	X509 *cert = NULL;

	(void)state;
	assert_ok(key_generate("ECDSA-P256", &key, e));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_refused(cert_issue(&rows[i].want, key, NULL, NULL, &cert, e), rows[i].code,
			       rows[i].part);
	assert_null(cert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_of_every_algorithm_pass_the_strict_verifier),
		cmocka_unit_test(a_leaf_is_good_for_its_own_names_only),
		cmocka_unit_test(clients_are_no_servers_and_servers_no_clients),
		cmocka_unit_test(a_ca_of_the_same_name_vouches_for_nothing_of_ours),
		cmocka_unit_test(validity_begins_five_minutes_back_and_ends_with_the_ca),
		cmocka_unit_test(years_from_2050_on_are_written_as_rfc_5280_wants_them),
		cmocka_unit_test(serials_are_positive_and_never_the_same),
		cmocka_unit_test(extensions_are_kubeadms_and_key_identifiers_match),
		cmocka_unit_test(only_rsa_keys_encipher),
		cmocka_unit_test(the_digest_follows_the_signers_curve),
		cmocka_unit_test(names_are_sorted_once_each_and_addresses_keep_their_order),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(the_subject_has_organizations_first_in_gos_encoding),
		cmocka_unit_test(a_node_name_longer_than_x520_allows_still_gets_its_certificate),
		cmocka_unit_test(
			nothing_is_signed_with_a_ca_that_is_none_or_expired_or_of_another_key),
		cmocka_unit_test(wishes_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
