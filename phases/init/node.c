/* This node's labels, taints and annotation, once its kubelet has registered it. */
#include "phases/init/init.h"

#include "base/log.h"
#include "base/str.h"
#include "phases/kubelet.h"

#define MASTER	      "node-role.kubernetes.io/master"
#define CONTROL_PLANE "node-role.kubernetes.io/control-plane"
#define NO_BALANCER   "node.kubernetes.io/exclude-from-external-load-balancers"
#define CRI_SOCKET    "kubeadm.alpha.kubernetes.io/cri-socket"

static json_t *labels(const struct run *run)
{
	const struct semver *v = &run->cluster->version;
	json_t *list = xjson_pack("{s:s}", CONTROL_PLANE, "");

	if (!semver_atleast(v, 1, 24))
		json_object_set_new(list, MASTER, json_string(""));
	/* The only node there is has to take what a load balancer sends. */
	if (semver_atleast(v, 1, 21) && !run->config->single_node)
		json_object_set_new(list, NO_BALANCER, json_string(""));
	return list;
}

static void add_taint(json_t *list, const char *key, bool off)
{
	json_t *taint = xjson_pack("{s:s, s:s}", "key", key, "effect", "NoSchedule");

	if (off)
		json_object_set_new(taint, "$patch", json_string("delete"));
	json_array_append_new(list, taint);
}

static json_t *taints(const struct run *run)
{
	const struct semver *v = &run->cluster->version;
	bool off = run->config->single_node;
	json_t *list;

	if (!off && json_is_array(run->config->taints))
		return json_deep_copy(run->config->taints);
	list = json_array();
	if (!semver_atleast(v, 1, 25))
		add_taint(list, MASTER, off);
	if (semver_atleast(v, 1, 24))
		add_taint(list, CONTROL_PLANE, off);
	return list;
}

static int is_there(void *arg, const char *type, const json_t *obj, struct err *err)
{
	(void)obj;
	(void)err;
	(void)arg;
	return !str_eq(type, "DELETED");
}

static void tick(void *arg)
{
	log_tick(arg);
}

static int wait_registered(struct run *run, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes?fieldSelector=metadata.name%%3D%s",
					  run->cluster->node_name);
	AUTO(free) char *words = NULL;
	struct log_wait wait;

	log_wait_start(&wait, "waits for the kubelet to register this node");
	if (kube_watch(run->kube, path, run->config->timeout_kubelet_s, is_there, tick, &wait,
		       err) == 0)
		return 0;
	words = kubelet_last_words();
	err_wrap(err, "node %s was not registered by its kubelet", run->cluster->node_name);
	if (*words)
		err_wrap(err, "the kubelet said:\n    %s\n ", words);
	return err_next(err, "journalctl -xeu kubelet");
}

int mark_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", run->cluster->node_name);
	AUTO(json) json_t *patch = NULL;

	(void)arg;
	if (run_kube(run, err) < 0 || wait_registered(run, err) < 0)
		return -1;
	patch = xjson_pack("{s:{s:o}, s:{s:o}}", "metadata", "labels", labels(run), "spec",
			   "taints", taints(run));
	/* From 1.34 the socket stands in the kubelet's instance-config.yaml alone. */
	if (!semver_atleast(&run->cluster->version, 1, 34))
		json_object_set_new(json_object_get(patch, "metadata"), "annotations",
				    xjson_pack("{s:s}", CRI_SOCKET, run->cluster->cri_socket));
	if (kube_patch(run->kube, path, "application/strategic-merge-patch+json", patch, NULL,
		       err) < 0)
		return -1;
	log_say("node %s is marked as control plane%s", run->cluster->node_name,
		run->config->single_node ? ", open for all pods" : "");
	return 0;
}
