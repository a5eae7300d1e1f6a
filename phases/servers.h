/* Where a cluster's API servers may be: addresses that the user gave, and what DNS says of the
 * cluster's name. */
#ifndef PHASES_SERVERS_H
#define PHASES_SERVERS_H

#include "base/auto.h"
#include "base/err.h"
#include "config/config.h"

#include <stdbool.h>

struct server {
	char *endpoint; /* "10.0.0.1:6443" */
	char *name; /* "masters.demo.k8s:6443", by which it was found and which its certificate may
		     * have instead of the address; NULL when it was given as it is */
};
struct servers {
	struct server *list;
	size_t len;
};
void servers_clear(struct servers *servers);
static inline void auto_servers_(struct servers *servers)
{
	servers_clear(servers);
}

struct servers_want {
	const char *endpoint;  /* host:port; may be NULL */
	const json_t *further; /* of host:port; may be NULL */
	const char *cluster;   /* "demo", looked for in DNS; NULL: no */
	const char *suffix;    /* of its domain, "k8s" */
};
/* Borrows from config, which must outlive it. */
struct servers_want servers_wanted(const struct config *config);
/* "the API server at 10.0.0.1:6443" or "a master of cluster demo", for messages. The caller frees.
 */
char *servers_describe(const struct servers_want *want);

/* The given ones in their order, then the targets of _kubernetes._tcp.CLUSTER.SUFFIX (SRV) and the
 * addresses of masters.CLUSTER.SUFFIX. Each once. DNS has timeout_s, and at most 10 s. `tick` is
 * called at least every second.
 * Errors: ERR_NET, ERR_TIMEOUT (nothing was given and DNS has nothing). */
int servers_find(const struct servers_want *want, double timeout_s, void (*tick)(void *), void *arg,
		 struct servers *ret, struct err *err);

/* Asks all at once for /readyz, whoever they are, until one says that it is ready or 3 s are over;
 * and puts that one in front, behind it those that answered otherwise, then the others. True when
 * one is ready. Else *why (may be NULL) gets the reason of the one in front. Nothing may be built
 * on the answer but an order. */
bool servers_prefer_ready(struct servers *servers, void (*tick)(void *), void *arg,
			  struct err *why);

/* What a status of /readyz means: 0 for 200, else -1 and the reason. */
int servers_readiness(const char *label, long status, struct err *err);

#endif
