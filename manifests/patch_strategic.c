#include "manifests/patch_kinds.h"

#include "base/str.h"

#include <stdint.h>
#include <string.h>

/* Lists of the pod API whose items have a key (patchMergeKey in k8s.io/api/core/v1). Lists that
 * are not here, as command, args and tolerations, are replaced. */
static const struct {
	const char *list, *key;
} merge_keys[] = {
	{ "containers", "name" },
	{ "initContainers", "name" },
	{ "ephemeralContainers", "name" },
	{ "env", "name" },
	{ "ports", "containerPort" },
	{ "volumes", "name" },
	{ "volumeMounts", "mountPath" },
	{ "volumeDevices", "devicePath" },
	{ "imagePullSecrets", "name" },
	{ "hostAliases", "ip" },
	{ "topologySpreadConstraints", "topologyKey" },
	{ "ownerReferences", "uid" },
};

struct merge {
	bool keyed; /* whether the object is a pod, or holds a pod's template */
	struct err *err;
};

static const char *merge_key(const struct merge *merge, const char *list)
{
	for (size_t i = 0; merge->keyed && i < sizeof(merge_keys) / sizeof(*merge_keys); i++)
		if (strcmp(merge_keys[i].list, list) == 0)
			return merge_keys[i].key;
	return NULL;
}

static size_t find(const json_t *list, const char *key, const json_t *id)
{
	size_t i;
	json_t *item;

	json_array_foreach (list, i, item)
		if (json_equal(json_object_get(item, key), id))
			return i;
	return SIZE_MAX;
}

static bool says(const json_t *item, const char *what)
{
	return json_str_is(item, "$patch", what);
}

/* What a patch adds where nothing was: its values without nulls and directives. */
static json_t *plain(const json_t *patch)
{
	json_t *out, *value;
	const char *key;
	size_t i;

	if (json_is_object(patch)) {
		out = json_object();
		json_object_foreach ((json_t *)(uintptr_t)patch, key, value)
			if (!json_is_null(value) && *key != '$')
				json_object_set_new(out, key, plain(value));
		return out;
	}
	if (json_is_array(patch)) {
		out = json_array();
		json_array_foreach (patch, i, value)
			if (!json_is_object(value) || !json_str(value, "$patch"))
				json_array_append_new(out, plain(value));
		return out;
	}
	return json_deep_copy(patch);
}

static int merge_object(const struct merge *merge, json_t *obj, const json_t *patch);

/* Applies each item of the patch to `list`: removed, merged into the one of its key, or appended.
 */
static int merge_items(const struct merge *merge, json_t *list, const char *name, const char *key,
		       const json_t *patch)
{
	json_t *item;
	size_t i, at;

	json_array_foreach (patch, i, item) {
		const json_t *id = json_object_get(item, key);

		if (!id)
			return err_set(merge->err, ERR_CONFIG,
				       "patch: an item of %s has no %s, which says whose it is",
				       name, key);
		at = find(list, key, id);
		if (says(item, "delete")) {
			if (at != SIZE_MAX)
				json_array_remove(list, at);
		} else if (at == SIZE_MAX) {
			json_array_append_new(list, plain(item));
		} else if (merge_object(merge, json_array_get(list, at), item) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Kubernetes' order: the patch's items in the patch's order and the others in theirs; of two, one
 * of each, that of the patch comes first unless it already stood behind the other. */
static void order(json_t *list, const json_t *before, const char *key, const json_t *patch)
{
	AUTO(json) json_t *left = json_array(), *right = json_array();
	json_t *item, *kept;
	size_t i, j, l = 0, r = 0;

	json_array_foreach (patch, i, item) {
		if (find(patch, key, json_object_get(item, key)) != i)
			continue;
		json_array_foreach (list, j, kept)
			if (json_equal(json_object_get(kept, key), json_object_get(item, key)))
				json_array_append(left, kept);
	}
	json_array_foreach (list, i, item)
		if (find(patch, key, json_object_get(item, key)) == SIZE_MAX)
			json_array_append(right, item);
	json_array_clear(list);
	while (l < json_array_size(left) || r < json_array_size(right)) {
		json_t *mine = json_array_get(left, l), *other = json_array_get(right, r);
		size_t was = mine ? find(before, key, json_object_get(mine, key)) : 0;
		size_t others = other ? find(before, key, json_object_get(other, key)) : 0;

		if (mine && (!other || was == SIZE_MAX || was < others)) {
			json_array_append(list, mine);
			l++;
		} else {
			json_array_append(list, other);
			r++;
		}
	}
}

static int merge_list(const struct merge *merge, json_t *obj, const char *name, const char *key,
		      const json_t *patch)
{
	json_t *list = json_object_get(obj, name), *item;
	AUTO(json) json_t *before = json_deep_copy(list);
	size_t i;

	json_array_foreach (patch, i, item)
		if (says(item, "replace"))
			return json_object_set_new(obj, name, plain(patch));
	if (merge_items(merge, list, name, key, patch) < 0)
		return -1;
	order(list, before, key, patch);
	return 0;
}

static int merge_member(const struct merge *merge, json_t *obj, const char *name,
			const json_t *patch)
{
	json_t *present = json_object_get(obj, name);
	const char *key = merge_key(merge, name);

	if (*name == '$') {
		if (strcmp(name, "$patch") == 0 || str_starts(name, "$setElementOrder/"))
			return 0;
		return err_set(merge->err, ERR_CONFIG, "patch: the directive %s is not known",
			       name);
	}
	if (json_is_null(patch)) {
		json_object_del(obj, name);
		return 0;
	}
	if (json_is_object(present) && json_is_object(patch))
		return merge_object(merge, present, patch);
	if (key && json_is_array(present) && json_is_array(patch))
		return merge_list(merge, obj, name, key, patch);
	return json_object_set_new(obj, name, plain(patch));
}

static int merge_object(const struct merge *merge, json_t *obj, const json_t *patch)
{
	const char *name, *directive = json_str(patch, "$patch");
	json_t *value;

	if (directive && strcmp(directive, "merge") != 0) {
		if (strcmp(directive, "replace") != 0 && strcmp(directive, "delete") != 0)
			return err_set(merge->err, ERR_CONFIG, "patch: $patch cannot be \"%s\"",
				       directive);
		/* Of a mapping, delete leaves an empty one: what is in the patch is not looked at.
		 */
		json_object_clear(obj);
		if (strcmp(directive, "delete") == 0)
			return 0;
	}
	json_object_foreach ((json_t *)(uintptr_t)patch, name, value)
		if (merge_member(merge, obj, name, value) < 0)
			return -1;
	return 0;
}

int patch_strategic(json_t *obj, const json_t *patch, struct err *err)
{
	const char *kind = json_str(obj, "kind");
	struct merge merge = {
		.keyed = str_eq(kind, "Pod") || str_eq(kind, "Deployment") ||
			 str_eq(kind, "DaemonSet"),
		.err = err,
	};

	return merge_object(&merge, obj, patch);
}
