/* The API objects that init applies, as lists ready for server-side apply. */
#ifndef MANIFESTS_OBJECTS_H
#define MANIFESTS_OBJECTS_H

#include "base/auto.h"
#include "base/err.h"
#include "base/semver.h"

#include <stdbool.h>

/* Each appends complete objects (apiVersion, kind, metadata) to the array `out`. */
/* ConfigMaps kubeadm-config and kubelet-config[-1.20] with their Roles and RoleBindings. The two
 * texts are YAML. */
int objects_config(const struct semver *v, const char *cluster_configuration,
		   const char *cluster_status, const char *kubelet_configuration, json_t *out,
		   struct err *err);
/* Marks ConfigMap `name` among `objects` as made by the tool, not given by the user: kubeadm then
 * writes it anew on upgrades. Call it for kubelet-config and kube-proxy when the user gave no such
 * configuration. */
int objects_mark_generated(json_t *objects, const char *name, struct err *err);
/* The Secret of a bootstrap token; expires is RFC 3339 or NULL. */
int objects_token(const char *id, const char *secret, const char *description, const char *expires,
		  const json_t *usages, const json_t *groups, json_t *out, struct err *err);
/* Bootstrap-token RBAC: CSR creation, auto-approval for bootstrappers and for node renewal, get
 * nodes; and cluster-info's Role and RoleBinding. */
int objects_bootstrap_rbac(const struct semver *v, json_t *out, struct err *err);
/* What kstrap's approver and the tokens that it serves may do. */
int objects_approver(const struct semver *v, json_t *out, struct err *err);
/* kubeadm:cluster-admins binding, from 1.29. */
int objects_admins(const struct semver *v, json_t *out, struct err *err);
/* cluster-info with the kubeconfig and one signature (jws) for token `id`; NULL and NULL: none. */
int objects_cluster_info(const char *kubeconfig, const char *id, const char *jws, json_t *out,
			 struct err *err);

/* Secret kubeadm-certs and who may read it: data is {file: encrypted bytes as base64}; owners is
 * the list of metadata.ownerReferences, or NULL. */
int objects_certificates(const json_t *data, const json_t *owners, json_t *out, struct err *err);

struct addon_want {
	const char *repository; /* image repository */
	const char *dns_image;  /* whole image reference for CoreDNS */
	const char *proxy_image;
	const char *dns_ip, *dns_domain;
	const char *server; /* "https://10.0.0.1:6443" for kube-proxy's kubeconfig */
	const json_t *envs; /* kube-proxy's further environment (proxy settings); NULL: none */
	const char *proxy_config; /* KubeProxyConfiguration as YAML text */
};
int objects_coredns(const struct semver *v, const struct addon_want *want, json_t *out,
		    struct err *err);
int objects_kube_proxy(const struct semver *v, const struct addon_want *want, json_t *out,
		       struct err *err);

/* flannel's; `net_conf` is the text of its net-conf.json, `bin_dir` and `conf_dir` are the host's, for
 * CNI plugins and configurations. */
int objects_flannel(const struct semver *v, const char *image, const char *plugin_image,
		    const char *bin_dir, const char *conf_dir, const char *net_conf, json_t *out,
		    struct err *err);

/* KubeletConfiguration and KubeProxyConfiguration as kubeadm of version v would write them, before
 * the user's own values are put over. New objects, keys sorted (dump them sorted after merging). */
struct component_want {
	bool kubeadm_profile; /* else with the hardening of hardening.yaml */
	bool cis_profile;     /* with all of it */
	const char *dns_ip, *dns_domain, *pod_subnet, *static_pod_path;
	const char *cgroup_driver;   /* NULL: the version's default */
	const json_t *feature_gates; /* kubeadm's; only dual stack's is handed on, up to 1.22 */
	const char *client_ca_file, *resolv_conf /* NULL: none */,
		*volume_plugin_dir /* NULL: none */;
	const char *bind_address; /* kube-proxy */
	bool conntrack_off;       /* kube-proxy in a container: conntrack.maxPerCore 0 */
};
int objects_kubelet_configuration(const struct semver *v, const struct component_want *want,
				  json_t **ret, struct err *err);
int objects_proxy_configuration(const struct semver *v, const struct component_want *want,
				json_t **ret, struct err *err);

#endif
