/* One function a kind of patch. Each may leave `obj` half changed on failure: patch_apply gives it
 * a copy. */
#ifndef MANIFESTS_PATCH_KINDS_H
#define MANIFESTS_PATCH_KINDS_H

#include "base/auto.h"
#include "base/err.h"

/* Kubernetes' own: lists whose items have a key are merged by it, others replaced; null removes;
 * "$patch": "delete" or "replace". Which lists have keys depends on the object's kind: only pods
 * and what holds their templates have. */
int patch_strategic(json_t *obj, const json_t *patch, struct err *err);
/* RFC 6902. *obj may be replaced as a whole. */
int patch_json(json_t **obj, const json_t *patch, struct err *err);

#endif
