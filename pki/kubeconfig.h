/* Kubeconfig files: writing kubeadm's and reading anybody's plain ones. */
#ifndef PKI_KUBECONFIG_H
#define PKI_KUBECONFIG_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

struct kubeconfig_want {
	const char *server;   /* "https://10.0.0.1:6443" */
	const char *cluster;  /* "kubernetes" */
	const char *user;     /* "kubernetes-admin" */
	const char *ca_pem;
	const char *cert_pem, *key_pem; /* embedded; or NULL and: */
	const char *cert_file, *key_file; /* paths the reader opens; or NULL and: */
	const char *token;    /* bearer token, or NULL */
};
/* kubeadm's layout, byte for byte. The caller frees with secret_free. */
int kubeconfig_write(const struct kubeconfig_want *want, char **ret, struct err *err);

struct kubeconfig { /* of its current context; strings owned; NULL when absent */
	char *server, *cluster, *user, *ca_pem, *cert_pem, *key_pem, *token;
	char *cert_file, *key_file, *ca_file;
	json_t *document; /* the whole */
};
/* Refuses exec, auth-provider and insecure-skip-tls-verify; file references are only reported, not
 * opened. At most 1 MiB. Errors: ERR_CONFIG. */
int kubeconfig_read(const char *text, size_t len, const char *name, struct kubeconfig *ret,
		    struct err *err);
void kubeconfig_clear(struct kubeconfig *kubeconfig); /* wipes */
static inline void auto_kubeconfig_(struct kubeconfig *k)
{
	kubeconfig_clear(k);
}

#endif
