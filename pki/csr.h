/* Certificate signing requests (RFC 2986). */
#ifndef PKI_CSR_H
#define PKI_CSR_H

#include "pki/cert.h"

/* A PEM "CERTIFICATE REQUEST" for want's subject, names and usages, signed by `key`. want's now and
 * validity_s are the signer's business and not looked at. The caller frees. Errors: ERR_CRYPTO. */
int csr_make(const struct cert_want *want, EVP_PKEY *key, char **ret, struct err *err);

/* What a PEM request asks for: {"cn": s, "orgs": [s], "sans": [s], "key": s, "plain": b}. "key" is
 * the SHA-256 of its public key as hex; "plain" is whether there is one CN, nothing but CN and O in
 * the subject and no name that is neither DNS's nor an address. The request must be signed by its
 * key. A new object. Errors: ERR_CRYPTO. */
int csr_describe(const char *pem, size_t len, json_t **ret, struct err *err);

#endif
