#include "pki/csr.h"

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
