/* The table of certificates and kubeconfigs that a control plane has, with kubeadm's names, and
 * what of it depends on the Kubernetes version. */
#ifndef PKI_SPEC_H
#define PKI_SPEC_H

#include "base/semver.h"
#include "pki/cert.h"

#include <stdbool.h>

enum spec_sans { SANS_NONE, SANS_CA, SANS_APISERVER, SANS_ETCD_SERVER, SANS_ETCD_PEER };

struct cert_spec {
	const char *name; /* phase name: "apiserver", "etcd-server" */
	const char *base; /* file below the certificates directory without suffix: "etcd/server" */
	const char *ca;   /* name of its CA's row; NULL: a CA itself */
	const char *cn;   /* NULL: the node's name */
	const char *org;  /* NULL: none; "@..." depends on the version: see spec_org */
	unsigned usage;   /* enum cert_usage */
	enum spec_sans sans;
	bool etcd; /* left out with an external etcd */
	const char *doc;
};
extern const struct cert_spec cert_specs[]; /* kubeadm's order; ends with a NULL name */
const struct cert_spec *cert_spec_find(const char *name);

struct kubeconfig_spec {
	const char *name; /* "admin", "super-admin", "kubelet", "controller-manager", "scheduler" */
	const char *file; /* "admin.conf" */
	const char *cn;   /* NULL: system:node:<name> */
	const char *org;  /* as above */
	const char *user; /* name of the user entry; NULL: as cn */
	int since_minor;  /* of Kubernetes 1.x; 0: always */
	int local_minor;  /* the server is this node's own address since 1.x, the control plane's
			   * endpoint before; 0: always the endpoint */
	const char *doc;
};
extern const struct kubeconfig_spec kubeconfig_specs[]; /* kubeadm's order; ends with a NULL name */
const struct kubeconfig_spec *kubeconfig_spec_find(const char *name);

/* The organization of a row's `org` for a version, or NULL for none. Static. An unknown "@" word is
 * a bug and aborts. */
const char *spec_org(const char *org, const struct semver *version);
/* Whether a version has this kubeconfig at all (super-admin: from 1.29). */
bool kubeconfig_spec_exists(const struct kubeconfig_spec *spec, const struct semver *version);
/* Whether it points at this node's own API server and not at the control plane's endpoint. */
bool kubeconfig_spec_local(const struct kubeconfig_spec *spec, const struct semver *version);
/* Whether a version's kubeconfigs carry the line "preferences: {}" (before 1.34). */
bool spec_preferences(const struct semver *version);

/* What the SANs of the three kinds of servers are, for cert_spec_want. Borrowed. */
struct spec_names {
	const char *node;
	const json_t *apiserver, *etcd_server, *etcd_peer;
};
/* Fills ret's subject, names and usage; now and validity_s stay 0. Borrows everything. */
void cert_spec_want(const struct cert_spec *spec, const struct semver *version,
		    const struct spec_names *names, struct cert_want *ret);
/* The client certificate inside a kubeconfig. *ret_cn, which ret borrows, is the caller's. */
void kubeconfig_spec_want(const struct kubeconfig_spec *spec, const struct semver *version,
			  const char *node, struct cert_want *ret, char **ret_cn);

#endif
