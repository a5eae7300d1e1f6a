/* X.509 certificates as Kubernetes' components want them (RFC 5280). */
#ifndef PKI_CERT_H
#define PKI_CERT_H

#include "base/auto.h"
#include "base/err.h"
#include "pki/key.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

AUTO_DEFINE(x509, X509 *, X509_free);

enum cert_usage { CERT_CLIENT = 1 << 0, CERT_SERVER = 1 << 1, CERT_CA = 1 << 2 };

#define CERT_BACKDATE_S    (5 * 60)        /* as kubeadm: hosts' clocks differ */
#define CERT_VALIDITY_S    (365 * 86400L)  /* default of leaves */
#define CERT_CA_VALIDITY_S (3650 * 86400L) /* default of CAs */

struct cert_want {
	const char *cn;
	const char *org;    /* NULL: none */
	const json_t *orgs; /* further organizations, an array of strings; NULL: none */
	const json_t *sans; /* array of strings, addresses or names; NULL: none */
	bool san_cn;        /* the CN as a DNS name as well (CAs of Kubernetes 1.22 and later) */
	unsigned usage;     /* of enum cert_usage; CERT_CA alone for a CA */
	time_t now;
	long validity_s; /* notBefore is 5 minutes before now; a leaf never outlives its CA */
};

/* Issues `want` for the public half of `key`, signed by ca (self-signed when ca is NULL: then
 * ca_key is not used). Names among the SANs are lower-cased, sorted and made unique, addresses
 * follow in their order. Serial: 8 random octets; SKI, AKI, critical basicConstraints and keyUsage
 * (keyEncipherment only with RSA). Refused: a CA that is none, has expired or does not pair with
 * ca_key. Errors: ERR_CRYPTO. */
int cert_issue(const struct cert_want *want, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, X509 **ret,
	       struct err *err);
/* The caller frees. */
int cert_to_pem(X509 *cert, char **ret, struct err *err);
/* The first certificate of a PEM file. Errors: ERR_CRYPTO. */
int cert_from_pem(const char *pem, size_t len, const char *name, X509 **ret, struct err *err);
/* Each certificate of a PEM file, at least one and at most 64; the caller frees with
 * cert_list_free. Errors: ERR_CRYPTO. */
int cert_list_from_pem(const char *pem, size_t len, const char *name, STACK_OF(X509) **ret,
		       struct err *err);
void cert_list_free(STACK_OF(X509) *list);
AUTO_DEFINE(x509_list, STACK_OF(X509) *, cert_list_free);

/* Whether an existing certificate still serves `want`: in validity at want->now, strong enough,
 * pairs with key (NULL: not checked), signed by ca (by its signature, not by names alone), names,
 * usages. 0 when it does, else ERR_CRYPTO with the reason. `name` is for the message.
 *
 * What kubeadm of any version or the user's own CA made is accepted: a CA's CN is not looked at; a
 * CN matters only where it is the identity (certificates for clients alone), and so does the
 * organization, for which system:masters serves as well. With ca NULL the issuer is not checked,
 * but a CA that names itself as issuer must have signed itself. */
int cert_check(X509 *cert, const struct cert_want *want, EVP_PKEY *key, X509 *ca, const char *name,
	       struct err *err);
time_t cert_not_before(X509 *cert);
time_t cert_not_after(X509 *cert);
/* What the certificate says of itself, to issue it anew: {"cn": s, "orgs": [s], "sans": [s],
 * "usage": i}; "cn" is absent when there is none. A new object. Errors: ERR_CRYPTO. */
int cert_describe(X509 *cert, json_t **ret, struct err *err);
/* SHA-256 of the SubjectPublicKeyInfo (RFC 5280 4.1.2.7), as kubeadm's sha256:<hex> hashes. */
int cert_spki_sha256(X509 *cert, unsigned char ret[static 32], struct err *err);

#endif
