#include "phases/join/plane.h"

#include "base/str.h"
#include "phases/cni/cni.h"
#include "phases/init/init.h"
#include "phases/preflight/preflight.h"

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
	AUTO(free) char *path = conf_path(run, "kubelet.conf");

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
	  .kind = PHASE_ACTS,
	  .act = join_kubelet_start,
	  .holds = join_kubelet_runs },
	{ .name = NULL },
};

const struct phase phases_join[] = {
	{ .name = "preflight",
	  .doc = "Check this host",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = preflight },
	{ .name = "discovery",
	  .doc = "Find the cluster and make sure that it is the right one",
	  .kind = PHASE_RENDERS,
	  .ask = join_discover },
	{ .name = "node-name",
	  .doc = "Take the node's name, so that no other host joins under it meanwhile",
	  .kind = PHASE_ACTS,
	  .ask = join_discover,
	  .act = join_claim },
	{ .name = "control-plane-prepare",
	  .doc = "Certificates, kubeconfigs and static pods of a further control plane",
	  .ask = plane_adopt,
	  .children = plane_prepare },
	{ .name = "check-etcd",
	  .doc = "See that etcd's members take a further one",
	  .ask = member_ask },
	{ .name = "cni",
	  .doc = "Put the CNI plugins in place and install the pod network's service",
	  .kind = PHASE_RENDERS,
	  .ask = join_discover,
	  .children = cni_phases },
	{ .name = "kubelet-start",
	  .doc = "Write the kubelet's files and start it",
	  .kind = PHASE_RENDERS,
	  .ask = join_kubelet_ask,
	  .render = join_kubelet_render,
	  .children = kubelet_start },
	{ .name = "etcd-join",
	  .doc = "Make this host a member of etcd",
	  .kind = PHASE_ACTS,
	  .ask = ask_member,
	  .act = member_join },
	{ .name = "kubelet-wait-bootstrap",
	  .doc = "Wait until the kubelet has its own certificate",
	  .kind = PHASE_ACTS,
	  .act = join_wait_bootstrap },
	{ .name = "control-plane-join",
	  .doc = "Enter this node into the cluster as a control plane",
	  .children = plane_join },
	{ .name = "wait-control-plane",
	  .doc = "Wait for this host's API server",
	  .kind = PHASE_ACTS,
	  .ask = plane_adopt,
	  .act = plane_wait },
	{ .name = NULL },
};
