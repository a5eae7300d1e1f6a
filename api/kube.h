/* The Kubernetes API: objects as JSON, Status as our error. */
#ifndef API_KUBE_H
#define API_KUBE_H

#include "api/http.h"

#include <stdbool.h>

struct kube;

/* `peer` as for http_open. */
int kube_open(const struct http_peer *peer, struct kube **ret, struct err *err);
void kube_close(struct kube *kube);
AUTO_DEFINE(kube, struct kube *, kube_close);

const char *kube_label(const struct kube *kube); /* "10.0.0.1:6443"; borrowed */

/* GET of a path ("/api/v1/nodes/n1"). *ret is the caller's. Errors: ERR_NOT_FOUND, ERR_API (401,
 * 403 and others, with the server's message), ERR_NET, ERR_TIMEOUT.
 * Every call here waits and asks again when the server is busy and says when to (429 and 5xx with
 * Retry-After), for as long as the peer's timeout, and, unless it is a POST, twice more when the
 * server itself gave up (504). */
int kube_get(struct kube *kube, const char *path, json_t **ret, struct err *err);
/* Server-side apply with field manager "kstrap", force. The path is derived from apiVersion, kind,
 * namespace and name of obj. *ret_changed (may be NULL): whether the server's resourceVersion
 * moved. Errors as above. */
int kube_apply(struct kube *kube, const json_t *obj, bool *ret_changed, struct err *err);
/* The same for an array of objects, several at a time. ret_applied[i] is whether the server took
 * the i-th; one that it did not take is for kube_apply, which tells why. Errors: ERR_HOST. */
int kube_apply_all(struct kube *kube, const json_t *objects, bool *ret_applied, struct err *err);
/* POST to obj's collection; ERR_EXISTS when it is there (Status reason AlreadyExists). ret may be
 * NULL. */
int kube_create(struct kube *kube, const json_t *obj, json_t **ret, struct err *err);
/* `type`: "application/merge-patch+json" or "application/strategic-merge-patch+json". ret may be
 * NULL. ERR_CONFLICT: a resourceVersion in the patch is not the object's any more. */
int kube_patch(struct kube *kube, const char *path, const char *type, const json_t *patch,
	       json_t **ret, struct err *err);
/* Absent is success. */
int kube_delete(struct kube *kube, const char *path, struct err *err);
/* GET of a plain-text endpoint (/livez, /version). Any status is an answer. */
int kube_probe(struct kube *kube, const char *path, long *ret_status, char **ret_body,
	       struct err *err);
/* Whether its conditions say Ready, as a Node's or a Pod's do. */
bool kube_is_ready(const json_t *obj);
/* "/api/v1/namespaces/x/configmaps/y" for an object; NULL for a kind not in the table, which is a
 * bug, and for an object without a name or a namespace that its kind needs. The caller frees. */
char *kube_path(const json_t *obj);
char *kube_collection(const json_t *obj); /* the same without the name */
/* Calls `seen` for each object as it is now and as it changes (list, then watch), until it returns
 * other than 0 (1: done, success; -1: failure, err filled) or timeout_s passes (ERR_TIMEOUT).
 * `path` is a collection, with a selector if wanted ("/api/v1/nodes?fieldSelector=...").
 * `type` is "ADDED", "MODIFIED" or "DELETED"; obj is borrowed. `tick` (may be NULL) is called at
 * least every second. Reconnects with jittered backoff, and lists again when the server has
 * forgotten where we were (410 Gone), without telling an object that did not change twice.
 * `seen` may use the same struct kube. 401, 403 and 404 end it at once: ERR_API, ERR_NOT_FOUND. */
typedef int kube_seen(void *arg, const char *type, const json_t *obj, struct err *err);
int kube_watch(struct kube *kube, const char *path, long timeout_s, kube_seen *seen,
	       void (*tick)(void *), void *arg, struct err *err);

#endif
