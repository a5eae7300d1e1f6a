#include "base/str.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((noreturn)) die(const char *why)
{
	(void)fprintf(stderr, "kstrap: %s\n", why);
	abort();
}

char *xasprintf(const char *fmt, ...)
{
	char *ret = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&ret, fmt, ap);
	va_end(ap);
	if (len < 0)
		die("out of memory");
	return ret;
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t len)
{
	const size_t n = strnlen(s, len);
	char *ret = xcalloc(n + 1, 1);

	memcpy(ret, s, n);
	return ret;
}

void *xcalloc(size_t n, size_t size)
{
	void *ret = calloc(n ? n : 1, size ? size : 1);

	if (!ret)
		die("out of memory");
	return ret;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	void *ret = reallocarray(p, n ? n : 1, size ? size : 1);

	if (!ret)
		die("out of memory");
	return ret;
}

void secret_free(char *s)
{
	if (s)
		secret_freen(s, strlen(s));
}

void secret_freen(void *p, size_t len)
{
	if (!p)
		return;
	OPENSSL_cleanse(p, len);
	free(p);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	const size_t len = strlen(s), n = strlen(suffix);

	return len >= n && memcmp(s + len - n, suffix, n) == 0;
}

bool path_within(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len && dir[len - 1] == '/')
		len--;
	return strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]);
}

bool path_same(const char *a, const char *b)
{
	return path_within(a, b) && path_within(b, a);
}

bool str_eq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

enum { WORD_MAX = 128 };

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Optimal string alignment: swapped neighbours are one slip; so is a whole word's capitals. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		above[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			const size_t cost = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[nb];
}

const char *str_nearest(const char *word, const char *const *candidates)
{
	const size_t len = strlen(word);
	const char *best = NULL;
	size_t least = len / 3 + 1;

	if (len > WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		const size_t n = strlen(*candidates);
		size_t d;

		if (n > WORD_MAX)
			continue;
		d = distance(word, len, *candidates, n);
		if (d < least) {
			least = d;
			best = *candidates;
		}
	}
	return best;
}

/* realloc would leave a copy of a secret behind: copy and wipe instead. */
static int buf_room(struct buf *buf, size_t more)
{
	size_t size = buf->size ? buf->size : 64;
	char *data;

	if (more > buf->max || buf->len > buf->max - more || buf->max == SIZE_MAX)
		return -1;
	while (size < buf->len + more + 1)
		size *= 2;
	if (size == buf->size)
		return 0;
	data = malloc(size);
	if (!data)
		return -1;
	if (buf->data) {
		memcpy(data, buf->data, buf->len + 1);
		secret_freen(buf->data, buf->size);
	}
	buf->data = data;
	buf->size = size;
	return 0;
}

int buf_add(struct buf *buf, const void *data, size_t len)
{
	if (buf_room(buf, len) < 0)
		return -1;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_item(struct buf *buf, const char *between, const char *text)
{
	return buf_addf(buf, "%s%s", buf->len ? between : "", text);
}

int buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || buf_room(buf, (size_t)len) < 0)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(buf->data + buf->len, buf->size - buf->len, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
	return 0;
}

void buf_clear(struct buf *buf)
{
	secret_freen(buf->data, buf->size);
	buf->data = NULL;
	buf->len = buf->size = 0;
}

void hex_put(const void *data, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[in[i] >> 4];
		*ret++ = digits[in[i] & 15];
	}
	*ret = '\0';
}

const char *json_next_key(json_t *object, const char *key)
{
	void *at = key ? json_object_iter_next(object, json_object_key_to_iter(key))
		       : json_object_iter(object);

	return json_object_iter_key(at);
}

json_t *json_key_value(const char *key)
{
	return json_object_iter_value(json_object_key_to_iter(key));
}

const char *json_str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

bool json_str_is(const json_t *obj, const char *key, const char *text)
{
	return str_eq(json_str(obj, key), text);
}

long long json_int(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

bool json_flag(const json_t *obj, const char *key)
{
	return json_is_true(json_object_get(obj, key));
}

const char *json_text(const json_t *list, size_t index)
{
	return json_string_value(json_array_get(list, index));
}

int json_put_str(json_t *obj, const char *key, const char *text)
{
	return json_object_set_new(obj, key, json_string(text));
}

char *json_join(const json_t *list)
{
	struct buf text = BUF_INIT(1 << 16);
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		(void)buf_item(&text, ",", json_string_value(item));
	return text.data;
}

json_t *json_at(const json_t *obj, const char *path)
{
	json_t *at = NULL;

	while (*path) {
		const size_t len = strcspn(path, ".");

		at = json_object_getn(obj, path, len);
		if (!at)
			return NULL;
		obj = at;
		path += len;
		if (*path == '.')
			path++;
	}
	return at;
}

bool json_has(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (str_eq(json_string_value(item), text))
			return true;
	return false;
}

void json_add_once(json_t *list, const char *text)
{
	if (!json_has(list, text))
		json_array_append_new(list, json_string(text));
}

json_t *xjson_pack(const char *fmt, ...)
{
	json_error_t error;
	json_t *ret;
	va_list ap;

	va_start(ap, fmt);
	ret = json_vpack_ex(&error, 0, fmt, ap);
	va_end(ap);
	if (!ret)
		die(error.text[0] ? error.text : "out of memory");
	return ret;
}

void xjson_release(json_t *json)
{
	json_decref(json);
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

const char *path_name(const char *path)
{
	return strrchr(path, '/') + 1;
}
