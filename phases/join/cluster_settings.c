/* The cluster's settings for its nodes, as kubeadm and kstrap keep them in ConfigMaps. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/approve/approve.h"
#include "phases/cluster_status.h"
#include "phases/cni/cni.h"
#include "phases/join/join.h"

#define CONFIGMAP	   "/api/v1/namespaces/kube-system/configmaps/%s"
#define NETWORK_ANNOTATION "kstrap/network"

/* One YAML document out of a ConfigMap's data. */
static int document(const json_t *map, const char *key, json_t **ret, struct err *err)
{
	const char *text = json_str(json_object_get(map, "data"), key);
	const char *name = json_str(json_object_get(map, "metadata"), "name");
	AUTO(json) json_t *all = NULL;

	if (!text)
		return err_set(err, ERR_API, "ConfigMap %s has no %s", name, key);
	if (yaml_parse(text, strlen(text), name, &all, NULL, err) < 0)
		return -1;
	if (!json_is_object(json_array_get(all, 0)))
		return err_set(err, ERR_API, "%s of ConfigMap %s is no mapping", key, name);
	*ret = json_incref(json_array_get(all, 0));
	return 0;
}

/* --network=auto follows what init chose. A cluster that says nothing was made by kubeadm and has,
 * or waits for, a network of its own. */
static void take_network(struct run *run, const json_t *map)
{
	const json_t *annotations = json_at(map, "metadata.annotations");
	const char *chosen = json_str(annotations, NETWORK_ANNOTATION);
	bool bridge = map ? str_eq(chosen, "bridge") : fs_exists(run->fs, NETWORK_UNIT);
	bool flannel = map && str_eq(chosen, "flannel");

	if (!str_eq(run->config->network, "auto"))
		return;
	free(run->cluster->network);
	run->cluster->network = xstrdup(bridge	? "bridge" :
					flannel ? "flannel" :
						  "none");
	if (map && !chosen)
		log_say("the cluster has a pod network of its own or none yet; --network=bridge would "
			"set up the built-in one here");
}

void join_take_volume_plugins(struct run *run, const json_t *shared)
{
	const char *dir = json_str(shared, "volumePluginDir");
	char **own = &run->cluster->volume_plugin_dir;

	if (!*own || run->config->volume_plugin_dir || !dir || *dir != '/' || str_eq(dir, *own))
		return;
	if (!fs_exists(run->fs, dir) && layout_flags(run->fs, dir) & ST_RDONLY) {
		log_say("volume plugins are looked for in %s: the cluster's %s cannot be made here",
			*own, dir);
		return;
	}
	free(*own);
	*own = xstrdup(dir);
}

bool join_is_served(const struct run *run)
{
	return json_flag(run->facts, "approver") && !str_eq(run->config->profile, "kubeadm");
}

/* The version skew policy (Kubernetes documentation): never newer than the API server, and not
 * older by more than three minor versions, two before 1.28. */
static int check_skew(const struct run *run, const char *text, struct err *err)
{
	const struct semver *kubelet = &run->cluster->kubelet;
	struct semver server;
	int behind;

	if (!text || run->offline || semver_parse(text, &server, err) < 0)
		return text && !run->offline ? -1 : 0;
	behind = server.minor - kubelet->minor;
	if (kubelet->major == server.major && behind >= 0) {
		if (behind > (semver_atleast(&server, 1, 28) ? 3 : 2))
			log_warn("this host's kubelet %d.%d is too old for the cluster's %s",
				 kubelet->major, kubelet->minor, text);
		return 0;
	}
	err_set(err, ERR_HOST, "this host's kubelet %d.%d.%d is newer than the cluster's %s",
		kubelet->major, kubelet->minor, kubelet->patch, text);
	return err_next(err, "install kubelet %s here, or upgrade the control plane first", text);
}

static int get_map(struct kube *kube, const char *name, json_t **ret, struct err *err)
{
	AUTO(free) char *path = xasprintf(CONFIGMAP, name);

	return kube_get(kube, path, ret, err);
}

/* kubelet-config-1.N up to 1.23, kubelet-config from 1.24; the cluster's own version may be on the
 * other side of that from this host's. A Role names the one that there is, so the other is not
 * "not found" but forbidden. */
static int read_kubelet_configuration(struct run *run, struct kube *kube, const char *version,
				      json_t **ret, struct err *err)
{
	struct semver server = run->cluster->kubelet;
	const struct semver *own = &run->cluster->kubelet;
	struct err ignored = ERR_INIT;
	char names[3][40];
	AUTO(json) json_t *map = NULL;

	if (version)
		(void)semver_parse(version, &server, &ignored);
	snprintf(names[0], sizeof(names[0]), "kubelet-config-%d.%d", own->major, own->minor);
	snprintf(names[1], sizeof(names[1]), "kubelet-config-%d.%d", server.major, server.minor);
	snprintf(names[2], sizeof(names[2]), "kubelet-config");
	for (size_t i = 0; i < 3 && !map; i++) {
		const char *name = names[semver_atleast(&server, 1, 24) ? 2 - i : i];

		if (get_map(kube, name, &map, i == 0 ? err : &ignored) < 0 && err->code != ERR_API &&
		    err->code != ERR_NOT_FOUND)
			return -1;
	}
	if (!map)
		return err_wrap(err, "the cluster's settings for kubelets");
	return document(map, "kubelet", ret, err);
}

int join_read_cluster(struct run *run, struct kube *kube, struct err *err)
{
	struct join_state *state = join_state(run);
	AUTO(json) json_t *map = NULL;
	struct err none = ERR_INIT; /* from 1.22 there is no ClusterStatus */
	const char *version;

	if (get_map(kube, "kubeadm-config", &map, err) < 0) {
		take_network(run, NULL);
		return err_wrap(err, "the cluster's settings");
	}
	take_network(run, map);
	json_object_set_new(run->facts, "approver",
			    json_boolean(json_object_get(json_at(map, "metadata.annotations"),
							 APPROVER_SERVES)));
	json_decref(TAKE(state->cluster_configuration));
	json_decref(TAKE(state->cluster_status));
	if (document(map, "ClusterConfiguration", &state->cluster_configuration, err) < 0)
		return -1;
	(void)cluster_status_of(map, &state->cluster_status, &none);
	json_object_set(run->facts, "networking",
			json_object_get(state->cluster_configuration, "networking"));
	if (state->joined)
		return 0;
	version = json_str(state->cluster_configuration, "kubernetesVersion");
	if (check_skew(run, version, err) < 0)
		return -1;
	if (read_kubelet_configuration(run, kube, version, &state->kubelet_configuration, err) < 0)
		return -1;
	join_take_volume_plugins(run, state->kubelet_configuration);
	return 0;
}
