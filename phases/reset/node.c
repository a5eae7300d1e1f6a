/* What the cluster knows of this host: its Node, and its line in ClusterStatus. */
#include "phases/reset/reset.h"

#include "base/log.h"
#include "base/str.h"
#include "phases/cluster_status.h"
#include "phases/credentials.h"

#define ASK_S 10

/* Up to 1.21 kubeadm looks there for the control planes that there are. */
static int leave_status(struct kube *kube, const char *node, struct err *err)
{
	AUTO(json) json_t *map = NULL;
	AUTO(json) json_t *status = NULL;

	if (kube_get(kube, KUBEADM_CONFIG, &map, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (cluster_status_of(map, &status, err) < 0)
		return -1;
	if (json_object_del(json_object_get(status, "apiEndpoints"), node) < 0)
		return 0;
	return cluster_status_write(kube, map, status, err);
}

static int open_kube(struct run *run, const struct credentials *own, bool *ret_admin,
		     struct kube **ret, struct err *err)
{
	AUTO(free) char *admin = conf_path(run, "admin.conf");

	*ret_admin = run->config->kubeconfig || fs_exists(run->fs, admin);
	return *ret_admin ? run_connect(run, ASK_S, ret, err)
			  : credentials_open(own, ASK_S, ret, err);
}

static int leave(struct run *run, const struct credentials *own, bool *ret_admin, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", own->node);
	AUTO(kube) struct kube *kube = NULL;

	if (open_kube(run, own, ret_admin, &kube, err) < 0 ||
	    (*ret_admin && leave_status(kube, own->node, err) < 0))
		return -1;
	return kube_delete(kube, path, err);
}

/* That the node stays in the cluster's list stops nobody from leaving: the cluster may be gone. */
int reset_delete_node(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *path = conf_path(run, "kubelet.conf");
	AUTO(credentials) struct credentials own = { .server = NULL };
	struct err why = ERR_INIT;
	struct reset_state *state;
	bool admin = false;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	if (!state->scope.node || credentials_read(run->fs, path, &own, &why) < 0 || !own.node)
		return 0; /* it never came so far */
	if (!state->told && state->scope.etcd && reset_etcd_check(run, err) < 0)
		return -1;
	if (state->last) {
		log_say("the cluster ends with this host, its only member of etcd");
		return 0;
	}
	if (run->dry_run) {
		log_say("would delete node %s from the cluster", own.node);
		return 0;
	}
	if (leave(run, &own, &admin, &why) == 0) {
		log_say("node %s is deleted from the cluster", own.node);
		return 0;
	}
	state->node = xstrdup(own.node);
	if (admin || why.code != ERR_API)
		log_warn("node %s could not be deleted from the cluster: %s", own.node, why.msg);
	return 0;
}
