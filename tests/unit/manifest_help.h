/* What the tests of manifests/ share: kubeadm's configurations and what it made of them, as they
 * stand below tests/golden. */
#ifndef TESTS_UNIT_MANIFEST_HELP_H
#define TESTS_UNIT_MANIFEST_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/yaml.h"
#include "manifests/manifest.h"
#include "manifests/pod.h"

#define assert_ok(call)                                      \
	do {                                                 \
		struct err err_ = ERR_INIT, *e = &err_;      \
		if ((call) < 0)                              \
			fail_msg("%s: %s", #call, err_.msg); \
	} while (0)

/* The call fails with `code` and its message has `part` in it. */
#define assert_refused(call, wanted_code, part)                                            \
	do {                                                                               \
		struct err err_ = ERR_INIT, *e = &err_;                                    \
		if ((call) == 0)                                                           \
			fail_msg("%s: was taken", #call);                                  \
		if (err_.code != (wanted_code) || !strstr(err_.msg, (part)))               \
			fail_msg("%s: code %d, \"%s\", not \"%s\"", #call, (int)err_.code, \
				 err_.msg, (part));                                        \
	} while (0)

static inline struct semver version(const char *text)
{
	struct semver v;

	assert_ok(semver_parse(text, &v, e));
	return v;
}

/* A file below tests/golden; the caller frees. NULL when there is none. */
static inline char *golden(const char *name)
{
	const char *top = getenv("TOP_SRCDIR");
	AUTO(free) char *path = xasprintf("%s/tests/golden/%s", top ? top : ".", name);
	char *text = xcalloc(1, 1 << 20);
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(text, 1, (1 << 20) - 1, file) : 0;

	if (file)
		fclose(file);
	if (len == 0) {
		free(text);
		return NULL;
	}
	return text;
}

static inline json_t *parse(const char *text)
{
	json_t *docs = NULL;

	assert_ok(yaml_parse(text, strlen(text), "text", &docs, NULL, e));
	return docs;
}

/* The documents of a golden file, which must exist. */
static inline json_t *golden_documents(const char *name)
{
	AUTO(free) char *text = golden(name);

	if (!text)
		fail_msg("tests/golden/%s is missing", name);
	return parse(text);
}

/* kubeadm's configuration of one golden set. */
struct input {
	json_t *docs;
	const json_t *init, *cluster;
	struct semver version;
};

static inline struct input read_input(const char *name)
{
	AUTO(free) char *file = xasprintf("inputs/%s.yaml", name);
	struct input input = { .docs = golden_documents(file) };

	input.init = json_array_get(input.docs, 0);
	input.cluster = json_array_get(input.docs, 1);
	input.version = version(json_str(input.cluster, "kubernetesVersion"));
	return input;
}

static inline void clear_input(struct input *input)
{
	json_decref(input->docs);
}

/* {name: value}, or v1beta4's list, as the list of {name, value} that the program works with. */
static inline json_t *args_list(const json_t *args)
{
	json_t *list = json_array(), *value;
	const char *name;

	if (json_is_array(args))
		return json_deep_copy(args);
	json_object_foreach ((json_t *)(uintptr_t)args, name, value)
		json_array_append_new(list, xjson_pack("{s:s, s:O}", "name", name, "value", value));
	return list;
}

static inline const char *or_else(const char *value, const char *otherwise)
{
	return value ? value : otherwise;
}

/* What a pod is made of, with what its strings live in. */
struct made_want {
	struct pod_want want;
	json_t *args, *ca_dirs;
	char *image;
};

static inline const json_t *section_of(const json_t *cluster, const char *component)
{
	if (strcmp(component, "kube-apiserver") == 0)
		return json_object_get(cluster, "apiServer");
	if (strcmp(component, "kube-controller-manager") == 0)
		return json_object_get(cluster, "controllerManager");
	if (strcmp(component, "kube-scheduler") == 0)
		return json_object_get(cluster, "scheduler");
	return json_at(cluster, "etcd.local");
}

static inline char *image_of(const struct input *input, const char *component)
{
	const char *repository, *tag = json_str(input->cluster, "kubernetesVersion"), *own;

	assert_ok(versions_value(&input->version, "repository", &repository, e));
	if ((own = json_str(input->cluster, "imageRepository")))
		repository = own;
	if (strcmp(component, "etcd") == 0) {
		assert_ok(versions_value(&input->version, "etcd", &tag, e));
		if ((own = json_str(json_at(input->cluster, "etcd.local"), "imageTag")))
			tag = own;
	}
	return xasprintf("%s/%s:%s", repository, component, tag);
}

/* As phases/ does from the whole configuration; `input` must outlive it. */
static inline struct made_want make_want(const struct input *input, const char *component)
{
	const json_t *init = input->init, *cluster = input->cluster;
	const json_t *section = section_of(cluster, component);
	const json_t *networking = json_object_get(cluster, "networking");
	const json_t *endpoint = json_object_get(init, "localAPIEndpoint");
	const json_t *port = json_object_get(endpoint, "bindPort");
	struct made_want made = {
		.args = args_list(json_object_get(section, "extraArgs")),
		.ca_dirs =
			json_pack("[s,s,s]", "/etc/ca-certificates", "/usr/share/ca-certificates",
				  "/usr/local/share/ca-certificates"),
		.image = image_of(input, component),
	};

	made.want = (struct pod_want){
		.image = made.image,
		.advertise_address = json_str(endpoint, "advertiseAddress"),
		.node_name = json_str(json_object_get(init, "nodeRegistration"), "name"),
		.service_subnet = or_else(json_str(networking, "serviceSubnet"), "10.96.0.0/12"),
		.pod_subnet = json_str(networking, "podSubnet"),
		.cluster_name = or_else(json_str(cluster, "clusterName"), "kubernetes"),
		.dns_domain = or_else(json_str(networking, "dnsDomain"), "cluster.local"),
		.pki_dir = or_else(json_str(cluster, "certificatesDir"), "/etc/kubernetes/pki"),
		.kubernetes_dir = "/etc/kubernetes",
		.bind_port = port ? (int)json_integer_value(port) : 6443,
		.ca_key_present = true,
		.kubeadm_profile = true,
		.etcd_data_dir = or_else(json_str(json_at(cluster, "etcd.local"), "dataDir"),
					 "/var/lib/etcd"),
		.etcd_external = json_at(cluster, "etcd.external"),
		.args = made.args,
		.volumes = json_object_get(section, "extraVolumes"),
		.envs = json_object_get(section, "extraEnvs"),
		.feature_gates = json_object_get(cluster, "featureGates"),
		.host_ca_dirs = made.ca_dirs,
		.etcd_servers =
			json_str(json_at(cluster, "etcd.local.extraArgs"), "advertise-client-urls"),
		.startup_timeout_s = str_eq(json_str(json_object_get(cluster, "apiServer"),
						     "timeoutForControlPlane"),
					    "4m5s")
					     ? 245
					     : 0,
	};
	return made;
}

static inline void clear_want(struct made_want *made)
{
	json_decref(made->args);
	json_decref(made->ca_dirs);
	free(made->image);
}

/* The first line in which two texts differ, told as a failure. */
static inline void assert_same_text(const char *name, const char *ours, const char *theirs)
{
	size_t line = 1;

	while (*ours && *ours == *theirs) {
		line += *ours == '\n';
		ours++, theirs++;
	}
	if (*ours || *theirs)
		fail_msg("%s: line %zu: ours goes on \"%.60s\", kubeadm's \"%.60s\"", name, line,
			 ours, theirs);
}

/* What no reader of an API object can see: nulls, empty mappings and lists, statuses. Read-only
 * false is dropped where kubeadm's encoder drops it. A new value, NULL when nothing is left. */
static inline json_t *substance(const json_t *value)
{
	json_t *out, *member;
	const char *key;
	size_t i;

	if (json_is_object(value)) {
		out = json_object();
		json_object_foreach ((json_t *)(uintptr_t)value, key, member) {
			json_t *kept =
				strcmp(key, "status") == 0 || (strcmp(key, "readOnly") == 0 &&
							       json_is_false(member))
					? NULL
					: substance(member);

			if (kept)
				json_object_set_new(out, key, kept);
		}
	} else if (json_is_array(value)) {
		out = json_array();
		json_array_foreach (value, i, member) {
			json_t *kept = substance(member);

			json_array_append_new(out, kept ? kept : json_null());
		}
	} else {
		return json_is_null(value) ? NULL : json_deep_copy(value);
	}
	if (json_object_size(out) + json_array_size(out) > 0)
		return out;
	json_decref(out);
	return NULL;
}

static inline void assert_same_substance(const char *name, const json_t *ours, const json_t *theirs)
{
	AUTO(json) json_t *a = substance(ours), *b = substance(theirs);
	AUTO(free) char *a_text = yaml_dump(a, 1), *b_text = yaml_dump(b, 1);

	assert_same_text(name, a_text, b_text);
}

#endif
