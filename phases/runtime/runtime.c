#include "phases/runtime/runtime.h"

#include <string.h>

#include "api/cri.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/runtime/containerd.h"
#include "phases/runtime/crio.h"
#include "phases/runtime/toml.h"

#define CONFIG_MAX (1024 * 1024)
#define ASK_S	   5

/* In the order in which they are told. */
static const struct known {
	const char *socket, *name, *program;
} known[] = {
	{ "/run/containerd/containerd.sock", "containerd", "/usr/bin/containerd" },
	{ "/run/crio/crio.sock", "cri-o", "/usr/bin/crio" },
	{ "/run/cri-dockerd.sock", "docker", "/usr/bin/cri-dockerd" },
	{ DOCKERSHIM, "docker", "/usr/bin/dockerd" },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

void runtime_clear(struct runtime *runtime)
{
	free(runtime->socket);
	free(runtime->name);
	free(runtime->version);
	free(runtime->cgroup_driver);
	free(runtime->conf_dir);
	json_decref(runtime->bin_dirs);
	*runtime = (struct runtime){ .socket = NULL };
}

const char *runtime_unit(const struct runtime *runtime)
{
	if (str_eq(runtime->name, "containerd"))
		return "containerd";
	if (str_eq(runtime->name, "cri-o"))
		return "crio";
	return NULL;
}

static void replace(char **to, const char *text)
{
	if (!text)
		return;
	free(*to);
	*to = xstrdup(text);
}

/* containerd tells runc's options by the name of the default runtime; an option that is not set is
 * left out. */
static const char *containerd_cgroup_driver(const json_t *config)
{
	const json_t *containerd = json_object_get(config, "containerd");
	const char *runtime = json_str(containerd, "defaultRuntimeName");
	const json_t *options;

	options = json_object_get(json_object_get(json_object_get(containerd, "runtimes"),
						  runtime ? runtime : "runc"),
				  "options");
	return json_flag(options, "SystemdCgroup") ? "systemd" : "cgroupfs";
}

void runtime_read_status(struct runtime *runtime, const json_t *status)
{
	const json_t *config = json_object_get(status, "config");
	const json_t *cni = json_object_get(config, "cni");
	const json_t *many = json_object_get(cni, "binDirs"), *one = json_object_get(cni, "binDir");
	const json_t *dirs = json_array_size(many) > 0 ? many : json_is_string(one) ? one : NULL;
	AUTO(free) char *text = dirs ? json_dumps(dirs, JSON_ENCODE_ANY) : NULL;

	runtime->network_ready = json_flag(status, "networkReady");
	if (json_object_get(config, "containerd"))
		replace(&runtime->cgroup_driver, containerd_cgroup_driver(config));
	replace(&runtime->conf_dir, json_str(cni, "confDir"));
	json_decref(runtime->bin_dirs);
	runtime->bin_dirs = text ? toml_strings(text) : NULL; /* as they are read in files */
}

int runtime_ask(struct runtime *runtime, long timeout_s, struct err *err)
{
	AUTO(cri) struct cri *cri = NULL;
	AUTO(json) json_t *version = NULL;
	AUTO(json) json_t *status = NULL;
	struct err ignored = ERR_INIT;
	const char *driver = NULL;

	if (cri_open(runtime->socket, timeout_s, &cri, err) < 0 ||
	    cri_version(cri, &version, err) < 0 || cri_status(cri, &status, err) < 0)
		return -1;
	replace(&runtime->name, json_str(version, "name"));
	replace(&runtime->version, json_str(version, "version"));
	runtime_read_status(runtime, status);
	/* Its own word, where it has one, is better than its configuration (KEP 4033). */
	if (cri_cgroup_driver(cri, &driver, &ignored) == 0 && driver) {
		replace(&runtime->cgroup_driver, driver);
		runtime->driver_told = true;
	}
	return 0;
}

/* What the files say where the runtime itself does not (CRI-O), or does not run (--root). */
static void read_crio_files(struct fs *fs, struct runtime *runtime)
{
	AUTO(json) json_t *now = NULL;
	AUTO(free) char *driver = NULL;
	struct err ignored = ERR_INIT;

	(void)crio_read(fs, true, &now, &ignored);
	driver = toml_unquote(json_str(now, "cgroup_manager") ?: "");
	replace(&runtime->cgroup_driver, driver ? driver : "systemd"); /* CRI-O's default */
}

static void read_containerd_file(struct fs *fs, struct runtime *runtime)
{
	static const char *const tables[][8] = {
		{ "plugins", "io.containerd.grpc.v1.cri", "containerd", "runtimes", "runc",
		  "options", NULL },
		{ "plugins", "io.containerd.cri.v1.runtime", "containerd", "runtimes", "runc",
		  "options", NULL },
	};
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;

	replace(&runtime->cgroup_driver, "cgroupfs");
	if (fs_read(fs, CONTAINERD_CONFIG, CONFIG_MAX, &text, NULL, &ignored) < 0)
		return;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		AUTO(free) char *raw = NULL;

		if (toml_get(text, CONTAINERD_CONFIG, tables[i], "SystemdCgroup", &raw,
			     &ignored) == 0 && str_eq(raw, "true"))
			replace(&runtime->cgroup_driver, "systemd");
	}
}

static void read_files(struct fs *fs, struct runtime *runtime)
{
	if (runtime->driver_told)
		return;
	if (str_eq(runtime->name, "cri-o"))
		read_crio_files(fs, runtime);
	else if (str_eq(runtime->name, "containerd") && !runtime->cgroup_driver)
		read_containerd_file(fs, runtime);
}

/* containerd's packages by Docker ship with CRI turned off; that is worth saying. */
static int no_answer(struct fs *fs, const struct runtime *runtime, struct err *err)
{
	static const char *const top[] = { NULL };
	AUTO(free) char *text = NULL;
	AUTO(free) char *raw = NULL;
	struct err ignored = ERR_INIT;

	err_wrap(err, "the container runtime at %s does not answer", runtime->socket);
	err_next(err, "systemctl status %s", runtime_unit(runtime) ?: "containerd crio");
	if (str_eq(runtime->name, "containerd") &&
	    fs_read(fs, CONTAINERD_CONFIG, CONFIG_MAX, &text, NULL, &ignored) == 0 &&
	    toml_get(text, CONTAINERD_CONFIG, top, "disabled_plugins", &raw, &ignored) == 0 && raw &&
	    strstr(raw, "cri"))
		(void)err_next(err, CRI_TURN_ON);
	return -1;
}

static bool is_socket(struct fs *fs, const char *path)
{
	struct err ignored = ERR_INIT;
	struct stat st;

	return fs_lstat(fs, path, &st, &ignored) == 0 && S_ISSOCK(st.st_mode);
}

/* "/var/run" is a link to "/run" everywhere; users and old kubeadm files have either. */
static const char *plain_path(const char *socket)
{
	if (str_starts(socket, "unix://"))
		socket += strlen("unix://");
	return str_starts(socket, "/var/run/") ? socket + strlen("/var") : socket;
}

bool runtime_is_dockershim(const char *socket)
{
	return str_eq(plain_path(socket), DOCKERSHIM);
}

/* No kubelet serves it yet: docker is asked what the kubelet will ask. */
static int ask_docker(struct fs *fs, struct runtime *runtime, struct err *err)
{
	static const char *const argv[] = { "docker", "info", "-f", "{{.CgroupDriver}}", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;

	if (!runtime_is_dockershim(runtime->socket) || !is_socket(fs, "/run/docker.sock"))
		return -1;
	*err = (struct err)ERR_INIT;
	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = ASK_S }, &result, &ignored) < 0 ||
	    result.status != 0)
		return 0;
	result.out[strcspn(result.out, "\n")] = '\0';
	if (str_eq(result.out, "systemd") || str_eq(result.out, "cgroupfs"))
		replace(&runtime->cgroup_driver, result.out);
	return 0;
}

static const char *name_of(const char *socket)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (str_eq(known[i].socket, plain_path(socket)))
			return known[i].name;
	return NULL;
}

static int several(const struct runtime *a, const struct runtime *b, struct err *err)
{
	err_set(err, ERR_CONFIG, "several container runtimes answer on this host: %s and %s",
		a->socket, b->socket);
	return err_next(err, "choose one, for example with --cri-socket=%s", a->socket);
}

/* Of the known sockets that exist the one that answers; two that do are for the user to choose. */
static int find_live(struct fs *fs, struct runtime *ret, struct err *err)
{
	AUTO(runtime) struct runtime found = { .socket = NULL };
	bool any = false;

	for (size_t i = 0; i < KNOWN; i++) {
		AUTO(runtime) struct runtime one = { .socket = NULL };

		if (!is_socket(fs, known[i].socket))
			continue;
		one.socket = xasprintf("unix://%s", known[i].socket);
		one.name = xstrdup(known[i].name);
		if (runtime_ask(&one, ASK_S, err) < 0) {
			no_answer(fs, &one, err);
			any = true;
			continue;
		}
		if (found.socket)
			return several(&found, &one, err);
		found = one;
		one = (struct runtime){ .socket = NULL };
	}
	if (found.socket) {
		*ret = found;
		found = (struct runtime){ .socket = NULL };
		return 0;
	}
	if (any)
		return -1;
	err_set(err, ERR_NOT_FOUND,
		"no container runtime listens on /run/containerd/containerd.sock, "
		"/run/crio/crio.sock or /run/cri-dockerd.sock");
	return err_next(err, "systemctl enable --now containerd, or crio; or name its socket with "
			     "--cri-socket");
}

/* Another host's root: the runtime that is installed there. */
static int find_installed(struct fs *fs, struct runtime *ret, struct err *err)
{
	for (size_t i = 0; i < KNOWN; i++) {
		if (!fs_exists(fs, known[i].program))
			continue;
		ret->socket = xasprintf("unix://%s", known[i].socket);
		ret->name = xstrdup(known[i].name);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "no container runtime is installed below %s",
		       fs_root(fs));
}

int runtime_find(struct fs *fs, const char *wanted, bool live, struct runtime *ret, struct err *err)
{
	AUTO(runtime) struct runtime found = { .socket = NULL };

	if (wanted) {
		found.socket = str_starts(wanted, "/") ? xasprintf("unix://%s", wanted) :
							 xstrdup(wanted);
		found.name = xstrdup(name_of(wanted));
		if (live && runtime_ask(&found, ASK_S, err) < 0 && ask_docker(fs, &found, err) < 0)
			return no_answer(fs, &found, err);
	} else if ((live ? find_live(fs, &found, err) : find_installed(fs, &found, err)) < 0) {
		return -1;
	}
	read_files(fs, &found);
	*ret = found;
	found = (struct runtime){ .socket = NULL };
	return 0;
}
