#include "phases/cni/cni.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/cni/plugins.h"
#include "phases/layout.h"
#include "phases/network/flannel.h"
#include "phases/ostree/image.h"
#include "phases/runtime/containerd.h"
#include "phases/runtime/crio.h"
#include "phases/runtime/program.h"
#include "phases/runtime/runtime.h"
#include "phases/service.h"

#define RUNTIME_WAIT_S	30
#define SYSTEMCTL_S	30
#define NETWORK		"kstrap-network"

/* What bridge networks and the runtime itself (loopback) call. */
static const char *const needed[] = { "bridge", "host-local", "loopback", "portmap", NULL };
/* Fedora's package, Debian's, the upstream archive as images unpack it. */
static const char *const sources[] = { "/usr/libexec/cni", "/usr/lib/cni", "/opt/cni/bin", NULL };

/* Everything that `ask` found out stands in run->facts below "cni". */
static json_t *notes(struct run *run)
{
	json_t *cni = json_object_get(run->facts, "cni");

	if (!cni) {
		cni = json_object();
		json_object_set_new(run->facts, "cni", cni);
	}
	return cni;
}

const char *cni_plugin_source(const struct run *run)
{
	if (run->config->cni_plugins)
		return run->config->cni_plugins;
	for (const char *const *dir = sources; *dir; dir++) {
		AUTO(free) char *bridge = xasprintf("%s/bridge", *dir);

		if (fs_exists(run->fs, bridge) && !str_eq(*dir, run->config->cni_bin_dir))
			return *dir;
	}
	return NULL;
}

#define IMAGE_NEXT "install containernetworking-plugins in the image, or give %s"

static const char *flag(const struct run *run)
{
	return run->config->kind == CONFIG_CNI ? "--from DIR|FILE|URL" : "--cni-plugins DIR";
}

static int no_plugins(const struct run *run, const char *source, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, "there is no CNI plugin in %s",
		source ? source : "/usr/libexec/cni, /usr/lib/cni or /opt/cni/bin");
	return run->config->cni_from ?
		       err_next(err, "--from takes what has plugins: executable files, of an archive no links") :
		       err_next(err, IMAGE_NEXT, flag(run));
}

/* An image may have them where we want them, and only there; a network of the user's own brings
 * what it needs. */
static int plugins_elsewhere(const struct run *run, struct err *err)
{
	AUTO(free) char *bridge = xasprintf("%s/bridge", run->config->cni_bin_dir);

	if (fs_exists(run->fs, bridge))
		return 0;
	no_plugins(run, NULL, err);
	/* Another host's root may get its plugins later: its own first start looks again. */
	if (!run->cluster || (!str_eq(run->cluster->network, "none") && !run->offline))
		return -1;
	log_warn("%s; the plugins must be in %s before the first pod", err->msg,
		 run->config->cni_bin_dir);
	return 0;
}

/* A place that the user named is taken whole, and so is the image's by `kstrap cni`. --from names one
 * of this machine, whatever --root says. */
static int plugins_open(const struct run *run, const char *source, struct tree *ret,
			struct err *err)
{
	const struct config *config = run->config;
	AUTO(fs) struct fs *here = NULL;

	if (config->cni_from)
		return fs_open("/", &here, err) < 0 ?
			       -1 :
			       plugins_load(here, config->cni_from, config->cni_sha256,
					    config->cni_bin_dir, ret, err);
	if (config->cni_plugins)
		return plugins_load(run->fs, config->cni_plugins, NULL, config->cni_bin_dir, ret,
				    err);
	return plugins_list(run->fs, source, config->kind == CONFIG_CNI ? NULL : needed,
			    config->cni_bin_dir, ret, err);
}

/* They are copied only later, but what is missing or does not run is told before anything is
 * changed. */
static int plugins_ask(struct run *run, const void *arg, struct err *err)
{
	const char *source = run->config->cni_from ? run->config->cni_from : cni_plugin_source(run);
	const char *dir = run->config->cni_bin_dir;

	(void)arg;
	if (!source)
		return plugins_elsewhere(run, err);
	tree_free(run->plugins);
	run->plugins = tree_new();
	if (plugins_open(run, source, run->plugins, err) < 0)
		return run->config->cni_from || *err->next ? -1 : err_next(err, IMAGE_NEXT, flag(run));
	if (tree_len(run->plugins) == 0)
		return no_plugins(run, source, err);
	if (plugins_prove(run->plugins, err) < 0)
		return -1;
	if (!run->offline && layout_flags(run->fs, dir) & ST_NOEXEC)
		return err_set(err, ERR_HOST,
			       "%s is mounted noexec, where no plugin runs: --cni-bin-dir names another "
			       "place", dir);
	if (run->config->kind == CONFIG_CNI)
		log_say("%zu CNI plugins in %s, and each of them runs", tree_len(run->plugins),
			source);
	return 0;
}

/* So that the next boot, which compares them with the image's, need not read them. */
static int note_image(struct run *run, struct err *err)
{
	struct image image;
	char sum[65];
	int rc = 0;

	image_open(run->fs, true, &image);
	for (size_t i = 0; i < tree_len(run->plugins) && rc == 0; i++) {
		const struct entry *plugin = tree_entry(run->plugins, i);

		if (*plugin->data == '/')
			rc = image_sum(&image, plugin->data, plugin->fd, sum, err);
	}
	image_keep(&image, run->tree);
	image_clear(&image);
	return rc;
}

static int plugins_render(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	for (size_t i = 0; run->plugins && i < tree_len(run->plugins); i++) {
		const struct entry *plugin = tree_entry(run->plugins, i);

		tree_copy(run->tree, plugin->path, plugin->mode, plugin->fd, plugin->data);
	}
	return run->plugins && run->layout.ostree && !run->offline ? note_image(run, err) : 0;
}

/* Ours first, then those that are there. */
static json_t *bin_dirs(const struct run *run)
{
	json_t *dirs = xjson_pack("[s]", run->config->cni_bin_dir);

	for (const char *const *dir = sources; *dir; dir++)
		if (fs_is_dir(run->fs, *dir))
			json_add_once(dirs, *dir);
	return dirs;
}

static int runtime_note(struct run *run, struct err *err)
{
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	struct err ignored = ERR_INIT;

	if (runtime_find(run->fs, run->config->cri_socket, !run->offline, &runtime, err) < 0)
		return -1;
	if (!runtime.version && runtime_unit(&runtime))
		runtime.version = runtime_program_version(run->fs, runtime.name, &ignored);
	if (!runtime.version)
		log_debug("the runtime's version is not known: %s", ignored.msg);
	json_object_set_new(notes(run), "runtime",
			    xjson_pack("{s:s, s:s*, s:s*, s:s*, s:O*}", "socket", runtime.socket,
				       "name", runtime.name, "version", runtime.version, "confDir",
				       runtime.conf_dir, "binDirs", runtime.bin_dirs));
	return 0;
}

static const char *unit_of(struct run *run)
{
	const char *name = json_str(json_object_get(notes(run), "runtime"), "name");
	struct runtime runtime = { .name = xstrdup(name) };
	const char *unit = runtime_unit(&runtime);

	free(runtime.name);
	return unit;
}

static int no_dockershim(struct err *err)
{
	err_set(err, ERR_CONFIG, "kubelets from 1.24 on do not speak to docker at %s", DOCKERSHIM);
	return err_next(err, "install cri-dockerd and give --cri-socket=unix:///run/cri-dockerd.sock");
}

static int runtime_ask_host(struct run *run, const void *arg, struct err *err)
{
	AUTO(json) json_t *dirs = bin_dirs(run);
	json_t *settings = NULL;
	const json_t *runtime;
	struct err why = ERR_INIT;
	const char *name, *path;
	json_t *text;

	(void)arg;
	if (json_object_get(notes(run), "runtime")) /* for an earlier phase */
		return 0;
	if (runtime_note(run, &why) < 0) {
		if (run->config->kind == CONFIG_CNI && run->offline && why.code == ERR_NOT_FOUND) {
			log_say("%s: the plugins alone are prepared", why.msg);
			json_object_set_new(notes(run), "runtime", json_object());
			return 0;
		}
		*err = why;
		return -1;
	}
	runtime = json_object_get(notes(run), "runtime");
	name = json_str(runtime, "name");
	json_object_set(notes(run), "dirs", dirs);
	if (run->cluster && runtime_is_dockershim(run->cluster->cri_socket))
		return semver_atleast(&run->cluster->kubelet, 1, 24) ? no_dockershim(err) : 0;
	if (!unit_of(run))
		log_warn("%s is not told where the CNI plugins are: it must look in %s",
			 name ? name : "this container runtime", run->config->cni_bin_dir);
	else if ((str_eq(name, "containerd") ? containerd_settings : crio_settings)(
			 run->fs, json_str(runtime, "version"), dirs, &settings, err) < 0)
		return -1;
	json_object_set_new(notes(run), "settings", settings);
	json_object_foreach (settings, path, text)
		if (run_see(run, path, err) < 0)
			return -1;
	return 0;
}

/* Files by their paths, null for one that goes. One that not all may read has its reason:
 * containerd's registries have their passwords there. */
static void put_files(struct run *run, json_t *files)
{
	const char *path;
	json_t *text;

	json_object_foreach (files, path, text) {
		const struct entry *is = run_file(run, path);
		const mode_t mode = is ? is->mode & 0755 : 0644;

		if (json_is_null(text))
			tree_absent(run->tree, path);
		else
			tree_file(run->tree, path, mode, json_string_value(text),
				  json_string_length(text),
				  ENTRY_SHARED | (mode & 044 ? 0 : ENTRY_SECRET), NULL);
	}
}

/* "before" is for put_back: what an earlier run made is to have its text again, and from what is new
 * with this run the journal knows the way back. */
static int runtime_render(struct run *run, const void *arg, struct err *err)
{
	json_t *settings = json_object_get(notes(run), "settings"), *before = json_object(), *text;
	const char *path;

	(void)arg, (void)err;
	json_object_set_new(notes(run), "before", before);
	json_object_foreach (settings, path, text) {
		const struct entry *is = run_file(run, path);
		AUTO(json) json_t *was = is ? json_stringn(is->data, is->len) : json_null();

		if (!json_equal(was, text))
			json_object_set(before, path, run_made(run, path) ? was : json_null());
	}
	put_files(run, settings);
	return 0;
}

/* What a runtime that does not tell its directories was started with: the setting counts when it is
 * older than the service. */
static bool started_after_setting(struct run *run)
{
	const char *const argv[] = { "systemctl", "show", "-p", "ActiveEnterTimestamp", "--value",
				     "--timestamp=unix", unit_of(run), NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;
	const char *path;
	struct stat st;
	json_t *text;

	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = SYSTEMCTL_S }, &result,
		      &ignored) < 0 ||
	    result.out[0] != '@')
		return false;
	json_object_foreach (json_object_get(notes(run), "settings"), path, text)
		if (fs_lstat(run->fs, path, &st, &ignored) < 0 ||
		    strtoll(result.out + 1, NULL, 10) <= (long long)st.st_mtime)
			return false;
	return true;
}

/* A runtime does not start with what it does not take: its files are as they were before this run. */
static void put_back(struct run *run)
{
	struct err why = ERR_INIT;

	put_files(run, json_object_get(notes(run), "before"));
	if (run_commit(run, &why) < 0)
		log_warn("its settings could not be put back: %s", why.msg);
}

/* By the runtime's own program, before a runtime that would not come back is stopped. */
static int runtime_verify(struct run *run, const void *arg, struct err *err)
{
	const char *name = json_str(json_object_get(notes(run), "runtime"), "name");
	int holds = 1;

	(void)arg;
	if (unit_of(run))
		holds = runtime_program_check(run->fs, name, run->config->cni_bin_dir, err);
	if (holds == 0)
		log_say("not checked with %s's own program: %s", name, err->msg);
	if (holds < 0)
		put_back(run);
	return holds < 0 ? -1 : 0;
}

static int runtime_holds(struct run *run, const void *arg, struct err *err)
{
	const json_t *dirs = json_at(notes(run), "runtime.binDirs");

	(void)arg, (void)err;
	if (!unit_of(run))
		return 1;
	if (dirs)
		return json_has(dirs, run->config->cni_bin_dir);
	return started_after_setting(run);
}

static int runtime_restart(struct run *run, const void *arg, struct err *err)
{
	const char *const argv[] = { "systemctl", "restart", "--no-block", unit_of(run), NULL };

	(void)arg;
	if (proc_run(&(struct proc){ .argv = argv, .timeout_s = SYSTEMCTL_S }, err) < 0)
		return err_next(err, "systemctl restart %s, then run this again", argv[3]);
	log_say("%s restarts with %s for CNI plugins", argv[3], run->config->cni_bin_dir);
	json_object_set_new(notes(run), "restartedAt", json_real(clock_mono()));
	return 0;
}

static int runtime_check(struct run *run, const struct runtime *runtime, struct err *err)
{
	AUTO(free) char *dirs = NULL;

	if (!runtime->bin_dirs || json_has(runtime->bin_dirs, run->config->cni_bin_dir))
		return 1;
	dirs = json_dumps(runtime->bin_dirs, JSON_COMPACT);
	err_set(err, ERR_CONFIG, "%s looks for CNI plugins in %s and not in %s: another of its files sets that",
		runtime->name, dirs, run->config->cni_bin_dir);
	return err_next(err, "%s config dump | grep -A5 cni", runtime->name);
}

/* The old process answers until it has stopped, with the old setting: so a wrong directory is an
 * error only after a while. */
int cni_wait_runtime(struct run *run, struct err *err)
{
	json_t *restarted = json_object_get(notes(run), "restartedAt");
	struct log_wait wait;
	double start = clock_mono();

	if (!restarted)
		return 0;
	log_wait_start(&wait, "waiting for the container runtime");
	for (;;) {
		AUTO(runtime) struct runtime runtime = { .socket = NULL };
		bool late = clock_mono() > start + RUNTIME_WAIT_S;

		runtime.socket = xstrdup(json_str(json_object_get(notes(run), "runtime"), "socket"));
		if (runtime_ask(&runtime, 2, err) == 0) {
			if (runtime_check(run, &runtime, err) == 1)
				break;
			if (late || clock_mono() > start + 10)
				return -1;
		}
		if (late) {
			err_wrap(err, "the container runtime did not come back within %d s",
				 RUNTIME_WAIT_S);
			return err_next(err, "journalctl -u %s -n 30", unit_of(run));
		}
		log_tick(&wait);
		clock_sleep(0.02);
	}
	json_object_del(notes(run), "restartedAt");
	return 0;
}

static int network_ask(struct run *run, const void *arg, struct err *err)
{
	(void)arg, (void)err;
	service_ask(run, NETWORK);
	if (!fs_exists(run->fs, FLANNEL_DATA))
		json_object_set_new(notes(run), FLANNEL_DATA, json_true());
	return 0;
}

static bool is_network(const struct run *run, const char *name)
{
	return run->cluster && str_eq(run->cluster->network, name);
}

static bool is_ours(const struct run *run)
{
	return is_network(run, "bridge");
}

static int network_render(struct run *run, const void *arg, struct err *err)
{
	const int mtu = run->config->pod_mtu;
	AUTO(free) char *flags = mtu > 0 ? xasprintf(" --pod-mtu=%d", mtu) : xstrdup("");

	(void)arg;
	/* As its plugin would. One that is there is ours already, or another's. */
	if (is_network(run, "flannel") && json_object_get(notes(run), FLANNEL_DATA))
		tree_dir(run->tree, FLANNEL_DATA, 0700);
	return is_ours(run) ? service_render(run, NETWORK, flags, err) : 0;
}

static int network_start(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return is_ours(run) ? service_start(run, NETWORK, err) : 0;
}

const struct phase cni_phases[] = {
	{ .name = "plugins",
	  .doc = "Copy the CNI plugins out of the image",
	  .kind = PHASE_RENDERS,
	  .ask = plugins_ask,
	  .render = plugins_render },
	{ .name = "runtime",
	  .doc = "Tell the container runtime where the CNI plugins are",
	  .kind = PHASE_RENDERS,
	  .ask = runtime_ask_host,
	  .render = runtime_render },
	{ .name = "verify",
	  .doc = "Let the container runtime's program say where it will look",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_OFFLINE,
	  .ask = runtime_ask_host,
	  .act = runtime_verify },
	{ .name = "restart",
	  .doc = "Restart the container runtime if it runs with another plugin directory",
	  .kind = PHASE_ACTS,
	  .ask = runtime_ask_host,
	  .act = runtime_restart,
	  .holds = runtime_holds },
	{ .name = "network",
	  .doc = "Install the service of the built-in pod network",
	  .kind = PHASE_RENDERS,
	  .ask = network_ask,
	  .render = network_render },
	{ .name = "network-start",
	  .doc = "Start the service of the built-in pod network",
	  .kind = PHASE_ACTS,
	  .act = network_start },
	{ .name = NULL },
};

/* Without a cluster the last two have nothing to do. */
const struct phase phases_cni_install[] = {
	{ .name = "cni", .children = cni_phases },
	{ .name = NULL },
};
