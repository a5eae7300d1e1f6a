#include "phases/join/plane.h"

#include "base/str.h"
#include "phases/cni.h"
#include "phases/init/init.h"
#include "phases/preflight.h"

static void state_free(void *arg)
{
	struct join_state *state = arg;

	discovery_clear(&state->discovery);
	json_decref(state->cluster_configuration);
	json_decref(state->cluster_status);
	json_decref(state->kubelet_configuration);
	config_free(state->config);
	tree_free(state->shared);
	free(state);
}

struct join_state *join_state(struct run *run)
{
	if (!run->state) {
		run->state = xcalloc(1, sizeof(struct join_state));
		run->state_free = state_free;
	}
	return run->state;
}

int join_credentials(const struct run *run, struct credentials *ret, struct err *err)
{
	AUTO(free) char *path = xasprintf("%s/kubelet.conf", run->config->kubernetes_dir);

	return credentials_read(run->fs, path, ret, err);
}

static int preflight(struct run *run, const void *arg, struct err *err)
{
	unsigned where = plane_wanted(run)  ? PREFLIGHT_PLANE :
			 member_wanted(run) ? PREFLIGHT_MEMBER :
					      PREFLIGHT_JOIN;

	(void)arg;
	return preflight_run(run, where, err);
}

static int ask_member(struct run *run, const void *arg, struct err *err)
{
	if (!member_wanted(run))
		return 0;
	return plane_adopt(run, arg, err) < 0 ? -1 : control_plane_ask(run, "etcd", err);
}

static const struct phase kubelet_start[] = {
	{ .name = "start",
	  .doc = "Start the kubelet, which asks the cluster for its certificate",
	  .explain = "daemon-reload and restart of kubelet.service. The kubelet makes a key, sends a "
		     "certificate signing request with the bootstrap token and waits for the "
		     "control plane to sign it.",
	  .kind = PHASE_ACTS,
	  .act = join_kubelet_start,
	  .holds = join_kubelet_runs },
	{ .name = NULL },
};

const struct phase phases_join[] = {
	{ .name = "preflight",
	  .doc = "Check this host",
	  .explain = "Looks whether the host can run a node, before anything is changed: each failure "
		     "says what to run.",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = preflight },
	{ .name = "discovery",
	  .doc = "Find the cluster and make sure that it is the right one",
	  .explain = "Reads cluster-info from the API server, checks its signature with the token and "
		     "the CA against the pin in the token (or --discovery-token-ca-cert-hash), then "
		     "connects again trusting that CA alone; of several masters, or those that DNS has "
		     "for --cluster-name, one that is ready first. With --discovery-file the file "
		     "vouches for the CA. Reads the cluster's settings for nodes and refuses a name "
		     "whose node is Ready. Changes nothing.",
	  .kind = PHASE_RENDERS,
	  .ask = join_discover },
	{ .name = "node-name",
	  .doc = "Take the node's name, so that no other host joins under it meanwhile",
	  .explain = "Creates the CertificateSigningRequest kstrap-node-name.NAME, which nobody signs: "
		     "the API server lets only one host do so. A name that another host has taken "
		     "within the last minutes is refused. The cluster removes it after a day.",
	  .kind = PHASE_ACTS,
	  .ask = join_discover,
	  .act = join_claim },
	{ .name = "control-plane-prepare",
	  .doc = "Certificates, kubeconfigs and static pods of a further control plane",
	  .explain = "With --control-plane (and, of the certificates, etcd's alone with --role etcd): "
		     "what init writes, from the cluster's own configuration. The cluster must have a "
		     "controlPlaneEndpoint.",
	  .ask = plane_adopt,
	  .children = plane_prepare },
	{ .name = "check-etcd",
	  .doc = "See that etcd's members take a further one",
	  .explain = "With --control-plane: asks etcd for its members, which it only tells while most "
		     "of them agree, and whether this host's name and address are free there. "
		     "Changes nothing.",
	  .ask = member_ask },
	{ .name = "cni",
	  .doc = "Put the CNI plugins in place and install the pod network's service",
	  .explain = "The same as in init: plugins in a writable directory, the runtime told of it, "
		     "and, when the cluster uses the built-in network, its service.",
	  .kind = PHASE_RENDERS,
	  .ask = join_discover,
	  .children = cni_phases },
	{ .name = "kubelet-start",
	  .doc = "Write the kubelet's files and start it",
	  .explain = "Writes the cluster's CA, bootstrap-kubelet.conf with the token, "
		     "/var/lib/kubelet/config.yaml from the cluster's ConfigMap (with what is of "
		     "this host only), kubeadm-flags.env and the systemd drop-in; then starts the "
		     "kubelet.",
	  .kind = PHASE_RENDERS,
	  .ask = join_kubelet_ask,
	  .render = join_kubelet_render,
	  .children = kubelet_start },
	{ .name = "etcd-join",
	  .doc = "Make this host a member of etcd",
	  .explain = "With --control-plane or --role etcd: adds a member that has no vote (a learner), "
		     "so that the others keep their majority whatever happens here, writes "
		     "manifests/etcd.yaml, waits until it runs and has caught up, and gives it its "
		     "vote. If it does not get that far, the member is taken out again. Run again "
		     "after a kill it goes on from where etcd is.",
	  .kind = PHASE_ACTS,
	  .ask = ask_member,
	  .act = member_join },
	{ .name = "kubelet-wait-bootstrap",
	  .doc = "Wait until the kubelet has its own certificate",
	  .explain = "Waits for /etc/kubernetes/kubelet.conf with a client certificate, removes "
		     "bootstrap-kubelet.conf with the token in it, and notes the runtime's socket on "
		     "the Node as kubeadm does.",
	  .kind = PHASE_ACTS,
	  .act = join_wait_bootstrap },
	{ .name = "control-plane-join",
	  .doc = "Enter this node into the cluster as a control plane",
	  .explain = "With --control-plane: see its parts.",
	  .children = plane_join },
	{ .name = "wait-control-plane",
	  .doc = "Wait for this host's API server",
	  .explain = "With --control-plane: asks the API server of this host until it is healthy, as "
		     "init does.",
	  .kind = PHASE_ACTS,
	  .ask = plane_adopt,
	  .act = plane_wait },
	{ .name = NULL },
};
