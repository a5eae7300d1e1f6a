/* The control plane's static pods. */
#ifndef MANIFESTS_POD_H
#define MANIFESTS_POD_H

#include "base/auto.h"
#include "base/err.h"
#include "base/semver.h"

#include <stdbool.h>

struct pod_want { /* everything already derived and checked; strings borrowed */
	const char *image;
	const char *advertise_address, *node_name, *service_subnet, *pod_subnet, *cluster_name;
	const char *dns_domain, *pki_dir, *kubernetes_dir;
	const char *key_algorithm; /* what caCertificates/encryptionAlgorithm change in flags, if
				      anything */
	int bind_port;
	const char *volume_plugin_dir; /* the flexible volumes' directory; NULL: the default */
	bool ca_key_present;           /* external CA: no signing flags */
	bool kubeadm_profile; /* kubeadm's files to the byte; else the hardening of hardening.yaml
			       */
	bool cis_profile; /* with all of the hardening */
	bool spc; /* the host's SELinux policy has spc_t, without which the pods cannot read the
		     host's files; not under kubeadm_profile */
	const char *etcd_data_dir;
	bool etcd_loopback;               /* --single-node: etcd listens on loopback only */
	const char *etcd_initial_cluster; /* NULL: only this member */
	const json_t *etcd_external;      /* {} when local */
	const json_t *args, *volumes, *envs, *feature_gates; /* the user's */
	const json_t *host_ca_dirs; /* of versions_value's "ca_dirs": which exist on the host */
	const char *etcd_servers;   /* the user's advertise-client-urls of etcd; NULL: derived */
	long startup_timeout_s;     /* how long a component may take to start; 0: 240 */
};

/* What the hardening of the API server needs on the host, besides the files kubeadm makes: the
 * policy's place, with manifest_text("audit-policy") as its content. The caller frees. */
char *pod_audit_policy_path(const struct pod_want *want);

/* `component`: "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler".
 * *ret: the Pod as a new object, in kubeadm's key order. */
int pod_make(const char *component, const struct semver *v, const struct pod_want *want,
	     json_t **ret, struct err *err);

#endif
