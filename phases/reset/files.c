/* Files: what run-time parts wrote is swept, what the journal has is removed in one commit. */
#include "phases/reset/reset.h"

#include <errno.h>
#include <string.h>

#include "api/guard.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/network/flannel.h"
#include "phases/runtime/containerd.h"
#include "phases/runtime/crio.h"
#include "phases/runtime/runtime.h"

#define FILE_MAX  ((size_t)1 << 20)
#define RUNTIME_S 90
#define RELOAD_S  90
#define HANDOUTS  "/run"
#define HANDOUT   "kstrap-join-"
#define CNI_DIR   "/var/lib/cni"

/* Whether the file at `path`, which the journal has, may be taken away; what stays is told once. */
static int may_go(struct run *run, const char *path, const json_t *note, bool inside, bool *ret,
		  struct err *err)
{
	const char *saved = json_str(note, "saved");
	struct reset_state *state;
	struct err why = ERR_INIT;
	bool same = true;

	if (reset_state(run, &state, err) < 0)
		return -1;
	if (journal_same(run->fs, path, note, &same, &why) < 0 && why.code != ERR_NOT_FOUND &&
	    why.sys != ENOTDIR) {
		*err = why;
		return -1;
	}
	*ret = same || (inside && reset_is_inside(run->config, path));
	if (same)
		return 0;
	if (*ret)
		log_say("%s was changed after kstrap wrote it; it goes all the same", path);
	else
		json_array_append_new(state->stays,
				      xjson_pack("s++", path,
						 saved ? "; what was there before: " : "",
						 saved ? saved : ""));
	return 0;
}

/* The setting of the runtime --------------------------------------------------------------- */

static const struct {
	const char *dir, *unit;
} settings[] = {
	{ CONTAINERD_DIR, "containerd.service" },
	{ CRIO_DIR, "crio.service" },
};

/* The runtime whose setting the file at `path` is; NULL: none's. */
static const char *setting_of(const char *path, const json_t *note)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (str_starts(path, settings[i].dir) && !json_str_is(note, "kind", "dir"))
			return settings[i].unit;
	return NULL;
}

int reset_runtime_render(struct run *run, const void *arg, struct err *err)
{
	struct reset_state *state;
	const char *path;
	json_t *note;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	json_object_foreach (state->journal, path, note) {
		const char *unit = setting_of(path, note);
		bool go = false;

		if (!unit)
			continue;
		if (may_go(run, path, note, true, &go, err) < 0)
			return -1;
		if (!go)
			continue;
		tree_absent(run->tree, path);
		json_object_set_new(run->facts, unit, json_true());
	}
	return 0;
}

/* A run that was killed between file and restart left a runtime that looks where nothing is any
 * more: containerd tells that. */
static bool looks_in_ours(struct run *run, const struct reset_state *state)
{
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	struct err ignored = ERR_INIT;
	const char *path;
	json_t *note;

	json_object_foreach (state->journal, path, note)
		if (setting_of(path, note) == settings[0].unit)
			return false;
	if (!state->scope.node ||
	    runtime_find(run->fs, run->config->cri_socket, true, &runtime, &ignored) < 0 ||
	    !str_eq(runtime_unit(&runtime), "containerd"))
		return false;
	return json_has(runtime.bin_dirs, run->config->cni_bin_dir);
}

int reset_runtime_restart(struct run *run, const void *arg, struct err *err)
{
	struct reset_state *state;

	(void)arg;
	if (run->offline || run->dry_run)
		return 0;
	if (reset_state(run, &state, err) < 0)
		return -1;
	if (looks_in_ours(run, state))
		json_object_set_new(run->facts, settings[0].unit, json_true());
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const char *const argv[] = { "systemctl", "try-restart", settings[i].unit, NULL };

		if (!json_object_get(run->facts, settings[i].unit))
			continue;
		if (proc_run(&(struct proc){ .argv = argv, .timeout_s = RUNTIME_S }, err) < 0)
			return err_next(err, "systemctl status %s", settings[i].unit);
		log_say("%s has its own settings back", settings[i].unit);
	}
	return 0;
}

/* What was written at run time --------------------------------------------------------------- */

/* Names that begin alike, of which there may be any number. */
static void add_alike(const struct run *run, json_t *list, const char *dir, const char *prefix)
{
	AUTO(json) json_t *all = fs_list_paths(run->fs, dir);
	json_t *path;
	size_t i;

	json_array_foreach (all, i, path)
		if (str_starts(path_name(json_string_value(path)), prefix))
			json_array_append(list, path);
}

/* libcni's cache: NETWORK-CONTAINER-INTERFACE */
static void add_cached(const struct run *run, json_t *list, const char *network)
{
	add_alike(run, list, CNI_DIR "/results", network);
	add_alike(run, list, CNI_DIR "/cache/results", network);
}

/* Its pods copy the plugin, and then the configuration: so one stands for the other. */
static void add_flannel(const struct run *run, const struct reset_state *state, json_t *list)
{
	AUTO(free) char *plugin = xasprintf("%s/flannel", run->config->cni_bin_dir);
	AUTO(free) char *path = xasprintf("%s/" FLANNEL_CONFLIST, run->config->cni_conf_dir);
	AUTO(free) char *text = NULL;
	AUTO(json) json_t *conf = NULL;
	struct err ignored = ERR_INIT;
	const json_t *plugins;

	if (fs_read(run->fs, path, FILE_MAX, &text, NULL, &ignored) < 0 ||
	    guard_json(text, strlen(text), path, &conf, &ignored) < 0)
		return;
	plugins = json_object_get(conf, "plugins");
	if (!json_str_is(json_array_get(plugins, 0), "type", "flannel"))
		return;
	if (!json_object_get(state->journal, plugin))
		json_array_append_new(list, json_string(plugin));
	json_array_append_new(list, json_string(path));
}

static json_t *written(struct run *run, const struct reset_state *state)
{
	AUTO(free) char *path = manifest_path(run, "etcd");
	AUTO(free) char *manifest = NULL;
	AUTO(free) char *etcd_dir = NULL;
	struct err ignored = ERR_INIT;
	json_t *list;

	(void)fs_read(run->fs, path, FILE_MAX, &manifest, NULL, &ignored);
	etcd_dir = reset_etcd_dir(manifest, state->journal);
	list = reset_written(run->config, state->journal, etcd_dir);
	if (state->scope.network)
		add_cached(run, list, "kstrap-");
	if (state->scope.flannel) {
		add_cached(run, list, "cbr0-");
		add_flannel(run, state, list);
	}
	if (state->scope.any)
		add_alike(run, list, HANDOUTS, HANDOUT);
	return list;
}

/* In a dry run commit_plan does not tell of these: they are empty only after the sweep. */
static void tell_emptied(const struct reset_state *state, const json_t *swept)
{
	const json_t *item;
	const char *path;
	json_t *note;
	size_t i;

	json_object_foreach (state->journal, path, note) {
		AUTO(free) char *dir = xasprintf("%s/", path);

		if (!json_str_is(note, "kind", "dir"))
			continue;
		json_array_foreach (swept, i, item) {
			if (!str_starts(json_string_value(item), dir))
				continue;
			log_say("would remove %s, if nothing of others is in it", path);
			break;
		}
	}
}

/* Directories that run-time parts made on the way, as far as nothing is in them. */
static void remove_empty(struct run *run)
{
	static const char *const dirs[] = { CNI_DIR "/networks", CNI_DIR "/cache/results",
					    CNI_DIR "/cache", CNI_DIR "/results", "/run/flannel" };
	AUTO(free) char *volumes = xasprintf("%s" VOLUME_PLUGINS, run->config->kubelet_dir);

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		(void)commit_rmdir(run->commit, dirs[i]);
	(void)commit_rmdir(run->commit, volumes);
}

int reset_sweep(struct run *run, const void *arg, struct err *err)
{
	AUTO(json) json_t *list = NULL;
	struct reset_state *state;
	const json_t *item;
	size_t i;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	list = written(run, state);
	json_array_foreach (list, i, item) {
		const char *path = json_string_value(item);
		struct err ignored = ERR_INIT;
		struct stat st;

		if (fs_lstat(run->fs, path, &st, &ignored) < 0)
			continue;
		if (run->dry_run)
			log_say("would remove %s%s", path,
				S_ISDIR(st.st_mode) ? " and all in it" : "");
		else if (commit_sweep(run->commit, path, err) < 0)
			return -1;
		else
			log_debug("removed %s", path);
	}
	if (run->dry_run)
		tell_emptied(state, list);
	else if (state->scope.node)
		remove_empty(run);
	return 0;
}

/* The journal's files -----------------------------------------------------------------------------
 */

int reset_files_ask(struct run *run, const void *arg, struct err *err)
{
	json_t *gone = json_array();
	struct reset_state *state;
	const char *path;
	json_t *note;

	json_object_set_new(run->facts, "gone", gone);
	if (reset_state(run, &state, err) < 0)
		return -1;
	json_object_foreach (state->journal, path, note) {
		const bool dir = json_str_is(note, "kind", "dir");
		const char *phase = json_str(note, "phase");
		bool go = true;

		if (setting_of(path, note) ||
		    (arg && !(phase && str_starts(phase, dir ? "cni/" : arg))))
			continue; /* the runtime's own phase */
		if (!dir && may_go(run, path, note, !arg, &go, err) < 0)
			return -1;
		if (go)
			json_array_append_new(gone, json_string(path));
	}
	return 0;
}

int reset_files_render(struct run *run, const void *arg, struct err *err)
{
	const json_t *path;
	size_t i;

	(void)arg, (void)err;
	json_array_foreach (json_object_get(run->facts, "gone"), i, path)
		tree_absent(run->tree, json_string_value(path));
	return 0;
}

/* The end
 * ------------------------------------------------------------------------------------------ */

static void tell_networks(struct run *run, const struct reset_state *state)
{
	/* In a dry run what the sweep takes is still there. */
	AUTO(json) json_t *swept = run->dry_run ? written(run, state) : NULL;
	AUTO(json) json_t *list = fs_list_paths(run->fs, run->config->cni_conf_dir);
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *path = json_string_value(item);

		if (!json_object_get(state->journal, path) && !json_has(swept, path))
			log_say("stays, as kstrap did not make it: %s", path);
	}
}

void reset_tell_stays(const struct run *run)
{
	const struct reset_state *state = run->state;
	const json_t *item;
	size_t i;

	json_array_foreach (state->stays, i, item)
		log_warn("stays, as it was changed after kstrap wrote it: %s",
			 json_string_value(item));
}

static void tell(struct run *run, const struct reset_state *state)
{
	reset_tell_stays(run);
	tell_networks(run, state);
	if (run->dry_run || run->offline)
		return;
	if (state->scope.node)
		log_say("kube-proxy's rules (KUBE-*) stay until the next boot; images and logs stay");
	if (state->node)
		log_say("left to do, on a control plane:  kubectl delete node %s", state->node);
}

int reset_finish(struct run *run, const void *arg, struct err *err)
{
	static const char *const reload[] = { "systemctl", "daemon-reload", NULL };
	struct reset_state *state;
	struct err why = ERR_INIT;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	if (!run->dry_run && !run->offline && run->count.removed > 0 &&
	    proc_run(&(struct proc){ .argv = reload, .timeout_s = RELOAD_S }, &why) < 0 &&
	    why.code != ERR_NOT_FOUND) {
		*err = why;
		return err_next(err, "systemctl daemon-reload");
	}
	if (state->scope.any)
		tell(run, state);
	return 0;
}
