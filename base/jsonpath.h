/* A small part of Kubernetes' JSONPath templates (kubernetes.io, "JSONPath Support"): text, and in
 * braces a path (.a.b, .a[*].b, .a[0], ['a'], $ and @ in front), a quoted string, or
 * {range PATH}...{end}. Whatever else kubectl knows is refused with its place, never guessed at. */
#ifndef BASE_JSONPATH_H
#define BASE_JSONPATH_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define JSONPATH_MAX 4096 /* octets of a template */

/* Whether a template can be understood. Errors: ERR_CONFIG. */
int jsonpath_check(const char *template, struct err *err);

/* Appends what `template` makes of `value`: several results of one path are separated by a blank,
 * strings stand as they are, lists and mappings as JSON. `missing_ok`: what is not there is empty,
 * else an error. Errors: ERR_CONFIG, also for more than `out` takes. */
int jsonpath_print(const char *template, const json_t *value, bool missing_ok, struct buf *out,
		   struct err *err);

#endif
