/* User patches: strategic merge, merge (RFC 7396) and JSON (RFC 6902). */
#ifndef MANIFESTS_PATCH_H
#define MANIFESTS_PATCH_H

#include "base/auto.h"
#include "base/err.h"

/* `kind`: "strategic", "merge" or "json". Changes obj in place; untouched on failure. New keys
 * stand last: dump a patched object with its keys sorted. Errors: ERR_CONFIG. */
int patch_apply(json_t **obj, const json_t *patch, const char *kind, struct err *err);

#endif
