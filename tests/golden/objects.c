/* Prints the API objects and component configurations that init would apply for one Kubernetes
 * version, one YAML document each: what tests/golden/run keeps a record of.
 * usage: objects VERSION kubeadm|default|cis */
#include "manifests/objects.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "manifests/manifest.h"

static int addons(const struct semver *v, const char *version, const char *profile, json_t *out,
		  struct err *err)
{
	const char *repository, *tag, *path;
	AUTO(free) char *dns = NULL, *proxy = NULL, *text = NULL;
	AUTO(json) json_t *configuration = NULL;
	struct component_want component = { .kubeadm_profile = str_eq(profile, "kubeadm"),
					    .cis_profile = str_eq(profile, "cis"),
					    .pod_subnet = "10.244.0.0/16",
					    .bind_address = "0.0.0.0" };
	struct addon_want want = { .dns_ip = "10.96.0.10",
				   .dns_domain = "cluster.local",
				   .server = "https://10.77.0.10:6443" };

	if (versions_value(v, "repository", &repository, err) < 0 ||
	    versions_value(v, "coredns", &tag, err) < 0 ||
	    versions_value(v, "coredns_path", &path, err) < 0 ||
	    objects_proxy_configuration(v, &component, &configuration, err) < 0)
		return -1;
	want.repository = repository;
	want.dns_image = dns = xasprintf("%s/%s:%s", repository, path, tag);
	want.proxy_image = proxy = xasprintf("%s/kube-proxy:%s", repository, version);
	want.proxy_config = text = yaml_dump(configuration, 1);
	if (objects_coredns(v, &want, out, err) < 0)
		return -1;
	return objects_kube_proxy(v, &want, out, err);
}

static int all(const char *version, const char *profile, json_t *out, struct err *err)
{
	struct component_want kubelet = {
		.kubeadm_profile = str_eq(profile, "kubeadm"),
		.cis_profile = str_eq(profile, "cis"),
		.dns_ip = "10.96.0.10",
		.dns_domain = "cluster.local",
		.static_pod_path = "/etc/kubernetes/manifests",
		.client_ca_file = "/etc/kubernetes/pki/ca.crt",
	};
	AUTO(json) json_t *configuration = NULL;
	AUTO(free) char *text = NULL;
	struct semver v;

	if (semver_parse(version, &v, err) < 0 ||
	    objects_kubelet_configuration(&v, &kubelet, &configuration, err) < 0)
		return -1;
	text = yaml_dump(configuration, 1);
	if (objects_config(&v, "(the cluster's configuration)\n", "(its status)\n", text, out,
			   err) < 0 ||
	    objects_bootstrap_rbac(&v, out, err) < 0 || objects_admins(&v, out, err) < 0 ||
	    (!str_eq(profile, "kubeadm") && objects_approver(&v, out, err) < 0))
		return -1;
	return addons(&v, version, profile, out, err);
}

int main(int argc, char **argv)
{
	AUTO(json) json_t *out = json_array();
	struct err err = ERR_INIT;
	json_t *object;
	size_t i;

	if (argc != 3) {
		fputs("usage: objects VERSION kubeadm|default|cis\n", stderr);
		return 2;
	}
	if (all(argv[1], argv[2], out, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	json_array_foreach (out, i, object) {
		AUTO(free) char *text = yaml_dump(object, 1);

		printf("---\n%s", text);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
