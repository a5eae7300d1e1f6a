/* Kubeconfig files: writing kubeadm's and reading anybody's plain ones. */
#ifndef PKI_KUBECONFIG_H
#define PKI_KUBECONFIG_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct kubeconfig_want {
	const char *server;  /* "https://10.0.0.1:6443" */
	const char *cluster; /* "kubernetes" */
	const char *user;    /* "kubernetes-admin" */
	const char *ca_pem;  /* NULL: left out (a kubeconfig that waits for its signer) */
	const char *cert_pem, *key_pem;   /* embedded, either may be NULL; or both NULL and: */
	const char *cert_file, *key_file; /* paths the reader opens; or NULL and: */
	const char *token;                /* bearer token, or NULL */
	bool preferences; /* with "preferences: {}", as Kubernetes before 1.34: spec_preferences */
};
/* kubeadm's layout, byte for byte. The caller frees with secret_free. Errors: ERR_BUG. */
int kubeconfig_write(const struct kubeconfig_want *want, char **ret, struct err *err);
/* The kubeconfig in the ConfigMap cluster-info: one cluster without a name and nothing else, of
 * want's server, ca_pem and preferences. The caller frees. Errors: ERR_BUG. */
int kubeconfig_write_cluster_info(const struct kubeconfig_want *want, char **ret, struct err *err);

struct kubeconfig { /* of its current context; strings owned; NULL when absent */
	char *server, *cluster, *user, *ca_pem, *cert_pem, *key_pem, *token;
	char *cert_file, *key_file, *ca_file;
	json_t *document; /* the whole */
};
/* Without a current context the file must have exactly one cluster, which is taken (cluster-info).
 * Refuses, in the entries it uses, exec, auth-provider, insecure-skip-tls-verify and whatever else
 * would change who is trusted or who one is, and a server that is not https; file references are
 * only reported, not opened. At most 1 MiB. Errors: ERR_CONFIG. */
int kubeconfig_read(const char *text, size_t len, const char *name, struct kubeconfig *ret,
		    struct err *err);
void kubeconfig_clear(struct kubeconfig *kubeconfig); /* wipes */
static inline void auto_kubeconfig_(struct kubeconfig *k)
{
	kubeconfig_clear(k);
}

#endif
