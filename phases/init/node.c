/* This node's labels, taints and annotation, once its kubelet has registered it. */
#include "phases/init/init.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/kubelet.h"

#define MASTER	      "node-role.kubernetes.io/master"
#define CONTROL_PLANE "node-role.kubernetes.io/control-plane"
#define NO_BALANCER   "node.kubernetes.io/exclude-from-external-load-balancers"
#define CRI_SOCKET    "kubeadm.alpha.kubernetes.io/cri-socket"
#define MARK_S	      30

static json_t *labels(const struct run *run)
{
	const struct semver *v = &run->cluster->version;
	json_t *list = xjson_pack("{s:s}", CONTROL_PLANE, "");

	if (!semver_atleast(v, 1, 24))
		json_put_str(list, MASTER, "");
	/* The only node there is has to take what a load balancer sends. */
	if (semver_atleast(v, 1, 21) && !run->config->single_node)
		json_put_str(list, NO_BALANCER, "");
	return list;
}

static void add_taint(json_t *list, const char *key)
{
	json_array_append_new(list, xjson_pack("{s:s, s:s}", "key", key, "effect", "NoSchedule"));
}

static json_t *wanted_taints(const struct run *run)
{
	const struct semver *v = &run->cluster->version;
	json_t *list;

	if (run->config->single_node)
		return json_array();
	if (json_is_array(run->config->taints))
		return json_deep_copy(run->config->taints);
	list = json_array();
	if (!semver_atleast(v, 1, 25))
		add_taint(list, MASTER);
	if (semver_atleast(v, 1, 24))
		add_taint(list, CONTROL_PLANE);
	return list;
}

/* A node has at most one taint of a key and an effect. */
static bool has_taint(const json_t *list, const json_t *taint)
{
	const json_t *other;
	size_t i;

	json_array_foreach (list, i, other)
		if (json_str_is(other, "key", json_str(taint, "key")) &&
		    json_str_is(other, "effect", json_str(taint, "effect")))
			return true;
	return false;
}

/* Ours, then what others set: the API server replaces the list as a whole, and among the others is
 * not-ready, which keeps pods away until the node can run them. */
static json_t *merged_taints(const struct run *run, const json_t *node)
{
	json_t *list = wanted_taints(run);
	const json_t *taint;
	size_t i;

	json_array_foreach (json_at(node, "spec.taints"), i, taint) {
		const char *key = json_str(taint, "key");
		bool off = run->config->single_node &&
			   (str_eq(key, MASTER) || str_eq(key, CONTROL_PLANE));

		if (!off && !has_taint(list, taint))
			json_array_append_new(list, json_deep_copy(taint));
	}
	return list;
}

static int is_there(void *arg, const char *type, const json_t *obj, struct err *err)
{
	(void)obj;
	(void)err;
	(void)arg;
	return !str_eq(type, "DELETED");
}

static int wait_registered(struct run *run, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes?fieldSelector=metadata.name%%3D%s",
					  run->cluster->node_name);
	AUTO(free) char *words = NULL;
	struct log_wait wait;

	log_wait_start(&wait, "waits for the kubelet to register this node");
	if (kube_watch(run->kube, path, run->config->timeout_kubelet_s, is_there, log_tick, &wait,
		       err) == 0)
		return 0;
	words = kubelet_last_words();
	err_wrap(err, "node %s was not registered by its kubelet", run->cluster->node_name);
	if (*words)
		err_wrap(err, "the kubelet said:\n    %s\n ", words);
	return err_next(err, "journalctl -xeu kubelet");
}

static json_t *patch_for(const struct run *run, const json_t *node)
{
	json_t *patch = xjson_pack("{s:{s:O, s:o}, s:{s:o}}", "metadata", "resourceVersion",
				   json_at(node, "metadata.resourceVersion"), "labels", labels(run),
				   "spec", "taints", merged_taints(run, node));

	/* From 1.34 the socket stands in the kubelet's instance-config.yaml alone. */
	if (!semver_atleast(&run->cluster->version, 1, 34))
		json_object_set_new(json_object_get(patch, "metadata"), "annotations",
				    xjson_pack("{s:s}", CRI_SOCKET, run->cluster->cri_socket));
	return patch;
}

/* Kubelet and controllers write to the node as well: who comes second looks again. */
static int mark(struct run *run, const char *path, struct err *err)
{
	double until = clock_mono() + MARK_S;

	for (;;) {
		AUTO(json) json_t *node = NULL;
		AUTO(json) json_t *patch = NULL;

		if (kube_get(run->kube, path, &node, err) < 0)
			return -1;
		patch = patch_for(run, node);
		if (kube_patch(run->kube, path, "application/merge-patch+json", patch, NULL, err) ==
		    0)
			return 0;
		if (err->code != ERR_CONFLICT || clock_mono() > until)
			return -1;
		*err = (struct err)ERR_INIT;
		clock_sleep(0.02);
	}
}

int mark_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", run->cluster->node_name);

	(void)arg;
	if (run_kube(run, err) < 0 || wait_registered(run, err) < 0 || mark(run, path, err) < 0)
		return -1;
	log_say("node %s is marked as control plane%s", run->cluster->node_name,
		run->config->single_node ? ", open for all pods" : "");
	return 0;
}
