#include "pki/csr.h"

#include "base/str.h"
#include "pki/base64.h"
#include "pki/names.h"
#include "pki/pem.h"

#include <openssl/pem.h>

AUTO_DEFINE(x509_req, X509_REQ *, X509_REQ_free);

static void free_extensions(STACK_OF(X509_EXTENSION) *list)
{
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}
AUTO_DEFINE(extensions, STACK_OF(X509_EXTENSION) *, free_extensions);

static int add_extensions(X509_REQ *req, const struct cert_want *want, const EVP_PKEY *key,
			  struct err *err)
{
	AUTO(extensions) STACK_OF(X509_EXTENSION) *list = NULL;
	AUTO(general_names) GENERAL_NAMES *sans = NULL;
	AUTO(bit_string) ASN1_BIT_STRING *usage = names_key_usage(want, key);
	AUTO(eku) EXTENDED_KEY_USAGE *purposes = names_ext_key_usage(want);

	if (names_sans(want, &sans, err) < 0)
		return -1;
	if (!usage || !purposes || X509V3_add1_i2d(&list, NID_key_usage, usage, 1, 0) != 1 ||
	    (sk_ASN1_OBJECT_num(purposes) > 0 &&
	     X509V3_add1_i2d(&list, NID_ext_key_usage, purposes, 0, 0) != 1) ||
	    (sans && X509V3_add1_i2d(&list, NID_subject_alt_name, sans, 0, 0) != 1) ||
	    X509_REQ_add_extensions(req, list) != 1)
		return pem_ssl_err(err, "request of %s: cannot add its extensions", want->cn);
	return 0;
}

int csr_make(const struct cert_want *want, EVP_PKEY *key, char **ret, struct err *err)
{
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	AUTO(x509_name) X509_NAME *subject = NULL;
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	if (names_subject(want, &subject, err) < 0)
		return -1;
	if (!req || !bio || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_subject_name(req, subject) != 1 || X509_REQ_set_pubkey(req, key) != 1)
		return pem_ssl_err(err, "request of %s: cannot make it", want->cn);
	if (add_extensions(req, want, key, err) < 0)
		return -1;
	if (X509_REQ_sign(req, key, names_digest(key)) <= 0 ||
	    PEM_write_bio_X509_REQ(bio, req) != 1)
		return pem_ssl_err(err, "request of %s: cannot sign it", want->cn);
	*ret = pem_bio_text(bio);
	return 0;
}

static int key_hash(const X509_REQ *req, char **ret, struct err *err)
{
	unsigned char *der = NULL, sum[32];
	int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY((X509_REQ *)(uintptr_t)req), &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, sum, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	if (!ok)
		return pem_ssl_err(err, "request: its key cannot be read");
	*ret = hex_encode(sum, sizeof(sum));
	return 0;
}

static json_t *describe(const X509_REQ *req, const GENERAL_NAMES *sans, const char *key)
{
	const X509_NAME *subject = X509_REQ_get_subject_name(req);
	AUTO(json) json_t *cns = names_entries(subject, NID_commonName);
	AUTO(json) json_t *orgs = names_entries(subject, NID_organizationName);
	AUTO(json) json_t *names = names_sans_list(sans);
	size_t known = json_array_size(cns) + json_array_size(orgs);
	bool plain = json_array_size(cns) == 1 &&
		     known == (size_t)X509_NAME_entry_count(subject) &&
		     json_array_size(names) ==
			     (size_t)(sans ? sk_GENERAL_NAME_num(sans) : 0);

	return xjson_pack("{s:O?, s:O, s:O, s:s, s:b}", "cn", json_array_get(cns, 0), "orgs", orgs,
			  "sans", names, "key", key, "plain", plain);
}

int csr_describe(const char *pem, size_t len, json_t **ret, struct err *err)
{
	AUTO(x509_req) X509_REQ *req = NULL;
	AUTO(extensions) STACK_OF(X509_EXTENSION) *list = NULL;
	AUTO(general_names) GENERAL_NAMES *sans = NULL;
	AUTO(bio) BIO *bio = NULL;
	AUTO(free) char *key = NULL;
	int found = 0;

	if (pem_open(pem, len, "request", &bio, err) < 0)
		return -1;
	req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	if (!req || X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1)
		return pem_ssl_err(err, "request: not one that is signed by its key");
	list = X509_REQ_get_extensions(req);
	sans = X509V3_get_d2i(list, NID_subject_alt_name, &found, NULL);
	if (!sans && found != -1) /* -1: there is none; -2: several */
		return pem_ssl_err(err, "request: its names cannot be read");
	if (key_hash(req, &key, err) < 0)
		return -1;
	*ret = describe(req, sans, key);
	return 0;
}
