#include "pki/base64.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char urlsafe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode(const char *digits, bool padded, const unsigned char *in, size_t len)
{
	char *text = xcalloc(len / 3 + 1, 4 + 1);
	char *out = text;
	size_t i;

	for (i = 0; i < len; i += 3) {
		unsigned left = len - i < 3 ? (unsigned)(len - i) : 3;
		unsigned group = (unsigned)in[i] << 16;

		group |= left > 1 ? (unsigned)in[i + 1] << 8 : 0;
		group |= left > 2 ? (unsigned)in[i + 2] : 0;
		for (unsigned j = 0; j <= left; j++)
			*out++ = digits[group >> (18 - 6 * j) & 63];
		for (unsigned j = left; padded && j < 3; j++)
			*out++ = '=';
	}
	*out = '\0';
	return text;
}

char *base64_encode(const void *data, size_t len)
{
	return encode(standard, true, data, len);
}

char *base64url_encode(const void *data, size_t len)
{
	return encode(urlsafe, false, data, len);
}

static int value_of(const char *digits, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == digits[62])
		return 62;
	return c == digits[63] ? 63 : -1;
}

/* Digits only, without padding; the last group's unused bits must be 0 so that no two texts mean
 * the same octets. */
static bool decode(const char *digits, const char *text, size_t len, unsigned char *out,
		   size_t *ret_len)
{
	unsigned bits = 0, group = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int value = value_of(digits, text[i]);

		if (value < 0)
			return false;
		group = (group << 6 | (unsigned)value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (unsigned char)(group >> bits);
		}
	}
	if (bits >= 6 || (group & ((1U << bits) - 1)) != 0)
		return false;
	*ret_len = n;
	return true;
}

bool base64url_decode(const char *text, size_t len, unsigned char **ret, size_t *ret_len)
{
	unsigned char *out = xcalloc(1, len + 1);

	if (!decode(urlsafe, text, len, out, ret_len)) {
		secret_freen(out, len + 1);
		return false;
	}
	out[*ret_len] = '\0';
	*ret = out;
	return true;
}

bool base64_decode(const char *text, size_t len, unsigned char **ret, size_t *ret_len)
{
	unsigned char *out = xcalloc(1, len + 1);
	char *plain = xcalloc(1, len + 1);
	size_t n = 0, padding = 0;
	bool ok;

	for (size_t i = 0; i < len; i++)
		if (text[i] != '\n' && text[i] != '\r')
			plain[n++] = text[i];
	while (padding < 2 && padding < n && plain[n - padding - 1] == '=')
		padding++;
	ok = n % 4 == 0 && decode(standard, plain, n - padding, out, ret_len) &&
	     *ret_len % 3 == (3 - padding) % 3;
	secret_freen(plain, len + 1);
	if (!ok) {
		secret_freen(out, len + 1);
		return false;
	}
	out[*ret_len] = '\0';
	*ret = out;
	return true;
}

char *hex_encode(const void *data, size_t len)
{
	char *text = xcalloc(len + 1, 2);

	hex_put(data, len, text);
	return text;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(const char *text, unsigned char *out, size_t len)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
