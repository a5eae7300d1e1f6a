#include "api/http.h"

#include "api/fault.h"
#include "api/url.h"
#include "base/clock.h"
#include "base/str.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#define MAX_BODY    (16u << 20)
#define MAX_LINE    (4u << 20)
#define MAX_HEADERS (256u << 10)
#define CONNECT_S   10L

struct http {
	CURLM *multi;
	char *base;	/* "https://host:port" */
	char *label;	/* "host:port" */
	char *socket;	/* unix socket's path, else NULL */
	bool http2, blind, untrusted;
	bool news; /* a transfer has more data, or has ended, since turn() began */
	char *ca, *cert, *key;
	char *authorization; /* the header's line */
	long timeout_s;
	void (*tick)(void *);
	void *arg;
};

/* One exchange under way. */
struct transfer {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	size_t header_bytes;
	struct http_reply reply; /* what headers and trailers said */
	const char *limit;	 /* which of our limits was passed */
	char detail[CURL_ERROR_SIZE];
	long timeout_s;
	bool added, done;
	CURLcode result;
};

struct http_stream {
	struct transfer transfer;
	size_t taken;	/* of the body: handed out already */
	size_t scanned; /* no line end between taken and this */
};

/* NOSIGNAL leaves SIGPIPE to us; children must not inherit an ignored one, so only for a moment. */
struct pipe_guard {
	struct sigaction old;
};

static struct pipe_guard ignore_sigpipe(void)
{
	struct pipe_guard guard;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, &guard.old);
	return guard;
}

static void restore_sigpipe(struct pipe_guard *guard)
{
	sigaction(SIGPIPE, &guard->old, NULL);
}

#define PIPE_GUARD                                                                                 \
	struct pipe_guard guard_ __attribute__((cleanup(restore_sigpipe), unused)) =               \
		ignore_sigpipe()

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	t->http->news = true;
	if (buf_add(&t->body, data, size * n) < 0) {
		t->limit = t->body.max == MAX_LINE ? "a line is longer than 4 MiB"
						   : "it is longer than 16 MiB";
		return 0;
	}
	return size * n;
}

/* The value of header `name` in line[0..len), without white space around it; NULL when it is
 * another header. The caller frees. */
static char *header_value(const char *line, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
		return NULL;
	line += name_len + 1;
	len -= name_len + 1;
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len && strchr(" \t\r\n", line[len - 1]))
		len--;
	return xstrndup(line, len);
}

/* Digits only, at most `max`; -1 for anything else (RFC 9110 10.2.3 knows a date too, which the
 * API server never sends). */
static long small_number(const char *text, long max)
{
	long n = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
		if (n > max)
			return max;
	}
	return n;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	AUTO(free) char *date = NULL;
	AUTO(free) char *retry = NULL;
	AUTO(free) char *status = NULL;
	char *message;

	size *= n;
	t->header_bytes += size;
	if (t->header_bytes > MAX_HEADERS) {
		t->limit = "its headers are longer than 256 KiB";
		return 0;
	}
	date = header_value(line, size, "date");
	if (date)
		t->reply.date = (long)curl_getdate(date, NULL);
	if (t->reply.date < 0)
		t->reply.date = 0;
	retry = header_value(line, size, "retry-after");
	if (retry)
		t->reply.retry_after_s = small_number(retry, 3600);
	status = header_value(line, size, "grpc-status");
	if (status)
		t->reply.grpc_status = (int)small_number(status, 1000);
	message = header_value(line, size, "grpc-message");
	if (message) {
		free(t->reply.grpc_message);
		t->reply.grpc_message = message;
	}
	return size;
}

static void set_blob(CURL *easy, CURLoption option, char *text)
{
	struct curl_blob blob = { .data = text, .len = strlen(text), .flags = CURL_BLOB_NOCOPY };

	curl_easy_setopt(easy, option, &blob);
}

static void set_identity(CURL *easy, const struct http *http)
{
	/* A CA blob stands beside libcurl's built-in CAPATH, not in place of it. */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (http->ca)
		set_blob(easy, CURLOPT_CAINFO_BLOB, http->ca);
	if (http->blind) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
		curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	}
	if (http->cert) {
		set_blob(easy, CURLOPT_SSLCERT_BLOB, http->cert);
		curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
		set_blob(easy, CURLOPT_SSLKEY_BLOB, http->key);
		curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
	}
}

static void set_protocol(CURL *easy, const struct http *http)
{
	const char *scheme = http->socket ? "http" : "https";
	long version = http->socket ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;

	if (http->socket) {
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, http->socket);
		if (http->http2) /* RFC 9113 3.3: no TLS that could negotiate it */
			version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
		/* libcurl 7.88 fails with CURLE_HTTP2 when it takes such a connection up again. */
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, http->http2 ? 1L : 0L);
	}
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, scheme);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, scheme);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 20L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
}

static void add_header(struct transfer *t, const char *line)
{
	struct curl_slist *longer = curl_slist_append(t->headers, line);

	if (longer)
		t->headers = longer;
}

/* The slist's copies hold the bearer token. */
static void wipe_headers(struct curl_slist *headers)
{
	for (struct curl_slist *line = headers; line; line = line->next)
		OPENSSL_cleanse(line->data, strlen(line->data));
	curl_slist_free_all(headers);
}

static int transfer_begin(struct transfer *t, struct http *http, const char *path, const char *type,
			  long timeout_s, size_t max, struct err *err)
{
	AUTO(free) char *url = xasprintf("%s%s", http->base, path);
	long connect_s = timeout_s < CONNECT_S ? timeout_s : CONNECT_S;

	t->http = http;
	t->timeout_s = timeout_s;
	t->body.max = max;
	t->reply.retry_after_s = -1;
	t->reply.grpc_status = -1;
	t->easy = curl_easy_init();
	if (!t->easy)
		return err_set(err, ERR_HOST, "%s: out of memory", http->label);
	set_protocol(t->easy, http);
	if (!http->socket)
		set_identity(t->easy, http);
	curl_easy_setopt(t->easy, CURLOPT_URL, url);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, timeout_s);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, connect_s);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->detail);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "kstrap/" PACKAGE_VERSION);
	add_header(t, http->http2 ? "TE: trailers" : "Accept: application/json");
	add_header(t, "Expect:");
	if (http->authorization)
		add_header(t, http->authorization);
	if (type) {
		AUTO(free) char *line = xasprintf("Content-Type: %s", type);
		add_header(t, line);
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

static void transfer_end(struct transfer *t)
{
	PIPE_GUARD;

	if (t->added)
		curl_multi_remove_handle(t->http->multi, t->easy);
	if (t->easy)
		curl_easy_cleanup(t->easy);
	wipe_headers(t->headers);
	buf_clear(&t->body);
	free(t->reply.grpc_message);
}

static void auto_transfer_(struct transfer *t)
{
	transfer_end(t);
}

static int transfer_start(struct transfer *t, struct err *err)
{
	PIPE_GUARD;

	t->http->untrusted = false;
	if (curl_multi_add_handle(t->http->multi, t->easy) != CURLM_OK)
		return err_set(err, ERR_HOST, "%s: out of memory", t->http->label);
	t->added = true;
	return 0;
}

/* Lets every transfer of this peer go on as far as it can, and notes which have ended. */
static CURLMcode go_on(struct http *http)
{
	int running, left;
	struct CURLMsg *msg;
	CURLMcode code = curl_multi_perform(http->multi, &running);

	while ((msg = curl_multi_info_read(http->multi, &left))) {
		struct transfer *t;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (msg->msg == CURLMSG_DONE) {
			t->done = true;
			t->result = msg->data.result;
			http->news = true;
		}
	}
	return code;
}

/* Waits for something to happen to any transfer, at most wait_s and at most a second. */
static int turn(struct http *http, double wait_s, struct err *err)
{
	PIPE_GUARD;
	int wait_ms = wait_s < 1 ? (int)(wait_s * 1000) : 1000;
	CURLMcode code;

	http->news = false;
	code = go_on(http);
	if (code == CURLM_OK && !http->news) {
		code = curl_multi_poll(http->multi, NULL, 0, wait_ms, NULL);
		if (code == CURLM_OK)
			code = go_on(http);
	}
	if (code != CURLM_OK)
		return err_set(err, ERR_HOST, "%s: %s", http->label, curl_multi_strerror(code));
	return 0;
}

/* What the transfer ended with. */
static int transfer_result(struct transfer *t, struct err *err)
{
	if (t->result == CURLE_OK)
		return 0;
	return fault_explain(&(struct fault){ .easy = t->easy,
					      .result = t->result,
					      .label = t->http->label,
					      .detail = t->detail,
					      .limit = t->limit,
					      .timeout_s = t->timeout_s },
			     &t->http->untrusted, err);
}

/* The chain that the peer showed, as one PEM text; NULL when there is none. */
static char *peer_chain(CURL *easy)
{
	struct curl_certinfo *info = NULL;
	AUTO(buf) struct buf pem = BUF_INIT(256u << 10);

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info)
		return NULL;
	for (int i = 0; i < info->num_of_certs; i++)
		for (struct curl_slist *line = info->certinfo[i]; line; line = line->next)
			if (str_starts(line->data, "Cert:") &&
			    buf_addf(&pem, "%s\n", line->data + strlen("Cert:")) < 0)
				return NULL;
	return TAKE(pem.data);
}

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
		if (turn(http, 1, err) < 0)
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
	ret->peer_pem = http->blind ? peer_chain(t.easy) : NULL;
	ret->len = t.body.len;
	ret->body = t.body.data ? TAKE(t.body.data) : xstrdup("");
	return 0;
}

void http_reply_clear(struct http_reply *reply)
{
	secret_freen(reply->body, reply->body ? reply->len : 0);
	free(reply->peer_pem);
	free(reply->grpc_message);
	*reply = (struct http_reply){ 0 };
}

int http_stream_open(struct http *http, const char *path, long timeout_s, struct http_stream **ret,
		     struct err *err)
{
	AUTO(http_stream) struct http_stream *stream = xcalloc(1, sizeof(*stream));

	if (transfer_begin(&stream->transfer, http, path, NULL, timeout_s, MAX_LINE, err) < 0 ||
	    transfer_start(&stream->transfer, err) < 0)
		return -1;
	*ret = TAKE(stream);
	return 0;
}

void http_stream_close(struct http_stream *stream)
{
	if (!stream)
		return;
	transfer_end(&stream->transfer);
	free(stream);
}

long http_stream_status(const struct http_stream *stream)
{
	long status = 0;

	curl_easy_getinfo(stream->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Room for more: what has been taken goes. Done once a turn, so that many short lines stay cheap. */
static void drop_taken(struct http_stream *stream)
{
	struct buf *body = &stream->transfer.body;

	if (!stream->taken)
		return;
	memmove(body->data, body->data + stream->taken, body->len - stream->taken);
	body->len -= stream->taken;
	body->data[body->len] = '\0';
	stream->scanned -= stream->taken;
	stream->taken = 0;
}

/* The next line of what has come, or at the end what is left; NULL when there is none. */
static char *take_line(struct http_stream *stream)
{
	struct buf *body = &stream->transfer.body;
	const char *begin = body->data + stream->taken, *end = NULL;
	char *line;

	if (body->len > stream->scanned)
		end = memchr(body->data + stream->scanned, '\n', body->len - stream->scanned);
	if (!end) {
		stream->scanned = body->len;
		if (!stream->transfer.done || stream->transfer.result != CURLE_OK ||
		    body->len == stream->taken)
			return NULL;
		end = body->data + body->len;
	}
	line = xstrndup(begin, (size_t)(end - begin));
	stream->taken = (size_t)(end - body->data) + 1;
	if (stream->taken > body->len)
		stream->taken = body->len;
	stream->scanned = stream->taken;
	return line;
}

int http_stream_next(struct http_stream *stream, double wait_s, enum http_got *ret, char **ret_line,
		     struct err *err)
{
	struct transfer *t = &stream->transfer;
	char *line = take_line(stream);

	if (!line && !t->done) {
		drop_taken(stream);
		if (turn(t->http, wait_s, err) < 0)
			return -1;
		line = take_line(stream);
	}
	if (line) {
		*ret_line = line;
		*ret = HTTP_LINE;
		return 0;
	}
	if (t->done && transfer_result(t, err) < 0)
		return -1;
	*ret = t->done ? HTTP_END : HTTP_NOTHING;
	return 0;
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

static int open_peer(const struct http_peer *peer, bool blind, struct http **ret, struct err *err)
{
	AUTO(http) struct http *http = http_new(peer->timeout_s, err);

	if (!http || url_authority(peer->url, &http->label, err) < 0)
		return -1;
	http->base = xasprintf("https://%s", http->label);
	if (!blind && !peer->ca)
		return err_set(err, ERR_BUG, "%s: no CA to check it with", http->label);
	if (!peer->cert != !peer->key)
		return err_set(err, ERR_BUG, "%s: a certificate without its key", http->label);
	for (const char *c = peer->bearer; c && *c; c++)
		if (*c <= ' ' || *c > '~')
			return err_set(err, ERR_CRYPTO,
				       "%s: the bearer token has a character that no token has",
				       http->label);
	http->blind = blind;
	http->ca = xstrdup(peer->ca);
	http->cert = xstrdup(peer->cert);
	http->key = xstrdup(peer->key);
	if (peer->bearer)
		http->authorization = xasprintf("Authorization: Bearer %s", peer->bearer);
	http->tick = peer->tick;
	http->arg = peer->arg;
	*ret = TAKE(http);
	return 0;
}

int http_open(const struct http_peer *peer, struct http **ret, struct err *err)
{
	return open_peer(peer, false, ret, err);
}

int http_open_blind(const struct http_peer *peer, struct http **ret, struct err *err)
{
	return open_peer(peer, true, ret, err);
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
