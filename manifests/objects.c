#include "manifests/objects.h"

#include "base/str.h"
#include "manifests/manifest.h"

#include <openssl/evp.h>
#include <string.h>

/* Versions do not matter to objects that have no guard. */
static const struct semver any_version = { 1, 20, 0 };

/* Appends the template's documents to `out`. Takes `values`. */
static int add(const char *template, const struct semver *v, json_t *values, json_t *out,
	       struct err *err)
{
	AUTO(json) json_t *taken = values, *docs = NULL;

	if (manifest_fill(template, v, taken, &docs, err) < 0)
		return -1;
	json_array_extend(out, docs);
	return 0;
}

int objects_config(const struct semver *v, const char *cluster_configuration,
		   const char *cluster_status, const char *kubelet_configuration, json_t *out,
		   struct err *err)
{
	const char *kubelet_config;

	if (versions_value(v, "kubelet_config", &kubelet_config, err) < 0)
		return -1;
	return add("configuration-objects", v,
		   xjson_pack("{s:s, s:s?, s:s, s:s}", "cluster_configuration",
			      cluster_configuration, "cluster_status", cluster_status,
			      "kubelet_config", kubelet_config, "kubelet_configuration",
			      kubelet_configuration),
		   out, err);
}

/* kubeadm's fingerprint of a ConfigMap: its values one after the other, by key. */
static int fingerprint(const json_t *data, char ret[static 65], struct err *err)
{
	AUTO(json) json_t *sorted = NULL;
	AUTO(free) char *text = json_dumps(data, JSON_SORT_KEYS);
	AUTO(buf) struct buf all = BUF_INIT(4 << 20);
	unsigned char digest[32];
	const char *key;
	json_t *value;

	sorted = json_loads(text, 0, NULL);
	json_object_foreach (sorted, key, value)
		if (buf_add(&all, json_string_value(value), json_string_length(value)) < 0)
			return err_set(err, ERR_BUG, "a ConfigMap larger than 4 MiB");
	if (EVP_Digest(all.data ? all.data : "", all.len, digest, NULL, EVP_sha256(), NULL) != 1)
		return err_set(err, ERR_CRYPTO, "SHA-256 is not available");
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

int objects_mark_generated(json_t *objects, const char *name, struct err *err)
{
	char hex[65];
	json_t *object;
	size_t i;

	json_array_foreach (objects, i, object) {
		AUTO(free) char *value = NULL;

		if (!json_str_is(object, "kind", "ConfigMap") ||
		    !json_str_is(json_object_get(object, "metadata"), "name", name))
			continue;
		if (fingerprint(json_object_get(object, "data"), hex, err) < 0)
			return -1;
		value = xasprintf("sha256:%s", hex);
		json_object_set_new(
			json_object_get(object, "metadata"), "annotations",
			xjson_pack("{s:s}", "kubeadm.kubernetes.io/component-config.hash", value));
		return 0;
	}
	return err_set(err, ERR_BUG, "there is no ConfigMap %s to mark", name);
}

/* Kubernetes' Secrets carry base64. The text may be a secret: wiped. */
static void set_base64(json_t *data, const char *key, const char *text)
{
	size_t len = strlen(text), size = 4 * ((len + 2) / 3) + 1;
	AUTO(secret) char *coded = xcalloc(1, size);

	EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)text, (int)len);
	json_put_str(data, key, coded);
}

int objects_token(const char *id, const char *secret, const char *description, const char *expires,
		  const json_t *usages, const json_t *groups, json_t *out, struct err *err)
{
	AUTO(free) char *group_list = json_join(groups);
	json_t *data = json_object(), *usage;
	size_t i;

	if (group_list)
		set_base64(data, "auth-extra-groups", group_list);
	if (description && *description)
		set_base64(data, "description", description);
	if (expires)
		set_base64(data, "expiration", expires);
	set_base64(data, "token-id", id);
	set_base64(data, "token-secret", secret);
	json_array_foreach (usages, i, usage) {
		AUTO(free) char *key = xasprintf("usage-bootstrap-%s", json_string_value(usage));

		set_base64(data, key, "true");
	}
	return add("bootstrap-token-objects", &any_version,
		   xjson_pack("{s:s, s:o}", "id", id, "data", data), out, err);
}

int objects_bootstrap_rbac(const struct semver *v, json_t *out, struct err *err)
{
	const char *binding;

	if (versions_value(v, "kubelet_client_binding", &binding, err) < 0)
		return -1;
	return add("bootstrap-objects", v,
		   xjson_pack("{s:b}", "kubelet_client_binding", str_eq(binding, "yes")), out, err);
}

int objects_approver(const struct semver *v, json_t *out, struct err *err)
{
	const char *kubelet_config;

	if (versions_value(v, "kubelet_config", &kubelet_config, err) < 0)
		return -1;
	return add("approver-objects", v, xjson_pack("{s:s}", "kubelet_config", kubelet_config),
		   out, err);
}

int objects_admins(const struct semver *v, json_t *out, struct err *err)
{
	return add("admins-objects", v, json_object(), out, err);
}

int objects_cluster_info(const char *kubeconfig, const char *id, const char *jws, json_t *out,
			 struct err *err)
{
	return add("cluster-info-objects", &any_version,
		   xjson_pack("{s:s, s:s?, s:s?}", "kubeconfig", kubeconfig, "token_id", id, "jws",
			      jws),
		   out, err);
}

int objects_certificates(const json_t *data, const json_t *owners, json_t *out, struct err *err)
{
	return add("certificate-objects", &any_version,
		   xjson_pack("{s:O, s:O?}", "data", data, "owners", owners), out, err);
}

int objects_coredns(const struct semver *v, const struct addon_want *want, json_t *out,
		    struct err *err)
{
	return add("coredns", v,
		   xjson_pack("{s:s, s:s, s:s}", "image", want->dns_image, "dns_domain",
			      want->dns_domain, "dns_ip", want->dns_ip),
		   out, err);
}

int objects_flannel(const struct semver *v, const char *image, const char *plugin_image,
		    const char *bin_dir, const char *conf_dir, const char *net_conf, json_t *out,
		    struct err *err)
{
	return add("flannel-objects", v,
		   xjson_pack("{s:s, s:s, s:s, s:s, s:s}", "image", image, "plugin_image",
			      plugin_image, "bin_dir", bin_dir, "conf_dir", conf_dir, "net_conf",
			      net_conf),
		   out, err);
}

int objects_kube_proxy(const struct semver *v, const struct addon_want *want, json_t *out,
		       struct err *err)
{
	AUTO(free) char *config = xstrdup(want->proxy_config);
	AUTO(json) json_t *envs = want->envs ? json_deep_copy(want->envs) : json_array();
	size_t len = strlen(config);

	/* kubeadm keeps it without the last line's end. */
	while (len > 0 && config[len - 1] == '\n')
		config[--len] = '\0';
	return add("kube-proxy", v,
		   xjson_pack("{s:s, s:s, s:s, s:O}", "server", want->server, "config", config,
			      "image", want->proxy_image, "envs", envs),
		   out, err);
}
