/* Preflight: what has to be written or made on this host lies on file systems that let it. */
#include "phases/preflight/preflight.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/str.h"
#include "manifests/manifest.h"
#include "phases/cni/cni.h"

void preflight_writable(struct preflight *preflight, const struct run *run, const char *path,
			const char *whose, const char *fix)
{
	AUTO(free) char *name = xasprintf("DirWritable-%s", path);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	if (layout_flags(run->fs, path) & ST_RDONLY)
		preflight_fail(preflight, name, fix, "%s, %s, lies on a read-only file system",
			       path, whose);
}

/* A pod whose directory the kubelet cannot make never starts. */
static void made_for_a_pod(struct preflight *preflight, const struct run *run, const char *path,
			   const char *whose, const char *fix)
{
	if (path && !fs_exists(run->fs, path))
		preflight_writable(preflight, run, path, whose, fix);
}

static void volumes(struct preflight *preflight, const struct run *run, const json_t *list)
{
	const json_t *volume;
	size_t i;

	json_array_foreach (list, i, volume) {
		const char *type = json_str(volume, "pathType");

		if (type && str_ends(type, "OrCreate"))
			made_for_a_pod(preflight, run, json_str(volume, "hostPath"),
				       "of extraVolumes", "give a hostPath below /var or /etc");
	}
}

static const char *dir_or_default(const char *given, const struct run *run)
{
	if (!given || !*given)
		given = run->cluster->volume_plugin_dir;
	return given ? given : PREFLIGHT_VOLUMES;
}

/* They differ with --profile kubeadm only, which leaves each as the user has it. */
static void flexvolumes(struct preflight *preflight, const struct run *run)
{
	static const char fix[] = "leave out --profile kubeadm, or give --volume-plugin-dir a path "
				  "below /var";
	const struct config *config = run->config;
	const char *kubelet =
		dir_or_default(json_str(config->kubelet_configuration, "volumePluginDir"), run);
	const char *path = dir_or_default(
		manifest_user_arg(config->controller_manager_args, "flex-volume-plugin-dir"), run);

	made_for_a_pod(preflight, run, kubelet, "the kubelet's volume plugins", fix);
	if (semver_atleast(&run->cluster->version, 1, 36) || path_same(path, kubelet))
		return;
	made_for_a_pod(preflight, run, path, "the controller manager's volume plugins", fix);
	preflight_warn(preflight, "VolumePluginDir", fix,
		       "the kubelet looks for volume plugins in %s, the controller manager in %s",
		       kubelet, path);
}

static void setting(struct preflight *preflight, const struct run *run, const char *path,
		    const char *whose, const char *name)
{
	AUTO(free) char *fix = xasprintf("give %s a path below /var", name);

	preflight_writable(preflight, run, path, whose, fix);
}

void preflight_paths(struct preflight *preflight, struct run *run)
{
	const struct config *config = run->config;

	setting(preflight, run, config->kubernetes_dir, "for manifests and kubeconfigs",
		"--kubernetes-dir");
	setting(preflight, run, config->kubelet_dir, "for the kubelet", "--kubelet-dir");
	if (!path_within(config->certificates_dir, config->kubernetes_dir))
		setting(preflight, run, config->certificates_dir, "for certificates", "--cert-dir");
	if (json_object_size(config->etcd_external) == 0)
		setting(preflight, run, config->etcd_data_dir, "etcd's data", "etcd.local.dataDir");
	if (cni_conf_of(run->cluster->network))
		setting(preflight, run, config->cni_conf_dir, "for networks", "--cni-conf-dir");
	preflight_writable(preflight, run, "/etc/systemd/system", "for units",
			   "mount -o remount,rw /etc");
	flexvolumes(preflight, run);
	volumes(preflight, run, config->apiserver_volumes);
	volumes(preflight, run, config->controller_manager_volumes);
	volumes(preflight, run, config->scheduler_volumes);
}
