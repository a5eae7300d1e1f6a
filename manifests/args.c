/* Command lines of the control plane and of the kubelet, in kubeadm's order. */
#include "manifests/manifest.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct arg {
	const char *text;
	size_t name_len;
};

static size_t name_len(const char *text)
{
	return strcspn(text, "=");
}

/* By name, then by value: "--a=2" stands before "--a-b=1". */
static int by_name(const void *left, const void *right)
{
	const struct arg *a = left, *b = right;
	size_t shorter = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->text, b->text, shorter);

	if (order == 0 && a->name_len != b->name_len)
		order = a->name_len < b->name_len ? -1 : 1;
	return order ? order : strcmp(a->text + a->name_len, b->text + b->name_len);
}

static json_t *sorted(const json_t *args)
{
	size_t i, n = json_array_size(args);
	struct arg *rows = xcalloc(n + 1, sizeof(*rows));
	json_t *arg, *out = json_array();

	json_array_foreach (args, i, arg) {
		rows[i].text = json_string_value(arg);
		rows[i].name_len = name_len(rows[i].text);
	}
	qsort(rows, n, sizeof(*rows), by_name);
	for (i = 0; i < n; i++)
		json_array_append_new(out, json_string(rows[i].text));
	free(rows);
	return out;
}

const char *manifest_user_arg(const json_t *user, const char *name)
{
	for (size_t i = json_array_size(user); i-- > 0;) {
		const json_t *arg = json_array_get(user, i);

		if (json_str_is(arg, "name", name))
			return json_str(arg, "value") ? json_str(arg, "value") : "";
	}
	return NULL;
}

static bool overridden(const char *text, const json_t *user)
{
	AUTO(free) char *name = NULL;

	if (!str_starts(text, "--"))
		return false;
	name = xstrndup(text + 2, name_len(text) - 2);
	return manifest_user_arg(user, name) != NULL;
}

json_t *manifest_args(const struct semver *version, const json_t *base, const json_t *user)
{
	bool keep_order = semver_atleast(version, 1, 36);
	AUTO(json) json_t *kept = json_array(), *given = json_array();
	json_t *arg, *out;
	size_t i;

	json_array_foreach (base, i, arg)
		if (!overridden(json_string_value(arg), user))
			json_array_append(kept, arg);
	json_array_foreach (user, i, arg) {
		const char *value = json_str(arg, "value");
		AUTO(free)
		char *text = xasprintf("--%s=%s", json_str(arg, "name"), value ? value : "");

		json_array_append_new(given, json_string(text));
	}
	if (!keep_order)
		json_array_extend(kept, given);
	out = sorted(kept);
	if (keep_order)
		json_array_extend(out, given);
	return out;
}
