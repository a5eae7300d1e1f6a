/* One HTTPS peer through libcurl: our CA and no other, TLS 1.2 or later, no redirects, no proxy,
 * identity from memory, a total timeout and a maximum for replies. Connections are kept and used
 * again, HTTP/2 where the peer offers it. */
#ifndef API_HTTP_H
#define API_HTTP_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct http;

struct http_peer {	      /* all PEM, in memory: no key in a temporary file */
	const char *url;      /* "https://10.0.0.1:6443" */
	const char *connect;  /* "10.0.0.2:6443": connect there instead; NULL: where url says */
	const char *ca;	      /* who may answer; NULL only for http_open_blind */
	const char *cert, *key; /* who we are; NULL: nobody */
	const char *bearer;   /* token; NULL: none */
	long timeout_s;	      /* a whole exchange */
	void (*tick)(void *); /* called at least every second while we wait; may be NULL */
	void *arg;
	int to; /* > 0: where bodies of at most HTTP_DOWNLOAD_MAX go, instead of into the reply */
};
#define HTTP_DOWNLOAD_MAX (200u << 20)

struct http_reply {
	long status;
	char *body; /* NUL-terminated, owned */
	size_t len;
	long date; /* the server's Date header as time_t; 0 when none */
	long retry_after_s;  /* Retry-After in seconds; -1 when there is none */
	int grpc_status;     /* gRPC's trailers; -1 and NULL when there are none */
	char *grpc_message;
};

int http_open(const struct http_peer *peer, struct http **ret, struct err *err);
/* Verifies nobody: for token discovery's first look, whose answer is then verified by signature
 * and pin, and for asking several masters which one is ready, which decides their order only. */
int http_open_blind(const struct http_peer *peer, struct http **ret, struct err *err);
/* Verifies against the CAs that the host's libcurl trusts for the web: for a discovery file at a URL, or
 * an etcd of old. */
int http_open_web(const struct http_peer *peer, struct http **ret, struct err *err);
/* Without TLS: for an etcd of old that speaks nothing else, whose word is checked like a user's.
 * `url` is written with https:// all the same. */
int http_open_plain(const struct http_peer *peer, struct http **ret, struct err *err);
/* A unix socket: url is "http://localhost", `http2` for gRPC. */
int http_open_unix(const char *socket, bool http2, long timeout_s, struct http **ret,
		   struct err *err);
void http_close(struct http *http);
AUTO_DEFINE(http, struct http *, http_close);

const char *http_label(const struct http *http); /* "10.0.0.1:6443", for messages; borrowed */
/* Another total time for the exchanges that follow. */
void http_set_timeout(struct http *http, long timeout_s);
/* Whether the last failure was the peer's identity (not our CA's, expired, another name), which
 * waiting does not cure. */
bool http_untrusted(const struct http *http);

/* Any status is an answer; only no answer is an error. `type` is the body's content type.
 * Errors: ERR_NET (cannot connect, TLS, not verified: says which), ERR_TIMEOUT, ERR_CRYPTO (our own
 * CA, certificate or key cannot be used), ERR_API (more than 16 MiB, or 256 KiB of headers). */
int http_call(struct http *http, const char *method, const char *path, const char *type,
	      const void *body, size_t len, struct http_reply *ret, struct err *err);
void http_reply_clear(struct http_reply *reply);
static inline void auto_http_reply_(struct http_reply *r)
{
	http_reply_clear(r);
}

struct http_ask { /* borrowed */
	const char *method, *path, *type;
	const void *body;
	size_t len;
};
/* n exchanges at the same time. ret_status[i] is the answer's status, 0 where none came; the
 * answers' texts are thrown away. Errors: ERR_HOST. */
int http_call_all(struct http *http, const struct http_ask *asks, size_t n, long *ret_status,
		  struct err *err);

/* A GET whose answer is read line by line as it comes. Other calls on the same peer may be made
 * while it is open. It ends after timeout_s at the latest. */
struct http_stream;
int http_stream_open(struct http *http, const char *path, long timeout_s, struct http_stream **ret,
		     struct err *err);
void http_stream_close(struct http_stream *stream);
AUTO_DEFINE(http_stream, struct http_stream *, http_stream_close);

enum http_got { HTTP_NOTHING, HTTP_LINE, HTTP_END };
/* Waits at most a second (and at most wait_s) for a line. *ret_line, without its end, is the
 * caller's. HTTP_END: the peer ended its answer properly. Lines beyond 4 MiB are refused.
 * Errors: as http_call. */
int http_stream_next(struct http_stream *stream, double wait_s, enum http_got *ret, char **ret_line,
		     struct err *err);
long http_stream_status(const struct http_stream *stream); /* 0 until the answer has begun */

#endif
