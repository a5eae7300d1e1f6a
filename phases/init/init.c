/* init: kubeadm's phases in the order of kubeadm 1.36, and one of our own, cni. */
#include "phases/init/init.h"

#include "phases/approve/approve.h"
#include "phases/cni/cni.h"
#include "phases/preflight/preflight.h"

#define CERT(NAME, DOC)                                                                            \
	{ .name = NAME, .doc = DOC, .render = certs_render, .arg = NAME }

static const struct phase certs[] = {
	CERT("ca", "CA of the cluster"),
	CERT("apiserver", "Serving certificate of the API server"),
	CERT("apiserver-kubelet-client", "Certificate with which the API server speaks to kubelets"),
	CERT("front-proxy-ca", "CA of the front proxy"),
	CERT("front-proxy-client", "Certificate of the front proxy"),
	CERT("etcd-ca", "CA of etcd"),
	CERT("etcd-server", "Serving certificate of etcd"),
	CERT("etcd-peer", "Certificate of etcd towards other members"),
	CERT("etcd-healthcheck-client", "Certificate for probing etcd"),
	CERT("apiserver-etcd-client", "Certificate with which the API server speaks to etcd"),
	{ .name = "sa",
	  .doc = "Key pair that signs service account tokens",
	  .render = certs_sa },
	{ 0 },
};

#define CONF(NAME, DOC)                                                                            \
	{ .name = NAME, .doc = DOC, .render = kubeconfig_render, .arg = NAME }

static const struct phase kubeconfigs[] = {
	CONF("admin", "Kubeconfig of the administrator"),
	CONF("super-admin", "Kubeconfig that no access rule can lock out (from Kubernetes 1.29)"),
	CONF("kubelet", "Kubeconfig of this node's kubelet"),
	CONF("controller-manager", "Kubeconfig of kube-controller-manager"),
	CONF("scheduler", "Kubeconfig of kube-scheduler"),
	{ 0 },
};

static const struct phase etcd[] = {
	{ .name = "local",
	  .doc = "Static pod of a local etcd",
	  .ask = control_plane_ask,
	  .render = control_plane_render,
	  .arg = "etcd" },
	{ 0 },
};

#define POD(NAME, COMPONENT)                                                                       \
	{ .name = NAME, .doc = "Static pod of " COMPONENT,                                         \
	  .ask = control_plane_ask, .render = control_plane_render, .arg = COMPONENT }

static const struct phase control_plane[] = {
	POD("apiserver", "kube-apiserver"),
	POD("controller-manager", "kube-controller-manager"),
	POD("scheduler", "kube-scheduler"),
	{ 0 },
};

static const struct phase upload_config[] = {
	{ .name = "kubeadm",
	  .doc = "ConfigMap kubeadm-config",
	  .flags = PHASE_OBJECTS,
	  .ask = upload_kubeadm_ask,
	  .render = upload_kubeadm },
	{ .name = "kubelet",
	  .doc = "ConfigMap kubelet-config",
	  .flags = PHASE_OBJECTS,
	  .render = upload_kubelet },
	{ 0 },
};

static const struct phase addons[] = {
	{ .name = "coredns",
	  .doc = "CoreDNS",
	  .flags = PHASE_OBJECTS,
	  .ask = addon_coredns_ask,
	  .render = addon_coredns },
	{ .name = "kube-proxy",
	  .doc = "kube-proxy",
	  .flags = PHASE_OBJECTS,
	  .ask = addon_ask,
	  .render = addon_kube_proxy },
	{ .name = "flannel",
	  .doc = "flannel (with --network flannel)",
	  .flags = PHASE_OBJECTS,
	  .render = addon_flannel },
	{ 0 },
};

static const struct phase finalize[] = {
	{ .name = "enable-client-cert-rotation",
	  .doc = "Lead kubelet.conf to the certificate the kubelet renews",
	  .kind = PHASE_ACTS,
	  .act = kubelet_finalize_act },
	{ .name = "experimental-cert-rotation",
	  .doc = "The same under the name that kubeadm had for it up to 1.31",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_HIDDEN,
	  .act = kubelet_finalize_act },
	{ 0 },
};

const struct phase phases_init[] = {
	{ .name = "preflight",
	  .doc = "Check this host",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = preflight_act },
	{ .name = "certs",
	  .doc = "Certificates and keys",
	  .ask = certs_ask,
	  .children = certs },
	{ .name = "kubeconfig",
	  .doc = "Kubeconfig files of the control plane",
	  .ask = kubeconfig_ask,
	  .children = kubeconfigs },
	{ .name = "etcd",
	  .doc = "Static pod of etcd",
	  .children = etcd },
	{ .name = "control-plane",
	  .doc = "Static pods of the control plane",
	  .children = control_plane },
	{ .name = "approver-service",
	  .doc = "Service that approves nodes' certificates",
	  .ask = approver_ask,
	  .render = approver_render },
	{ .name = "cni",
	  .doc = "CNI plugins, where the runtime finds them, and the pod network",
	  .children = cni_phases },
	{ .name = "kubelet-start",
	  .doc = "Configure and start the kubelet",
	  .kind = PHASE_ACTS,
	  .ask = kubelet_start_ask,
	  .render = kubelet_start_render,
	  .act = kubelet_start_act },
	{ .name = "wait-control-plane",
	  .doc = "Wait for the API server",
	  .kind = PHASE_ACTS,
	  .act = wait_act },
	{ .name = "upload-config",
	  .doc = "Store the configuration in the cluster",
	  .children = upload_config },
	{ .name = "upload-certs",
	  .doc = "Store the CAs, encrypted, for further control planes (with --upload-certs)",
	  .kind = PHASE_ACTS,
	  .ask = upload_certs_ask,
	  .act = upload_certs_act },
	{ .name = "mark-control-plane",
	  .doc = "Label and taint this node",
	  .kind = PHASE_ACTS,
	  .act = mark_act },
	{ .name = "bootstrap-token",
	  .doc = "Token and rules with which machines join, and the signed cluster-info",
	  .flags = PHASE_OBJECTS,
	  .ask = token_ask,
	  .render = token_render },
	{ .name = "kubelet-finalize",
	  .doc = "Let the kubelet renew its own certificate",
	  .children = finalize },
	{ .name = "addon",
	  .doc = "CoreDNS, kube-proxy, and flannel where it is wanted",
	  .children = addons },
	{ .name = "approver",
	  .doc = "Rules and start of the approver of nodes' certificates",
	  .ask = approver_ask,
	  .children = approver_phases },
	{ .name = "show-join-command",
	  .doc = "Show the line that joins other machines",
	  .kind = PHASE_ACTS,
	  .ask = token_ask,
	  .act = show_join_act },
	{ 0 },
};
