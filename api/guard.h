/* JSON from outside under limits: a small text can cost a parser a hundred times its size. */
#ifndef API_GUARD_H
#define API_GUARD_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

#define GUARD_DEPTH  64
#define GUARD_VALUES 500000

/* Reads text[0..len): at most 64 levels and 500,000 values, counted before anything is built; no
 * duplicate keys, no NUL in strings. `name` is for the message. The caller frees. Errors: ERR_API. */
int guard_json(const char *text, size_t len, const char *name, json_t **ret, struct err *err);

/* Copies what a server said into ret[0..size), without control characters, cut to fit. */
void guard_text(const char *text, char *ret, size_t size);

#endif
