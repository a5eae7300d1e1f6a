#include "phases/phase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "manifests/objects.h"
#include "phases/cluster_status.h"
#include "phases/host.h"
#include "phases/labels.h"
#include "phases/network/flannel.h"
#include "phases/ostree/kept.h"
#include "pki/kubeconfig.h"

#define FILE_MAX ((size_t)1 << 20)
#define LOCK_TIMEOUT_S 5
#define YOUNG_API_S 10

int run_open_files(struct config *config, struct run **ret, struct err *err)
{
	AUTO(run) struct run *run = xcalloc(1, sizeof(*run));

	run->config = config;
	run->tree = tree_new();
	run->seen = tree_new();
	run->objects = json_array();
	run->facts = json_object();
	run->now = clock_now();
	run->dry_run = config->dry_run;
	if (fs_open(config->root, &run->fs, err) < 0)
		return -1;
	run->offline = !fs_is_host(run->fs);
	*ret = TAKE(run);
	return 0;
}

int run_open(struct config *config, struct run **ret, struct err *err)
{
	AUTO(run) struct run *run = NULL;

	if (run_open_files(config, &run, err) < 0)
		return -1;
	if (layout_probe(run->fs, !run->offline, &run->layout, err) < 0 ||
	    host_ask(config, run->fs, run->offline, run->facts, err) < 0 ||
	    flannel_import(config, run->facts, err) < 0 ||
	    cluster_derive(config, run->facts, &run->cluster, err) < 0)
		return -1;
	*ret = TAKE(run);
	return 0;
}

void run_close(struct run *run)
{
	if (!run)
		return;
	if (run->state && run->state_free)
		run->state_free(run->state);
	secret_free(run->certificate_key);
	secret_free(run->token);
	free(run->token_expires);
	kube_close(run->kube);
	commit_close(run->commit);
	cluster_free(run->cluster);
	json_decref(run->facts);
	json_decref(run->objects);
	tree_free(run->seen);
	tree_free(run->tree);
	tree_free(run->plugins);
	fs_close(run->fs);
	free(run);
}

int run_lock(struct run *run, struct err *err)
{
	if (run->commit)
		return 0;
	return commit_open(run->fs, LOCK_TIMEOUT_S, &run->commit, err) < 0 ? -1 :
									     kept_check(run, err);
}

char *conf_path(const struct run *run, const char *name)
{
	return xasprintf("%s/%s", run->config->kubernetes_dir, name);
}

char *kubelet_path(const struct run *run, const char *name)
{
	return xasprintf("%s/%s", run->config->kubelet_dir, name);
}

char *manifest_path(const struct run *run, const char *pod)
{
	return xasprintf("%s/manifests/%s.yaml", run->config->kubernetes_dir, pod);
}

const json_t *run_made(struct run *run, const char *path)
{
	if (run->commit)
		return json_object_get(commit_journal(run->commit), path);
	if (!json_object_get(run->facts, "journal")) {
		struct err ignored = ERR_INIT;
		AUTO(free) char *text = NULL;
		json_t *journal = NULL;

		if (fs_read(run->fs, STATE_DIR "/journal.json", FILE_MAX, &text, NULL,
			    &ignored) == 0)
			journal = json_loads(text, 0, NULL);
		json_object_set_new(run->facts, "journal", journal ? journal : json_object());
	}
	return json_object_get(json_object_get(run->facts, "journal"), path);
}

int run_see(struct run *run, const char *path, struct err *err)
{
	char *text = NULL;
	struct stat st;
	size_t len = 0;

	if (tree_find(run->seen, path))
		return 0;
	if (fs_read(run->fs, path, FILE_MAX, &text, &len, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		tree_absent(run->seen, path);
		return 0;
	}
	if (fs_lstat(run->fs, path, &st, err) < 0) {
		secret_freen(text, len);
		return -1;
	}
	tree_file(run->seen, path, st.st_mode & 07777, text, len, ENTRY_SECRET, NULL);
	secret_freen(text, len);
	return 0;
}

const struct entry *run_file(const struct run *run, const char *path)
{
	const struct entry *entry = tree_find(run->tree, path);

	if (!entry)
		entry = tree_find(run->seen, path);
	if (!entry) {
		fprintf(stderr, "kstrap: bug: %s was not asked for\n", path);
		abort();
	}
	return entry->kind == ENTRY_FILE ? entry : NULL;
}

static void tell_change(void *arg, const struct entry *entry, const char *what)
{
	const struct run *run = arg;

	if (run->dry_run)
		log_say("would %s %s", what, entry->path);
	else
		log_debug("%s %s", what, entry->path);
	if (run->dry_run && entry->kind == ENTRY_FILE && !(entry->flags & ENTRY_SECRET) &&
	    run->config->verbosity > 0)
		log_raw(entry->data);
}

/* What was written is what the disk has from now on. */
static void remember(struct run *run)
{
	for (size_t i = 0; i < tree_len(run->tree); i++) {
		const struct entry *entry = tree_entry(run->tree, i);

		if (entry->kind == ENTRY_FILE)
			tree_file(run->seen, entry->path, entry->mode, entry->data, entry->len,
				  entry->flags, NULL);
		else if (entry->kind != ENTRY_COPY) /* never read as a whole */
			tree_absent(run->seen, entry->path);
	}
}

int run_commit(struct run *run, struct err *err)
{
	struct commit_count count = { 0 };

	if (run->dry_run)
		return commit_plan(run->fs, run->tree, tell_change, run, &run->count, err);
	if (run_lock(run, err) < 0 || kept_note(run, err) < 0 ||
	    commit_tree(run->commit, run->tree, tell_change, run, &count, err) < 0)
		return -1;
	if (count.made + count.changed + count.removed > 0)
		log_say("on disk: %u made, %u changed, %u removed, %u as they were", count.made,
			count.changed, count.removed, count.kept);
	labels_tell(run);
	remember(run);
	run->count.made += count.made;
	run->count.changed += count.changed;
	run->count.kept += count.kept;
	run->count.removed += count.removed;
	tree_free(run->tree);
	run->tree = tree_new();
	return 0;
}

static int open_with(struct run *run, const char *path, const char *server, long timeout_s,
		     struct kube **ret, struct err *err)
{
	AUTO(kubeconfig) struct kubeconfig conf = { 0 };
	AUTO(secret) char *text = NULL;
	size_t len = 0;

	if (tree_read(run->tree, run->fs, path, FILE_MAX, &text, &len, err) < 0)
		return err->code == ERR_NOT_FOUND ?
			       err_next(err, "kstrap init phase kubeconfig all") :
			       -1;
	if (kubeconfig_read(text, len, path, &conf, err) < 0)
		return -1;
	return kube_open(&(struct http_peer){ .url = server ? server : conf.server,
					      .ca = conf.ca_pem,
					      .cert = conf.cert_pem,
					      .key = conf.key_pem,
					      .bearer = conf.token,
					      .timeout_s = timeout_s },
			 ret, err);
}

/* An API server that has just started makes its namespaces and roles in its first second or so. */
static int apply_patiently(struct kube *kube, const json_t *obj, bool *ret_changed,
			   struct err *err)
{
	double until = clock_mono() + YOUNG_API_S;

	while (kube_apply(kube, obj, ret_changed, err) < 0) {
		if ((err->code != ERR_NOT_FOUND && err->code != ERR_NET) || clock_mono() > until)
			return -1;
		clock_sleep(0.05);
	}
	return 0;
}

/*
 * From 1.29 admin.conf's group gets its rights by a binding, which admin.conf itself may not make
 * the first time: super-admin.conf, a member of system:masters, does (Kubernetes documentation,
 * "Implementation details" of kubeadm).
 */
static int bind_admins(struct run *run, struct err *err)
{
	AUTO(kube) struct kube *super = NULL;
	AUTO(json) json_t *objects = json_array();
	AUTO(free) char *path = NULL;

	if (objects_admins(&run->cluster->version, objects, err) < 0)
		return -1;
	if (json_array_size(objects) == 0)
		return 0;
	if (apply_patiently(run->kube, json_array_get(objects, 0), NULL, err) == 0)
		return 0;
	path = conf_path(run, "super-admin.conf");
	if (err->code != ERR_API || !fs_exists(run->fs, path))
		return -1;
	if (open_with(run, path, run->cluster->local_server, run->config->timeout_api_s, &super, err) < 0)
		return -1;
	return apply_patiently(super, json_array_get(objects, 0), NULL, err);
}

static int connect_to(struct run *run, const char *server, long timeout_s, struct kube **ret,
		      struct err *err)
{
	AUTO(free) char *admin = conf_path(run, "admin.conf");

	if (run->config->kubeconfig)
		return open_with(run, run->config->kubeconfig, NULL, timeout_s, ret, err);
	return open_with(run, admin, server, timeout_s, ret, err);
}

int run_connect_local(struct run *run, long timeout_s, struct kube **ret, struct err *err)
{
	return connect_to(run, run->cluster->local_server, timeout_s, ret, err);
}

int run_connect(struct run *run, long timeout_s, struct kube **ret, struct err *err)
{
	/* The control plane that is being made may not be behind its load balancer yet. */
	bool local = run->config->kind == CONFIG_INIT;

	return connect_to(run, local ? run->cluster->local_server : NULL, timeout_s, ret, err);
}

int run_kube(struct run *run, struct err *err)
{
	if (run->kube)
		return 0;
	if (run_connect(run, run->config->timeout_api_s, &run->kube, err) < 0)
		return -1;
	if (run->config->kind != CONFIG_INIT || run->config->kubeconfig)
		return 0;
	return bind_admins(run, err);
}

static void name_of(const json_t *obj, char *ret, size_t len)
{
	const char *space = json_string_value(json_at(obj, "metadata.namespace"));

	snprintf(ret, len, "%s %s%s%s", json_str(obj, "kind"), space ? space : "",
		 space ? "/" : "", json_string_value(json_at(obj, "metadata.name")));
}

static void plan_objects(const struct run *run)
{
	const json_t *obj;
	size_t i;

	json_array_foreach (run->objects, i, obj) {
		char name[256];

		name_of(obj, name, sizeof(name));
		log_say("would apply %s", name);
		if (run->config->verbosity > 0 && !json_str_is(obj, "kind", "Secret")) {
			AUTO(free) char *text = yaml_dump(obj, 0);

			log_raw(text);
		}
	}
}

/* A cluster that nobody has set up yet has none of our objects: no need to look at each first. */
static bool is_fresh(struct run *run)
{
	if (!json_object_get(run->facts, "fresh")) {
		struct err why = ERR_INIT;
		bool fresh = kube_get(run->kube, KUBEADM_CONFIG, NULL, &why) < 0 &&
			     why.code == ERR_NOT_FOUND;

		json_object_set_new(run->facts, "fresh", json_boolean(fresh));
	}
	return json_flag(run->facts, "fresh");
}

static int apply_objects(struct run *run, bool fresh, bool *taken, struct err *err)
{
	const json_t *obj;
	size_t i;

	/* What a server that is still starting does not take at once it may take a moment later. */
	if (fresh && kube_apply_all(run->kube, run->objects, taken, err) < 0)
		return -1;
	json_array_foreach (run->objects, i, obj) {
		bool changed = true;
		char name[256];

		name_of(obj, name, sizeof(name));
		if (!taken[i] && apply_patiently(run->kube, obj, fresh ? NULL : &changed, err) < 0)
			return err_wrap(err, "%s", name);
		log_debug("%s %s", changed ? "applied" : "unchanged", name);
		run->applied += changed;
		run->unchanged += !changed;
	}
	return 0;
}

int run_apply(struct run *run, struct err *err)
{
	unsigned applied = run->applied, unchanged = run->unchanged;
	bool *taken;
	int rc;

	if (run->dry_run) {
		plan_objects(run);
		return 0;
	}
	if (run_kube(run, err) < 0)
		return -1;
	taken = xcalloc(json_array_size(run->objects) + 1, sizeof(*taken));
	rc = apply_objects(run, is_fresh(run), taken, err);
	free(taken);
	if (rc < 0)
		return -1;
	log_say("in the cluster: %u objects applied, %u as they were", run->applied - applied,
		run->unchanged - unchanged);
	json_array_clear(run->objects);
	return 0;
}
