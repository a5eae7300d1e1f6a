#include "manifests/pod.h"

#include "base/str.h"
#include "manifests/hardening.h"
#include "manifests/manifest.h"
#include "manifests/pod_values.h"

#include <stdlib.h>
#include <string.h>

char *pod_audit_policy_path(const struct pod_want *want)
{
	return xasprintf("%s/" AUDIT_POLICY_FILE, want->kubernetes_dir);
}

static const char *item_name(const json_t *item)
{
	const char *name = json_str(item, "name");

	return name ? name : "";
}

/* Puts an item into a list, in place of one of the same name. Takes `item`. */
static void put(json_t *list, json_t *item)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (strcmp(item_name(json_array_get(list, i)), item_name(item)) == 0) {
			json_array_set_new(list, i, item);
			return;
		}
	}
	json_array_append_new(list, item);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(item_name(*(json_t *const *)a), item_name(*(json_t *const *)b));
}

static void sort(json_t *list)
{
	size_t n = json_array_size(list);
	json_t **items = xcalloc(n + 1, sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = json_incref(json_array_get(list, i));
	qsort(items, n, sizeof(*items), by_name);
	json_array_clear(list);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, items[i]);
	free(items);
}

/* kubeadm's extraVolumes ({name, hostPath, mountPath, readOnly, pathType}) over the pod's own. */
static void add_volumes(json_t *pod, const json_t *more)
{
	json_t *spec = json_object_get(pod, "spec");
	json_t *container = json_array_get(json_object_get(spec, "containers"), 0);
	json_t *mounts = json_object_get(container, "volumeMounts");
	json_t *volumes = json_object_get(spec, "volumes");
	json_t *row, *mount;
	size_t i;

	json_array_foreach (more, i, row) {
		const char *path = json_str(row, "hostPath"), *type = json_str(row, "pathType");
		const char *inside = json_str(row, "mountPath");

		mount = xjson_pack("{s:s, s:s}", "mountPath", inside ? inside : "", "name",
				   item_name(row));
		if (json_flag(row, "readOnly"))
			json_object_set_new(mount, "readOnly", json_true());
		put(mounts, mount);
		put(volumes, xjson_pack("{s:{s:s, s:s}, s:s}", "hostPath", "path", path ? path : "",
					"type", type ? type : "", "name", item_name(row)));
	}
}

/* kubeadm keeps these lists as maps by name; etcd's alone are lists in their own order. */
static void sort_volumes(json_t *pod)
{
	json_t *spec = json_object_get(pod, "spec");
	json_t *container = json_array_get(json_object_get(spec, "containers"), 0);

	sort(json_object_get(container, "volumeMounts"));
	sort(json_object_get(spec, "volumes"));
}

static void add_arg(json_t *command, const char *name, const char *value)
{
	AUTO(free) char *text = xasprintf("--%s=%s", name, value);

	json_array_append_new(command, json_string(text));
}

/* The default profile's rows go below the user's arguments and volumes: those win. */
static int harden(json_t *pod, const char *component, const struct semver *v,
		  const struct pod_want *want, json_t *command, struct err *err)
{
	AUTO(free) char *ca = xasprintf("%s/ca.crt", want->pki_dir);
	const struct hardening_want rows = { .kubernetes_dir = want->kubernetes_dir,
					     .ca_file = ca,
					     .cis = want->cis_profile };
	AUTO(json) json_t *section = NULL;
	json_t *row;
	size_t i;

	if (hardening_section(component, v, &rows, &section, err) < 0)
		return -1;
	json_array_foreach (json_object_get(section, "args"), i, row)
		add_arg(command, json_str(row, "name"), json_str(row, "value"));
	add_volumes(pod, json_object_get(section, "volumes"));
	return 0;
}

static int finish(json_t *pod, const char *component, const struct semver *v,
		  const struct pod_want *want, struct err *err)
{
	json_t *container = json_array_get(json_at(pod, "spec.containers"), 0);
	AUTO(json) json_t *base = json_deep_copy(json_object_get(container, "command"));
	AUTO(json) json_t *command = json_array(), *args = NULL;
	AUTO(json) json_t *user = pod_user_args(component, v, want);

	json_array_append(command, json_array_get(base, 0));
	json_array_remove(base, 0);
	if (!want->kubeadm_profile && harden(pod, component, v, want, base, err) < 0)
		return -1;
	/* A default that lies in a read-only /usr has to be told to who looks there. */
	if (strcmp(component, "kube-controller-manager") == 0 && want->volume_plugin_dir &&
	    !semver_atleast(v, 1, 36))
		add_arg(base, "flex-volume-plugin-dir", pod_flexvolume_dir(want));
	args = manifest_args(v, base, user);
	json_array_extend(command, args);
	json_object_set(container, "command", command);
	add_volumes(pod, want->volumes);
	if (strcmp(component, "etcd") != 0)
		sort_volumes(pod);
	return 0;
}

int pod_make(const char *component, const struct semver *v, const struct pod_want *want,
	     json_t **ret, struct err *err)
{
	AUTO(json) json_t *values = NULL, *docs = NULL, *pod = NULL;

	if (pod_values(component, v, want, &values, err) < 0)
		return -1;
	if (manifest_fill(component, v, values, &docs, err) < 0)
		return -1;
	pod = json_incref(json_array_get(docs, 0));
	if (finish(pod, component, v, want, err) < 0)
		return err_wrap(err, "static pod %s", component);
	*ret = TAKE(pod);
	return 0;
}
