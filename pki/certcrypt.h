/* The encryption of the Secret kubeadm-certs, in which control planes hand each other their CAs:
 * AES-256-GCM, the nonce of 12 octets in front, the tag of 16 behind, no further data. */
#ifndef PKI_CERTCRYPT_H
#define PKI_CERTCRYPT_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

#define CERTCRYPT_KEY_LEN  32
#define CERTCRYPT_OVERHEAD 28 /* nonce and tag */

struct certcrypt_key {
	unsigned char bytes[CERTCRYPT_KEY_LEN];
};
int certcrypt_key_generate(struct certcrypt_key *ret, struct err *err);
/* 64 hex digits, any case. A key whose octets are all the same is refused: it was never random.
 * Errors: ERR_CRYPTO; the message never has the key. */
int certcrypt_key_parse(const char *hex, struct certcrypt_key *ret, struct err *err);
/* Lower-case hex; the caller frees with secret_free. */
char *certcrypt_key_format(const struct certcrypt_key *key);
void certcrypt_key_clear(struct certcrypt_key *key);
static inline void auto_certcrypt_key_(struct certcrypt_key *k)
{
	certcrypt_key_clear(k);
}

/* Encrypts with a nonce of its own. *ret is the caller's. Errors: ERR_CRYPTO. */
int certcrypt_seal(const struct certcrypt_key *key, const void *data, size_t len,
		   unsigned char **ret, size_t *ret_len, struct err *err);
/* `name` is for the message. *ret is NUL-terminated past *ret_len; the caller frees with
 * secret_freen(ret, ret_len). Errors: ERR_CRYPTO. */
int certcrypt_open(const struct certcrypt_key *key, const void *data, size_t len, const char *name,
		   char **ret, size_t *ret_len, struct err *err);

#endif
