/* The certificates that a host holds, wherever they are kept: beside their keys, in a kubeconfig,
 * or in the file that the kubelet rotates. */
#ifndef PHASES_CERTS_HELD_H
#define PHASES_CERTS_HELD_H

#include "phases/phase.h"
#include "pki/cert.h"
#include "pki/kubeconfig.h"
#include "pki/spec.h"

struct certs_item {
	const char *name;     /* kubeadm's: "apiserver", "admin.conf" */
	const char *doc;      /* kubeadm's words for it */
	const char *restarts; /* the static pod that has read it once and for all; NULL: none */
};
/* By name, as kubeadm sorts them; end with a NULL name. */
extern const struct certs_item certs_items[];
/* NULL for an item in a kubeconfig, and the other way round. */
const struct cert_spec *certs_item_cert(const struct certs_item *item);
const struct kubeconfig_spec *certs_item_conf(const struct certs_item *item);
const struct cert_spec *certs_item_ca(const struct certs_item *item);
bool certs_item_is_kubelet(const struct certs_item *item);

enum held_how {
	HELD_NOT,      /* the file is missing */
	HELD_PAIR,     /* BASE.crt and BASE.key */
	HELD_EMBEDDED, /* in a kubeconfig */
	HELD_FILES,    /* in files that a kubeconfig names */
};
struct held {
	enum held_how how;
	char *path;      /* of the certificate: "/etc/kubernetes/pki/apiserver.crt" */
	char *key_path;  /* of its key; NULL: the same file */
	char *conf_path; /* of its kubeconfig, or NULL */
	struct kubeconfig conf;
	X509 *cert;
};
void held_clear(struct held *held);
static inline void auto_held_(struct held *held)
{
	held_clear(held);
}
/* Reads what is on the disk. Errors: ERR_HOST, ERR_CONFIG, ERR_CRYPTO (damaged). */
int held_read(struct run *run, const struct certs_item *item, struct held *ret, struct err *err);

/* Notes a CA's files; its certificate and key as certs_ca has them, but *ret is NULL when there is
 * no certificate. ret_key may be NULL: then the key is not opened. */
int held_ca(struct run *run, const struct cert_spec *spec, X509 **ret, EVP_PKEY **ret_key,
	    struct err *err);
/* Whether the CA's certificate is here and its key is not. */
bool held_external(struct run *run, const struct cert_spec *spec);

/* Whether anything here says that the host is, or is to be, a control plane. */
bool held_control_plane(const struct run *run);
/* Whether this host's etcd is its own; false with an external one. */
bool held_etcd(const struct run *run);

#endif
