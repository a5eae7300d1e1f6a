/* The configuration of the kubelet and of kube-proxy, before the user's own values. */
#include "manifests/objects.h"

#include "base/str.h"
#include "manifests/hardening.h"
#include "manifests/manifest.h"

/* kubeadm's own gate of dual stack is one of the components' as well. */
static json_t *shared_gates(const json_t *gates)
{
	const json_t *dual = json_object_get(gates, "IPv6DualStack");

	return dual ? xjson_pack("{s:O}", "IPv6DualStack", dual) : json_null();
}

/* Puts the default profile's settings over kubeadm's and sorts the keys, as kubeadm prints them. */
static int finish(const char *section, const struct semver *v, const struct component_want *want,
		  json_t *docs, json_t **ret, struct err *err)
{
	json_t *configuration = json_array_get(docs, 0);
	AUTO(json) json_t *more = NULL;
	AUTO(free) char *text = NULL;

	if (!want->kubeadm_profile) {
		if (hardening_section(section, v,
				      &(struct hardening_want){ .cis = want->cis_profile }, &more,
				      err) < 0)
			return -1;
		json_object_update(configuration, more);
	}
	text = json_dumps(configuration, JSON_SORT_KEYS);
	*ret = json_loads(text, 0, NULL);
	return 0;
}

int objects_kubelet_configuration(const struct semver *v, const struct component_want *want,
				  json_t **ret, struct err *err)
{
	const char *driver = want->cgroup_driver;
	AUTO(json) json_t *values = NULL, *docs = NULL;

	if (!driver && versions_value(v, "cgroup_driver", &driver, err) < 0)
		return -1;
	values = xjson_pack("{s:s, s:s?, s:s, s:s, s:s?, s:s, s:s?, s:o}", "client_ca_file",
			    want->client_ca_file, "cgroup_driver", *driver ? driver : NULL,
			    "dns_ip", want->dns_ip, "dns_domain", want->dns_domain, "resolv_conf",
			    want->resolv_conf, "static_pod_path", want->static_pod_path,
			    "volume_plugin_dir", want->volume_plugin_dir, "feature_gates",
			    shared_gates(want->feature_gates));
	if (manifest_fill("kubelet-configuration", v, values, &docs, err) < 0)
		return -1;
	return finish("kubelet", v, want, docs, ret, err);
}

int objects_proxy_configuration(const struct semver *v, const struct component_want *want,
				json_t **ret, struct err *err)
{
	AUTO(json) json_t *values = NULL, *docs = NULL;

	values = xjson_pack("{s:s, s:s, s:o, s:o}", "bind_address",
			    want->bind_address ? want->bind_address : "0.0.0.0", "pod_subnet",
			    want->pod_subnet ? want->pod_subnet : "", "conntrack_max",
			    want->conntrack_off ? json_integer(0) : json_null(), "feature_gates",
			    shared_gates(want->feature_gates));
	if (manifest_fill("kube-proxy-configuration", v, values, &docs, err) < 0)
		return -1;
	return finish("kube-proxy", v, want, docs, ret, err);
}
