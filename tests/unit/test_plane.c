/* A control plane that joins: whose configuration counts, what is rendered of it, and what etcd's
 * members allow. */
#include "tests/unit/base_help.h"

#include "api/etcd.h"
#include "base/yaml.h"
#include "phases/init/init.h"
#include "phases/join/plane.h"

/* As kubeadm 1.20.2 stored it for a cluster of two control planes. */
static const char cluster[] = "apiServer:\n"
			      "  extraArgs:\n"
			      "    authorization-mode: Node,RBAC\n"
			      "  timeoutForControlPlane: 5m0s\n"
			      "apiVersion: kubeadm.k8s.io/v1beta2\n"
			      "certificatesDir: /etc/kubernetes/pki\n"
			      "clusterName: other\n"
			      "controlPlaneEndpoint: lb:6443\n"
			      "controllerManager: {}\n"
			      "dns:\n"
			      "  type: CoreDNS\n"
			      "etcd:\n"
			      "  local:\n"
			      "    dataDir: /var/lib/data\n"
			      "imageRepository: registry.example.org\n"
			      "kind: ClusterConfiguration\n"
			      "kubernetesVersion: v1.20.2\n"
			      "networking:\n"
			      "  dnsDomain: corp.example\n"
			      "  podSubnet: 10.244.0.0/16\n"
			      "  serviceSubnet: 10.200.0.0/16\n"
			      "scheduler: {}\n";

static json_t *document(const char *text)
{
	struct err err = ERR_INIT;
	json_t *all = NULL, *first;

	if (yaml_parse(text, strlen(text), "test", &all, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	first = json_incref(json_array_get(all, 0));
	json_decref(all);
	return first;
}

static void what_the_cluster_says_of_itself_counts_and_of_the_node_what_the_node_says(void **state)
{
	AUTO(config) struct config *node = config_new(CONFIG_JOIN);
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *doc = document(cluster);
	struct err err = ERR_INIT;

	(void)state;
	node->node_name = xstrdup("second");
	node->bind_port = 7443;
	free(node->dns_domain);
	node->dns_domain = xstrdup("not.the.cluster's");
	free(node->kubernetes_version);
	node->kubernetes_version = xstrdup("v1.19.0");
	free(node->profile);
	node->profile = xstrdup("kubeadm");
	node->timeout_etcd_s = 7;
	node->certificate_key = xstrdup("secret");
	assert_int_equal(config_adopt(node, doc, &config, &err), 0);
	assert_string_equal(config->dns_domain, "corp.example");
	assert_string_equal(config->kubernetes_version, "v1.20.2");
	assert_string_equal(config->control_plane_endpoint, "lb:6443");
	assert_string_equal(config->cluster_name, "other");
	assert_string_equal(config->etcd_data_dir, "/var/lib/data");
	assert_string_equal(config->service_subnet, "10.200.0.0/16");
	assert_int_equal(config->timeout_control_plane_s, 300);
	assert_string_equal(config->node_name, "second");
	assert_int_equal(config->bind_port, 7443);
	assert_string_equal(config->profile, "kubeadm");
	assert_int_equal(config->timeout_etcd_s, 7);
	assert_string_equal(config->certificate_key, "secret");
	assert_int_equal(config->kind, CONFIG_JOIN);
	assert_null(config->key_algorithm); /* v1beta2 has no field for it */
}

static void a_cluster_that_names_its_kind_of_keys_is_followed(void **state)
{
	AUTO(config) struct config *node = config_new(CONFIG_JOIN);
	AUTO(config) struct config *config = NULL;
	AUTO(json)
	json_t *doc = document("apiVersion: kubeadm.k8s.io/v1beta4\n"
			       "kind: ClusterConfiguration\n"
			       "kubernetesVersion: v1.36.2\n"
			       "encryptionAlgorithm: RSA-3072\n");
	struct err err = ERR_INIT;

	(void)state;
	node->timeout_control_plane_s = 33;
	assert_int_equal(config_adopt(node, doc, &config, &err), 0);
	assert_string_equal(config->key_algorithm, "RSA-3072");
	assert_int_equal(config->timeout_control_plane_s, 33); /* v1beta4: the node's own */
}

static void volume_plugins_lie_where_the_cluster_s_controller_managers_look(void **state)
{
	AUTO(config) struct config *node = config_new(CONFIG_JOIN);
	AUTO(config) struct config *config = NULL;
	AUTO(json)
	json_t *doc = document("apiVersion: kubeadm.k8s.io/v1beta2\n"
			       "kind: ClusterConfiguration\n"
			       "kubernetesVersion: v1.20.2\n"
			       "controllerManager:\n"
			       "  extraArgs:\n"
			       "    flex-volume-plugin-dir: /srv/plugins/\n");
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_adopt(node, doc, &config, &err), 0);
	assert_string_equal(config->volume_plugin_dir, "/srv/plugins/");
	config_free(TAKE(config));
	/* The same, but for a slash, is no contradiction; another directory is. */
	node->volume_plugin_dir = xstrdup("/srv/plugins");
	assert_int_equal(config_adopt(node, doc, &config, &err), 0);
	assert_string_equal(config->volume_plugin_dir, "/srv/plugins");
	config_free(TAKE(config));
	free(node->volume_plugin_dir);
	node->volume_plugin_dir = xstrdup("/srv/plug");
	assert_int_equal(config_adopt(node, doc, &config, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.msg, "flex-volume-plugin-dir is /srv/plugins/"));
	/* kubeadm's way is each its own. */
	free(node->profile);
	node->profile = xstrdup("kubeadm");
	assert_int_equal(config_adopt(node, doc, &config, &err), 0);
	assert_string_equal(config->volume_plugin_dir, "/srv/plug");
}

static void a_configuration_that_is_none_is_refused(void **state)
{
	AUTO(config) struct config *node = config_new(CONFIG_JOIN);
	struct config *config = NULL;
	AUTO(json)
	json_t *doc = document("apiVersion: kubeadm.k8s.io/v1beta2\n"
			       "kind: JoinConfiguration\n");
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_adopt(node, doc, &config, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(config);
}

/* --- what is rendered ------------------------------------------------------------------------ */

struct host {
	struct scratch *scratch;
	struct config *config;
	struct run run;
};

static int setup(void **state)
{
	struct host *host = xcalloc(1, sizeof(*host));
	struct run *run = &host->run;
	void *scratch;

	if (scratch_setup(&scratch) < 0)
		return -1;
	host->scratch = scratch;
	host->config = config_new(CONFIG_JOIN);
	host->config->node_name = xstrdup("m3");
	host->config->advertise_address = xstrdup("10.77.0.13");
	host->config->cri_socket = xstrdup("/run/containerd/containerd.sock");
	free(host->config->profile);
	host->config->profile = xstrdup("kubeadm");
	*run = (struct run){ .config = host->config,
			     .fs = host->scratch->fs,
			     .tree = tree_new(),
			     .seen = tree_new(),
			     .objects = json_array(),
			     .facts = json_object(),
			     .now = 1700000000,
			     .offline = true };
	run->cluster = xcalloc(1, sizeof(*run->cluster));
	run->cluster->network = xstrdup("none");
	join_state(run)->known = true;
	join_state(run)->cluster_configuration = document(cluster);
	*state = host;
	return 0;
}

static int teardown(void **state)
{
	struct host *host = *state;
	struct run *run = &host->run;
	void *scratch = host->scratch;

	run->state_free(run->state);
	cluster_free(run->cluster);
	json_decref(run->facts);
	json_decref(run->objects);
	tree_free(run->seen);
	tree_free(run->tree);
	config_free(host->config);
	free(host);
	return scratch_teardown(&scratch);
}

static json_t *pod_of(struct run *run, const char *path)
{
	const struct entry *entry = tree_find(run->tree, path);

	assert_non_null(entry);
	assert_int_equal(entry->mode, 0600);
	return document(entry->data);
}

static bool has_arg(const json_t *pod, const char *arg)
{
	const json_t *item;
	size_t i;

	json_array_foreach (
		json_object_get(json_array_get(json_at(pod, "spec.containers"), 0), "command"), i,
		item)
		if (str_eq(json_string_value(item), arg))
			return true;
	return false;
}

static void etcds_manifest_names_every_member_and_that_they_exist(void **state)
{
	struct host *host = *state;
	struct run *run = &host->run;
	AUTO(json) json_t *pod = NULL;
	struct err err = ERR_INIT;

	host->config->join_control_plane = true;
	assert_int_equal(plane_adopt(run, NULL, &err), 0);
	assert_int_equal(control_plane_ask(run, "etcd", &err), 0);
	json_object_set_new(run->facts, "etcdInitialCluster",
			    json_string("m2=https://10.77.0.12:2380,m3=https://10.77.0.13:2380"));
	assert_int_equal(control_plane_render(run, "etcd", &err), 0);
	pod = pod_of(run, "/etc/kubernetes/manifests/etcd.yaml");
	assert_true(has_arg(
		pod, "--initial-cluster=m2=https://10.77.0.12:2380,m3=https://10.77.0.13:2380"));
	assert_true(has_arg(pod, "--initial-cluster-state=existing"));
	assert_true(has_arg(pod, "--name=m3"));
	assert_true(has_arg(pod, "--data-dir=/var/lib/data"));
	assert_true(has_arg(pod, "--initial-advertise-peer-urls=https://10.77.0.13:2380"));
	assert_int_equal(tree_find(run->tree, "/var/lib/data")->mode, 0700);
}

static void the_other_pods_are_of_the_cluster_and_at_this_hosts_address(void **state)
{
	struct host *host = *state;
	struct run *run = &host->run;
	const struct phase *phase;
	AUTO(json) json_t *pod = NULL;
	struct err err = ERR_INIT;

	host->config->join_control_plane = true;
	assert_int_equal(plane_adopt(run, NULL, &err), 0);
	phase = phase_find(phases_join, "control-plane-prepare/control-plane");
	assert_int_equal(phase->ask(run, NULL, &err), 0);
	assert_int_equal(phase->render(run, NULL, &err), 0);
	pod = pod_of(run, "/etc/kubernetes/manifests/kube-apiserver.yaml");
	assert_true(has_arg(pod, "--advertise-address=10.77.0.13"));
	assert_true(has_arg(pod, "--service-cluster-ip-range=10.200.0.0/16"));
	assert_true(has_arg(
		pod, "--service-account-issuer=https://kubernetes.default.svc.corp.example"));
	assert_true(has_arg(pod, "--etcd-servers=https://127.0.0.1:2379"));
	assert_non_null(tree_find(run->tree, "/etc/kubernetes/manifests/kube-scheduler.yaml"));
	assert_non_null(
		tree_find(run->tree, "/etc/kubernetes/manifests/kube-controller-manager.yaml"));
	assert_null(tree_find(run->tree, "/etc/kubernetes/manifests/etcd.yaml"));
}

/* The phases that a worker has in its table too. */
static void nothing_of_it_happens_on_a_worker(void **state)
{
	static const char *const paths[] = { "control-plane-prepare",
					     "control-plane-prepare/download-certs",
					     "control-plane-prepare/certs",
					     "control-plane-prepare/kubeconfig",
					     "control-plane-prepare/control-plane",
					     "check-etcd",
					     "etcd-join",
					     "control-plane-join/update-status",
					     "control-plane-join/mark-control-plane",
					     "wait-control-plane" };
	struct host *host = *state;
	struct run *run = &host->run;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		const struct phase *phase = phase_find(phases_join, paths[i]);

		assert_non_null(phase);
		if (phase->ask)
			assert_int_equal(phase->ask(run, phase->arg, &err), 0);
		if (phase->render)
			assert_int_equal(phase->render(run, phase->arg, &err), 0);
		if (phase->act)
			assert_int_equal(phase->act(run, phase->arg, &err), 0);
	}
	assert_int_equal(tree_len(run->tree), 0);
	assert_ptr_equal(run->config, host->config);
	assert_null(run->kube);
}

static void without_a_stable_endpoint_a_cluster_gets_no_further_control_plane(void **state)
{
	struct host *host = *state;
	struct run *run = &host->run;
	struct err err = ERR_INIT;

	host->config->join_control_plane = true;
	json_object_del(join_state(run)->cluster_configuration, "controlPlaneEndpoint");
	assert_int_equal(plane_adopt(run, NULL, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_contains(err.msg, "that doesn't have a stable controlPlaneEndpoint address");
	assert_ptr_equal(run->config, host->config);
	/* A member of etcd has nobody behind a load balancer. */
	host->config->join_control_plane = false;
	host->config->role = xstrdup("etcd");
	err = (struct err)ERR_INIT;
	assert_int_equal(plane_adopt(run, NULL, &err), 0);
}

/* --- members --------------------------------------------------------------------------------- */

static struct etcd_cluster members(const char *text)
{
	struct etcd_cluster ret = { .id = 1,
				    .members = xcalloc(strlen(text), sizeof(struct etcd_member)) };

	/* H: healthy, d: down, u: never started, l: a learner */
	for (; *text; text++, ret.len++)
		ret.members[ret.len] = (struct etcd_member){
			.id = ret.len + 1,
			.name = *text == 'u' ? xstrdup("") : xasprintf("n%zu", ret.len + 1),
			.peer_urls =
				xjson_pack("[s+]", "https://10.0.0.",
					   (const char *const[]){ "1:2380", "2:2380", "3:2380",
								  "4:2380", "5:2380" }[ret.len]),
			.client_urls = json_array(),
			.learner = *text == 'l',
			.healthy = *text == 'H' || *text == 'l',
		};
	return ret;
}

static void a_majority_of_voters_is_counted_without_learners(void **state)
{
	static const struct {
		const char *members;
		uint64_t without;
		bool quorum;
	} rows[] = {
		{ "H", 0, true },      { "H", 1, false },   { "HH", 2, true },
		{ "Hd", 0, false },    { "Hd", 2, true },   { "Hd", 1, false },
		{ "HHd", 0, true },    { "HHd", 1, false }, { "HHd", 3, true },
		{ "Hdd", 0, false },   { "Hl", 0, true },   { "Hll", 0, true },
		{ "dl", 0, false },    { "Hul", 0, false }, { "HHu", 0, true },
		{ "HHdd", 0, false },  { "HHdd", 4, true }, { "HHHdd", 0, true },
		{ "HHHdd", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(etcd_cluster) struct etcd_cluster list = members(rows[i].members);

		if (etcd_quorum(&list, rows[i].without) != rows[i].quorum)
			fail_msg("%s without %u", rows[i].members, (unsigned)rows[i].without);
	}
}

static void members_are_found_by_number_and_by_address_and_the_sick_are_named(void **state)
{
	AUTO(etcd_cluster) struct etcd_cluster list = members("Hdu");
	AUTO(free) char *sick = etcd_unhealthy(&list);

	(void)state;
	assert_int_equal(etcd_member(&list, 2)->id, 2);
	assert_null(etcd_member(&list, 4));
	assert_int_equal(etcd_member_at(&list, "https://10.0.0.3:2380")->id, 3);
	assert_null(etcd_member_at(&list, "https://10.0.0.4:2380"));
	assert_string_equal(
		sick,
		"n2 (https://10.0.0.2:2380), a member (https://10.0.0.3:2380, never started)");
}

static void endpoints_are_https_and_at_least_one(void **state)
{
	AUTO(json) json_t *none = json_array();
	AUTO(json) json_t *plain = xjson_pack("[s]", "http://10.0.0.1:2379");
	struct etcd *etcd = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(etcd_open(&(struct etcd_peer){ .timeout_s = 1 }, none, &etcd, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(etcd_open(&(struct etcd_peer){ .timeout_s = 1 }, plain, &etcd, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(etcd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_the_cluster_says_of_itself_counts_and_of_the_node_what_the_node_says),
		cmocka_unit_test(a_cluster_that_names_its_kind_of_keys_is_followed),
		cmocka_unit_test(
			volume_plugins_lie_where_the_cluster_s_controller_managers_look),
		cmocka_unit_test(a_configuration_that_is_none_is_refused),
		cmocka_unit_test_setup_teardown(
			etcds_manifest_names_every_member_and_that_they_exist, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_other_pods_are_of_the_cluster_and_at_this_hosts_address, setup,
			teardown),
		cmocka_unit_test_setup_teardown(nothing_of_it_happens_on_a_worker, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_a_stable_endpoint_a_cluster_gets_no_further_control_plane, setup,
			teardown),
		cmocka_unit_test(a_majority_of_voters_is_counted_without_learners),
		cmocka_unit_test(members_are_found_by_number_and_by_address_and_the_sick_are_named),
		cmocka_unit_test(endpoints_are_https_and_at_least_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
