/* What the phases of join share: the cluster as discovery found it. */
#ifndef PHASES_JOIN_JOIN_H
#define PHASES_JOIN_JOIN_H

#include "phases/credentials.h"
#include "phases/discovery.h"
#include "phases/phase.h"

struct join_state {
	struct discovery discovery;
	json_t *cluster_configuration; /* ClusterConfiguration of kubeadm-config; NULL: unknown */
	json_t *kubelet_configuration; /* as the cluster has it for its nodes */
	bool known;  /* discovery was made */
	bool joined; /* this node is one of this cluster's already: nothing is bootstrapped again */
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

/* The cluster's kubeadm-config, the network that its init chose (cluster->network, where the user
 * left it open) and, unless joined, the kubelet's configuration. */
int join_read_cluster(struct run *run, struct kube *kube, struct err *err);

/* Whether kubelets' serving certificates are approved in this cluster, and wanted by this one. */
bool join_is_served(const struct run *run);

int join_kubelet_ask(struct run *run, const void *arg, struct err *err);
int join_kubelet_render(struct run *run, const void *arg, struct err *err);
int join_kubelet_start(struct run *run, const void *arg, struct err *err);
int join_kubelet_runs(struct run *run, const void *arg, struct err *err);
int join_wait_bootstrap(struct run *run, const void *arg, struct err *err);

#endif
