/* Reading certificates and judging whether an existing one still serves. */
#include "pki/cert.h"

#include "kubeadm_pki.h"
#include "pki/token.h"
#include "pki_help.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY 86400L

static X509 *read_cert(const char *pem)
{
	X509 *cert = NULL;

	assert_ok(cert_from_pem(pem, strlen(pem), "x.crt", &cert, e));
	return cert;
}

static char *pem_of(X509 *cert)
{
	char *pem = NULL;

	assert_ok(cert_to_pem(cert, &pem, e));
	return pem;
}

/* ---- reading ---- */

static void a_certificate_survives_being_written_and_read(void **state)
{
	struct ca ca = make_ca("ECDSA-P256", "kubernetes", DAY);
	AUTO(free) char *pem = pem_of(ca.cert);
	AUTO(x509) X509 *back = read_cert(pem);

	(void)state;
	assert_true(str_starts(pem, "-----BEGIN CERTIFICATE-----\n"));
	assert_true(str_ends(pem, "-----END CERTIFICATE-----\n"));
	assert_int_equal(X509_cmp(ca.cert, back), 0);
	free_ca(&ca);
}

static void the_first_certificate_of_a_file_is_taken_and_other_blocks_skipped(void **state)
{
	AUTO(free)
	char *text = xasprintf("words before\n%s%s%s", kubeadm_apiserver_key, kubeadm_apiserver_crt,
			       kubeadm_ca_crt);
	AUTO(x509) X509 *cert = read_cert(text);
	AUTO(x509) X509 *wanted = read_cert(kubeadm_apiserver_crt);

	(void)state;
	assert_int_equal(X509_cmp(cert, wanted), 0);
}

static void a_bundle_gives_each_of_its_certificates(void **state)
{
	AUTO(free) char *text = xasprintf("%s%s", kubeadm_ca_crt, kubeadm_apiserver_crt);
	AUTO(x509_list) STACK_OF(X509) *list = NULL;
	AUTO(x509) X509 *second = read_cert(kubeadm_apiserver_crt);

	(void)state;
	assert_ok(cert_list_from_pem(text, strlen(text), "ca.crt", &list, e));
	assert_int_equal(sk_X509_num(list), 2);
	assert_int_equal(X509_cmp(sk_X509_value(list, 1), second), 0);
}

static void a_bundle_of_65_is_refused_and_one_of_64_taken(void **state)
{
	AUTO(buf) struct buf text = BUF_INIT(1024 * 1024);
	STACK_OF(X509) *list = NULL;

	(void)state;
	for (int i = 0; i < 64; i++)
		assert_int_equal(buf_addf(&text, "%s", kubeadm_ca_crt), 0);
	assert_ok(cert_list_from_pem(text.data, text.len, "ca.crt", &list, e));
	assert_int_equal(sk_X509_num(list), 64);
	cert_list_free(list);
	list = NULL;
	assert_int_equal(buf_addf(&text, "%s", kubeadm_ca_crt), 0);
	assert_refused(cert_list_from_pem(text.data, text.len, "ca.crt", &list, e), ERR_CRYPTO,
		       "ca.crt: more than 64 certificates");
	assert_null(list);
}

static char *with_trailing_octet(X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	unsigned char *more = xcalloc(1, (size_t)len + 1);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem;

	memcpy(more, der, (size_t)len);
	assert_true(PEM_write_bio(bio, "CERTIFICATE", "", more, len + 1) > 0);
	pem = xstrndup(data, (size_t)BIO_get_mem_data(bio, &data));
	BIO_free(bio);
	OPENSSL_free(der);
	free(more);
	return pem;
}

static void texts_that_are_no_certificates_are_refused(void **state)
{
	AUTO(x509) X509 *good = read_cert(kubeadm_ca_crt);
	AUTO(free) char *trailing = with_trailing_octet(good);
	AUTO(free) char *cut = xstrndup(kubeadm_ca_crt, 300);
	const struct {
		const char *text, *part;
	} rows[] = {
		{ "", "no certificate in it" },
		{ "hello", "no certificate in it" },
		{ kubeadm_apiserver_key, "no certificate in it" },
		{ cut, "damaged PEM block" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		  "damaged certificate" },
		{ trailing, "data after the certificate's end" },
	};
	X509 *cert = NULL;
	STACK_OF(X509) *list = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_refused(cert_from_pem(rows[i].text, strlen(rows[i].text), "x.crt", &cert, e),
			       ERR_CRYPTO, rows[i].part);
		assert_refused(
			cert_list_from_pem(rows[i].text, strlen(rows[i].text), "x.crt", &list, e),
			ERR_CRYPTO, rows[i].part);
	}
	assert_null(cert);
	assert_null(list);
}

static void the_hash_of_a_ca_is_what_openssl_and_kubeadm_compute(void **state)
{
	AUTO(x509) X509 *ca = read_cert(kubeadm_ca_crt);
	unsigned char hash[32];
	AUTO(free) char *text = NULL;

	(void)state;
	assert_ok(cert_spki_sha256(ca, hash, e));
	text = pin_format(hash);
	assert_string_equal(text, KUBEADM_CA_HASH);
}

static void a_certificate_tells_what_is_needed_to_issue_it_anew(void **state)
{
	AUTO(x509) X509 *server = read_cert(kubeadm_etcd_server_crt);
	AUTO(x509) X509 *client = read_cert(kubeadm_kubelet_client_crt);
	AUTO(x509) X509 *ca = read_cert(kubeadm_ca_crt);
	X509 *const certs[] = { server, client, ca };
	static const char *const wanted[] = {
		"{\"cn\": \"master\", \"orgs\": [], \"sans\": [\"localhost\", \"master\", "
		"\"10.77.0.10\", \"127.0.0.1\", \"::1\"], \"usage\": 3}",
		"{\"cn\": \"kube-apiserver-kubelet-client\", \"orgs\": [\"system:masters\"], "
		"\"sans\": [], \"usage\": 1}",
		"{\"cn\": \"kubernetes\", \"orgs\": [], \"sans\": [], \"usage\": 4}",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		AUTO(json) json_t *have = NULL;
		AUTO(free) char *text = NULL;

		assert_ok(cert_describe(certs[i], &have, e));
		text = json_dumps(have, JSON_SORT_KEYS);
		assert_string_equal(text, wanted[i]);
	}
}

/* ---- judging ---- */

static void what_kubeadm_made_serves(void **state)
{
	AUTO(json)
	json_t *sans = json_pack("[s,s,s]", "master", "10.96.0.1", "kubernetes.default.svc");
	AUTO(x509) X509 *ca = read_cert(kubeadm_ca_crt);
	AUTO(x509) X509 *server = read_cert(kubeadm_apiserver_crt);
	AUTO(x509) X509 *client = read_cert(kubeadm_kubelet_client_crt);
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct cert_want want = {
		.cn = "kubernetes", .san_cn = true, .usage = CERT_CA, .now = KUBEADM_NOW
	};

	(void)state;
	assert_ok(cert_check(ca, &want, NULL, NULL, "ca.crt", e));
	assert_ok(key_from_pem(kubeadm_apiserver_key, strlen(kubeadm_apiserver_key), "k", &key, e));
	want = (struct cert_want){
		.cn = "kube-apiserver", .sans = sans, .usage = CERT_SERVER, .now = KUBEADM_NOW
	};
	assert_ok(cert_check(server, &want, key, ca, "apiserver.crt", e));
	/* Its group is system:masters: it serves where a later version wants less. */
	want = (struct cert_want){ .cn = "kube-apiserver-kubelet-client",
				   .usage = CERT_CLIENT,
				   .org = "kubeadm:cluster-admins",
				   .now = KUBEADM_NOW };
	assert_ok(cert_check(client, &want, NULL, ca, "apiserver-kubelet-client.crt", e));
}

struct scene {
	struct ca ca, other;
	struct cert_want server, client, authority;
	json_t *sans;
	X509 *server_cert, *client_cert;
};

static int set_scene(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	s->ca = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	s->other = make_ca("ECDSA-P256", "kubernetes", 10 * DAY);
	s->sans = json_pack("[s,s,s,s]", "master", "*.example.org", "10.96.0.1", "fd00::1");
	s->server = (struct cert_want){ .cn = "kube-apiserver",
					.sans = s->sans,
					.now = NOW,
					.usage = CERT_SERVER,
					.validity_s = DAY };
	s->client = (struct cert_want){ .cn = "kubernetes-admin",
					.org = "kubeadm:cluster-admins",
					.now = NOW,
					.usage = CERT_CLIENT,
					.validity_s = DAY };
	s->authority = (struct cert_want){
		.cn = "kubernetes", .now = NOW, .usage = CERT_CA, .validity_s = DAY
	};
	assert_ok(cert_issue(&s->server, s->other.key, s->ca.cert, s->ca.key, &s->server_cert, e));
	assert_ok(cert_issue(&s->client, s->ca.key, s->ca.cert, s->ca.key, &s->client_cert, e));
	*state = s;
	return 0;
}

static int end_scene(void **state)
{
	struct scene *s = *state;

	free_ca(&s->ca);
	free_ca(&s->other);
	X509_free(s->server_cert);
	X509_free(s->client_cert);
	json_decref(s->sans);
	free(s);
	return 0;
}

static void what_we_issued_serves(void **state)
{
	const struct scene *s = *state;

	assert_ok(cert_check(s->server_cert, &s->server, s->other.key, s->ca.cert, "x", e));
	assert_ok(cert_check(s->client_cert, &s->client, s->ca.key, s->ca.cert, "x", e));
	assert_ok(cert_check(s->ca.cert, &s->authority, s->ca.key, NULL, "ca.crt", e));
}

static void another_key_is_told(void **state)
{
	const struct scene *s = *state;

	assert_refused(
		cert_check(s->server_cert, &s->server, s->ca.key, s->ca.cert, "apiserver.crt", e),
		ERR_CRYPTO, "apiserver.crt: belongs to another key");
	assert_refused(cert_check(s->ca.cert, &s->authority, s->other.key, NULL, "ca.crt", e),
		       ERR_CRYPTO, "ca.crt: belongs to another key");
}

static void another_ca_is_told_even_when_it_has_the_same_name(void **state)
{
	const struct scene *s = *state;
	struct ca front = make_ca("ECDSA-P256", "front-proxy-ca", DAY);

	assert_refused(cert_check(s->server_cert, &s->server, NULL, s->other.cert, "x", e),
		       ERR_CRYPTO, "signed by another CA that has the same name /CN=kubernetes");
	assert_refused(cert_check(s->server_cert, &s->server, NULL, front.cert, "x", e), ERR_CRYPTO,
		       "signed by /CN=kubernetes and not by this cluster's CA /CN=front-proxy-ca");
	free_ca(&front);
}

static void a_ca_whose_own_signature_is_wrong_is_told(void **state)
{
	const struct scene *s = *state;
	AUTO(x509) X509 *forged = X509_dup(s->ca.cert);

	assert_true(X509_sign(forged, s->other.key, EVP_sha256()) > 0);
	assert_ok(cert_check(s->ca.cert, &s->authority, NULL, NULL, "ca.crt", e));
	assert_refused(cert_check(forged, &s->authority, NULL, NULL, "ca.crt", e), ERR_CRYPTO,
		       "names itself as issuer, but its signature is not its own");
}

static void a_cas_subordinate_serves_as_ca(void **state)
{
	const struct scene *s = *state;
	const struct cert_want want = {
		.cn = "of-a-company", .now = NOW, .usage = CERT_CA, .validity_s = DAY
	};
	AUTO(x509) X509 *cert = NULL;

	assert_ok(cert_issue(&want, s->other.key, s->ca.cert, s->ca.key, &cert, e));
	assert_ok(cert_check(cert, &s->authority, s->other.key, NULL, "ca.crt", e));
}

static void missing_names_are_told_one_by_one(void **state)
{
	const struct scene *s = *state;
	struct cert_want want = s->server;
	AUTO(json) json_t *subset = json_pack("[s,s,s]", "10.96.0.1", "MASTER", "a.example.org");
	AUTO(json)
	json_t *more = json_pack("[s,s,s,s,s]", "master", "lb.example.net", "10.96.0.2",
				 "example.org", "*.example.net");

	want.sans = subset;
	assert_ok(cert_check(s->server_cert, &want, NULL, s->ca.cert, "x", e));
	want.sans = more;
	assert_refused(cert_check(s->server_cert, &want, NULL, s->ca.cert, "apiserver.crt", e),
		       ERR_CRYPTO,
		       "apiserver.crt: is not valid for lb.example.net, 10.96.0.2, example.org, "
		       "*.example.net");
}

static void expired_and_not_yet_valid_are_told_with_their_times(void **state)
{
	const struct scene *s = *state;
	struct cert_want want = s->server;

	want.now = NOW + DAY;
	assert_ok(cert_check(s->server_cert, &want, NULL, s->ca.cert, "x", e));
	want.now = NOW + DAY + 1;
	assert_refused(cert_check(s->server_cert, &want, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: expired on 2027-01-16T08:00:00Z");
	want.now = NOW - 300;
	assert_ok(cert_check(s->server_cert, &want, NULL, s->ca.cert, "x", e));
	want.now = NOW - 301;
	assert_refused(cert_check(s->server_cert, &want, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: not valid before 2027-01-15T07:55:00Z");
	want = s->authority;
	want.now = NOW + 11 * DAY;
	assert_refused(cert_check(s->ca.cert, &want, NULL, NULL, "ca.crt", e), ERR_CRYPTO,
		       "ca.crt: expired on");
}

static void leaves_are_no_cas_and_cas_no_leaves(void **state)
{
	const struct scene *s = *state;

	assert_refused(cert_check(s->server_cert, &s->authority, NULL, NULL, "ca.crt", e),
		       ERR_CRYPTO, "ca.crt: is no CA");
	assert_refused(cert_check(s->ca.cert, &s->server, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: is a CA");
}

static void usages_that_do_not_fit_are_told(void **state)
{
	const struct scene *s = *state;
	struct cert_want both = s->server;

	both.usage = CERT_SERVER | CERT_CLIENT;
	assert_refused(cert_check(s->client_cert, &s->server, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: is not for servers");
	assert_refused(cert_check(s->server_cert, &both, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: is not for clients");
}

static void a_client_of_another_name_or_group_is_told(void **state)
{
	const struct scene *s = *state;
	struct cert_want want = s->client;

	want.cn = "Kubernetes-admin"; /* user names are told apart by case */
	assert_refused(cert_check(s->client_cert, &want, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: names kubernetes-admin and not Kubernetes-admin");
	want = s->client;
	want.org = "system:masters";
	assert_refused(cert_check(s->client_cert, &want, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: is not of the group system:masters");
}

static void a_certificate_without_key_cert_sign_is_no_ca(void **state)
{
	const struct scene *s = *state;
	AUTO(x509) X509 *cert = X509_dup(s->ca.cert);
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();

	X509_EXTENSION_free(X509_delete_ext(cert, X509_get_ext_by_NID(cert, NID_key_usage, -1)));
	assert_int_equal(ASN1_BIT_STRING_set_bit(usage, 0, 1), 1);
	assert_int_equal(X509_add1_ext_i2d(cert, NID_key_usage, usage, 1, 0), 1);
	ASN1_BIT_STRING_free(usage);
	assert_true(X509_sign(cert, s->ca.key, EVP_sha256()) > 0);
	assert_refused(cert_check(cert, &s->authority, NULL, NULL, "ca.crt", e), ERR_CRYPTO,
		       "ca.crt: may not sign certificates");
}

static void weak_keys_and_weak_digests_are_told(void **state)
{
	const struct scene *s = *state;
	AUTO(pkey) EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	AUTO(x509) X509 *weak_key = NULL;
	AUTO(x509) X509 *weak_digest = X509_dup(s->client_cert);

	assert_ok(cert_issue(&s->client, small, s->ca.cert, s->ca.key, &weak_key, e));
	assert_refused(cert_check(weak_key, &s->client, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: its key of 1024 bits is too weak");
	assert_true(X509_sign(weak_digest, s->ca.key, EVP_sha1()) > 0);
	assert_refused(cert_check(weak_digest, &s->client, NULL, s->ca.cert, "x", e), ERR_CRYPTO,
		       "x: its signature's digest is too weak");
}

static void one_bit_changed_anywhere_is_noticed(void **state)
{
	const struct scene *s = *state;
	unsigned char *der = NULL;
	int len = i2d_X509(s->client_cert, &der), taken = 0;

	for (int i = 0; i < len; i++) {
		const unsigned char *p = der;
		AUTO(x509) X509 *cert = NULL;
		struct err err = ERR_INIT;

		der[i] ^= 1;
		cert = d2i_X509(NULL, &p, len);
		if (cert && X509_get0_pubkey(cert))
			taken += cert_check(cert, &s->client, NULL, s->ca.cert, "x", &err) == 0;
		der[i] ^= 1;
	}
	OPENSSL_free(der);
	assert_int_equal(taken, 0);
}

#define scenic(test) cmocka_unit_test_setup_teardown(test, set_scene, end_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_survives_being_written_and_read),
		cmocka_unit_test(the_first_certificate_of_a_file_is_taken_and_other_blocks_skipped),
		cmocka_unit_test(a_bundle_gives_each_of_its_certificates),
		cmocka_unit_test(a_bundle_of_65_is_refused_and_one_of_64_taken),
		cmocka_unit_test(texts_that_are_no_certificates_are_refused),
		cmocka_unit_test(the_hash_of_a_ca_is_what_openssl_and_kubeadm_compute),
		cmocka_unit_test(a_certificate_tells_what_is_needed_to_issue_it_anew),
		cmocka_unit_test(what_kubeadm_made_serves),
		scenic(what_we_issued_serves),
		scenic(another_key_is_told),
		scenic(another_ca_is_told_even_when_it_has_the_same_name),
		scenic(a_ca_whose_own_signature_is_wrong_is_told),
		scenic(a_cas_subordinate_serves_as_ca),
		scenic(missing_names_are_told_one_by_one),
		scenic(expired_and_not_yet_valid_are_told_with_their_times),
		scenic(leaves_are_no_cas_and_cas_no_leaves),
		scenic(usages_that_do_not_fit_are_told),
		scenic(a_client_of_another_name_or_group_is_told),
		scenic(a_certificate_without_key_cert_sign_is_no_ca),
		scenic(weak_keys_and_weak_digests_are_told),
		scenic(one_bit_changed_anywhere_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
