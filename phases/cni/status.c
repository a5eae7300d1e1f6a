/* kstrap cni status: what is installed, compared with what the image has. */
#include "phases/cni/cni.h"

#include <string.h>

#include "base/copy.h"
#include "base/semver.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/cni/plugins.h"
#include "phases/network/flannel.h"
#include "phases/runtime/runtime.h"

/* By what both say of themselves; a distribution's build often says nothing. */
static const char *compare(const struct entry *ours, const char *sum, const char *release,
			   const struct tree *image)
{
	const struct entry *theirs = tree_find(image, ours->path);
	AUTO(free) char *other = NULL;
	struct err ignored = ERR_INIT;
	struct semver a, b;
	char other_sum[65];
	size_t size;
	int c;

	if (!theirs)
		return "none";
	if (copy_sum(theirs->fd, theirs->data, &size, other_sum, &ignored) == 0 &&
	    str_eq(sum, other_sum))
		return "same";
	other = plugin_release(theirs);
	if (!other || !release || semver_parse(release, &a, &ignored) < 0 ||
	    semver_parse(other, &b, &ignored) < 0)
		return "other";
	c = semver_cmp(&a, &b);
	return c < 0 ? "older" : c > 0 ? "newer" : "other";
}

/* It may have somebody's last words, whatever they are, and goes into JSON or a table's line. */
static const char *plain(struct err *err)
{
	for (char *c = err->msg; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = ' ';
	return err->msg;
}

static json_t *describe(struct run *run, const struct entry *plugin, const struct tree *image)
{
	AUTO(free) char *release = plugin_release(plugin);
	AUTO(json) json_t *answer = NULL;
	struct err err = ERR_INIT;
	char sum[65] = "";
	size_t size;

	if (copy_sum(plugin->fd, plugin->path, &size, sum, &err) == 0)
		(void)plugin_ask(plugin, &answer, &err);
	return xjson_pack("{s:s, s:s, s:s, s:s, s:s*, s:O*, s:O*, s:s*}", "name", path_name(plugin->path),
			  "sha256", sum, "image", compare(plugin, sum, release, image), "madeBy",
			  json_str_is(run_made(run, plugin->path), "sha256", sum) ? "kstrap" : "others",
			  "version", release,
			  "cniVersion", json_object_get(answer, "cniVersion"),
			  "cniVersions", json_object_get(answer, "supportedVersions"), "error",
			  answer ? NULL : plain(&err));
}

static json_t *ask_runtime(struct run *run)
{
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	struct err err = ERR_INIT;
	const char *silent = run->offline ? "(not asked: it does not run here)" :
					    "(it does not tell)";

	(void)runtime_find(run->fs, run->config->cri_socket, !run->offline, &runtime, &err);
	return xjson_pack("{s:s*, s:s*, s:O*, s:s*}", "name", runtime.name, "version",
			  runtime.version, "binDirs", runtime.bin_dirs, "error",
			  *err.msg	     ? plain(&err) :
			  runtime.bin_dirs ? NULL :
					     silent);
}

const char *cni_conf_of(const char *network)
{
	return str_eq(network, "bridge")  ? CNI_CONFLIST :
	       str_eq(network, "flannel") ? FLANNEL_CONFLIST :
					    NULL;
}

char *cni_conf_first(const struct fs *fs, const char *dir)
{
	AUTO(json) json_t *names = NULL;
	struct err ignored = ERR_INIT;
	const json_t *item;
	size_t i;

	(void)fs_list(fs, dir, &names, &ignored);
	json_array_foreach (names, i, item) {
		const char *name = json_string_value(item);
		AUTO(free) char *path = xasprintf("%s/%s", dir, name);

		if ((str_ends(name, ".conf") || str_ends(name, ".conflist") ||
		     str_ends(name, ".json")) &&
		    !fs_is_dir(fs, path))
			return xstrdup(name);
	}
	return NULL;
}

/* By the journal, whose network this node has. */
static json_t *networks(struct run *run)
{
	const char *dir = run->config->cni_conf_dir;
	const char *own = cni_conf_of(run_made(run, NETWORK_UNIT)  ? "bridge" :
				      run_made(run, FLANNEL_DATA) ? "flannel" :
								    NULL);
	AUTO(free) char *first = cni_conf_first(run->fs, dir);
	AUTO(free) char *note = NULL;

	if (first && own && strcmp(first, own) < 0)
		note = xasprintf("(and not %s behind it)", own);
	return xjson_pack("{s:s, s:s*, s:s*}", "directory", dir, "first", first, "error",
			  first ? note : "(there is none)");
}

int cni_status(struct run *run, json_t **ret, struct err *err)
{
	const char *dir = run->config->cni_bin_dir, *source = cni_plugin_source(run);
	AUTO(tree) struct tree *here = tree_new();
	AUTO(tree) struct tree *image = tree_new();
	json_t *list = json_array();
	struct err why = ERR_INIT;

	if (plugins_list(run->fs, dir, NULL, dir, here, &why) < 0 && why.code != ERR_NOT_FOUND) {
		*err = why;
		json_decref(list);
		return -1;
	}
	if (source)
		(void)plugins_list(run->fs, source, NULL, dir, image, &why);
	for (size_t i = 0; i < tree_len(here); i++)
		json_array_append_new(list, describe(run, tree_entry(here, i), image));
	*ret = xjson_pack("{s:s, s:s*, s:o, s:o, s:o}", "directory", dir, "imageDirectory", source,
			  "runtime", ask_runtime(run), "networks", networks(run), "plugins", list);
	return 0;
}
