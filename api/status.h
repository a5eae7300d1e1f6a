/* A Kubernetes Status as our error; shared by kube.c and watch.c. */
#ifndef API_STATUS_H
#define API_STATUS_H

#include "api/http.h"
#include "api/kube.h"

struct kube {
	struct http *http;
	long timeout_s;
};

/* Fills *err from an answer other than 2xx: its status code, and its body if that is a Status.
 * 404: ERR_NOT_FOUND; 409: ERR_EXISTS (reason AlreadyExists) or ERR_CONFLICT; else ERR_API. What
 * the server says about the content of a Secret is withheld. Returns -1. */
int status_fail(const struct kube *kube, const char *method, const char *path, long code,
		const char *body, size_t len, struct err *err);

#endif
