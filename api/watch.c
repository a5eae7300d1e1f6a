/* List, then watch, over and over until somebody is content or the time is over (Kubernetes
 * documentation, "Kubernetes API Concepts", "Efficient detection of changes"). */
#include "api/kube.h"

#include "api/backoff.h"
#include "api/guard.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/str.h"

#include <string.h>

#define PAGE	  250  /* objects of one list answer */
#define MAX_WATCH 290L /* seconds of one watch request; the server has a limit of its own */

struct watch {
	struct kube *kube;
	const char *path;
	double until;
	kube_seen *seen;
	void (*tick)(void *);
	void *arg;
	json_t *known; /* "namespace/name": object as last told */
	char *version; /* where to go on; NULL: list first */
	bool heard;    /* the server answered since the last failure */
	bool final;    /* the failure in err will not get better by trying again */
};

/* What a round came to; VERDICT_DONE: `seen` was content. */
enum verdict { VERDICT_FAILED = -1, VERDICT_AGAIN = 0, VERDICT_DONE = 1 };

static void watch_clear(struct watch *watch)
{
	json_decref(watch->known);
	free(watch->version);
}

static void auto_watch_(struct watch *watch)
{
	watch_clear(watch);
}

static const char *meta(const json_t *obj, const char *key)
{
	const char *value = json_str(json_object_get(obj, "metadata"), key);

	return value ? value : "";
}

static char *key_of(const json_t *obj)
{
	return xasprintf("%s/%s", meta(obj, "namespace"), meta(obj, "name"));
}

/* Tells one object; what `seen` wants. */
static enum verdict tell(struct watch *watch, const char *type, json_t *obj, struct err *err)
{
	AUTO(free) char *key = key_of(obj);
	const json_t *old = json_object_get(watch->known, key);
	int rc;

	if (str_eq(type, "DELETED")) {
		if (old)
			json_object_del(watch->known, key);
	} else {
		if (old && str_eq(meta(old, "resourceVersion"), meta(obj, "resourceVersion")))
			return VERDICT_AGAIN;
		type = old ? "MODIFIED" : "ADDED";
		json_object_set(watch->known, key, obj);
	}
	rc = watch->seen(watch->arg, type, obj, err);
	if (rc < 0)
		watch->final = true;
	return rc < 0 ? VERDICT_FAILED : rc ? VERDICT_DONE : VERDICT_AGAIN;
}

/* Objects of a list lack what the list says once: "NodeList" holds Nodes. */
static void name_kind(json_t *obj, const json_t *list)
{
	const char *version = json_str(list, "apiVersion"), *kind = json_str(list, "kind");
	AUTO(free) char *one = NULL;

	if (json_object_get(obj, "kind") || !version || !kind || !str_ends(kind, "List"))
		return;
	one = xstrndup(kind, strlen(kind) - strlen("List"));
	json_put_str(obj, "apiVersion", version);
	json_put_str(obj, "kind", one);
}

static bool hopeless(const struct kube *kube, const struct err *err, long status)
{
	return http_untrusted(kube->http) || err->code == ERR_CRYPTO || err->code == ERR_BUG ||
	       status == 401 || status == 403 || status == 404;
}

static enum verdict failed(struct watch *watch, long status, const struct err *err)
{
	watch->final = hopeless(watch->kube, err, status);
	return VERDICT_FAILED;
}

/* A query parameter's separator: the path may bring a selector. */
static char separator(const char *path)
{
	return strchr(path, '?') ? '&' : '?';
}

static int get_page(struct watch *watch, const char *next, json_t **ret, long *ret_status,
		    struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };
	AUTO(free) char *path = xasprintf("%s%climit=%d%s%s", watch->path, separator(watch->path),
					  PAGE, *next ? "&continue=" : "", next);

	*ret_status = 0;
	if (http_call(watch->kube->http, "GET", path, NULL, NULL, 0, &reply, err) < 0)
		return -1;
	*ret_status = reply.status;
	if (reply.status != 200)
		return status_fail(watch->kube, "GET", watch->path, reply.status, reply.body,
				   reply.len, err);
	return guard_json(reply.body, reply.len, http_label(watch->kube->http), ret, err);
}

static enum verdict tell_page(struct watch *watch, const json_t *page, json_t *present,
			      struct err *err)
{
	enum verdict verdict = VERDICT_AGAIN;
	size_t i;
	json_t *obj;

	json_array_foreach(json_object_get(page, "items"), i, obj)
	{
		AUTO(free) char *key = key_of(obj);

		name_kind(obj, page);
		json_object_set_new(present, key, json_true());
		verdict = tell(watch, "ADDED", obj, err);
		if (verdict != VERDICT_AGAIN)
			break;
	}
	return verdict;
}

/* What was known and is no longer listed went while we did not look. */
static enum verdict tell_gone(struct watch *watch, const json_t *present, struct err *err)
{
	enum verdict verdict = VERDICT_AGAIN;
	const char *key;
	json_t *obj;
	void *next;

	json_object_foreach_safe(watch->known, next, key, obj)
	{
		AUTO(json) json_t *held = NULL;

		if (json_object_get(present, key))
			continue;
		held = json_incref(obj);
		verdict = tell(watch, "DELETED", held, err);
		if (verdict != VERDICT_AGAIN)
			break;
	}
	return verdict;
}

static enum verdict list(struct watch *watch, struct err *err)
{
	AUTO(json) json_t *present = json_object();
	AUTO(free) char *next = xstrdup("");
	AUTO(free) char *version = NULL;
	enum verdict verdict;
	long status;

	do {
		AUTO(json) json_t *page = NULL;

		if (get_page(watch, next, &page, &status, err) < 0)
			return failed(watch, status, err);
		watch->heard = true;
		verdict = tell_page(watch, page, present, err);
		if (verdict != VERDICT_AGAIN)
			return verdict;
		free(next);
		next = xstrdup(meta(page, "continue"));
		free(version);
		version = xstrdup(meta(page, "resourceVersion"));
	} while (*next && clock_mono() < watch->until);
	verdict = tell_gone(watch, present, err);
	if (verdict == VERDICT_AGAIN)
		watch->version = TAKE(version);
	return verdict;
}

/* The server no longer knows the version we stood at: list anew. */
static enum verdict forget(struct watch *watch)
{
	free(TAKE(watch->version));
	return VERDICT_AGAIN;
}

/* An ERROR event carries a Status (Kubernetes API Concepts, "410 Gone responses"). */
static enum verdict error_event(struct watch *watch, const json_t *status, struct err *err)
{
	long code = (long)json_int(status, "code");
	const char *message = json_str(status, "message");
	char said[300];

	if (code == 410)
		return forget(watch);
	guard_text(message, said, sizeof(said));
	err_set(err, ERR_API, "watch %.300s: the API server at %s: %ld: %s", watch->path,
		http_label(watch->kube->http), code, said);
	return failed(watch, code, err);
}

static enum verdict take_event(struct watch *watch, const char *line, struct err *err)
{
	AUTO(json) json_t *event = NULL;
	const char *type;
	json_t *obj;

	if (!*line)
		return VERDICT_AGAIN;
	if (guard_json(line, strlen(line), http_label(watch->kube->http), &event, err) < 0)
		return failed(watch, 0, err);
	type = json_str(event, "type");
	obj = json_object_get(event, "object");
	if (!type || !json_is_object(obj)) {
		err_set(err, ERR_API, "watch %.300s: %s sent something that is no event",
			watch->path, http_label(watch->kube->http));
		return failed(watch, 0, err);
	}
	if (str_eq(type, "ERROR"))
		return error_event(watch, obj, err);
	free(watch->version);
	watch->version = xstrdup(meta(obj, "resourceVersion"));
	return str_eq(type, "BOOKMARK") ? VERDICT_AGAIN : tell(watch, type, obj, err);
}

/* One line of the stream: an event, or part of the body of an answer that is none. */
static enum verdict take_line(struct watch *watch, struct http_stream *stream, const char *line,
			      struct err *err)
{
	long status = http_stream_status(stream);

	if (status == 200) {
		watch->heard = true;
		return take_event(watch, line, err);
	}
	if (status == 410)
		return forget(watch);
	status_fail(watch->kube, "watch", watch->path, status, line, strlen(line), err);
	return failed(watch, status, err);
}

static enum verdict follow(struct watch *watch, struct err *err)
{
	double left_s = watch->until - clock_mono();
	long limit_s = left_s < (double)MAX_WATCH ? (long)left_s + 1 : MAX_WATCH;
	AUTO(free) char *path = xasprintf(
		"%s%cwatch=true&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%ld",
		watch->path, separator(watch->path), watch->version, limit_s);
	AUTO(http_stream) struct http_stream *stream = NULL;

	if (http_stream_open(watch->kube->http, path, limit_s + 10, &stream, err) < 0)
		return failed(watch, 0, err);
	while (clock_mono() < watch->until) {
		AUTO(free) char *line = NULL;
		enum http_got got;
		enum verdict verdict;

		if (watch->tick)
			watch->tick(watch->arg);
		left_s = watch->until - clock_mono();
		if (http_stream_next(stream, left_s > 0 ? left_s : 0, &got, &line, err) < 0)
			return failed(watch, 0, err);
		if (got == HTTP_END)
			return VERDICT_AGAIN;
		if (got == HTTP_NOTHING)
			continue;
		verdict = take_line(watch, stream, line, err);
		if (verdict != VERDICT_AGAIN || !watch->version)
			return verdict;
	}
	return VERDICT_AGAIN;
}

int kube_watch(struct kube *kube, const char *path, long timeout_s, kube_seen *seen,
	       void (*tick)(void *), void *arg, struct err *err)
{
	AUTO(watch) struct watch watch = { .kube = kube,
					   .path = path,
					   .until = clock_mono() + (double)timeout_s,
					   .seen = seen,
					   .tick = tick,
					   .arg = arg,
					   .known = json_object() };
	struct backoff backoff = BACKOFF_INIT;
	struct err last = ERR_INIT;

	do {
		struct err now = ERR_INIT;
		bool following = watch.version != NULL;
		enum verdict verdict;

		watch.heard = false;
		verdict = following ? follow(&watch, &now) : list(&watch, &now);
		if (verdict == VERDICT_DONE)
			return 0;
		if (verdict == VERDICT_FAILED) {
			last = now;
			if (watch.final) {
				*err = now;
				return -1;
			}
			/* What is known may be stale by the time the server is back. */
			forget(&watch);
		}
		if (watch.heard)
			backoff = (struct backoff)BACKOFF_INIT;
		/* Also after a watch that ended well: a server that ends each at once is no reason
		 * to ask in a tight loop. */
		if (following || verdict == VERDICT_FAILED)
			backoff_wait(&backoff, watch.until, tick, arg);
	} while (clock_mono() < watch.until);
	return err_set(err, ERR_TIMEOUT, "nothing came of watching %.300s for %ld s%s%s", path,
		       timeout_s, *last.msg ? "; last failure: " : "", last.msg);
}
