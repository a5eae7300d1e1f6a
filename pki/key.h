/* Private keys. */
#ifndef PKI_KEY_H
#define PKI_KEY_H

#include "base/auto.h"
#include "base/err.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

AUTO_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free);

/* `algorithm`: ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072, RSA-4096 (kubeadm's names).
 * Errors: ERR_CRYPTO. */
int key_generate(const char *algorithm, EVP_PKEY **ret, struct err *err);
/* The name for a key that is there; the default's for one of another kind. */
const char *key_algorithm(const EVP_PKEY *key);
/* The names above, for checks and help; ends with NULL. The first is the default. */
extern const char *const key_algorithms[];

/* "EC PRIVATE KEY" or "RSA PRIVATE KEY", as kubeadm writes them. The caller frees with secret_free.
 */
int key_to_pem(EVP_PKEY *key, char **ret, struct err *err);
/* The first private key among the PEM blocks ("EC", "RSA" or plain "PRIVATE KEY"); one that needs a
 * passphrase is refused and nobody is asked for it. RSA and named curves only; the private half
 * must fit its public half. Errors: ERR_CRYPTO. */
int key_from_pem(const char *pem, size_t len, const char *name, EVP_PKEY **ret, struct err *err);
/* PKIX "PUBLIC KEY", as sa.pub has it. The caller frees. */
int key_public_to_pem(EVP_PKEY *key, char **ret, struct err *err);
int key_public_from_pem(const char *pem, size_t len, const char *name, EVP_PKEY **ret,
			struct err *err);
/* Whether both have the same public half. */
bool key_same(const EVP_PKEY *a, const EVP_PKEY *b);
/* Whether it has less than 112 bits of strength (NIST SP 800-57: RSA below 2048 bits). */
bool key_weak(const EVP_PKEY *key);

#endif
