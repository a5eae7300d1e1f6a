#include "config/document_put.h"

#include "base/clock.h"
#include "base/str.h"

#include <assert.h>
#include <string.h>

bool is_v1beta2(const char *api)
{
	return strcmp(api, "v1beta2") == 0;
}

bool is_v1beta4(const char *api)
{
	return strcmp(api, "v1beta4") == 0;
}

void put(json_t *obj, const char *key, json_t *take)
{
	json_object_set_new(obj, key, take);
}

void put_text(json_t *obj, const char *key, const char *text)
{
	if (text && *text)
		put(obj, key, json_string(text));
}

void put_true(json_t *obj, const char *key, bool value)
{
	if (value)
		put(obj, key, json_true());
}

void put_some(json_t *obj, const char *key, const json_t *value)
{
	if (json_is_array(value) ? json_array_size(value) : json_object_size(value))
		put(obj, key, json_deep_copy(value));
}

void put_seconds(json_t *obj, const char *key, long s)
{
	AUTO(free) char *text = clock_format_duration(s);

	put_text(obj, key, text);
}

void put_args(json_t *obj, const char *key, const json_t *args, const char *api)
{
	AUTO(json) json_t *map = json_object();
	const json_t *arg;
	size_t i;

	json_array_foreach (args, i, arg)
		put(map, json_str(arg, "name"), json_string(json_str(arg, "value")));
	put_some(obj, key, is_v1beta4(api) ? args : map);
}

json_t *put_sorted(const json_t *value)
{
	AUTO(free) char *text = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *made = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

	assert(made); /* our own text: only memory can be missing */
	return made;
}

json_t *put_document(const char *kind, const char *api)
{
	AUTO(free) char *version = xasprintf("kubeadm.k8s.io/%s", api);

	return xjson_pack("{s:s, s:s}", "apiVersion", version, "kind", kind);
}
