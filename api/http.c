#include "api/http.h"

#include "api/transfer.h"
#include "api/url.h"
#include "base/clock.h"

#include <string.h>

static void set_request(struct transfer *t, const char *method, const void *body, size_t len)
{
	if (str_eq(method, "GET") && !body)
		return;
	if (body) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

int http_call(struct http *http, const char *method, const char *path, const char *type,
	      const void *body, size_t len, struct http_reply *ret, struct err *err)
{
	AUTO(transfer) struct transfer t = { 0 };
	double ticked = clock_mono();

	if (transfer_begin(&t, http, path, type, http->timeout_s, MAX_BODY, err) < 0)
		return -1;
	set_request(&t, method, body, len);
	if (transfer_start(&t, err) < 0)
		return -1;
	while (!t.done) {
		if (transfer_turn(http, 1, err) < 0)
			return -1;
		if (http->tick && clock_mono() - ticked >= 0.5) {
			ticked = clock_mono();
			http->tick(http->arg);
		}
	}
	if (transfer_result(&t, err) < 0)
		return -1;
	*ret = t.reply;
	t.reply.grpc_message = NULL;
	curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &ret->status);
	ret->len = t.body.len;
	ret->body = t.body.data ? TAKE(t.body.data) : xstrdup("");
	return 0;
}

/* PIPEWAIT: rather a further stream of the connection that there is than one more handshake. */
static int begin_one(struct transfer *t, struct http *http, const struct http_ask *ask,
		     struct err *err)
{
	if (transfer_begin(t, http, ask->path, ask->type, http->timeout_s, MAX_BODY, err) < 0)
		return -1;
	curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, 1L);
	set_request(t, ask->method, ask->body, ask->len);
	return transfer_start(t, err);
}

static bool all_done(const struct transfer *list, size_t n)
{
	while (n > 0 && list[n - 1].done)
		n--;
	return n == 0;
}

int http_call_all(struct http *http, const struct http_ask *asks, size_t n, long *ret_status,
		  struct err *err)
{
	struct transfer *list = xcalloc(n, sizeof(*list));
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = begin_one(&list[i], http, &asks[i], err);
	while (rc == 0 && !all_done(list, n))
		rc = transfer_turn(http, 1, err);
	for (size_t i = 0; i < n; i++) {
		ret_status[i] = 0;
		if (list[i].done && list[i].result == CURLE_OK)
			curl_easy_getinfo(list[i].easy, CURLINFO_RESPONSE_CODE, &ret_status[i]);
		transfer_end(&list[i]);
	}
	free(list);
	return rc;
}

void http_reply_clear(struct http_reply *reply)
{
	secret_freen(reply->body, reply->body ? reply->len : 0);
	free(reply->grpc_message);
	*reply = (struct http_reply){ 0 };
}

static struct http *http_new(long timeout_s, struct err *err)
{
	struct http *http;
	CURLM *multi;

	/* Once for the process is libcurl's rule; calling it again only counts. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(multi = curl_multi_init())) {
		err_set(err, ERR_HOST, "libcurl cannot start");
		return NULL;
	}
	http = xcalloc(1, sizeof(*http));
	http->multi = multi;
	http->timeout_s = timeout_s > 0 ? timeout_s : 1;
	return http;
}

enum trust { TRUST_CA, TRUST_WEB, TRUST_ALL };

static void set_connect(struct http *http, const char *to)
{
	AUTO(free) char *row = to ? xasprintf("::%s", to) : NULL;

	if (row)
		http->connect = curl_slist_append(NULL, row);
}

static int open_peer(const struct http_peer *peer, enum trust trust, struct http **ret,
		     struct err *err)
{
	AUTO(http) struct http *http = http_new(peer->timeout_s, err);

	if (!http || url_authority(peer->url, &http->label, err) < 0)
		return -1;
	http->base = xasprintf("https://%s", http->label);
	if (trust == TRUST_CA && !peer->ca)
		return err_set(err, ERR_BUG, "%s: no CA to check it with", http->label);
	if (!peer->cert != !peer->key)
		return err_set(err, ERR_BUG, "%s: a certificate without its key", http->label);
	for (const char *c = peer->bearer; c && *c; c++)
		if (*c <= ' ' || *c > '~')
			return err_set(err, ERR_CRYPTO,
				       "%s: the bearer token has a character that no token has",
				       http->label);
	http->blind = trust == TRUST_ALL;
	http->web = trust == TRUST_WEB;
	set_connect(http, peer->connect);
	http->ca = xstrdup(peer->ca);
	http->cert = xstrdup(peer->cert);
	http->key = xstrdup(peer->key);
	if (peer->bearer)
		http->authorization = xasprintf("Authorization: Bearer %s", peer->bearer);
	http->tick = peer->tick;
	http->arg = peer->arg;
	http->to = peer->to;
	*ret = TAKE(http);
	return 0;
}

int http_open(const struct http_peer *peer, struct http **ret, struct err *err)
{
	return open_peer(peer, TRUST_CA, ret, err);
}

int http_open_blind(const struct http_peer *peer, struct http **ret, struct err *err)
{
	return open_peer(peer, TRUST_ALL, ret, err);
}

int http_open_web(const struct http_peer *peer, struct http **ret, struct err *err)
{
	return open_peer(peer, TRUST_WEB, ret, err);
}

int http_open_plain(const struct http_peer *peer, struct http **ret, struct err *err)
{
	if (open_peer(peer, TRUST_WEB, ret, err) < 0)
		return -1;
	(*ret)->plain = true;
	free((*ret)->base);
	(*ret)->base = xasprintf("http://%s", (*ret)->label);
	return 0;
}

int http_open_unix(const char *socket, bool http2, long timeout_s, struct http **ret,
		   struct err *err)
{
	AUTO(http) struct http *http = http_new(timeout_s, err);

	if (!http)
		return -1;
	http->base = xstrdup("http://localhost");
	http->label = xstrdup(socket);
	http->socket = xstrdup(socket);
	http->http2 = http2;
	*ret = TAKE(http);
	return 0;
}

void http_close(struct http *http)
{
	PIPE_GUARD;

	if (!http)
		return;
	curl_multi_cleanup(http->multi);
	curl_slist_free_all(http->connect);
	free(http->base);
	free(http->label);
	free(http->socket);
	free(http->ca);
	free(http->cert);
	secret_free(http->key);
	secret_free(http->authorization);
	free(http);
}

const char *http_label(const struct http *http)
{
	return http->label;
}

void http_set_timeout(struct http *http, long timeout_s)
{
	http->timeout_s = timeout_s > 0 ? timeout_s : 1;
}

bool http_untrusted(const struct http *http)
{
	return http->untrusted;
}
