/* What is to be taken away, out of the journal and texts alone: nothing here touches the host. */
#include "phases/reset/reset.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "phases/cni/cni.h"
#include "phases/cni/config.h"
#include "phases/network/flannel.h"

#define UNIT_DIR "/etc/systemd/system/"
#define DROP_IN  UNIT_DIR "kubelet.service.d/10-kubeadm.conf"
#define CNI_DIR  "/var/lib/cni"

/* What kubelets of 1.20 to 1.37 write into their directory. */
static const char *const kubelet_wrote[] = {
	"actuated_pods_state",
	"allocated_pods_state",
	"checkpoints",
	"cpu_manager_state",
	"device-plugins",
	"dra_manager_state",
	"image_manager",
	"memory_manager_state",
	"pki",
	"plugin-containers",
	"plugins",
	"plugins_registry",
	"pod-resources",
	"pod_status_manager_state",
	"pods",
	"usernamespaces",
};

static bool has(const json_t *journal, const char *dir, const char *name)
{
	AUTO(free) char *path = xasprintf("%s/%s", dir, name);

	return json_object_get(journal, path) != NULL;
}

struct reset_scope reset_scope(const struct config *config, const json_t *journal)
{
	return (struct reset_scope){
		.any = json_object_size(journal) > 0,
		.node = json_object_get(journal, DROP_IN) ||
			has(journal, config->kubelet_dir, "config.yaml") ||
			has(journal, config->kubelet_dir, "kubeadm-flags.env"),
		.etcd = has(journal, config->kubernetes_dir, "manifests/etcd.yaml"),
		.network = json_object_get(journal, NETWORK_UNIT) ||
			   has(journal, config->cni_conf_dir, CNI_CONFLIST),
		.flannel = json_object_get(journal, FLANNEL_DATA),
	};
}

static bool below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

bool reset_is_inside(const struct config *config, const char *path)
{
	const char *const dirs[] = { config->kubernetes_dir, config->certificates_dir,
				     config->kubelet_dir, config->cni_bin_dir, "/etc/kstrap",
				     STATE_DIR };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (below(path, dirs[i]))
			return true;
	return false;
}

json_t *reset_units(const struct reset_scope *scope, const json_t *journal)
{
	json_t *units = json_array();
	const char *path;
	json_t *note;

	json_object_foreach ((json_t *)(uintptr_t)journal, path, note) {
		const char *name = str_starts(path, UNIT_DIR) ? path + strlen(UNIT_DIR) : "";

		if (str_ends(name, ".service") && !strchr(name, '/') &&
		    !str_eq(name, "kubelet.service"))
			json_array_append_new(units, json_string(name));
	}
	if (scope->node)
		json_array_append_new(units, json_string("kubelet.service"));
	return units;
}

static void add(json_t *list, const char *dir, const char *name)
{
	json_array_append_new(list, xjson_pack("s++", dir, "/", name));
}

/* A name that the journal has is a file of ours, which goes with the others. */
static void add_foreign(json_t *list, const json_t *journal, const char *dir, const char *name)
{
	if (!has(journal, dir, name))
		add(list, dir, name);
}

json_t *reset_written(const struct config *config, const json_t *journal, const char *etcd_dir)
{
	struct reset_scope scope = reset_scope(config, journal);
	json_t *list = json_array();

	if (scope.node) {
		for (size_t i = 0; i < sizeof(kubelet_wrote) / sizeof(kubelet_wrote[0]); i++)
			add(list, config->kubelet_dir, kubelet_wrote[i]);
		if (!str_eq(config->kubelet_dir, KUBELET_DIR)) /* a constant in the kubelet */
			add(list, KUBELET_DIR, "device-plugins");
		add_foreign(list, journal, config->kubernetes_dir, "kubelet.conf");
		add_foreign(list, journal, config->kubernetes_dir, "bootstrap-kubelet.conf");
	}
	if (scope.network)
		add(list, CNI_DIR, "networks/kstrap"); /* the conflist's name (host-local) */
	if (scope.flannel) {
		add(list, "/run", "flannel/subnet.env");
		add(list, CNI_DIR, "networks/cbr0"); /* that of flannel's conflist */
		json_array_append_new(list, json_string(FLANNEL_DATA));
	}
	if (scope.etcd && etcd_dir)
		add(list, etcd_dir, "member");
	if (scope.any && config->cleanup_tmp_dir)
		add(list, config->kubernetes_dir, "tmp");
	return list;
}

static char *from_manifest(const char *text)
{
	AUTO(json) json_t *documents = NULL;
	struct err ignored = ERR_INIT;
	const json_t *volume;
	size_t i;

	if (yaml_parse(text, strlen(text), "etcd.yaml", &documents, NULL, &ignored) < 0)
		return NULL;
	json_array_foreach (json_at(json_array_get(documents, 0), "spec.volumes"), i, volume)
		if (json_str_is(volume, "name", "etcd-data"))
			return xstrdup(json_str(json_object_get(volume, "hostPath"), "path"));
	return NULL;
}

char *reset_etcd_dir(const char *manifest, const json_t *journal)
{
	char *dir = manifest ? from_manifest(manifest) : NULL;
	const char *path;
	json_t *note;

	/* Only a plain absolute path: another may have edited the manifest. */
	if (dir && *dir == '/' && dir[1] && !strstr(dir, "/.."))
		return dir;
	free(dir);
	json_object_foreach ((json_t *)(uintptr_t)journal, path, note) {
		const char *phase = json_str(note, "phase");

		if (phase && str_starts(phase, "etcd") && json_str_is(note, "kind", "dir") &&
		    !strstr(path, "/manifests"))
			return xstrdup(path);
	}
	return NULL;
}

json_t *reset_mounts(const struct mounts *mounts, const char *dir)
{
	json_t *found = json_array();

	for (size_t i = 0; i < mounts->n; i++)
		if (below(mounts->items[i].at, dir))
			json_array_insert_new(found, 0, json_string(mounts->items[i].at));
	return found;
}
