#include "phases/patches.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "manifests/patch.h"

#define PATCH_MAX ((size_t)1 << 20)

/* Longest first: kube-controller-manager is no kube-controller. */
static const char *const targets[] = { "etcd",
				       "kube-apiserver",
				       "kube-controller-manager",
				       "kube-scheduler",
				       "kubeletconfiguration",
				       "corednsdeployment",
				       "kubeproxydaemonset",
				       NULL };

static const char *target_of(const char *file)
{
	for (const char *const *target = targets; *target; target++)
		if (str_starts(file, *target))
			return *target;
	return NULL;
}

/* "etcd0+merge.yaml": "merge"; NULL when the name has no known ending. */
static int type_of(const char *file, const char **ret, struct err *err)
{
	const char *dot = strrchr(file, '.');
	const char *plus = strrchr(file, '+');

	*ret = "strategic";
	if (!plus || !dot || plus > dot)
		return 0;
	for (const char *const *type = (const char *const[]){ "strategic", "merge", "json", NULL };
	     *type; type++) {
		size_t len = (size_t)(dot - plus) - 1;

		if (strlen(*type) == len && memcmp(plus + 1, *type, len) == 0) {
			*ret = *type;
			return 0;
		}
	}
	err_set(err, ERR_CONFIG, "--patches: %s: the type after '+' is none", file);
	return err_next(err, "use +strategic, +merge or +json");
}

static int read_one(struct run *run, const struct fs *fs, const char *file, json_t *found,
		    struct err *err)
{
	AUTO(free) char *path = xasprintf("%s/%s", run->config->patches_dir, file);
	const char *target = target_of(file);
	AUTO(json) json_t *documents = NULL;
	AUTO(free) char *text = NULL;
	const char *type = NULL;
	json_t *document;
	size_t len = 0, i;

	if (!str_ends(file, ".yaml") && !str_ends(file, ".yml") && !str_ends(file, ".json"))
		return 0;
	if (!target) {
		log_warn("--patches: %s patches nothing: its name begins with no target", file);
		return 0;
	}
	if (type_of(file, &type, err) < 0 || fs_read(fs, path, PATCH_MAX, &text, &len, err) < 0 ||
	    yaml_parse(text, len, path, &documents, NULL, err) < 0)
		return -1;
	json_array_foreach (documents, i, document)
		json_array_append_new(found, xjson_pack("{s:s, s:s, s:s, s:O}", "file", file,
							"target", target, "type", type, "patch",
							document));
	return 0;
}

int patches_ask(struct run *run, struct err *err)
{
	AUTO(fs) struct fs *fs = NULL;
	AUTO(json) json_t *files = NULL;
	json_t *found;
	const json_t *file;
	size_t i;

	if (json_object_get(run->facts, "patches"))
		return 0;
	found = json_array();
	json_object_set_new(run->facts, "patches", found);
	if (!run->config->patches_dir)
		return 0;
	if (fs_open("/", &fs, err) < 0)
		return -1;
	if (fs_list(fs, run->config->patches_dir, &files, err) < 0)
		return err_wrap(err, "--patches");
	json_array_foreach (files, i, file)
		if (read_one(run, fs, json_string_value(file), found, err) < 0)
			return -1;
	return 0;
}

int patches_apply(const struct run *run, const char *target, json_t **obj, struct err *err)
{
	const json_t *patch;
	size_t i;

	json_array_foreach (json_object_get(run->facts, "patches"), i, patch) {
		if (!json_str_is(patch, "target", target))
			continue;
		if (patch_apply(obj, json_object_get(patch, "patch"), json_str(patch, "type"),
				err) < 0)
			return err_wrap(err, "--patches: %s", json_str(patch, "file"));
	}
	return 0;
}
