/* Why libcurl got no answer, in words a person can act on. Only api/http.c uses this. */
#ifndef API_FAULT_H
#define API_FAULT_H

#include "base/err.h"

#include <curl/curl.h>
#include <stdbool.h>

struct fault {
	CURL *easy;	     /* after the transfer */
	CURLcode result;
	const char *label;   /* host:port */
	const char *detail;  /* libcurl's error buffer */
	const char *limit;   /* which of our limits ended it; NULL: none */
	long timeout_s;
};

/* Fills *err: "HOST:PORT: reason". *ret_untrusted: whether the peer's identity was the reason.
 * Returns -1. */
int fault_explain(const struct fault *fault, bool *ret_untrusted, struct err *err);

#endif
