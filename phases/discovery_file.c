/* Discovery by a kubeconfig that has come over a way that its owner trusts. */
#include "phases/discovery.h"

#include <string.h>

#include "api/backoff.h"
#include "api/http.h"
#include "api/url.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define FILE_MAX  ((size_t)1 << 20)
#define ATTEMPT_S 10L
#define SILENT_S  1.0

struct ask {
	const struct discovery_file *want;
	struct http *http;
	const char *name; /* of what is asked for, without a URL's query, which may be a secret */
	const char *path;
	double until;
};

/* Whether an answer may come by asking again. */
static bool is_late(const struct ask *ask, const struct http_reply *reply, int rc,
		    const struct err *err)
{
	if (rc < 0)
		return !http_untrusted(ask->http) &&
		       (err->code == ERR_NET || err->code == ERR_TIMEOUT);
	return reply->status == 429 || reply->status >= 500;
}

static int once(const struct ask *ask, struct http_reply *ret, struct err *err)
{
	double left_s = ask->until - clock_mono();
	bool brief = ask->want->timeout_s && left_s < (double)ATTEMPT_S;

	http_set_timeout(ask->http, brief ? (long)left_s + 1 : ATTEMPT_S);
	return http_call(ask->http, "GET", ask->path, NULL, NULL, 0, ret, err);
}

/* Any status below 500 but 429 is an answer. */
static int get(const struct ask *ask, struct http_reply *ret, struct err *err)
{
	const double start = clock_mono();
	struct backoff backoff = BACKOFF_INIT;
	struct err told = ERR_INIT;

	for (;;) {
		struct err now = ERR_INIT;
		int rc = once(ask, ret, &now);
		bool late = is_late(ask, ret, rc, &now);

		if (rc == 0 && !late)
			return 0;
		if (rc == 0)
			err_set(&now, ERR_API, "%s: is not ready (%ld)", ask->name, ret->status);
		if (!late || clock_mono() >= ask->until) {
			*err = now;
			return late && ask->want->timeout_s
				       ? err_wrap(err, "gave up after %ld s", ask->want->timeout_s)
				       : -1;
		}
		http_reply_clear(ret);
		if (clock_mono() - start >= SILENT_S && !str_eq(told.msg, now.msg)) {
			log_say("%s; asking again", now.msg);
			told = now;
		}
		backoff_wait(&backoff, ask->until, ask->want->tick, ask->want->arg);
	}
}

/* The text behind an https URL. */
static int fetch(const struct discovery_file *want, double until, char **ret, size_t *ret_len,
		 struct err *err)
{
	AUTO(free) char *authority = NULL;
	AUTO(free) char *path = NULL;
	AUTO(free) char *url = NULL;
	AUTO(free) char *name = NULL;
	AUTO(http) struct http *http = NULL;
	AUTO(http_reply) struct http_reply reply = { 0 };

	if (url_split(want->path, &authority, &path, err) < 0)
		return -1;
	url = xasprintf("https://%s", authority);
	name = xasprintf("%s%.*s", url, (int)strcspn(path, "?"), path);
	if (http_open_web(&(struct http_peer){ .url = url, .tick = want->tick, .arg = want->arg },
			  &http, err) < 0 ||
	    get(&(struct ask){ want, http, name, path, until }, &reply, err) < 0)
		return -1;
	if (reply.status != 200) {
		err_set(err, ERR_API, "%s: answered %ld instead of a kubeconfig", name,
			reply.status);
		return err_next(err, "look at it: curl -v %s", name);
	}
	if (reply.len > FILE_MAX)
		return err_set(err, ERR_API, "%s: longer than 1 MiB, which no kubeconfig is", name);
	*ret = TAKE(reply.body);
	*ret_len = reply.len;
	return 0;
}

/* A file that names others means those of the machine that it was made on. */
static int check_alone(const struct kubeconfig *file, const char *name, struct err *err)
{
	const char *other = file->ca_file     ? file->ca_file
			    : file->cert_file ? file->cert_file
					      : file->key_file;

	if (other) {
		err_set(err, ERR_CONFIG, "%s refers to another file, %s, which is not followed",
			name, other);
		return err_next(err, "where it was made, put everything into it: kubectl config "
				     "view --flatten --minify --raw");
	}
	if (!file->server || !file->ca_pem)
		return err_set(err, ERR_CONFIG, "%s names no server with its CA", name);
	return 0;
}

/* What the server itself says of the cluster is newer than the file, and it proved who it is. */
static int refresh(const struct discovery_file *want, double until, struct discovery *found,
		   struct err *err)
{
	AUTO(http) struct http *http = NULL;
	AUTO(http_reply) struct http_reply reply = { 0 };
	AUTO(kubeconfig) struct kubeconfig newer = { .server = NULL };
	AUTO(free) char *config = NULL;
	const struct http_peer peer = {
		.url = found->server, .ca = found->ca_pem, .tick = want->tick, .arg = want->arg
	};

	if (http_open(&peer, &http, err) < 0 ||
	    get(&(struct ask){ want, http, http_label(http), DISCOVERY_INFO, until }, &reply, err) <
		    0)
		return -1;
	found->skew_s = reply.date ? reply.date - (long)clock_now() : 0;
	if (reply.status != 200) {
		log_debug("%s: cluster-info: %ld; the file is believed", http_label(http),
			  reply.status);
		return 0;
	}
	if (discovery_read_info(http_label(http), reply.body, reply.len, NULL, &config, NULL, err) <
		    0 ||
	    kubeconfig_read(config, strlen(config), "cluster-info", &newer, err) < 0)
		return -1;
	if (!newer.ca_pem)
		return err_set(err, ERR_CONFIG, "%s: its cluster-info names no CA",
			       http_label(http));
	if (!str_eq(newer.server, found->server))
		log_say("the cluster's address is %s by now", newer.server);
	free(found->server);
	free(found->ca_pem);
	found->server = TAKE(newer.server);
	found->ca_pem = TAKE(newer.ca_pem);
	return 0;
}

int discovery_by_file(const struct discovery_file *want, struct discovery *ret, struct err *err)
{
	const double until = clock_mono() + (double)want->timeout_s;
	AUTO(free) char *name = xstrndup(want->path, strcspn(want->path, "?"));
	AUTO(discovery) struct discovery found = { .pinned = true };
	AUTO(secret) char *text = NULL;
	size_t len;

	if ((str_starts(want->path, "https://")
		     ? fetch(want, until, &text, &len, err)
		     : fs_read(want->fs, want->path, FILE_MAX, &text, &len, err)) < 0 ||
	    kubeconfig_read(text, len, name, &found.user, err) < 0 ||
	    check_alone(&found.user, name, err) < 0)
		return -1;
	found.server = TAKE(found.user.server);
	found.ca_pem = TAKE(found.user.ca_pem);
	if (refresh(want, until, &found, err) < 0)
		return -1;
	*ret = found;
	found = (struct discovery){ .server = NULL };
	return 0;
}
