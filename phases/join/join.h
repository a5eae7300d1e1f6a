/* What the phases of join share: the cluster as discovery found it. */
#ifndef PHASES_JOIN_JOIN_H
#define PHASES_JOIN_JOIN_H

#include "phases/credentials.h"
#include "phases/discovery.h"
#include "phases/phase.h"

struct join_state {
	struct discovery discovery;
	json_t *cluster_configuration; /* ClusterConfiguration of kubeadm-config; NULL: unknown */
	json_t *cluster_status; /* ClusterStatus of kubeadm-config, before 1.22; or NULL */
	json_t *kubelet_configuration; /* as the cluster has it for its nodes */
	bool known;  /* discovery was made */
	bool joined; /* this node is one of this cluster's already: nothing is bootstrapped again */
	bool bootstrapped; /* the wait for the kubelet's certificate is over */
	struct config *config; /* the cluster's, once adopted (phases/join/plane.h); or NULL */
	struct tree *shared; /* CAs and keys that were downloaded; or NULL */
};

/* The run's own; made at first use and freed with the run. */
struct join_state *join_state(struct run *run);

/* The credentials in this host's kubelet.conf. As credentials_read. */
int join_credentials(const struct run *run, struct credentials *ret, struct err *err);

/* An `ask` of whatever needs the cluster: discovery by token or file, then the cluster's own
 * settings, once a run. Changes nothing. Refuses: no pin with --require-pin, another cluster's
 * node, another's Ready node of this name, a kubelet newer than the control plane.
 * Errors: those of discovery_by_token; ERR_HOST, ERR_CRYPTO, ERR_API, ERR_NET. */
int join_discover(struct run *run, const void *arg, struct err *err);

/* A client with what vouches for this host before it has a certificate: the bootstrap token, else
 * the credentials of the discovery file. After discovery. Errors: ERR_USAGE (neither), those of
 * kube_open. */
int join_open(struct run *run, struct kube **ret, struct err *err);
/* That token, id.secret or the file's; NULL when there is none. The caller frees with secret_free. */
char *join_bearer(struct run *run);

/* The address from which this host reaches `server` ("https://..."), into run->facts ("route": the
 * address, "several": true where the host has others, too), for the kubelet to announce; told where
 * there is a choice. Errors: ERR_HOST: no route, or --node-ip is not of this host. */
int join_find_address(struct run *run, const char *server, struct err *err);

/* An act: takes the node's name, so that of two hosts that join under one name the second is
 * refused. What decides is the API server: whoever creates the CertificateSigningRequest
 * kstrap-node-name.NAME, which nobody signs, is first. It says who did (machine-id's hash, address)
 * and counts for as long as that host may take to join. Errors: ERR_HOST (taken), ERR_NET, ... */
int join_claim(struct run *run, const void *arg, struct err *err);

/* The cluster's kubeadm-config, the network that its init chose (cluster->network, where the user
 * left it open) and, unless joined, the kubelet's configuration. */
int join_read_cluster(struct run *run, struct kube *kube, struct err *err);

/* The cluster's directory for volume plugins is this host's, too, unless the user says another or it
 * would have to be made where nothing can be written. `shared`: its KubeletConfiguration. */
void join_take_volume_plugins(struct run *run, const json_t *shared);

/* Whether kubelets' serving certificates are approved in this cluster, and wanted by this one. */
bool join_is_served(const struct run *run);

int join_kubelet_ask(struct run *run, const void *arg, struct err *err);
int join_kubelet_render(struct run *run, const void *arg, struct err *err);
int join_kubelet_start(struct run *run, const void *arg, struct err *err);
int join_kubelet_runs(struct run *run, const void *arg, struct err *err);
int join_wait_bootstrap(struct run *run, const void *arg, struct err *err);

#endif
