/* The ClusterConfiguration that upload-config stores, beside what kubeadm stored in real clusters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/yaml.h"
#include "config/config.h"

/* kubeadm 1.20.2, ConfigMap kubeadm-config of a cluster with a load balancer. */
static const char kubeadm_1_20[] = "apiServer:\n"
				   "  extraArgs:\n"
				   "    authorization-mode: Node,RBAC\n"
				   "  timeoutForControlPlane: 4m0s\n"
				   "apiVersion: kubeadm.k8s.io/v1beta2\n"
				   "certificatesDir: /etc/kubernetes/pki\n"
				   "clusterName: kubernetes\n"
				   "controlPlaneEndpoint: lb:6443\n"
				   "controllerManager: {}\n"
				   "dns:\n"
				   "  type: CoreDNS\n"
				   "etcd:\n"
				   "  local:\n"
				   "    dataDir: /var/lib/etcd\n"
				   "imageRepository: k8s.gcr.io\n"
				   "kind: ClusterConfiguration\n"
				   "kubernetesVersion: v1.20.2\n"
				   "networking:\n"
				   "  dnsDomain: cluster.local\n"
				   "  podSubnet: 10.244.0.0/16\n"
				   "  serviceSubnet: 10.96.0.0/12\n"
				   "scheduler: {}\n";

/* kubeadm 1.36.2, the same of a cluster without kube-proxy. */
static const char kubeadm_1_36[] = "apiServer: {}\n"
				   "apiVersion: kubeadm.k8s.io/v1beta4\n"
				   "caCertificateValidityPeriod: 87600h0m0s\n"
				   "certificateValidityPeriod: 8760h0m0s\n"
				   "certificatesDir: /etc/kubernetes/pki\n"
				   "clusterName: kubernetes\n"
				   "controllerManager: {}\n"
				   "dns: {}\n"
				   "encryptionAlgorithm: RSA-2048\n"
				   "etcd:\n"
				   "  local:\n"
				   "    dataDir: /var/lib/etcd\n"
				   "imageRepository: registry.k8s.io\n"
				   "kind: ClusterConfiguration\n"
				   "kubernetesVersion: v1.36.2\n"
				   "networking:\n"
				   "  dnsDomain: cluster.local\n"
				   "  podSubnet: 10.244.0.0/16\n"
				   "  serviceSubnet: 10.96.0.0/12\n"
				   "proxy:\n"
				   "  disabled: true\n"
				   "scheduler: {}\n";

#define ARGS_MAX 8

static struct config *load(const char *const *flags)
{
	char *argv[ARGS_MAX];
	struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	struct err err = ERR_INIT;
	int argc = 0;
	bool help;

	for (; flags[argc]; argc++)
		argv[argc] = xstrdup(flags[argc]);
	if (config_load(CONFIG_INIT, argc, argv, &config, &args, &help, &err) < 0)
		fail_msg("%s", err.msg);
	while (argc)
		free(argv[--argc]);
	return config;
}

static char *document(const struct config *config, const char *api)
{
	AUTO(json) json_t *doc = config_cluster_document(config, api);

	return yaml_dump(doc, 1);
}

static void kubeadm_1_20_stored_the_same_bytes(void **state)
{
	static const char *const flags[] = { "--kubernetes-version=v1.20.2",
					     "--control-plane-endpoint=lb",
					     "--pod-network-cidr=10.244.0.0/16",
					     "--apiserver-extra-args=authorization-mode=Node,RBAC",
					     NULL };
	AUTO(config) struct config *config = load(flags);
	AUTO(free) char *text = document(config, "v1beta2");

	(void)state;
	assert_string_equal(text, kubeadm_1_20);
}

static void kubeadm_1_36_stored_the_same_bytes(void **state)
{
	static const char *const flags[] = { "--kubernetes-version=v1.36.2", "--profile=kubeadm",
					     "--pod-network-cidr=10.244.0.0/16",
					     "--skip-phases=addon/kube-proxy", NULL };
	AUTO(config) struct config *config = load(flags);
	AUTO(free) char *text = document(config, "v1beta4");

	(void)state;
	assert_string_equal(text, kubeadm_1_36);
}

static void values_cannot_change_the_shape(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	AUTO(json) json_t *docs = NULL;
	AUTO(free) char *text = NULL;
	struct err err = ERR_INIT;

	(void)state;
	free(config->cluster_name);
	config->cluster_name = xstrdup("a\"\nkind: Other\n- x: &y {");
	text = document(config, "v1beta3");
	assert_int_equal(yaml_parse(text, strlen(text), "it", &docs, NULL, &err), 0);
	assert_string_equal(json_str(json_array_get(docs, 0), "clusterName"), config->cluster_name);
	assert_string_equal(json_str(json_array_get(docs, 0), "kind"), "ClusterConfiguration");
}

static void images_come_from_where_each_version_has_them(void **state)
{
	static const char *const rows[][2] = {
		{ "v1.20.2", "k8s.gcr.io" },       { "v1.22.16", "k8s.gcr.io" },
		{ "v1.22.17", "registry.k8s.io" }, { "v1.24.8", "k8s.gcr.io" },
		{ "v1.24.9", "registry.k8s.io" },  { "v1.25.0", "registry.k8s.io" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		AUTO(json) json_t *doc = NULL;

		config->kubernetes_version = xstrdup(rows[i][0]);
		doc = config_cluster_document(config, "v1beta3");
		assert_string_equal(json_str(doc, "imageRepository"), rows[i][1]);
	}
}

static void no_secret_is_stored_in_the_cluster(void **state)
{
	static const char *const flags[] = {
		"--token=abcdef.0123456789abcdef", "--upload-certs", "--kubernetes-version=v1.36.2",
		"--certificate-key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		NULL
	};
	static const char *const apis[] = { "v1beta2", "v1beta3", "v1beta4" };
	AUTO(config) struct config *config = load(flags);

	(void)state;
	for (size_t i = 0; i < sizeof(apis) / sizeof(*apis); i++) {
		AUTO(free) char *text = document(config, apis[i]);

		assert_null(strstr(text, "0123456789abcdef"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kubeadm_1_20_stored_the_same_bytes),
		cmocka_unit_test(kubeadm_1_36_stored_the_same_bytes),
		cmocka_unit_test(values_cannot_change_the_shape),
		cmocka_unit_test(images_come_from_where_each_version_has_them),
		cmocka_unit_test(no_secret_is_stored_in_the_cluster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
