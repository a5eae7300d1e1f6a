/* Files into struct config: what each field sets, what flags may add, what is refused as a whole.
 * tests/config has the files that users have; here stand the members that they end in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "config/config.h"

#define INIT     "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
#define INIT3    "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n"
#define CLUSTER  "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
#define CLUSTER2 "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n"
#define JOIN     "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n"
#define TOKEN    "abcdef.0123456789abcdef"

static struct err err;

/* Loads `text` as --config's file, with one further flag or argument if that is not NULL. */
static struct config *load(enum config_for kind, const char *text, const char *flag)
{
	char path[] = "/tmp/kstrap-test-config.XXXXXX";
	AUTO(fd) int fd = mkstemp(path);
	AUTO(free) char *file = xasprintf("--config=%s", path);
	AUTO(free) char *copy = xstrdup(flag);
	AUTO(json) json_t *args = NULL;
	char *argv[] = { file, copy };
	struct config *config = NULL;
	int failed;
	bool help;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	err = (struct err)ERR_INIT;
	failed = config_load(kind, flag ? 2 : 1, argv, &config, &args, &help, &err);
	(void)unlink(path);
	assert_true((failed < 0) == (config == NULL));
	return config;
}

static struct config *good(enum config_for kind, const char *text, const char *flag)
{
	struct config *config = load(kind, text, flag);

	if (!config)
		fail_msg("%s", err.msg);
	return config;
}

static void bad(enum config_for kind, const char *text, const char *flag, enum err_code code,
		const char *message)
{
	AUTO(config) struct config *config = load(kind, text, flag);

	assert_null(config);
	assert_int_equal(err.code, code);
	if (!strstr(err.msg, message))
		fail_msg("wanted \"%s\", got \"%s\"", message, err.msg);
}

static const char *item(const json_t *list, size_t i)
{
	return json_string_value(json_array_get(list, i));
}

static void init_and_cluster_fill_one_config(void **state)
{
	AUTO(config)
	struct config *config = good(
		CONFIG_INIT,
		INIT
		"localAPIEndpoint: {advertiseAddress: 10.0.0.1, bindPort: 7443}\n"
		"nodeRegistration:\n  name: N1\n  criSocket: unix:///run/c.sock\n  taints: []\n"
		"  imagePullSerial: no\n  kubeletExtraArgs: [{name: v, value: \"2\"}]\n"
		"dryRun: true\nskipPhases: [certs/ca]\npatches: {directory: /p}\n"
		"timeouts: {etcdAPICall: 7s, upgradeManifests: 8s, kubeletHealthCheck: 9s}\n"
		"---\n" CLUSTER "kubernetesVersion: 1.36.2\nclusterName: c\ncertificatesDir: /pki\n"
		"imageRepository: r.example/k\nencryptionAlgorithm: RSA-4096\n"
		"networking: {podSubnet: 10.1.0.0/16, serviceSubnet: 10.2.0.0/16, dnsDomain: d.example}\n"
		"etcd: {local: {dataDir: /e, imageTag: \"3\", peerCertSANs: [P.example]}}\n"
		"scheduler: {extraArgs: [{name: a, value: b}, {name: a, value: c}]}\n"
		"proxy: {disabled: true}\n",
		NULL);

	(void)state;
	assert_string_equal(config->advertise_address, "10.0.0.1");
	assert_int_equal(config->bind_port, 7443);
	assert_string_equal(config->node_name, "n1");
	assert_string_equal(config->cri_socket, "unix:///run/c.sock");
	assert_true(json_is_array(config->taints) && !json_array_size(config->taints));
	assert_false(config->image_pull_serial);
	assert_string_equal(json_str(json_array_get(config->kubelet_args, 0), "value"), "2");
	assert_true(config->dry_run);
	assert_string_equal(item(config->skip_phases, 0), "certs/ca");
	assert_string_equal(config->patches_dir, "/p");
	assert_int_equal(config->timeout_etcd_s, 7);
	assert_int_equal(config->timeout_upgrade_s, 8);
	assert_int_equal(config->timeout_kubelet_s, 9);
	assert_string_equal(config->kubernetes_version, "v1.36.2");
	assert_string_equal(config->cluster_name, "c");
	assert_string_equal(config->certificates_dir, "/pki");
	assert_string_equal(config->image_repository, "r.example/k");
	assert_string_equal(config->key_algorithm, "RSA-4096");
	assert_string_equal(config->pod_subnet, "10.1.0.0/16");
	assert_string_equal(config->service_subnet, "10.2.0.0/16");
	assert_string_equal(config->dns_domain, "d.example");
	assert_string_equal(config->etcd_data_dir, "/e");
	assert_string_equal(config->etcd_image_tag, "3");
	assert_string_equal(item(config->etcd_peer_sans, 0), "p.example");
	assert_int_equal(json_array_size(config->scheduler_args), 2);
	assert_true(config->proxy_disabled && !config->dns_disabled);
}

static void arguments_of_older_versions_are_sorted_by_name(void **state)
{
	AUTO(config)
	struct config *config = good(
		CONFIG_INIT,
		CLUSTER2
		"apiServer:\n  timeoutForControlPlane: 6m\n  extraArgs: {z: \"1\", a: \"2\", m: \"\"}\n",
		NULL);

	(void)state;
	assert_int_equal(json_array_size(config->apiserver_args), 3);
	assert_string_equal(json_str(json_array_get(config->apiserver_args, 0), "name"), "a");
	assert_string_equal(json_str(json_array_get(config->apiserver_args, 1), "value"), "");
	assert_string_equal(json_str(json_array_get(config->apiserver_args, 2), "name"), "z");
	assert_int_equal(config->timeout_control_plane_s, 360);
}

static void component_configurations_are_kept_whole(void **state)
{
	AUTO(config)
	struct config *config = good(
		CONFIG_INIT,
		CLUSTER
		"---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
		"maxPods: 200\nevictionHard: {memory.available: 100Mi}\n"
		"---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n",
		NULL);

	(void)state;
	assert_int_equal(
		json_integer_value(json_object_get(config->kubelet_configuration, "maxPods")), 200);
	assert_string_equal(json_str(json_object_get(config->kubelet_configuration, "evictionHard"),
				     "memory.available"),
			    "100Mi");
	assert_string_equal(json_str(config->kube_proxy_configuration, "mode"), "ipvs");
}

/* Of each type one field, misused or mistyped. */
static void component_configurations_have_the_fields_of_their_programs(void **state)
{
	static const struct {
		const char *text, *message;
	} kubelet[] = {
		{ "enableServer: 1\n", "enableServer: must be true or false" },
		{ "maxPods: many\n", "maxPods: must be a whole number" },
		{ "clusterDomain: 1\n", "clusterDomain: must be a string" },
		{ "clusterDNS: 10.96.0.10\n", "clusterDNS: must be a list of strings" },
		{ "memorySwap: 1\n", "memorySwap: must be a mapping" },
		{ "evictionHart: {}\n", "\"evictionHart\": did you mean \"evictionHard\"?" },
	}, proxy[] = {
		{ "ipvs: {strictARP: 1}\n", "ipvs.strictARP: must be true or false" },
		{ "conntrack: {min: few}\n", "conntrack.min: must be a whole number" },
		{ "mode: 1\n", "mode: must be a string" },
		{ "nodePortAddresses: all\n", "nodePortAddresses: must be a list of strings" },
		{ "featureGatez: {}\n", "\"featureGatez\": did you mean \"featureGates\"?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kubelet) / sizeof(*kubelet); i++) {
		AUTO(free)
		char *text = xasprintf(CLUSTER "---\napiVersion: kubelet.config.k8s.io/v1beta1\n"
					       "kind: KubeletConfiguration\n%s", kubelet[i].text);

		bad(CONFIG_INIT, text, NULL, ERR_CONFIG, kubelet[i].message);
	}
	for (size_t i = 0; i < sizeof(proxy) / sizeof(*proxy); i++) {
		AUTO(free)
		char *text = xasprintf(CLUSTER "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
					       "kind: KubeProxyConfiguration\n%s", proxy[i].text);

		bad(CONFIG_INIT, text, NULL, ERR_CONFIG, proxy[i].message);
	}
}

static void every_token_of_the_file_is_there(void **state)
{
	AUTO(config)
	struct config *config =
		good(CONFIG_INIT,
		     INIT "bootstrapTokens:\n- token: " TOKEN "\n  ttl: 0s\n  description: d\n"
			  "- {token: bbbbbb.bbbbbbbbbbbbbbbb, usages: [signing]}\n",
		     NULL);
	const json_t *further = json_array_get(config->further_tokens, 0);

	(void)state;
	assert_string_equal(config->token, TOKEN);
	assert_int_equal(config->token_ttl_s, 0);
	assert_string_equal(config->token_description, "d");
	assert_string_equal(json_str(further, "token"), "bbbbbb.bbbbbbbbbbbbbbbb");
	assert_int_equal(json_integer_value(json_object_get(further, "ttl_s")), 86400);
	assert_string_equal(item(json_object_get(further, "usages"), 0), "signing");
	assert_string_equal(item(json_object_get(further, "groups"), 0),
			    "system:bootstrappers:kubeadm:default-node-token");
}

static void a_token_that_expires_at_a_time_lives_until_then(void **state)
{
	AUTO(config)
	struct config *config = good(CONFIG_INIT,
				     INIT3 "bootstrapTokens:\n- token: " TOKEN
					   "\n  expires: \"2999-01-01T00:00:00Z\"\n",
				     NULL);

	(void)state;
	assert_true(config->token_ttl_s > 900L * 365 * 86400);
}

static void join_reads_its_kind_only(void **state)
{
	AUTO(config)
	struct config *config =
		good(CONFIG_JOIN,
		     INIT
		     "nodeRegistration: {name: other}\n---\n" JOIN
		     "nodeRegistration: {name: mine}\ncaCertPath: /x/ca.crt\n"
		     "discovery:\n  tlsBootstrapToken: bbbbbb.bbbbbbbbbbbbbbbb\n"
		     "  bootstrapToken: {token: " TOKEN
		     ", apiServerEndpoint: 10.0.0.1, unsafeSkipCAVerification: true}\n"
		     "timeouts: {discovery: 3s, tlsBootstrap: 4s}\n",
		     NULL);

	(void)state;
	assert_string_equal(config->node_name, "mine");
	assert_string_equal(config->ca_cert_path, "/x/ca.crt");
	assert_false(config->join_control_plane);
	assert_string_equal(config->join_token, TOKEN);
	assert_string_equal(config->tls_bootstrap_token, "bbbbbb.bbbbbbbbbbbbbbbb");
	assert_string_equal(config->api_server_endpoint, "10.0.0.1:6443");
	assert_true(config->unsafe_skip_ca_verification);
	assert_int_equal(config->timeout_discovery_s, 3);
	assert_int_equal(config->timeout_tls_bootstrap_s, 4);
}

static void an_empty_section_of_a_file_makes_a_control_plane(void **state)
{
	AUTO(config) struct config *config = NULL;

	(void)state;
	config = good(CONFIG_JOIN,
		      JOIN "controlPlane: {}\ndiscovery:\n  bootstrapToken: {token: " TOKEN
			   ", apiServerEndpoint: 10.0.0.1, unsafeSkipCAVerification: true}\n",
		      NULL);
	assert_true(config->join_control_plane);
	assert_int_equal(config->bind_port, 6443);
}

static void the_kind_that_a_command_reads_must_be_there(void **state)
{
	(void)state;
	bad(CONFIG_JOIN, INIT, NULL, ERR_CONFIG, "no JoinConfiguration in it");
	bad(CONFIG_INIT, JOIN "discovery: {file: {kubeConfigPath: /a}}\n", NULL, ERR_CONFIG,
	    "neither InitConfiguration nor ClusterConfiguration");
	bad(CONFIG_INIT, "", NULL, ERR_CONFIG, "no document in it");
}

static void only_kubeadms_few_flags_and_ours_stand_beside_a_file(void **state)
{
	AUTO(config)
	struct config *config =
		good(CONFIG_INIT, INIT "nodeRegistration: {name: a}\n", "--node-name=b");
	AUTO(config) struct config *ours = good(CONFIG_INIT, INIT, "--network=none");

	(void)state;
	assert_string_equal(config->node_name, "b");
	assert_string_equal(ours->network, "none");
	bad(CONFIG_INIT, INIT, "--pod-network-cidr=10.1.0.0/16", ERR_USAGE,
	    "--pod-network-cidr cannot stand beside --config");
	bad(CONFIG_INIT, INIT, "--token=" TOKEN, ERR_USAGE, "--token cannot stand beside --config");
	bad(CONFIG_JOIN, JOIN "discovery: {file: {kubeConfigPath: /a}}\n", "10.0.0.1", ERR_USAGE,
	    "the address 10.0.0.1 cannot stand beside --config");
}

static void checks_to_ignore_are_united_and_phases_to_skip_replaced(void **state)
{
	AUTO(config)
	struct config *ignore =
		good(CONFIG_INIT, INIT "nodeRegistration: {ignorePreflightErrors: [Mem]}\n",
		     "--ignore-preflight-errors=NumCPU");
	AUTO(config)
	struct config *skip = good(CONFIG_INIT, INIT "skipPhases: [certs]\n", "--skip-phases=etcd");

	(void)state;
	assert_int_equal(json_array_size(ignore->ignore_preflight), 2);
	assert_int_equal(json_array_size(skip->skip_phases), 1);
	assert_string_equal(item(skip->skip_phases, 0), "etcd");
	bad(CONFIG_INIT, INIT "nodeRegistration: {ignorePreflightErrors: [all]}\n",
	    "--ignore-preflight-errors=NumCPU", ERR_CONFIG, "\"all\" stands alone");
}

static void a_wait_of_zero_is_the_default_one(void **state)
{
	AUTO(config)
	struct config *config =
		good(CONFIG_INIT, INIT "timeouts: {controlPlaneComponentHealthCheck: 0s}\n", NULL);

	(void)state;
	assert_int_equal(config->timeout_control_plane_s, 240);
}

static void faults_have_their_place_in_the_file(void **state)
{
	(void)state;
	bad(CONFIG_INIT, CLUSTER "networkng:\n  podSubnet: 10.1.0.0/16\n", NULL, ERR_CONFIG,
	    ":3:1: unknown field \"networkng\": did you mean \"networking\"?");
	assert_true(str_starts(err.msg, "/tmp/kstrap-test-config."));
	bad(CONFIG_INIT, CLUSTER "---\n" INIT "localAPIEndpoint:\n  bindPort: \"x\"\n", NULL,
	    ERR_CONFIG, ":7:3: localAPIEndpoint.bindPort: must be a whole number, not a string");
}

static void a_nul_byte_cannot_hide_a_values_end(void **state)
{
	(void)state;
	bad(CONFIG_INIT, CLUSTER "certificatesDir: \"/etc/kubernetes/pki\\0/../../evil\"\n", NULL,
	    ERR_CONFIG, ":3:");
}

static void what_join_needs_of_a_file_is_missing_with_its_name(void **state)
{
	(void)state;
	bad(CONFIG_JOIN, JOIN "discovery: {bootstrapToken: {unsafeSkipCAVerification: true}}\n",
	    NULL, ERR_CONFIG, "discovery.bootstrapToken.token is missing");
	assert_non_null(strstr(err.msg, "discovery.bootstrapToken.apiServerEndpoint is missing"));
}

static void no_message_about_a_file_shows_its_secrets(void **state)
{
	static const char *const texts[] = {
		INIT "bootstrapTokens:\n- token: hunter2.0000000000000000\n",
		INIT "certificateKey: hunter2\n",
		INIT "certificateKey: [hunter2]\n",
		JOIN
		"discovery:\n  tlsBootstrapToken: hunter2\n  bootstrapToken: {token: hunter2}\n",
		INIT "bootstrapTokens:\n- tokn: hunter2\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO(config)
		struct config *config = load(i == 3 ? CONFIG_JOIN : CONFIG_INIT, texts[i], NULL);

		assert_null(config);
		assert_null(strstr(err.msg, "hunter2"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_and_cluster_fill_one_config),
		cmocka_unit_test(arguments_of_older_versions_are_sorted_by_name),
		cmocka_unit_test(component_configurations_are_kept_whole),
		cmocka_unit_test(component_configurations_have_the_fields_of_their_programs),
		cmocka_unit_test(every_token_of_the_file_is_there),
		cmocka_unit_test(a_token_that_expires_at_a_time_lives_until_then),
		cmocka_unit_test(join_reads_its_kind_only),
		cmocka_unit_test(an_empty_section_of_a_file_makes_a_control_plane),
		cmocka_unit_test(the_kind_that_a_command_reads_must_be_there),
		cmocka_unit_test(only_kubeadms_few_flags_and_ours_stand_beside_a_file),
		cmocka_unit_test(checks_to_ignore_are_united_and_phases_to_skip_replaced),
		cmocka_unit_test(a_wait_of_zero_is_the_default_one),
		cmocka_unit_test(faults_have_their_place_in_the_file),
		cmocka_unit_test(a_nul_byte_cannot_hide_a_values_end),
		cmocka_unit_test(what_join_needs_of_a_file_is_missing_with_its_name),
		cmocka_unit_test(no_message_about_a_file_shows_its_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
