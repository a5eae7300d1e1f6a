#include "manifests/patch.h"

#include "base/str.h"
#include "manifests/patch_kinds.h"

#include <stdint.h>

/* RFC 7396 section 2: the result for `target` (may be NULL) as a new value. */
static json_t *merge(const json_t *target, const json_t *patch)
{
	json_t *out, *value;
	const char *key;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	out = json_is_object(target) ? json_deep_copy(target) : json_object();
	json_object_foreach ((json_t *)(uintptr_t)patch, key, value) {
		if (json_is_null(value))
			json_object_del(out, key);
		else
			json_object_set_new(out, key, merge(json_object_get(out, key), value));
	}
	return out;
}

int patch_apply(json_t **obj, const json_t *patch, const char *kind, struct err *err)
{
	AUTO(json) json_t *changed = json_deep_copy(*obj);
	int rc;

	if (str_eq(kind, "json")) {
		rc = patch_json(&changed, patch, err);
	} else if (!json_is_object(patch)) {
		rc = err_set(err, ERR_CONFIG, "a %s patch is a mapping", kind);
	} else if (str_eq(kind, "strategic")) {
		rc = patch_strategic(changed, patch, err);
	} else if (str_eq(kind, "merge")) {
		json_decref(changed);
		changed = merge(*obj, patch);
		rc = 0;
	} else {
		rc = err_set(err, ERR_CONFIG,
			     "there is no patch of type \"%s\": only strategic, merge and json",
			     kind);
	}
	if (rc < 0)
		return -1;
	if (!json_is_object(changed))
		return err_set(err, ERR_CONFIG, "the patch leaves no object");
	json_decref(*obj);
	*obj = TAKE(changed);
	return 0;
}
