#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "phases/cluster.h"

static struct err err;

static json_t *facts(void)
{
	return xjson_pack("{s:s, s:s, s:s, s:s, s:s}", "hostname", "master", "address",
			  "10.77.0.10", "kubelet", "v1.20.2", "criSocket",
			  "unix:///run/containerd/containerd.sock", "cgroupDriver", "cgroupfs");
}

static struct cluster *derive(struct config *config, json_t *take)
{
	struct cluster *cluster = NULL;

	memset(&err, 0, sizeof(err));
	if (cluster_derive(config, take, &cluster, &err) < 0)
		cluster = NULL;
	json_decref(take);
	return cluster;
}

static void set(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static void assert_list(const json_t *list, const char *wanted)
{
	AUTO(buf) struct buf text = BUF_INIT(4096);
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		(void)buf_addf(&text, "%s%s", i ? " " : "", json_string_value(item));
	assert_string_equal(text.data ? text.data : "", wanted);
}

static void the_host_fills_what_the_user_left_open(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	struct cluster *cluster = derive(config, facts());

	(void)state;
	if (!cluster)
		fail_msg("%s", err.msg);
	assert_string_equal(cluster->version_text, "v1.20.2");
	assert_string_equal(cluster->node_name, "master");
	assert_string_equal(cluster->server, "https://10.77.0.10:6443");
	assert_string_equal(cluster->local_server, "https://10.77.0.10:6443");
	assert_string_equal(cluster->service_ip, "10.96.0.1");
	assert_string_equal(cluster->dns_ip, "10.96.0.10");
	assert_string_equal(cluster->cgroup_driver, "cgroupfs");
	assert_string_equal(config->kubernetes_version, "v1.20.2");
	assert_string_equal(config->node_name, "master");
	assert_string_equal(config->advertise_address, "10.77.0.10");
	cluster_free(cluster);
}

static void what_the_user_says_wins(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	struct cluster *cluster;

	(void)state;
	set(&config->node_name, "other");
	set(&config->advertise_address, "192.0.2.7");
	set(&config->control_plane_endpoint, "lb.example.com");
	set(&config->pod_subnet, "10.1.0.0/16");
	set(&config->service_subnet, "10.2.0.0/16");
	config->bind_port = 7443;
	cluster = derive(config, facts());
	if (!cluster)
		fail_msg("%s", err.msg);
	assert_string_equal(cluster->node_name, "other");
	assert_string_equal(cluster->endpoint, "lb.example.com:7443");
	assert_string_equal(cluster->local_server, "https://192.0.2.7:7443");
	assert_string_equal(cluster->pod_subnet, "10.1.0.0/16");
	assert_list(cluster->apiserver_sans,
		    "kubernetes kubernetes.default kubernetes.default.svc "
		    "kubernetes.default.svc.cluster.local lb.example.com other 10.2.0.1 192.0.2.7");
	assert_list(cluster->etcd_server_sans, "localhost other 192.0.2.7 127.0.0.1 ::1");
	cluster_free(cluster);
}

static void names_are_sorted_and_told_once_and_addresses_follow(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	struct cluster *cluster;

	(void)state;
	json_array_append_new(config->apiserver_sans, json_string("a.example.com"));
	json_array_append_new(config->apiserver_sans, json_string("10.77.0.10"));
	json_array_append_new(config->apiserver_sans, json_string("203.0.113.9"));
	json_array_append_new(config->apiserver_sans, json_string("master"));
	cluster = derive(config, facts());
	assert_non_null(cluster);
	assert_list(cluster->apiserver_sans,
		    "a.example.com kubernetes kubernetes.default kubernetes.default.svc "
		    "kubernetes.default.svc.cluster.local master 10.96.0.1 10.77.0.10 203.0.113.9");
	cluster_free(cluster);
}

static void the_socket_has_the_form_its_kubelet_reads(void **state)
{
	static const struct {
		const char *kubelet, *socket, *wanted;
	} rows[] = {
		{ "v1.20.2", "unix:///run/x.sock", "/run/x.sock" },
		{ "v1.23.17", "/run/x.sock", "/run/x.sock" },
		{ "v1.24.0", "/run/x.sock", "unix:///run/x.sock" },
		{ "v1.36.2", "unix:///run/x.sock", "unix:///run/x.sock" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		json_t *host = facts();
		struct cluster *cluster;

		json_object_set_new(host, "kubelet", json_string(rows[i].kubelet));
		set(&config->cri_socket, rows[i].socket);
		cluster = derive(config, host);
		assert_non_null(cluster);
		assert_string_equal(cluster->cri_socket, rows[i].wanted);
		cluster_free(cluster);
	}
}

static void coredns_is_where_its_version_has_it(void **state)
{
	static const struct {
		const char *version, *repository, *wanted;
	} rows[] = {
		{ "v1.20.2", NULL, "k8s.gcr.io/coredns:1.7.0" },
		{ "v1.21.0", NULL, "k8s.gcr.io/coredns/coredns:v1.8.0" },
		{ "v1.21.0", "r.example.com/k", "r.example.com/k/coredns:v1.8.0" },
		{ "v1.30.0", NULL, "registry.k8s.io/coredns/coredns:v1.11.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		struct cluster *cluster;

		set(&config->kubernetes_version, rows[i].version);
		if (rows[i].repository)
			set(&config->image_repository, rows[i].repository);
		cluster = derive(config, facts());
		assert_non_null(cluster);
		assert_string_equal(json_str(cluster->images, "coredns"), rows[i].wanted);
		cluster_free(cluster);
	}
}

static void what_cannot_be_known_is_asked_for(void **state)
{
	static const struct {
		const char *fact, *wanted;
		enum err_code code;
	} rows[] = {
		{ "kubelet", "--kubernetes-version", ERR_HOST },
		{ "address", "--apiserver-advertise-address", ERR_HOST },
		{ "hostname", "--node-name", ERR_CONFIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		json_t *host = facts();

		json_object_del(host, rows[i].fact);
		assert_null(derive(config, host));
		assert_int_equal(err.code, rows[i].code);
		assert_non_null(strstr(err.next, rows[i].wanted));
	}
}

static void a_host_name_that_is_no_node_name_is_refused(void **state)
{
	static const char *const names[] = { "a b", "Master", "-a", "a-", "a..b", "a.", ".a", "",
					     "a_b" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		json_t *host = facts();

		json_object_set_new(host, "hostname", json_string(names[i]));
		assert_null(derive(config, host));
		assert_int_equal(err.code, ERR_CONFIG);
	}
}

static void the_pods_network_is_none_of_the_services(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	(void)state;
	set(&config->service_subnet, "10.244.0.0/16"); /* over our default for pods */
	assert_null(derive(config, facts()));
	assert_non_null(strstr(err.msg, "overlap"));
}

/* address, services, pods -> dns, error (a part of it) */
static void subnets_are_of_one_family_or_of_both(void **state)
{
	static const struct {
		const char *version, *address, *services, *pods, *gate, *dns, *error;
	} rows[] = {
		{ "v1.20.2", "fd00::10", "fd02::/112", "fd01::/48", NULL, "fd02::a", NULL },
		{ "v1.36.2", "10.0.0.1", "10.96.0.0/12,fd02::/112", "10.244.0.0/16,fd01::/48", NULL,
		  "10.96.0.10", NULL },
		{ "v1.36.2", "fd00::10", "fd02::/112,10.96.0.0/12", "fd01::/48,10.244.0.0/16", NULL,
		  "fd02::a", NULL },
		{ "v1.20.2", "fd00::10", "fd02::/112,10.96.0.0/12", "fd01::/48,10.244.0.0/16",
		  "true", "fd02::a", NULL },
		{ "v1.20.2", "10.0.0.1", "10.96.0.0/12,fd02::/112", "10.244.0.0/16,fd01::/48", NULL,
		  NULL, "not switched on" },
		{ "v1.21.0", "10.0.0.1", "10.96.0.0/12,fd02::/112", "10.244.0.0/16,fd01::/48", NULL,
		  "10.96.0.10", NULL },
		{ "v1.22.0", "10.0.0.1", "10.96.0.0/12", "10.244.0.0/16,fd01::/48", "false", NULL,
		  "switched off" },
		{ "v1.36.2", "10.0.0.1", "fd02::/112,10.96.0.0/12", "fd01::/48,10.244.0.0/16", NULL,
		  NULL, "first subnet IPv6" },
		{ "v1.36.2", "fd00::10", "10.96.0.0/12", NULL, NULL, NULL, "first subnet IPv4" },
		{ "v1.36.2", "fd00::10", "fd02::/112", NULL, NULL, NULL, "an IPv6 subnet" },
		{ "v1.36.2", "10.0.0.1", "10.96.0.0/12,fd02::/112", NULL, NULL, NULL,
		  "a subnet of each family" },
		/* The documentation's own example of dual stack has the services within the pods. */
		{ "v1.36.2", "fd00::10", "2001:db8:42:1::/112", "2001:db8:42::/56", NULL,
		  "2001:db8:42:1::a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		struct cluster *cluster;

		set(&config->kubernetes_version, rows[i].version);
		set(&config->advertise_address, rows[i].address);
		set(&config->service_subnet, rows[i].services);
		set(&config->pod_subnet, rows[i].pods);
		if (rows[i].gate)
			json_object_set_new(config->feature_gates, "IPv6DualStack",
					    json_boolean(str_eq(rows[i].gate, "true")));
		cluster = derive(config, facts());
		if (!cluster != (rows[i].error != NULL))
			fail_msg("row %zu: %s", i, err.msg);
		if (cluster)
			assert_string_equal(cluster->dns_ip, rows[i].dns);
		else if (!strstr(err.msg, rows[i].error) || !err.next[0])
			fail_msg("row %zu: %s / %s", i, err.msg, err.next);
		cluster_free(cluster);
	}
}

static void an_ipv6_server_has_brackets_wherever_a_port_follows(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	struct cluster *cluster;

	(void)state;
	set(&config->advertise_address, "FD00:0::10");
	set(&config->service_subnet, "fd02::/112");
	set(&config->pod_subnet, "fd01::/48");
	set(&config->control_plane_endpoint, "fd00::99");
	cluster = derive(config, facts());
	if (!cluster)
		fail_msg("%s", err.msg);
	assert_string_equal(cluster->local_server, "https://[fd00::10]:6443");
	assert_string_equal(cluster->server, "https://[fd00::99]:6443");
	assert_list(cluster->apiserver_sans,
		    "kubernetes kubernetes.default kubernetes.default.svc "
		    "kubernetes.default.svc.cluster.local master fd02::1 fd00::10 fd00::99");
	assert_list(cluster->etcd_server_sans, "localhost master fd00::10 127.0.0.1 ::1");
	cluster_free(cluster);
}

static void a_worker_needs_neither_address_nor_subnets(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_JOIN);
	json_t *host = facts();
	struct cluster *cluster;

	(void)state;
	json_object_del(host, "address");
	cluster = derive(config, host);
	if (!cluster)
		fail_msg("%s", err.msg);
	assert_string_equal(cluster->node_name, "master");
	assert_null(cluster->server);
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_fills_what_the_user_left_open),
		cmocka_unit_test(what_the_user_says_wins),
		cmocka_unit_test(names_are_sorted_and_told_once_and_addresses_follow),
		cmocka_unit_test(the_socket_has_the_form_its_kubelet_reads),
		cmocka_unit_test(coredns_is_where_its_version_has_it),
		cmocka_unit_test(what_cannot_be_known_is_asked_for),
		cmocka_unit_test(a_host_name_that_is_no_node_name_is_refused),
		cmocka_unit_test(the_pods_network_is_none_of_the_services),
		cmocka_unit_test(subnets_are_of_one_family_or_of_both),
		cmocka_unit_test(an_ipv6_server_has_brackets_wherever_a_port_follows),
		cmocka_unit_test(a_worker_needs_neither_address_nor_subnets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
