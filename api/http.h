/* One HTTPS peer through libcurl: our CA and no other, TLS 1.2 or later, no redirects, no proxy,
 * identity from memory, a total timeout and a maximum for replies. */
#ifndef API_HTTP_H
#define API_HTTP_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct http;

struct http_peer {	      /* all PEM, in memory: no key in a temporary file */
	const char *url;      /* "https://10.0.0.1:6443" */
	const char *ca;	      /* who may answer; NULL only for http_open_blind */
	const char *cert, *key; /* who we are; NULL: nobody */
	const char *bearer;   /* token; NULL: none */
	long timeout_s;	      /* a whole exchange */
};

struct http_reply {
	long status;
	char *body; /* NUL-terminated, owned */
	size_t len;
	char *peer_pem; /* http_open_blind only: the chain's certificates; else NULL */
	long date; /* the server's Date header as time_t; 0 when none */
};

int http_open(const struct http_peer *peer, struct http **ret, struct err *err);
/* Verifies nobody: for token discovery's first look, whose answer is then verified by signature
 * and pin. Used in exactly one place. */
int http_open_blind(const struct http_peer *peer, struct http **ret, struct err *err);
/* A unix socket: url is "http://localhost", `http2` for gRPC. */
int http_open_unix(const char *socket, bool http2, long timeout_s, struct http **ret,
		   struct err *err);
void http_close(struct http *http);
AUTO_DEFINE(http, struct http *, http_close);

/* Any status is an answer; only no answer is an error. `type` is the body's content type.
 * Replies beyond 16 MiB are refused. Errors: ERR_NET (cannot connect, TLS, not verified: says
 * which), ERR_TIMEOUT. */
int http_call(struct http *http, const char *method, const char *path, const char *type,
	      const void *body, size_t len, struct http_reply *ret, struct err *err);
void http_reply_clear(struct http_reply *reply);
static inline void auto_http_reply_(struct http_reply *r)
{
	http_reply_clear(r);
}

#endif
