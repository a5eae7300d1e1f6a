#include "api/kube.h"

#include "api/guard.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/str.h"

#include <string.h>

#define JSON_TYPE  "application/json"
#define APPLY_TYPE "application/apply-patch+yaml" /* JSON is YAML */
#define APPLY_ARGS "?fieldManager=kstrap&force=true"
#define AT_ONCE	   8
#define TIMEOUTS   2 /* of the API server's that a call survives */

int kube_open(const struct http_peer *peer, struct kube **ret, struct err *err)
{
	struct http *http;

	if (http_open(peer, &http, err) < 0)
		return -1;
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->http = http;
	(*ret)->timeout_s = peer->timeout_s;
	return 0;
}

void kube_close(struct kube *kube)
{
	if (!kube)
		return;
	http_close(kube->http);
	free(kube);
}

const char *kube_label(const struct kube *kube)
{
	return http_label(kube->http);
}

/* Busy, and it says when to come back: API priority and fairness, a server that is starting. */
static bool busy(const struct http_reply *reply)
{
	return (reply->status == 429 || reply->status >= 500) && reply->retry_after_s >= 0;
}

/* The API server is up and its etcd is not, or is just changing places: said by status 500 and a text
 * of etcd's client alone. What may be sent twice is sent again. */
static bool without_etcd(const char *method, const struct http_reply *reply)
{
	static const char *const signs[] = { "rpc error: code = Unavailable", "etcdserver: ", NULL };

	if (reply->status < 500 || !reply->body || str_eq(method, "POST"))
		return false;
	for (const char *const *sign = signs; *sign; sign++)
		if (memmem(reply->body, reply->len, *sign, strlen(*sign)))
			return true;
	return false;
}

/* The API server itself gave up waiting, for 34 s, as when its etcd was restarted under a request. */
static bool timed_out(const char *method, const struct http_reply *reply)
{
	return reply->status == 504 && !str_eq(method, "POST");
}

static int exchange(struct kube *kube, const char *method, const char *path, const char *type,
		    const json_t *body, struct http_reply *ret, struct err *err)
{
	AUTO(secret) char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	double until = clock_mono() + (double)kube->timeout_s;
	int timeouts = 0;

	if (body && !text)
		return err_set(err, ERR_BUG, "%s %s: object cannot be written as JSON", method, path);
	for (;;) {
		AUTO(http_reply) struct http_reply reply = { 0 };
		double wait_s;

		if (http_call(kube->http, method, path, text ? type : NULL, text,
			      text ? strlen(text) : 0, &reply, err) < 0)
			return err_wrap(err, "%s %.300s", method, path);
		wait_s = reply.retry_after_s > 5 ? 5 : (double)reply.retry_after_s;
		if (wait_s < 0.1)
			wait_s = 0.1;
		if (!(timed_out(method, &reply) && timeouts++ < TIMEOUTS) &&
		    ((!busy(&reply) && !without_etcd(method, &reply)) ||
		     clock_mono() + wait_s >= until)) {
			*ret = reply;
			reply = (struct http_reply){ 0 };
			return 0;
		}
		clock_sleep(wait_s);
	}
}

static int call(struct kube *kube, const char *method, const char *path, const char *type,
		const json_t *body, json_t **ret, struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };

	if (exchange(kube, method, path, type, body, &reply, err) < 0)
		return -1;
	if (reply.status / 100 != 2)
		return status_fail(kube, method, path, reply.status, reply.body, reply.len, err);
	if (!ret)
		return 0;
	if (guard_json(reply.body, reply.len, http_label(kube->http), ret, err) < 0)
		return err_wrap(err, "%s %.300s", method, path);
	return 0;
}

int kube_get(struct kube *kube, const char *path, json_t **ret, struct err *err)
{
	return call(kube, "GET", path, NULL, NULL, ret, err);
}

static int unknown_kind(const json_t *obj, struct err *err)
{
	const char *kind = json_str(obj, "kind");

	return err_set(err, ERR_BUG, "object of kind %s has no place in the API table",
		       kind ? kind : "(none)");
}

/* Whether two states of an object ask for the same. The version also counts what controllers write
 * into its status meanwhile, and a Deployment or DaemonSet that is starting is written to all the time. */
static bool same_wish(json_t *before, json_t *after)
{
	static const char *const server_owned[] = { "resourceVersion", "managedFields", "generation",
						    NULL };
	json_t *const states[] = { before, after };

	for (size_t i = 0; i < 2; i++) {
		json_t *metadata = json_object_get(states[i], "metadata");

		for (const char *const *name = server_owned; *name; name++)
			json_object_del(metadata, *name);
		json_object_del(states[i], "status");
	}
	return before && after && json_equal(before, after);
}

int kube_apply(struct kube *kube, const json_t *obj, bool *ret_changed, struct err *err)
{
	AUTO(free) char *path = kube_path(obj);
	AUTO(free) char *target = NULL;
	AUTO(json) json_t *before = NULL;
	AUTO(json) json_t *after = NULL;
	struct err first = ERR_INIT;

	if (!path)
		return unknown_kind(obj, err);
	if (ret_changed && kube_get(kube, path, &before, &first) < 0 &&
	    first.code != ERR_NOT_FOUND) {
		*err = first;
		return -1;
	}
	target = xasprintf("%s" APPLY_ARGS, path);
	if (call(kube, "PATCH", target, APPLY_TYPE, obj, &after, err) < 0)
		return -1;
	if (ret_changed)
		*ret_changed = !same_wish(before, after);
	return 0;
}

static int apply_some(struct kube *kube, const json_t *objects, size_t first, size_t n,
		      bool *ret_applied, struct err *err)
{
	struct http_ask asks[AT_ONCE] = { 0 };
	char *paths[AT_ONCE], *texts[AT_ONCE];
	long status[AT_ONCE];
	int rc;

	for (size_t i = 0; i < n; i++) {
		const json_t *obj = json_array_get(objects, first + i);
		AUTO(free) char *path = kube_path(obj);

		paths[i] = xasprintf("%s" APPLY_ARGS, path ? path : "/");
		texts[i] = json_dumps(obj, JSON_COMPACT);
		asks[i] = (struct http_ask){ .method = "PATCH",
					     .path = paths[i],
					     .type = APPLY_TYPE,
					     .body = texts[i],
					     .len = texts[i] ? strlen(texts[i]) : 0 };
	}
	rc = http_call_all(kube->http, asks, n, status, err);
	for (size_t i = 0; i < n; i++) {
		ret_applied[i] = rc == 0 && status[i] / 100 == 2;
		free(paths[i]);
		secret_free(texts[i]);
	}
	return rc;
}

int kube_apply_all(struct kube *kube, const json_t *objects, bool *ret_applied, struct err *err)
{
	size_t all = json_array_size(objects);

	for (size_t i = 0; i < all; i += AT_ONCE)
		if (apply_some(kube, objects, i, all - i < AT_ONCE ? all - i : AT_ONCE,
			       ret_applied + i, err) < 0)
			return -1;
	return 0;
}

int kube_create(struct kube *kube, const json_t *obj, json_t **ret, struct err *err)
{
	AUTO(free) char *path = kube_collection(obj);

	if (!path)
		return unknown_kind(obj, err);
	return call(kube, "POST", path, JSON_TYPE, obj, ret, err);
}

int kube_patch(struct kube *kube, const char *path, const char *type, const json_t *patch,
	       json_t **ret, struct err *err)
{
	return call(kube, "PATCH", path, type, patch, ret, err);
}

int kube_delete(struct kube *kube, const char *path, struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };

	if (exchange(kube, "DELETE", path, NULL, NULL, &reply, err) < 0)
		return -1;
	if (reply.status / 100 == 2 || reply.status == 404)
		return 0;
	return status_fail(kube, "DELETE", path, reply.status, reply.body, reply.len, err);
}

bool kube_is_ready(const json_t *obj)
{
	const json_t *condition;
	size_t i;

	json_array_foreach (json_at(obj, "status.conditions"), i, condition)
		if (json_str_is(condition, "type", "Ready"))
			return json_str_is(condition, "status", "True");
	return false;
}

int kube_probe(struct kube *kube, const char *path, long *ret_status, char **ret_body,
	       struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };

	if (http_call(kube->http, "GET", path, NULL, NULL, 0, &reply, err) < 0)
		return -1;
	*ret_status = reply.status;
	if (ret_body)
		*ret_body = TAKE(reply.body);
	return 0;
}
