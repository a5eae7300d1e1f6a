/* The table of certificates and kubeconfigs that a control plane has, with kubeadm's names. */
#ifndef PKI_SPEC_H
#define PKI_SPEC_H

#include <stdbool.h>

struct cert_spec {
	const char *name;    /* phase name: "apiserver", "etcd-server" */
	const char *base;    /* file below the certificates directory without suffix: "etcd/server" */
	const char *ca;	     /* name of its CA's row; NULL: a CA itself */
	const char *cn;	     /* NULL: the node's name */
	const char *org;     /* NULL: none; "@admins" picks the group of the Kubernetes version */
	unsigned usage;	     /* enum cert_usage */
	enum { SANS_NONE, SANS_CA, SANS_APISERVER, SANS_ETCD_SERVER, SANS_ETCD_PEER } sans;
	bool etcd;	     /* left out with an external etcd */
	const char *doc;
};
extern const struct cert_spec cert_specs[]; /* kubeadm's order; ends with a NULL name */
const struct cert_spec *cert_spec_find(const char *name);

struct kubeconfig_spec {
	const char *name; /* "admin", "super-admin", "kubelet", "controller-manager", "scheduler" */
	const char *file; /* "admin.conf" */
	const char *cn;	  /* NULL: system:node:<name> */
	const char *org;  /* as above */
	const char *user; /* name of the user entry; NULL: as cn */
	const char *doc;
};
extern const struct kubeconfig_spec kubeconfig_specs[];
const struct kubeconfig_spec *kubeconfig_spec_find(const char *name);

#endif
