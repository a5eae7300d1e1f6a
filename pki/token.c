#include "pki/token.h"

#include "base/str.h"
#include "pki/base64.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static bool all_of_alphabet(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text[i] || !strchr(alphabet, text[i]))
			return false;
	return true;
}

/* Says what is wrong without a word of what was given: the most common mistake is to paste the
 * secret in a place where messages are kept. */
static int refuse(struct err *err, const char *why)
{
	(void)err_set(err, ERR_CRYPTO, "malformed token: %s", why);
	return err_next(
		err, "copy the whole join line that was printed on the control plane: a token is "
		     "ID.SECRET or ID.SECRET.PIN, 6, 16 and 43 characters");
}

static bool parse_pin(const char *text, unsigned char ret[static 32])
{
	unsigned char *pin = NULL;
	size_t len = 0;
	bool ok;

	if (strlen(text) != TOKEN_PIN_LEN || !base64url_decode(text, TOKEN_PIN_LEN, &pin, &len))
		return false;
	ok = len == 32;
	if (ok)
		memcpy(ret, pin, 32);
	free(pin);
	return ok;
}

int token_parse(const char *text, struct token *ret, struct err *err)
{
	struct token token = { .pinned = false };
	const char *secret = NULL, *pin = NULL;

	if (!text || !*text)
		return refuse(err, "it is empty");
	if (text[strcspn(text, " \t\r\n\v\f")])
		return refuse(err, "it has white space in it");
	secret = strchr(text, '.');
	if (!secret)
		return refuse(err, "it has no dot, so it is not ID.SECRET");
	if (secret - text != TOKEN_ID_LEN || !all_of_alphabet(text, TOKEN_ID_LEN))
		return refuse(err,
			      "what stands before the first dot is not 6 characters of a-z, 0-9");
	secret++;
	pin = strchr(secret, '.');
	if ((pin ? (size_t)(pin - secret) : strlen(secret)) != TOKEN_SECRET_LEN ||
	    !all_of_alphabet(secret, TOKEN_SECRET_LEN))
		return refuse(err,
			      "its secret (after the first dot) is not 16 characters of a-z, 0-9");
	if (pin && !parse_pin(pin + 1, token.pin))
		return refuse(err,
			      "its pin (after the second dot) is not 43 characters of base64url; a "
			      "shortened pin protects nothing");
	token.pinned = pin != NULL;
	memcpy(token.id, text, TOKEN_ID_LEN);
	memcpy(token.secret, secret, TOKEN_SECRET_LEN);
	*ret = token;
	token_clear(&token);
	return 0;
}

/* From the system's generator. Octets from 252 on are thrown away: 256 is no multiple of 36 and the
 * first four characters would come more often. */
static bool random_text(char *out, size_t len)
{
	unsigned char octets[64];
	size_t n = 0;

	while (n < len) {
		/* Up to 256 octets come as a whole (getrandom(2)). */
		if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
			return false;
		for (size_t i = 0; i < sizeof(octets) && n < len; i++)
			if (octets[i] < 252)
				out[n++] = alphabet[octets[i] % 36];
	}
	out[len] = '\0';
	OPENSSL_cleanse(octets, sizeof(octets));
	return true;
}

int token_generate(struct token *ret, struct err *err)
{
	struct token token = { .pinned = false };

	if (!random_text(token.id, TOKEN_ID_LEN) || !random_text(token.secret, TOKEN_SECRET_LEN))
		return err_sys(err, "the system's random numbers");
	*ret = token;
	token_clear(&token);
	return 0;
}

void token_clear(struct token *token)
{
	OPENSSL_cleanse(token, sizeof(*token));
}

char *token_format(const struct token *token)
{
	AUTO(free) char *pin = NULL;

	if (!token->pinned)
		return token_format_plain(token);
	pin = base64url_encode(token->pin, sizeof(token->pin));
	return xasprintf("%s.%s.%s", token->id, token->secret, pin);
}

char *token_format_plain(const struct token *token)
{
	return xasprintf("%s.%s", token->id, token->secret);
}

int pin_parse(const char *text, unsigned char ret[static 32], struct err *err)
{
	static const char prefix[] = "sha256:";
	unsigned char pin[32];

	if (!text || strncasecmp(text, prefix, sizeof(prefix) - 1) != 0)
		return err_set(err, ERR_CRYPTO,
			       "CA hash \"%.100s\": does not begin with sha256:", text ? text : "");
	if (!hex_decode(text + sizeof(prefix) - 1, pin, sizeof(pin)))
		return err_set(err, ERR_CRYPTO,
			       "CA hash \"%.100s\": not 64 hexadecimal digits after sha256:", text);
	memcpy(ret, pin, sizeof(pin));
	return 0;
}

char *pin_format(const unsigned char pin[static 32])
{
	AUTO(free) char *hex = hex_encode(pin, 32);

	return xasprintf("sha256:%s", hex);
}
