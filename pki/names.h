/* Subjects and alternative names, shared by certificates and requests. */
#ifndef PKI_NAMES_H
#define PKI_NAMES_H

#include "pki/cert.h"

#include <openssl/x509v3.h>

/* O values first, then CN, each as PrintableString where its characters allow it, as Go's encoder
 * does. The caller frees with X509_NAME_free. */
int names_subject(const struct cert_want *want, X509_NAME **ret, struct err *err);
/* *ret is NULL when there are none. The caller frees with GENERAL_NAMES_free. */
int names_sans(const struct cert_want *want, GENERAL_NAMES **ret, struct err *err);
/* keyUsage and, for leaves, extendedKeyUsage of `want` for `key`; the caller frees. */
ASN1_BIT_STRING *names_key_usage(const struct cert_want *want, const EVP_PKEY *key);
EXTENDED_KEY_USAGE *names_ext_key_usage(const struct cert_want *want);
/* The digest that goes with a signing key: SHA-384 for P-384, else SHA-256. */
const EVP_MD *names_digest(const EVP_PKEY *key);
/* The values of all `nid` entries of a name; a new array of strings (never NULL). */
json_t *names_entries(const X509_NAME *name, int nid);
/* A certificate's DNS names and addresses; a new array of strings (never NULL). */
json_t *names_sans_list(const GENERAL_NAMES *sans);

AUTO_DEFINE(x509_name, X509_NAME *, X509_NAME_free);
AUTO_DEFINE(general_names, GENERAL_NAMES *, GENERAL_NAMES_free);
AUTO_DEFINE(bit_string, ASN1_BIT_STRING *, ASN1_BIT_STRING_free);
AUTO_DEFINE(eku, EXTENDED_KEY_USAGE *, EXTENDED_KEY_USAGE_free);

#endif
