/* The configuration that joining nodes and later upgrades read from the cluster. */
#include "phases/init/init.h"

#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "manifests/objects.h"
#include "phases/approve/approve.h"
#include "phases/cluster_status.h"
#include "phases/kubelet.h"

static bool has_status(const struct run *run)
{
	return !semver_atleast(&run->cluster->version, 1, 22);
}

/* Before 1.22 the ConfigMap also lists every control plane: those that joined stay in it. */
int upload_kubeadm_ask(struct run *run, const void *arg, struct err *err)
{
	AUTO(json) json_t *map = NULL;
	AUTO(json) json_t *status = NULL;
	struct err why = ERR_INIT;

	(void)arg;
	if (!has_status(run) || run->dry_run)
		return 0;
	if (run_kube(run, err) < 0)
		return -1;
	if (kube_get(run->kube, KUBEADM_CONFIG, &map, &why) < 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		*err = why;
		return -1;
	}
	if (cluster_status_of(map, &status, err) < 0)
		return -1;
	if (status)
		json_object_set(run->facts, "apiEndpoints",
				json_object_get(status, "apiEndpoints"));
	return 0;
}

static char *status_text(const struct run *run)
{
	const json_t *known = json_object_get(run->facts, "apiEndpoints");
	json_t *endpoints = json_is_object(known) ? json_deep_copy(known) : json_object();
	AUTO(json) json_t *status =
		xjson_pack("{s:o, s:s, s:s}", "apiEndpoints", endpoints, "apiVersion",
			   "kubeadm.k8s.io/v1beta2", "kind", "ClusterStatus");

	json_object_set_new(endpoints, run->cluster->node_name, cluster_status_line(run));
	return yaml_dump(status, 1);
}

/* What the user did not write, a later version may replace by its own defaults. */
static int mark_generated(const struct run *run, json_t *objects, struct err *err)
{
	AUTO(free) char *name = xstrdup("kubelet-config");

	if (json_object_size(run->config->kubelet_configuration) > 0)
		return 0;
	if (!semver_atleast(&run->cluster->version, 1, 24)) {
		free(name);
		name = xasprintf("kubelet-config-%d.%d", run->cluster->version.major,
				 run->cluster->version.minor);
	}
	return objects_mark_generated(objects, name, err);
}

/* Both ConfigMaps with their roles; `part` picks "kubeadm-config" or "kubelet-config". */
static int upload(struct run *run, const char *part, struct err *err)
{
	AUTO(json) json_t *cluster =
		config_cluster_document(run->config, config_api_version(&run->cluster->version));
	AUTO(free) char *cluster_text = yaml_dump(cluster, 1);
	AUTO(free) char *status = has_status(run) ? status_text(run) : NULL;
	AUTO(json) json_t *kubelet = NULL;
	AUTO(free) char *kubelet_text = NULL;
	AUTO(json) json_t *objects = json_array();
	json_t *obj;
	size_t i;

	if (kubelet_configuration(run, &kubelet, err) < 0)
		return -1;
	kubelet_text = yaml_dump(kubelet, 1);
	if (objects_config(&run->cluster->version, cluster_text, status, kubelet_text, objects,
			   err) < 0 ||
	    mark_generated(run, objects, err) < 0)
		return -1;
	json_array_foreach (objects, i, obj) {
		const char *name = json_string_value(json_at(obj, "metadata.name"));

		if (!strstr(name, part))
			continue;
		/* kjoin follows it; kubeadm does not look at annotations. */
		if (json_str_is(obj, "kind", "ConfigMap") && str_eq(name, "kubeadm-config"))
			json_object_set_new(json_object_get(obj, "metadata"), "annotations",
					    xjson_pack("{s:s, s:s*}", "kstrap/network",
						       run->cluster->network, APPROVER_SERVES,
						       approver_wanted(run) ? "yes" : NULL));
		json_array_append(run->objects, obj);
	}
	return 0;
}

int upload_kubeadm(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return upload(run, "kubeadm-config", err);
}

int upload_kubelet(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return upload(run, "kubelet-config", err);
}
