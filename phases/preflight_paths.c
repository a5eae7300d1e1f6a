/* Preflight: what has to be written or made on this host lies on file systems that let it. */
#include "phases/preflight.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/str.h"
#include "manifests/manifest.h"

#define FLEXVOLUMES "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"

/* Whether the nearest directory above `path` that exists lies on a read-only file system. */
static bool is_read_only(const struct fs *fs, const char *path)
{
	AUTO(free) char *at = xstrdup(path);
	struct err ignored = ERR_INIT;
	struct statvfs st;
	char *slash;

	while (!fs_exists(fs, at) && (slash = strrchr(at, '/')) && slash != at)
		*slash = '\0';
	if (!fs_exists(fs, at))
		(void)strcpy(at, "/");
	AUTO(fd) int fd = fs_openat(fs, at, O_RDONLY | O_NONBLOCK, &ignored);

	return fd >= 0 && fstatvfs(fd, &st) == 0 && (st.f_flag & ST_RDONLY);
}

static void writable(struct preflight *preflight, const struct run *run, const char *path,
		     const char *whose, const char *fix)
{
	AUTO(free) char *name = xasprintf("DirWritable-%s", path);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	if (is_read_only(run->fs, path))
		preflight_fail(preflight, name, fix, "%s, %s, lies on a read-only file system",
			       path, whose);
}

/* A pod whose directory the kubelet cannot make never starts. */
static void made_for_a_pod(struct preflight *preflight, const struct run *run, const char *path,
			   const char *whose, const char *fix)
{
	if (path && !fs_exists(run->fs, path))
		writable(preflight, run, path, whose, fix);
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

static void flexvolumes(struct preflight *preflight, const struct run *run)
{
	const struct config *config = run->config;
	const char *path =
		manifest_user_arg(config->controller_manager_args, "flex-volume-plugin-dir");

	if (semver_atleast(&run->cluster->version, 1, 36))
		return;
	if (!path)
		path = str_eq(config->profile, "kubeadm") ? FLEXVOLUMES : config->volume_plugin_dir;
	made_for_a_pod(preflight, run, path, "the controller manager's volume plugins",
		       "leave out --profile kubeadm, or give controllerManager.extraArgs "
		       "flex-volume-plugin-dir a path below /var");
}

void preflight_paths(struct preflight *preflight, struct run *run)
{
	const struct config *config = run->config;

	writable(preflight, run, config->certificates_dir, "for certificates",
		 "give --cert-dir a path below /etc or /var");
	if (json_object_size(config->etcd_external) == 0)
		writable(preflight, run, config->etcd_data_dir, "etcd's data",
			 "give etcd.local.dataDir a path below /var");
	flexvolumes(preflight, run);
	volumes(preflight, run, config->apiserver_volumes);
	volumes(preflight, run, config->controller_manager_volumes);
	volumes(preflight, run, config->scheduler_volumes);
}
