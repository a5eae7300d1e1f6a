#include "pki/cert.h"

#include "base/clock.h"
#include "base/str.h"
#include "pki/names.h"
#include "pki/pem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

#define YEAR_9999 253402300799L /* 99991231235959Z, the last that RFC 5280 4.1.2.5 knows */

/* RFC 5280 4.1.2.2: positive and at most 20 octets. */
static bool set_serial(X509 *cert)
{
	uint64_t serial = 0;

	while (serial == 0)
		if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
			return false;
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial) == 1;
}

static int set_validity(X509 *cert, const struct cert_want *want, X509 *ca, struct err *err)
{
	time_t from = want->now - CERT_BACKDATE_S, until = want->now;

	if (want->validity_s <= 0 || want->now < CERT_BACKDATE_S ||
	    want->validity_s > YEAR_9999 - want->now)
		return err_set(err, ERR_CRYPTO,
			       "certificate of %s: it cannot be valid for %ld seconds", want->cn,
			       want->validity_s);
	until += want->validity_s;
	/* Nobody verifies outside the CA's own time, so a longer one would only mislead. */
	if (ca && until > cert_not_after(ca))
		until = cert_not_after(ca);
	if (ca && from < cert_not_before(ca))
		from = cert_not_before(ca);
	if (!ASN1_TIME_set(X509_getm_notBefore(cert), from) ||
	    !ASN1_TIME_set(X509_getm_notAfter(cert), until))
		return pem_ssl_err(err, "certificate of %s: cannot set its validity", want->cn);
	return 0;
}

/* SHA-256 of the public key's bits, its first 160 bits (RFC 7093 2, method 1). */
static bool add_key_id(X509 *cert)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(cert);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	bool ok = id && bits &&
		  EVP_Digest(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), hash,
			     NULL, EVP_sha256(), NULL) == 1 &&
		  ASN1_OCTET_STRING_set(id, hash, 20) == 1 &&
		  X509_add1_ext_i2d(cert, NID_subject_key_identifier, id, 0, 0) == 1;

	ASN1_OCTET_STRING_free(id);
	return ok;
}

static bool add_authority(X509 *cert, X509 *ca)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca);
	AUTHORITY_KEYID *authority;
	bool ok;

	if (!id)
		return true; /* an old CA of the user's own: there is nothing to point at */
	authority = AUTHORITY_KEYID_new();
	ok = authority && (authority->keyid = ASN1_OCTET_STRING_dup(id)) &&
	     X509_add1_ext_i2d(cert, NID_authority_key_identifier, authority, 0, 0) == 1;
	AUTHORITY_KEYID_free(authority);
	return ok;
}

static bool add_constraints(X509 *cert, bool is_ca)
{
	BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
	bool ok;

	if (!constraints)
		return false;
	constraints->ca = is_ca ? 0xff : 0;
	ok = X509_add1_ext_i2d(cert, NID_basic_constraints, constraints, 1, 0) == 1;
	BASIC_CONSTRAINTS_free(constraints);
	return ok;
}

/* In kubeadm's order, which does not matter to readers but to those who compare. */
static int add_extensions(X509 *cert, const struct cert_want *want, const EVP_PKEY *key, X509 *ca,
			  struct err *err)
{
	AUTO(general_names) GENERAL_NAMES *sans = NULL;
	AUTO(bit_string) ASN1_BIT_STRING *usage = names_key_usage(want, key);
	AUTO(eku) EXTENDED_KEY_USAGE *purposes = names_ext_key_usage(want);
	bool is_ca = want->usage & CERT_CA;

	if (names_sans(want, &sans, err) < 0)
		return -1;
	if (!usage || !purposes || X509_add1_ext_i2d(cert, NID_key_usage, usage, 1, 0) != 1 ||
	    (!is_ca && X509_add1_ext_i2d(cert, NID_ext_key_usage, purposes, 0, 0) != 1) ||
	    !add_constraints(cert, is_ca) || !add_key_id(cert) ||
	    (ca && !add_authority(cert, ca)) ||
	    (sans && X509_add1_ext_i2d(cert, NID_subject_alt_name, sans, 0, 0) != 1))
		return pem_ssl_err(err, "certificate of %s: cannot add its extensions", want->cn);
	return 0;
}

static int check_issuer(const struct cert_want *want, X509 *ca, EVP_PKEY *ca_key, struct err *err)
{
	char until[21];

	if (X509_check_ca(ca) != 1)
		return err_set(err, ERR_CRYPTO,
			       "certificate of %s: the certificate to sign it with is no CA",
			       want->cn);
	if (!ca_key || !key_same(X509_get0_pubkey(ca), ca_key))
		return err_set(err, ERR_CRYPTO,
			       "certificate of %s: the CA's key does not belong to the CA",
			       want->cn);
	clock_rfc3339(cert_not_after(ca), until);
	if (cert_not_after(ca) <= want->now)
		return err_set(err, ERR_CRYPTO, "certificate of %s: the CA expired on %s", want->cn,
			       until);
	return 0;
}

int cert_issue(const struct cert_want *want, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, X509 **ret,
	       struct err *err)
{
	AUTO(x509) X509 *cert = X509_new();
	AUTO(x509_name) X509_NAME *subject = NULL;
	EVP_PKEY *signer = ca ? ca_key : key;

	if ((want->usage & (CERT_CA | CERT_CLIENT | CERT_SERVER)) == 0)
		return err_set(err, ERR_BUG, "a certificate without any usage");
	if (names_subject(want, &subject, err) < 0 ||
	    (ca && check_issuer(want, ca, ca_key, err) < 0))
		return -1;
	if (!cert || X509_set_version(cert, X509_VERSION_3) != 1 || !set_serial(cert) ||
	    X509_set_subject_name(cert, subject) != 1 ||
	    X509_set_issuer_name(cert, ca ? X509_get_subject_name(ca) : subject) != 1 ||
	    X509_set_pubkey(cert, key) != 1)
		return pem_ssl_err(err, "certificate of %s: cannot make it", want->cn);
	if (set_validity(cert, want, ca, err) < 0 || add_extensions(cert, want, key, ca, err) < 0)
		return -1;
	if (X509_sign(cert, signer, names_digest(signer)) <= 0)
		return pem_ssl_err(err, "certificate of %s: cannot sign it", want->cn);
	*ret = TAKE(cert);
	return 0;
}

int cert_to_pem(X509 *cert, char **ret, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || PEM_write_bio_X509(bio, cert) != 1)
		return pem_ssl_err(err, "cannot encode a certificate");
	*ret = pem_bio_text(bio);
	return 0;
}

/* The next certificate of bio: 1, 0 at the end, -1. */
static int next_cert(BIO *bio, const char *name, X509 **ret, struct err *err)
{
	int got;

	for (;;) {
		AUTO(pem_block) struct pem_block block = PEM_BLOCK_INIT;
		AUTO(x509) X509 *cert = NULL;
		const unsigned char *der;

		got = pem_next(bio, name, &block, err);
		if (got <= 0)
			return got;
		if (!str_eq(block.type, "CERTIFICATE") || *block.header)
			continue;
		der = block.der;
		cert = d2i_X509(NULL, &der, block.len);
		if (!cert)
			return pem_ssl_err(err, "%s: damaged certificate", name);
		if (der != block.der + block.len)
			return err_set(err, ERR_CRYPTO, "%s: data after the certificate's end",
				       name);
		if (!X509_get0_pubkey(cert))
			return pem_ssl_err(err, "%s: the certificate's key is of an unknown kind",
					   name);
		*ret = TAKE(cert);
		return 1;
	}
}

int cert_from_pem(const char *pem, size_t len, const char *name, X509 **ret, struct err *err)
{
	AUTO(bio) BIO *bio = NULL;
	int got;

	if (pem_open(pem, len, name, &bio, err) < 0)
		return -1;
	got = next_cert(bio, name, ret, err);
	if (got == 0)
		return err_set(err, ERR_CRYPTO, "%s: no certificate in it", name);
	return got < 0 ? -1 : 0;
}

int cert_list_from_pem(const char *pem, size_t len, const char *name, STACK_OF(X509) **ret,
		       struct err *err)
{
	AUTO(x509_list) STACK_OF(X509) *list = sk_X509_new_null();
	AUTO(bio) BIO *bio = NULL;

	if (pem_open(pem, len, name, &bio, err) < 0)
		return -1;
	for (;;) {
		AUTO(x509) X509 *cert = NULL;
		int got = next_cert(bio, name, &cert, err);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		if (sk_X509_num(list) == 64)
			return err_set(err, ERR_CRYPTO, "%s: more than 64 certificates", name);
		if (sk_X509_push(list, cert) <= 0)
			return pem_ssl_err(err, "%s", name);
		(void)TAKE(cert);
	}
	if (sk_X509_num(list) <= 0)
		return err_set(err, ERR_CRYPTO, "%s: no certificate in it", name);
	*ret = TAKE(list);
	return 0;
}

void cert_list_free(STACK_OF(X509) *list)
{
	sk_X509_pop_free(list, X509_free);
}

static time_t to_time(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : 0;
}

time_t cert_not_before(X509 *cert)
{
	return to_time(X509_get0_notBefore(cert));
}

time_t cert_not_after(X509 *cert)
{
	return to_time(X509_get0_notAfter(cert));
}

int cert_spki_sha256(X509 *cert, unsigned char ret[static 32], struct err *err)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, ret, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok ? 0 : pem_ssl_err(err, "cannot hash a certificate's public key");
}
