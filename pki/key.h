/* Private keys. */
#ifndef PKI_KEY_H
#define PKI_KEY_H

#include "base/auto.h"
#include "base/err.h"

#include <openssl/evp.h>
#include <stddef.h>

AUTO_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free);

/* `algorithm`: ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072, RSA-4096 (kubeadm's names).
 * Errors: ERR_CRYPTO. */
int key_generate(const char *algorithm, EVP_PKEY **ret, struct err *err);
/* "EC PRIVATE KEY" or "RSA PRIVATE KEY", as kubeadm writes them. The caller frees with secret_free. */
int key_to_pem(EVP_PKEY *key, char **ret, struct err *err);
/* Any of the unencrypted PEM kinds; never asks for a passphrase. Errors: ERR_CRYPTO. */
int key_from_pem(const char *pem, size_t len, const char *name, EVP_PKEY **ret, struct err *err);
/* PKIX "PUBLIC KEY", as sa.pub has it. The caller frees. */
int key_public_to_pem(EVP_PKEY *key, char **ret, struct err *err);
int key_public_from_pem(const char *pem, size_t len, const char *name, EVP_PKEY **ret,
			struct err *err);
bool key_same(const EVP_PKEY *a, const EVP_PKEY *b);

#endif
