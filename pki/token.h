/* Bootstrap tokens: id.secret as Kubernetes has them, id.secret.pin as kstrap prints them. */
#ifndef PKI_TOKEN_H
#define PKI_TOKEN_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_ID_LEN     6
#define TOKEN_SECRET_LEN 16
#define TOKEN_PIN_LEN    43 /* SHA-256 of the CA's SubjectPublicKeyInfo, base64url, unpadded */

struct token {
	char id[TOKEN_ID_LEN + 1];
	char secret[TOKEN_SECRET_LEN + 1];
	bool pinned;
	unsigned char pin[32];
};
/* Errors: ERR_CRYPTO; the message never has the secret. */
int token_parse(const char *text, struct token *ret, struct err *err);
int token_generate(struct token *ret, struct err *err); /* uniform over [a-z0-9] */
void token_clear(struct token *token);
static inline void auto_token_(struct token *t)
{
	token_clear(t);
}
/* "id.secret", and ".pin" after it when pinned. The caller frees with secret_free. */
char *token_format(const struct token *token);
char *token_format_plain(const struct token *token);

/* "sha256:<64 hex>" to 32 bytes. Errors: ERR_CRYPTO. */
int pin_parse(const char *text, unsigned char ret[static 32], struct err *err);
char *pin_format(const unsigned char pin[static 32]); /* "sha256:<hex>"; the caller frees */

/* The detached JWS (HS256, RFC 7515 appendix F) over `payload` that cluster-info carries as
 * jws-kubeconfig-<id>: "header..signature". The caller frees. */
int jws_sign(const struct token *token, const char *payload, char **ret, struct err *err);
/* By computing it anew and comparing in constant time: what its header claims is not followed.
 * Errors: ERR_CRYPTO. */
int jws_verify(const struct token *token, const char *payload, const char *jws, struct err *err);
/* The same for any key id and secret. Errors: ERR_CRYPTO. */
int jws_compute(const char *id, const char *secret, const char *payload, char **ret,
		struct err *err);

#endif
