/* From a token and addresses, or from a kubeconfig, to a CA one may trust (cluster-info, Kubernetes
 * documentation "TLS bootstrapping", "Authenticating with Bootstrap Tokens"). */
#ifndef PHASES_DISCOVERY_H
#define PHASES_DISCOVERY_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"
#include "phases/servers.h"
#include "pki/kubeconfig.h"

#include <stdbool.h>

struct discovery_want {
	struct servers_want servers;
	const char *token;       /* id.secret or id.secret.pin */
	const json_t *ca_hashes; /* "sha256:<hex>"; any one may match; NULL: none */
	long timeout_s;          /* 0: each server is asked once */
	void (*tick)(void *);    /* may be NULL; called at least every second */
	void *arg;
};
struct discovery {
	char *server; /* "https://..." as cluster-info says */
	char *ca_pem;
	bool pinned; /* whether a pin or hash vouched for the CA */
	long skew_s; /* server's clock minus ours, by its Date header; 0 when it sent none */
	struct kubeconfig user; /* discovery_by_file: token, or cert_pem and key_pem, in the file */
};
/* cluster-info over TLS: signature verified with the token, then a CA certificate looked for in it
 * that the token's pin and one of the hashes (whichever are given) vouch for. With that certificate
 * alone the connection is made again and the answer compared, so that what else the bundle holds is
 * vouched for by the server that the pin names. Of several servers each is asked in turn, one that
 * is ready first, and the first that passes all this is taken. Retries while a server or the
 * signature is not there yet; ends at once when all refuse, by pin or signature. Without pin or
 * hash it succeeds after the signature with pinned = false; the caller decides. Errors: ERR_USAGE
 * (no server), ERR_CRYPTO
 * (token, pin, signature, another answer the second time), ERR_CONFIG (endpoint, a kubeconfig that
 * is none), ERR_NET, ERR_API, ERR_TIMEOUT (no signature for this token). */
int discovery_by_token(const struct discovery_want *want, struct discovery *ret, struct err *err);

struct discovery_file {
	const struct fs *fs;
	const char *path; /* of a kubeconfig, or its https URL, of which the host's CAs are asked */
	long timeout_s;
	void (*tick)(void *);
	void *arg;
};
/* The server and the CA that the file names, and whoever it says one is; then cluster-info of that
 * server, if it may be read, which is newer than the file. Whatever leads out of the file, to other
 * files or programs, is refused. Errors: ERR_CONFIG, ERR_NOT_FOUND, ERR_HOST, ERR_NET, ERR_API,
 * ERR_TIMEOUT. */
int discovery_by_file(const struct discovery_file *want, struct discovery *ret, struct err *err);

void discovery_clear(struct discovery *discovery);
static inline void auto_discovery_(struct discovery *d)
{
	discovery_clear(d);
}

#define DISCOVERY_INFO "/api/v1/namespaces/kube-public/configmaps/cluster-info"
/* An answer to a GET of it: *ret_config and *ret_jws (over it, of token `id`; both may be NULL
 * where they are not wanted) are the caller's, and *ret_jws NULL when there is none. Errors:
 * ERR_API. */
int discovery_read_info(const char *label, const char *body, size_t len, const char *id,
			char **ret_config, char **ret_jws, struct err *err);

#endif
