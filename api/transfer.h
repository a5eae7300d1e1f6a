/* One exchange under way, by libcurl's multi interface: what api/http.c and api/stream.c are made
 * of. For them alone. */
#ifndef API_TRANSFER_H
#define API_TRANSFER_H

#include "api/http.h"
#include "base/str.h"

#include <curl/curl.h>
#include <signal.h>

#define MAX_BODY (16u << 20)
#define MAX_LINE (4u << 20)

struct http {
	CURLM *multi;
	char *base;   /* "https://host:port" */
	char *label;  /* "host:port" */
	char *socket; /* unix socket's path, else NULL */
	bool http2, blind, web, plain, untrusted;
	bool news; /* a transfer has more data, or has ended, since turn() began */
	char *ca, *cert, *key;
	struct curl_slist *connect; /* CURLOPT_CONNECT_TO's one row, or NULL */
	char *authorization; /* the header's line */
	long timeout_s;
	void (*tick)(void *);
	void *arg;
	int to; /* > 0: where bodies go */
};

/* One exchange under way. */
struct transfer {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	size_t sent; /* of the body, to http->to */
	size_t header_bytes;
	struct http_reply reply; /* what headers and trailers said */
	const char *limit;       /* which of our limits was passed */
	char detail[CURL_ERROR_SIZE];
	long timeout_s;
	bool added, done;
	CURLcode result;
};

/* `timeout_s` from now; `max` is the body's limit. */
int transfer_begin(struct transfer *t, struct http *http, const char *path, const char *type,
		   long timeout_s, size_t max, struct err *err);
int transfer_start(struct transfer *t, struct err *err);
/* Lets all transfers of this peer go on; waits for something to happen to any of them, at most
 * wait_s and at most a second. */
int transfer_turn(struct http *http, double wait_s, struct err *err);
/* What a transfer that is done ended with. Errors: as http_call. */
int transfer_result(struct transfer *t, struct err *err);
void transfer_end(struct transfer *t);
static inline void auto_transfer_(struct transfer *t)
{
	transfer_end(t);
}

/* NOSIGNAL leaves SIGPIPE to us; children must not inherit an ignored one, so only for a moment. */
struct pipe_guard {
	struct sigaction old;
};

static inline struct pipe_guard ignore_sigpipe(void)
{
	struct pipe_guard guard;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, &guard.old);
	return guard;
}

static inline void restore_sigpipe(struct pipe_guard *guard)
{
	sigaction(SIGPIPE, &guard->old, NULL);
}

#define PIPE_GUARD                                                                   \
	struct pipe_guard guard_ __attribute__((cleanup(restore_sigpipe), unused)) = \
		ignore_sigpipe()

#endif
