/* Octets as text: base64, base64url and hex (RFC 4648 sections 4, 5 and 8), strict when reading. */
#ifndef PKI_BASE64_H
#define PKI_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* With padding, on one line. The caller frees (secret_free for secrets). */
char *base64_encode(const void *data, size_t len);
/* Without padding. */
char *base64url_encode(const void *data, size_t len);

/* False, and nothing to free, when it is not canonical base64: foreign characters, wrong padding,
 * bits set past the end. Line breaks are skipped. *ret is NUL-terminated past *ret_len; the caller
 * frees (secret_freen(ret, ret_len) for secrets). */
bool base64_decode(const char *text, size_t len, unsigned char **ret, size_t *ret_len);
/* Without padding and line breaks. */
bool base64url_decode(const char *text, size_t len, unsigned char **ret, size_t *ret_len);

/* Lower case. The caller frees (secret_free for secrets). */
char *hex_encode(const void *data, size_t len);
/* Exactly 2 * len digits of any case and nothing after them; false when it is not, and out[0..len)
 * is undefined then. */
bool hex_decode(const char *text, unsigned char *out, size_t len);

#endif
