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

struct cert_want {
	const char *cn;
	const char *org;   /* NULL: none */
	const json_t *sans; /* array of strings, addresses or names; NULL: none */
	unsigned usage;	   /* of enum cert_usage; CERT_CA alone for a CA */
	time_t now;
	long validity_s;   /* notBefore is 5 minutes before now; a leaf never outlives its CA */
};

/* Issues `want` for the public half of `key`, signed by ca (self-signed when ca is NULL).
 * Serial: 8 random positive octets; SKI, AKI, critical basicConstraints and keyUsage
 * (keyEncipherment only with RSA). Errors: ERR_CRYPTO. */
int cert_issue(const struct cert_want *want, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, X509 **ret,
	       struct err *err);
int cert_to_pem(X509 *cert, char **ret, struct err *err);
/* The first certificate of a PEM file. Errors: ERR_CRYPTO. */
int cert_from_pem(const char *pem, size_t len, const char *name, X509 **ret, struct err *err);
/* Whether an existing certificate still serves `want`: signed by ca (NULL: self-signed CA), pairs
 * with key (NULL: not checked), names, usages, in validity at want->now. 0 when it does, else
 * ERR_CRYPTO with the reason. `name` is for the message. */
int cert_check(X509 *cert, const struct cert_want *want, EVP_PKEY *key, X509 *ca, const char *name,
	       struct err *err);
time_t cert_not_after(X509 *cert);
/* SHA-256 of the SubjectPublicKeyInfo (RFC 5280 4.1.2.7), as kubeadm's sha256:<hex> hashes. */
int cert_spki_sha256(X509 *cert, unsigned char ret[static 32], struct err *err);

#endif
