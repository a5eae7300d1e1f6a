/* Certificate signing requests (RFC 2986). */
#ifndef PKI_CSR_H
#define PKI_CSR_H

#include "pki/cert.h"

/* A PEM "CERTIFICATE REQUEST" for want's subject, names and usages. The caller frees. */
int csr_make(const struct cert_want *want, EVP_PKEY *key, char **ret, struct err *err);

#endif
