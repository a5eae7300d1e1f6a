/* Strings: formatting that cannot fail, a bounded buffer, and buffers that are wiped. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

/* These abort with one line when memory is out; the caller frees what they return. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);

/* Wipes (OPENSSL_cleanse) and frees; NULL is fine. */
void secret_free(char *s);
void secret_freen(void *p, size_t len);
AUTO_DEFINE(secret, char *, secret_free);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool path_within(const char *path, const char *dir); /* is the directory, or below it */
bool path_same(const char *a, const char *b);	     /* but for slashes at the end */
bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
/* The candidate nearest to `word` (edit distance at most a third of it), or NULL. Borrows. */
const char *str_nearest(const char *word, const char *const *candidates);

/* A growing string with a maximum given at init; `data` is NUL-terminated past len, NULL while
 * empty. Adding past the maximum fails (-1) and leaves the buffer as it was. Wiped on clear. */
struct buf {
	char *data;
	size_t len, size, max;
};
#define BUF_INIT(maximum) { NULL, 0, 0, (maximum) }
int buf_add(struct buf *buf, const void *data, size_t len);
int buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One more of a list: `between` stands before all but the first. */
int buf_item(struct buf *buf, const char *between, const char *text);
void buf_clear(struct buf *buf);
static inline void auto_buf_(struct buf *buf)
{
	buf_clear(buf);
}

/* Lower case, NUL-terminated: `ret` has room for 2 * len + 1. */
void hex_put(const void *data, size_t len, char *ret);

/* jansson's own loops in fewer calls, of which there are hundreds: json_array_get answers NULL past
 * the end, and a member's iterator is found from its key once. */
#undef json_array_foreach
#define json_array_foreach(array, index, value)                                                    \
	for (index = 0; (value = json_array_get(array, index)); index++)
#undef json_object_foreach
#define json_object_foreach(object, key, value)                                                    \
	for (key = NULL; (key = json_next_key(object, key)) && (value = json_key_value(key));)
const char *json_next_key(json_t *object, const char *key); /* the first one after NULL */
json_t *json_key_value(const char *key);		    /* of a key from json_next_key */

/* JSON helpers over jansson. Borrowed strings; NULL where the path is absent or not a string. */
const char *json_str(const json_t *obj, const char *key);
bool json_str_is(const json_t *obj, const char *key, const char *text); /* as str_eq has it */
long long json_int(const json_t *obj, const char *key);			/* 0 where there is none */
bool json_flag(const json_t *obj, const char *key);			/* is there, and is true */
const char *json_text(const json_t *list, size_t index);		/* as json_str, of an array */
/* A NULL text puts nothing, and answers -1. */
int json_put_str(json_t *obj, const char *key, const char *text);
/* Dotted path without dots in keys: json_at(pod, "spec.containers"). Borrowed; NULL if absent. */
json_t *json_at(const json_t *obj, const char *path);
/* Whether an array holds a string. */
bool json_has(const json_t *list, const char *text);
/* An array's strings with commas between them, NULL where there is none; the caller frees. */
char *json_join(const json_t *list);
/* Appends a string to an array that does not hold it yet. */
void json_add_once(json_t *list, const char *text);
/* Never returns NULL: aborts when memory is out, for packs of our own values. */
json_t *xjson_pack(const char *fmt, ...);

/* The directory part of an absolute path ("/" for "/x"); the caller frees. And its last component. */
char *path_dir(const char *path);
const char *path_name(const char *path);

#endif
