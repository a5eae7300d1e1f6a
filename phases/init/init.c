/* init: kubeadm's phases in the order of kubeadm 1.36, and one of our own, cni. */
#include "phases/init/init.h"

#include "phases/approve/approve.h"
#include "phases/cni.h"
#include "phases/preflight.h"

#define CERT(NAME, DOC, EXPLAIN)                                                                   \
	{ .name = NAME, .doc = DOC, .explain = EXPLAIN, .render = certs_render, .arg = NAME }

static const struct phase certs[] = {
	CERT("ca", "CA of the cluster",
	     "Writes ca.crt and ca.key, the CA that the API server, the kubelets and every client "
	     "trust. A pair that is there is used when it is a CA, in its time, and belongs "
	     "together; one that is not is refused, never replaced, as all of the cluster hangs on "
	     "it. ca.crt without ca.key is an external CA: then everything it signs must be there."),
	CERT("apiserver", "Serving certificate of the API server",
	     "Writes apiserver.crt and apiserver.key for the node's name, kubernetes.default.svc and "
	     "the like, the first service address, the advertise address, the control plane's "
	     "endpoint and --apiserver-cert-extra-sans."),
	CERT("apiserver-kubelet-client", "Certificate with which the API server speaks to kubelets",
	     "Writes apiserver-kubelet-client.crt and its key, for logs, exec and port-forward."),
	CERT("front-proxy-ca", "CA of the front proxy",
	     "Writes front-proxy-ca.crt and its key: a CA of its own, so that no client certificate "
	     "of the cluster can pass for the API server in front of an extension API server."),
	CERT("front-proxy-client", "Certificate of the front proxy",
	     "Writes front-proxy-client.crt and its key, with which the API server shows itself to "
	     "extension API servers."),
	CERT("etcd-ca", "CA of etcd",
	     "Writes etcd/ca.crt and etcd/ca.key: who has one of its certificates reads and writes "
	     "all of the cluster, so it is not the cluster's CA. Left out with an external etcd."),
	CERT("etcd-server", "Serving certificate of etcd",
	     "Writes etcd/server.crt and its key, for the node's name, localhost and their "
	     "addresses."),
	CERT("etcd-peer", "Certificate of etcd towards other members",
	     "Writes etcd/peer.crt and its key."),
	CERT("etcd-healthcheck-client", "Certificate for probing etcd",
	     "Writes etcd/healthcheck-client.crt and its key."),
	CERT("apiserver-etcd-client", "Certificate with which the API server speaks to etcd",
	     "Writes apiserver-etcd-client.crt and its key."),
	{ .name = "sa",
	  .doc = "Key pair that signs service account tokens",
	  .explain = "Writes sa.key and sa.pub. The two never disagree: a lost sa.pub is made again "
		     "from sa.key.",
	  .render = certs_sa },
	{ 0 },
};

#define CONF(NAME, DOC, EXPLAIN)                                                                   \
	{ .name = NAME, .doc = DOC, .explain = EXPLAIN, .render = kubeconfig_render, .arg = NAME }

static const struct phase kubeconfigs[] = {
	CONF("admin", "Kubeconfig of the administrator",
	     "Writes admin.conf, with which you (KUBECONFIG=/etc/kubernetes/admin.conf kubectl ...) "
	     "and this program use the cluster."),
	CONF("super-admin", "Kubeconfig that no access rule can lock out (from Kubernetes 1.29)",
	     "Writes super-admin.conf, a member of system:masters. Keep it for emergencies."),
	CONF("kubelet", "Kubeconfig of this node's kubelet",
	     "Writes kubelet.conf with a certificate in it, as nobody can sign one for the kubelet "
	     "before the control plane runs; kubelet-finalize then leads it to the certificate that "
	     "the kubelet renews by itself."),
	CONF("controller-manager", "Kubeconfig of kube-controller-manager",
	     "Writes controller-manager.conf; its server is this node's own API server."),
	CONF("scheduler", "Kubeconfig of kube-scheduler",
	     "Writes scheduler.conf; its server is this node's own API server."),
	{ 0 },
};

static const struct phase etcd[] = {
	{ .name = "local",
	  .doc = "Static pod of a local etcd",
	  .explain = "Writes manifests/etcd.yaml and makes etcd's data directory (mode 0700). The "
		     "kubelet runs what lies in manifests/, which is how a control plane can run "
		     "before there is one. With --single-node etcd listens on loopback only.",
	  .ask = control_plane_ask,
	  .render = control_plane_render,
	  .arg = "etcd" },
	{ 0 },
};

#define POD(NAME, COMPONENT, EXPLAIN)                                                              \
	{ .name = NAME, .doc = "Static pod of " COMPONENT, .explain = EXPLAIN,                     \
	  .ask = control_plane_ask, .render = control_plane_render, .arg = COMPONENT }

static const struct phase control_plane[] = {
	POD("apiserver", "kube-apiserver",
	    "Writes manifests/kube-apiserver.yaml and, unless --profile kubeadm, audit-policy.yaml, "
	    "which the pod mounts."),
	POD("controller-manager", "kube-controller-manager",
	    "Writes manifests/kube-controller-manager.yaml: the loops that make the cluster what its "
	    "objects say, among them those that sign nodes' certificates and give nodes their pods' "
	    "addresses."),
	POD("scheduler", "kube-scheduler",
	    "Writes manifests/kube-scheduler.yaml: it chooses the node that a pod runs on."),
	{ 0 },
};

static const struct phase upload_config[] = {
	{ .name = "kubeadm",
	  .doc = "ConfigMap kubeadm-config",
	  .explain = "Applies kube-system/kubeadm-config, the ClusterConfiguration that joining "
		     "nodes and upgrades (kubeadm's too) read, and the role that lets them.",
	  .flags = PHASE_OBJECTS,
	  .ask = upload_kubeadm_ask,
	  .render = upload_kubeadm },
	{ .name = "kubelet",
	  .doc = "ConfigMap kubelet-config",
	  .explain = "Applies kube-system/kubelet-config (before 1.24: kubelet-config-1.x), the "
		     "KubeletConfiguration of joining nodes, and the role that lets them read it.",
	  .flags = PHASE_OBJECTS,
	  .render = upload_kubelet },
	{ 0 },
};

static const struct phase addons[] = {
	{ .name = "coredns",
	  .doc = "CoreDNS",
	  .explain = "Applies CoreDNS: a Deployment, its Service at the tenth service address, "
		     "Corefile and access rules. A Corefile that somebody has changed and the "
		     "number of replicas stay as they are. With --print-manifest it only prints "
		     "them.",
	  .flags = PHASE_OBJECTS,
	  .ask = addon_coredns_ask,
	  .render = addon_coredns },
	{ .name = "kube-proxy",
	  .doc = "kube-proxy",
	  .explain = "Applies kube-proxy: a DaemonSet that makes service addresses work on every "
		     "node, its configuration and access rules. On a host where the kernel's "
		     "connection tracking limits cannot be set (a container), it is told to leave "
		     "them alone. With --print-manifest it only prints them.",
	  .flags = PHASE_OBJECTS,
	  .ask = addon_ask,
	  .render = addon_kube_proxy },
	{ 0 },
};

static const struct phase finalize[] = {
	{ .name = "enable-client-cert-rotation",
	  .doc = "Lead kubelet.conf to the certificate the kubelet renews",
	  .explain = "Rewrites kubelet.conf to name kubelet-client-current.pem, which the kubelet "
		     "renews by itself, instead of the certificate embedded by kubeconfig/kubelet, "
		     "which would run out. The running kubelet uses that file already, so it is not "
		     "restarted.",
	  .kind = PHASE_ACTS,
	  .act = kubelet_finalize_act },
	{ .name = "experimental-cert-rotation",
	  .doc = "The same under the name that kubeadm had for it up to 1.31",
	  .explain = "The same as enable-client-cert-rotation.",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_HIDDEN,
	  .act = kubelet_finalize_act },
	{ 0 },
};

const struct phase phases_init[] = {
	{ .name = "preflight",
	  .doc = "Check this host",
	  .explain = "Looks whether a control plane can run here (rights, processors, memory, ports, "
		     "swap, runtime, kubelet, foreign files in the way) and tells everything that is "
		     "wrong at once, each with what to run. --ignore-preflight-errors takes the "
		     "names in brackets. Changes nothing.",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = preflight_act },
	{ .name = "certs",
	  .doc = "Certificates and keys",
	  .explain = "Writes certificates and keys below /etc/kubernetes/pki (--cert-dir). What is "
		     "there and still serves is kept: judged by its content (issuer, key, names, "
		     "time), not by its existence. A leaf that does not serve is issued anew, a CA "
		     "never. A certificate and its key change together or not at all.",
	  .ask = certs_ask,
	  .children = certs },
	{ .name = "kubeconfig",
	  .doc = "Kubeconfig files of the control plane",
	  .explain = "Writes kubeconfig files below /etc/kubernetes (mode 0600). One that is there "
		     "and serves is kept; one for another cluster or server is refused.",
	  .ask = kubeconfig_ask,
	  .children = kubeconfigs },
	{ .name = "etcd",
	  .doc = "Static pod of etcd",
	  .explain = "etcd keeps everything the cluster knows.",
	  .children = etcd },
	{ .name = "control-plane",
	  .doc = "Static pods of the control plane",
	  .explain = "The API server, the controllers and the scheduler, as pods that the kubelet "
		     "runs from files in /etc/kubernetes/manifests.",
	  .children = control_plane },
	{ .name = "approver-service",
	  .doc = "Service that approves nodes' certificates",
	  .explain = "Writes and enables kstrap-approver.service, which runs `kstrap approve`: it "
		     "approves kubelets' serving certificates after a look at names and addresses, "
		     "and serves tokens with limits (kstrap token create --uses, --node). With it "
		     "this cluster's nodes get serving certificates that can be verified. Nothing "
		     "with --profile kubeadm.",
	  .ask = approver_ask,
	  .render = approver_render },
	{ .name = "cni",
	  .doc = "CNI plugins, where the runtime finds them, and the pod network",
	  .explain = "Puts the CNI plugins below /var/lib/cni/bin, as /opt and /usr may be "
		     "read-only, tells the runtime through its own configuration, and sets up the "
		     "built-in pod network (--network none leaves that out). Before kubelet-start, "
		     "because the runtime may have to be restarted.",
	  .children = cni_phases },
	{ .name = "kubelet-start",
	  .doc = "Configure and start the kubelet",
	  .explain = "Writes /var/lib/kubelet/config.yaml and kubeadm-flags.env, the systemd drop-in "
		     "10-kubeadm.conf, kubelet.service where the host has none, and the link that "
		     "enables it; then starts the kubelet. Everything rendered so far is put on disk "
		     "first, in one transaction.",
	  .kind = PHASE_ACTS,
	  .ask = kubelet_start_ask,
	  .render = kubelet_start_render,
	  .act = kubelet_start_act },
	{ .name = "wait-control-plane",
	  .doc = "Wait for the API server",
	  .explain = "Asks the API server's /livez until it is healthy. When it does not come, shows "
		     "which component fails and the last lines of its log.",
	  .kind = PHASE_ACTS,
	  .act = wait_act },
	{ .name = "upload-config",
	  .doc = "Store the configuration in the cluster",
	  .explain = "Applies the ConfigMaps that joining nodes and upgrades read, in the form that "
		     "kubeadm of the same version understands.",
	  .children = upload_config },
	{ .name = "upload-certs",
	  .doc = "Store the CAs, encrypted, for further control planes (with --upload-certs)",
	  .explain = "Applies the Secret kubeadm-certs: CAs and service account keys, encrypted with "
		     "a key that only the join line has. The cluster deletes it after two hours.",
	  .kind = PHASE_ACTS,
	  .ask = upload_certs_ask,
	  .act = upload_certs_act },
	{ .name = "mark-control-plane",
	  .doc = "Label and taint this node",
	  .explain = "Waits until the kubelet has registered the node, then gives it the labels of a "
		     "control plane, the taint that keeps other pods off it (not with --single-node) "
		     "and the annotation of the runtime's socket.",
	  .kind = PHASE_ACTS,
	  .act = mark_act },
	{ .name = "bootstrap-token",
	  .doc = "Token and rules with which machines join, and the signed cluster-info",
	  .explain = "Applies a bootstrap token (a Secret of 24 hours, --token-ttl), the rules that "
		     "let its owner request a certificate and have it approved, and kube-public/"
		     "cluster-info, signed with the token, from which a joining machine learns the "
		     "CA. A token of an earlier run that still has ten minutes is used again.",
	  .flags = PHASE_OBJECTS,
	  .ask = token_ask,
	  .render = token_render },
	{ .name = "kubelet-finalize",
	  .doc = "Let the kubelet renew its own certificate",
	  .explain = "After the kubelet has its own certificate.",
	  .children = finalize },
	{ .name = "addon",
	  .doc = "CoreDNS and kube-proxy",
	  .explain = "What a cluster needs beside its control plane.",
	  .children = addons },
	{ .name = "approver",
	  .doc = "Rules and start of the approver of nodes' certificates",
	  .explain = "What approver-service has put on the disk begins to work. Nothing with "
		     "--profile kubeadm.",
	  .ask = approver_ask,
	  .children = approver_phases },
	{ .name = "show-join-command",
	  .doc = "Show the line that joins other machines",
	  .explain = "Shows `kjoin --token=... ADDRESS`: the token with the pin of the CA. It is the "
		     "only place where a secret is shown: on a terminal; elsewhere it goes into a "
		     "file below /run that only root reads, unless --print-token.",
	  .kind = PHASE_ACTS,
	  .ask = token_ask,
	  .act = show_join_act },
	{ 0 },
};
