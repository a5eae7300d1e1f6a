#include "manifests/pod_values.h"

#include "base/net.h"
#include "base/str.h"
#include "manifests/manifest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FLEXVOLUME_DIR "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"

static bool is_v6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static const char *loopback(const struct pod_want *want)
{
	return is_v6(want->advertise_address) ? "::1" : "127.0.0.1";
}

static char *url(const char *scheme, const char *host, int port)
{
	AUTO(free) char *joined = net_join(host, port);

	return xasprintf("%s://%s", scheme, joined);
}

static void set(json_t *values, const char *name, const char *text)
{
	json_object_set_new(values, name, text ? json_string(text) : json_null());
}

static void set_take(json_t *values, const char *name, char *text)
{
	set(values, name, text);
	free(text);
}

/* An address that means "any" is no place to ask: without a host the kubelet asks the node's own.
 */
static void set_probe_host(json_t *values, const char *address)
{
	bool any = str_eq(address, "0.0.0.0") || str_eq(address, "::");

	set(values, "probe_host", any ? NULL : address);
}

/* Later variables of one name win; sorted by name, as kubeadm does since extraEnvs came. */
static json_t *make_env(const json_t *envs)
{
	AUTO(json) json_t *by_name = json_object();
	json_t *list, *env;
	const char *name;
	size_t i;

	json_array_foreach (envs, i, env)
		json_object_set(by_name, json_str(env, "name") ? json_str(env, "name") : "", env);
	if (json_object_size(by_name) == 0)
		return json_null();
	list = json_array();
	json_object_foreach (by_name, name, env) {
		for (i = 0; i < json_array_size(list); i++)
			if (strcmp(json_str(json_array_get(list, i), "name"), name) > 0)
				break;
		json_array_insert_new(list, i, json_deep_copy(env));
	}
	return list;
}

/* #104770: the only gate of kubeadm's that its manifests ever carried is dual stack's. */
static char *make_gates(const json_t *gates)
{
	const json_t *dual = json_object_get(gates, "IPv6DualStack");

	return dual ? xasprintf("IPv6DualStack=%s", json_is_true(dual) ? "true" : "false")
		    : xstrdup("");
}

/* A repository's name and the directory's: "/etc/pki/tls" is volume "etc-pki-tls". */
static char *volume_name(const char *dir)
{
	char *name = xstrdup(dir + 1);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	return name;
}

static void add_host_path(json_t *values, const char *name, const char *dir)
{
	json_t *mounts = json_object_get(values, "more_mounts");
	json_t *volumes = json_object_get(values, "more_volumes");

	json_array_append_new(mounts, xjson_pack("{s:s, s:s, s:b}", "mountPath", dir, "name", name,
						 "readOnly", 1));
	json_array_append_new(volumes, xjson_pack("{s:{s:s, s:s}, s:s}", "hostPath", "path", dir,
						  "type", "DirectoryOrCreate", "name", name));
}

/* Those of the version's CA directories that the host has. */
static int add_ca_dirs(json_t *values, const struct semver *v, const struct pod_want *want,
		       struct err *err)
{
	AUTO(free) char *list = NULL;
	const char *known;
	char *rest, *dir;
	json_t *present;
	size_t i;

	if (versions_value(v, "ca_dirs", &known, err) < 0)
		return -1;
	rest = list = xstrdup(known);
	while ((dir = strsep(&rest, ","))) {
		json_array_foreach (want->host_ca_dirs, i, present) {
			AUTO(free) char *name = NULL;

			if (!str_eq(json_string_value(present), dir))
				continue;
			name = volume_name(dir);
			add_host_path(values, name, dir);
		}
	}
	return 0;
}

static bool below(const char *dir, const char *parent)
{
	return parent[0] && str_starts(dir, parent);
}

/* Whether the directory is seen already through one of the pod's own mounts. */
static bool covered(const char *dir, const struct pod_want *want, const char *ca_dirs)
{
	AUTO(free) char *list = xstrdup(ca_dirs);
	char *rest = list, *known;

	while ((known = strsep(&rest, ",")))
		if (below(dir, known))
			return true;
	return below(dir, "/etc/ssl/certs") || below(dir, want->pki_dir);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The directories of an external etcd's files, without those that lie in another one. */
static int add_etcd_dirs(json_t *values, const struct semver *v, const struct pod_want *want,
			 struct err *err)
{
	static const char *const files[] = { "caFile", "certFile", "keyFile" };
	char *dirs[3], *last = NULL;
	const char *ca_dirs;
	size_t n = 0, named = 0;

	if (versions_value(v, "ca_dirs", &ca_dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		const char *file = json_str(want->etcd_external, files[i]);
		const char *slash = file ? strrchr(file, '/') : NULL;

		if (!slash || slash == file)
			continue;
		dirs[n] = xstrndup(file, (size_t)(slash - file));
		if (covered(dirs[n], want, ca_dirs))
			free(dirs[n]);
		else
			n++;
	}
	qsort(dirs, n, sizeof(*dirs), by_text);
	for (size_t i = 0; i < n; i++) {
		AUTO(free) char *name = xasprintf("etcd-certs-%zu", named);

		if (last && below(dirs[i], last))
			continue;
		add_host_path(values, name, last = dirs[i]);
		named++;
	}
	while (n > 0)
		free(dirs[--n]);
	return 0;
}

/* The user's modes that an API server knows; an authorization-config stands for all of them. */
static char *authorization_mode(const struct semver *v, const json_t *args)
{
	static const char *const known[] = { "Node", "RBAC",        "Webhook",
					     "ABAC", "AlwaysAllow", "AlwaysDeny" };
	AUTO(buf) struct buf modes = BUF_INIT(4096);
	const char *given = manifest_user_arg(args, "authorization-mode");
	AUTO(free) char *list = xstrdup(given ? given : "");
	char *rest = list, *mode;

	if (semver_atleast(v, 1, 30) && manifest_user_arg(args, "authorization-config"))
		return xstrdup("");
	while ((mode = strsep(&rest, ",")))
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strcmp(mode, known[i]) == 0)
				(void)buf_item(&modes, ",", mode);
	return xstrdup(modes.len ? modes.data : "Node,RBAC");
}

json_t *pod_user_args(const char *component, const struct semver *v, const struct pod_want *want)
{
	json_t *args = want->args ? json_deep_copy(want->args) : json_array(), *arg;
	size_t i;

	if (strcmp(component, "kube-apiserver") != 0 || semver_atleast(v, 1, 28))
		return args;
	json_array_foreach (args, i, arg)
		if (json_str_is(arg, "name", "authorization-mode")) {
			AUTO(free) char *modes = authorization_mode(v, want->args);

			json_put_str(arg, "value", modes);
		}
	return args;
}

static void set_etcd_client(json_t *values, const struct pod_want *want)
{
	const json_t *external = want->etcd_external;
	const char *cert = json_str(external, "certFile"), *key = json_str(external, "keyFile");

	if (json_object_size(external) == 0) {
		set_take(values, "etcd_ca_file", xasprintf("%s/etcd/ca.crt", want->pki_dir));
		set_take(values, "etcd_cert_file",
			 xasprintf("%s/apiserver-etcd-client.crt", want->pki_dir));
		set_take(values, "etcd_key_file",
			 xasprintf("%s/apiserver-etcd-client.key", want->pki_dir));
		set_take(values, "etcd_servers",
			 want->etcd_servers ? xstrdup(want->etcd_servers)
					    : url("https", loopback(want), 2379));
		return;
	}
	set(values, "etcd_ca_file", json_str(external, "caFile"));
	set(values, "etcd_cert_file", cert && *cert && key && *key ? cert : NULL);
	set(values, "etcd_key_file", cert && *cert && key && *key ? key : NULL);
	set_take(values, "etcd_servers", json_join(json_object_get(external, "endpoints")));
}

static int apiserver_values(json_t *values, const struct semver *v, const struct pod_want *want,
			    struct err *err)
{
	set_take(values, "endpoint", net_join(want->advertise_address, want->bind_port));
	set(values, "advertise_address", want->advertise_address);
	set_take(values, "authorization_mode", authorization_mode(v, want->args));
	set(values, "pki_dir", want->pki_dir);
	set_etcd_client(values, want);
	set_take(values, "feature_gates", make_gates(want->feature_gates));
	json_object_set_new(values, "port", json_integer(want->bind_port));
	set(values, "dns_domain", want->dns_domain);
	set(values, "service_subnet", want->service_subnet);
	set_probe_host(values, want->advertise_address);
	if (json_object_size(want->etcd_external) > 0 && add_etcd_dirs(values, v, want, err) < 0)
		return -1;
	return add_ca_dirs(values, v, want, err);
}

static void set_bound_probe_host(json_t *values, const struct pod_want *want)
{
	const char *bound = manifest_user_arg(want->args, "bind-address");

	set_probe_host(values, bound ? bound : "127.0.0.1");
}

const char *pod_flexvolume_dir(const struct pod_want *want)
{
	const char *given = manifest_user_arg(want->args, "flex-volume-plugin-dir");

	if (given)
		return given;
	return want->volume_plugin_dir ? want->volume_plugin_dir : FLEXVOLUME_DIR;
}

static int controller_manager_values(json_t *values, const struct semver *v,
				     const struct pod_want *want, struct err *err)
{
	set(values, "pki_dir", want->pki_dir);
	set_take(values, "kubeconfig",
		 xasprintf("%s/controller-manager.conf", want->kubernetes_dir));
	set(values, "pod_subnet", want->pod_subnet ? want->pod_subnet : "");
	set(values, "service_subnet", want->service_subnet ? want->service_subnet : "");
	set(values, "cluster_name", want->cluster_name);
	set_take(values, "signing_cert_file",
		 want->ca_key_present ? xasprintf("%s/ca.crt", want->pki_dir) : xstrdup(""));
	set_take(values, "signing_key_file",
		 want->ca_key_present ? xasprintf("%s/ca.key", want->pki_dir) : xstrdup(""));
	set_take(values, "feature_gates", make_gates(want->feature_gates));
	set(values, "flexvolume_dir", pod_flexvolume_dir(want));
	set_bound_probe_host(values, want);
	return add_ca_dirs(values, v, want, err);
}

static int scheduler_values(json_t *values, const struct semver *v, const struct pod_want *want,
			    struct err *err)
{
	(void)v;
	(void)err;
	set_take(values, "kubeconfig", xasprintf("%s/scheduler.conf", want->kubernetes_dir));
	set_take(values, "feature_gates", make_gates(want->feature_gates));
	set_bound_probe_host(values, want);
	return 0;
}

/* Where etcd answers probes: the first of the user's listen-metrics-urls, else loopback. */
static void set_etcd_probe(json_t *values, const struct pod_want *want)
{
	const char *given = manifest_user_arg(want->args, "listen-metrics-urls");
	const char *start = given ? strstr(given, "://") : NULL;
	const char *scheme = "HTTP";
	AUTO(free) char *host = NULL, *authority = NULL;
	int port = 0;

	if (start) {
		authority = xstrndup(start + 3, strcspn(start + 3, ",/"));
		if (!net_split(authority, &host, &port))
			port = 0;
		else if (str_starts(given, "https://"))
			scheme = "HTTPS";
	}
	set(values, "probe_host", host && *host ? host : loopback(want));
	set(values, "probe_scheme", scheme);
	json_object_set_new(values, "probe_port", json_integer(port > 0 ? port : 2381));
}

/* #132838, #135701: by the image's tag where kubeadm looked at it, else by the version. */
static int speaks_3_6(const struct semver *v, const char *image, bool *ret, struct err *err)
{
	const char *tag = strrchr(image, ':'), *usual;
	struct err ignored = ERR_INIT;
	struct semver etcd;

	*ret = semver_atleast(v, 1, 36);
	if (*ret || !semver_atleast(v, 1, 34))
		return 0;
	if (!tag || semver_parse(tag + 1, &etcd, &ignored) < 0) {
		if (versions_value(v, "etcd", &usual, err) < 0 ||
		    semver_parse(usual, &etcd, err) < 0)
			return -1;
	}
	*ret = semver_atleast(&etcd, 3, 6);
	return 0;
}

static int etcd_values(json_t *values, const struct semver *v, const struct pod_want *want,
		       struct err *err)
{
	const char *lo = loopback(want);
	const char *address = want->etcd_loopback ? lo : want->advertise_address;
	AUTO(free) char *client = url("https", address, 2379), *peer = url("https", address, 2380);
	AUTO(free) char *local = url("https", lo, 2379);
	bool new_flags;

	if (speaks_3_6(v, want->image, &new_flags, err) < 0)
		return -1;
	set(values, "client_url", client);
	set(values, "peer_url", peer);
	set(values, "pki_dir", want->pki_dir);
	set(values, "data_dir", want->etcd_data_dir);
	json_object_set_new(values, "etcd_3_6", json_boolean(new_flags));
	set_take(values, "initial_cluster",
		 want->etcd_initial_cluster ? xstrdup(want->etcd_initial_cluster)
					    : xasprintf("%s=%s", want->node_name, peer));
	json_object_set_new(values, "joining", json_boolean(want->etcd_initial_cluster != NULL));
	set_take(values, "listen_client_urls",
		 want->etcd_loopback ? xstrdup(local) : xasprintf("%s,%s", local, client));
	set_take(values, "metrics_url", url("http", lo, 2381));
	set(values, "node_name", want->node_name);
	set_etcd_probe(values, want);
	return 0;
}

int pod_values(const char *component, const struct semver *v, const struct pod_want *want,
	       json_t **ret, struct err *err)
{
	static const struct {
		const char *name;
		bool mounts; /* whether the template takes more volumes */
		int (*fill)(json_t *, const struct semver *, const struct pod_want *, struct err *);
	} rows[] = {
		{ "etcd", false, etcd_values },
		{ "kube-apiserver", true, apiserver_values },
		{ "kube-controller-manager", true, controller_manager_values },
		{ "kube-scheduler", true, scheduler_values },
	};
	long timeout_s = want->startup_timeout_s > 0 ? want->startup_timeout_s : 240;
	AUTO(json) json_t *values = json_object();

	set(values, "image", want->image);
	json_object_set_new(values, "startup_failures", json_integer((timeout_s + 9) / 10));
	json_object_set_new(values, "env", make_env(want->envs));
	json_object_set_new(values, "spc", json_boolean(want->spc && !want->kubeadm_profile));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].name, component) != 0)
			continue;
		if (rows[i].mounts) {
			json_object_set_new(values, "more_mounts", json_array());
			json_object_set_new(values, "more_volumes", json_array());
		}
		if (rows[i].fill(values, v, want, err) < 0)
			return -1;
		*ret = TAKE(values);
		return 0;
	}
	return err_set(err, ERR_BUG, "there is no static pod %s", component);
}
