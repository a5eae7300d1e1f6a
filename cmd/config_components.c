/* The kubelet's and kube-proxy's documents that `config print --component-configs` adds: as init
 * makes them of its defaults. */
#include "cmd/config.h"

#include "base/semver.h"
#include "base/str.h"
#include "manifests/manifest.h"
#include "manifests/objects.h"

#include <string.h>

/* Without --kubernetes-version: the newest minor version that kstrap knows. */
static int pick_version(const char *version, struct semver *ret, struct err *err)
{
	struct err unknown = ERR_INIT;

	if (version)
		return semver_parse(version, ret, err);
	*ret = (struct semver){ 1, 99, 0 };
	while (ret->minor > 20 && versions_supported(ret, &unknown) < 0)
		ret->minor--;
	return 0;
}

static int print_one(const char *kind, const struct semver *version, struct err *err)
{
	const struct component_want want = {
		.dns_ip = "10.96.0.10",
		.dns_domain = "cluster.local",
		.pod_subnet = "",
		.static_pod_path = "/etc/kubernetes/manifests",
		.client_ca_file = "/etc/kubernetes/pki/ca.crt",
		.volume_plugin_dir = KUBELET_DIR VOLUME_PLUGINS,
		.bind_address = "0.0.0.0",
	};
	json_t *doc = NULL;
	int failed;

	if (str_eq(kind, "KubeletConfiguration"))
		failed = objects_kubelet_configuration(version, &want, &doc, err);
	else if (str_eq(kind, "KubeProxyConfiguration"))
		failed = objects_proxy_configuration(version, &want, &doc, err);
	else
		return err_set(err, ERR_USAGE,
			       "--component-configs: KubeletConfiguration or "
			       "KubeProxyConfiguration, or both separated by a comma");
	if (failed < 0)
		return -1;
	config_print_document(doc);
	return 0;
}

int config_components_print(const struct config_call *call, struct err *err)
{
	AUTO(free) char *kinds = xstrdup(flags_text(&call->read, "component-configs"));
	struct semver version;
	char *save = NULL;

	if (!kinds)
		return 0;
	if (pick_version(call->version, &version, err) < 0)
		return -1;
	for (char *kind = strtok_r(kinds, ",", &save); kind; kind = strtok_r(NULL, ",", &save))
		if (print_one(kind, &version, err) < 0)
			return -1;
	return 0;
}
