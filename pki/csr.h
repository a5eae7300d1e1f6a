/* Certificate signing requests (RFC 2986). */
#ifndef PKI_CSR_H
#define PKI_CSR_H

#include "pki/cert.h"

/* A PEM "CERTIFICATE REQUEST" for want's subject, names and usages, signed by `key`. want's now and
 * validity_s are the signer's business and not looked at. The caller frees. Errors: ERR_CRYPTO. */
int csr_make(const struct cert_want *want, EVP_PKEY *key, char **ret, struct err *err);

#endif
