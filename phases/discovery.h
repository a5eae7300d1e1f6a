/* From a token and an address to a CA one may trust (cluster-info, Kubernetes documentation
 * "TLS bootstrapping", "Authenticating with Bootstrap Tokens"). */
#ifndef PHASES_DISCOVERY_H
#define PHASES_DISCOVERY_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>

struct discovery_want {
	const char *endpoint; /* host:port */
	const char *token;    /* id.secret or id.secret.pin */
	const json_t *ca_hashes; /* "sha256:<hex>"; any one may match; NULL: none */
	long timeout_s;
	void (*tick)(void *); /* may be NULL; called at least every second */
	void *arg;
};
struct discovery {
	char *server;	 /* "https://..." as cluster-info says */
	char *ca_pem;
	char *cluster_info; /* the verified kubeconfig */
	bool pinned;	 /* whether a pin or hash vouched for the CA */
	long skew_s;	 /* server's clock minus ours, by its Date header; 0 when it sent none */
};
/* cluster-info over TLS: signature verified with the token, then a CA certificate looked for in it
 * that the token's pin and one of the hashes (whichever are given) vouch for. With that certificate
 * alone the connection is made again and the answer compared, so that what else the bundle holds is
 * vouched for by the server that the pin names. Retries while the server or the signature is not
 * there yet; refusals by pin or signature end at once. Without pin or hash it succeeds after the
 * signature with pinned = false; the caller decides.
 * Errors: ERR_CRYPTO (token, pin, signature, another answer the second time), ERR_CONFIG (endpoint,
 * a kubeconfig that is none), ERR_NET, ERR_API, ERR_TIMEOUT (no signature for this token). */
int discovery_by_token(const struct discovery_want *want, struct discovery *ret, struct err *err);
void discovery_clear(struct discovery *discovery);
static inline void auto_discovery_(struct discovery *d)
{
	discovery_clear(d);
}

#endif
