#include "api/transfer.h"

#include "api/fault.h"
#include "base/flush.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#define MAX_HEADERS (256u << 10)
#define CONNECT_S   10L

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	t->http->news = true;
	if (t->http->to > 0) {
		t->sent += size * n;
		if (t->sent > HTTP_DOWNLOAD_MAX)
			t->limit = "it is longer than 200 MiB";
		return t->limit || flush_write(t->http->to, data, size * n) < 0 ? 0 : size * n;
	}
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
	if (!http->web) {
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	}
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (http->ca)
		set_blob(easy, CURLOPT_CAINFO_BLOB, http->ca);
	if (http->blind) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (http->cert) {
		set_blob(easy, CURLOPT_SSLCERT_BLOB, http->cert);
		curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
		set_blob(easy, CURLOPT_SSLKEY_BLOB, http->key);
		curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
		/* Without one, libcurl 7.88 reads the passphrase of an encrypted key from NULL. */
		curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
	}
}

static void set_protocol(CURL *easy, const struct http *http)
{
	bool plain = http->socket || http->plain;
	const char *scheme = plain ? "http" : "https";
	long version = plain ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;

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

int transfer_begin(struct transfer *t, struct http *http, const char *path, const char *type,
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
	curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, http->connect);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, timeout_s);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, connect_s);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->detail);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "kstrap/" PACKAGE_VERSION);
	add_header(t, http->http2 ? "TE: trailers" :
		      http->to > 0 ? "Accept: */*" :
				    "Accept: application/json");
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

void transfer_end(struct transfer *t)
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

int transfer_start(struct transfer *t, struct err *err)
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
int transfer_turn(struct http *http, double wait_s, struct err *err)
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
int transfer_result(struct transfer *t, struct err *err)
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
