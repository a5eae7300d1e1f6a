#include "base/net.h"
#include "manifests/objects.h"
#include "tests/unit/manifest_help.h"

/* One golden set: its configuration, what kubeadm made of it, and what is derived for ours. */
struct set {
	struct input input;
	json_t *theirs, *ours;
	char *dns_ip, *server, *repository, *dns_image, *proxy_image, *version_text;
	bool v6;
};

static const json_t *find(const json_t *objects, const char *kind, const char *name)
{
	json_t *object;
	size_t i;

	json_array_foreach (objects, i, object)
		if (str_eq(json_str(object, "kind"), kind) &&
		    str_eq(json_str(json_object_get(object, "metadata"), "name"), name))
			return object;
	return NULL;
}

static const char *data_of(const json_t *objects, const char *name, const char *key)
{
	const json_t *map = find(objects, "ConfigMap", name);
	const char *text = json_str(json_object_get(map, "data"), key);

	if (!text)
		fail_msg("ConfigMap %s has no %s", name, key);
	return text;
}

static const char *subnet(const struct set *set, const char *name, const char *otherwise)
{
	return or_else(json_str(json_object_get(set->input.cluster, "networking"), name),
		       otherwise);
}

static char *tenth_address(const char *subnets)
{
	AUTO(free) char *first = xstrndup(subnets, strcspn(subnets, ","));
	struct net_cidr cidr;
	struct net_addr addr;

	assert_true(net_parse_cidr(first, &cidr) && net_nth(&cidr, 10, &addr));
	return net_format_addr(&addr);
}

static struct set open_set(const char *input, const char *directory)
{
	AUTO(free) char *file = xasprintf("%s/objects.yaml", directory), *local = NULL;
	struct set set = { .input = read_input(input),
			   .theirs = golden_documents(file),
			   .ours = json_array() };
	const json_t *endpoint = json_object_get(set.input.init, "localAPIEndpoint");
	const json_t *port = json_object_get(endpoint, "bindPort");
	const char *address = json_str(endpoint, "advertiseAddress"), *tag, *path, *standard;
	const char *own = json_str(set.input.cluster, "imageRepository");

	local = net_join(address, port ? (int)json_integer_value(port) : 6443);
	set.v6 = strchr(address, ':') != NULL;
	set.dns_ip = tenth_address(subnet(&set, "serviceSubnet", "10.96.0.0/12"));
	set.server = xasprintf("https://%s",
			       or_else(json_str(set.input.cluster, "controlPlaneEndpoint"), local));
	set.version_text = xstrdup(json_str(set.input.cluster, "kubernetesVersion"));
	assert_ok(versions_value(&set.input.version, "repository", &standard, e));
	assert_ok(versions_value(&set.input.version, "coredns", &tag, e));
	assert_ok(versions_value(&set.input.version, "coredns_path", &path, e));
	set.repository = xstrdup(own ? own : standard);
	set.dns_image = xasprintf("%s/%s:%s", set.repository, own ? "coredns" : path, tag);
	set.proxy_image = xasprintf("%s/kube-proxy:%s", set.repository, set.version_text);
	return set;
}

static void close_set(struct set *set)
{
	clear_input(&set->input);
	json_decref(set->theirs);
	json_decref(set->ours);
	free(set->dns_ip);
	free(set->server);
	free(set->repository);
	free(set->dns_image);
	free(set->proxy_image);
	free(set->version_text);
}

static struct component_want components(const struct set *set)
{
	return (struct component_want){
		.kubeadm_profile = true,
		.dns_ip = set->dns_ip,
		.dns_domain = subnet(set, "dnsDomain", "cluster.local"),
		.pod_subnet = subnet(set, "podSubnet", NULL),
		.static_pod_path = "/etc/kubernetes/manifests",
		.client_ca_file = str_eq(json_str(set->input.cluster, "certificatesDir"), NULL)
					  ? "/etc/kubernetes/pki/ca.crt"
					  : "/etc/kubernetes/certs/ca.crt",
		.bind_address = set->v6 ? "::" : "0.0.0.0",
		.feature_gates = json_object_get(set->input.cluster, "featureGates"),
	};
}

/* The kubelet's configuration with the user's over it, as text. */
static char *kubelet_text(const struct set *set)
{
	struct component_want want = components(set);
	json_t *user = json_array_get(set->input.docs, 2), *value;
	AUTO(json) json_t *configuration = NULL;
	const char *key;

	assert_ok(objects_kubelet_configuration(&set->input.version, &want, &configuration, e));
	json_object_foreach (user, key, value)
		json_object_set(configuration, key, value);
	return yaml_dump(configuration, 1);
}

static void add_configuration(struct set *set)
{
	bool status = !semver_atleast(&set->input.version, 1, 22);
	AUTO(free) char *kubelet = kubelet_text(set);
	const char *name;

	assert_ok(objects_config(
		&set->input.version, data_of(set->theirs, "kubeadm-config", "ClusterConfiguration"),
		status ? data_of(set->theirs, "kubeadm-config", "ClusterStatus") : NULL, kubelet,
		set->ours, e));
	assert_ok(versions_value(&set->input.version, "kubelet_config", &name, e));
	if (!json_array_get(set->input.docs, 2))
		assert_ok(objects_mark_generated(set->ours, name, e));
}

static void add_token(struct set *set)
{
	const json_t *row = json_array_get(json_object_get(set->input.init, "bootstrapTokens"), 0);
	AUTO(json) json_t *usages = json_pack("[s,s]", "signing", "authentication");
	AUTO(json)
	json_t *groups = json_pack("[s]", "system:bootstrappers:kubeadm:default-node-token");
	const char *token = json_str(row, "token");
	AUTO(free) char *id = NULL;

	if (!token)
		return;
	id = xstrndup(token, 6);
	assert_ok(objects_token(
		id, token + 7, json_str(row, "description"), NULL,
		json_object_get(row, "usages") ? json_object_get(row, "usages") : usages,
		json_object_get(row, "groups") ? json_object_get(row, "groups") : groups, set->ours,
		e));
}

static void add_addons(struct set *set)
{
	struct component_want component = components(set);
	AUTO(json) json_t *configuration = NULL;
	AUTO(free) char *text = NULL;
	struct addon_want want = {
		.repository = set->repository,
		.dns_image = set->dns_image,
		.proxy_image = set->proxy_image,
		.dns_ip = set->dns_ip,
		.dns_domain = component.dns_domain,
		.server = set->server,
	};

	assert_ok(objects_proxy_configuration(&set->input.version, &component, &configuration, e));
	want.proxy_config = text = yaml_dump(configuration, 1);
	assert_ok(objects_coredns(&set->input.version, &want, set->ours, e));
	assert_ok(objects_kube_proxy(&set->input.version, &want, set->ours, e));
}

/* Intended differences: what we leave out of kubeadm's objects, and why. Each row must be met. */
static const struct {
	const char *kind, *name, *field, *why;
	int first_minor, last_minor;
} left_out[] = {
	{ "ClusterRole", "kubeadm:get-nodes", "namespace",
	  "a cluster role has none; the server drops it", 20, 20 },
	{ "ClusterRoleBinding", "kubeadm:get-nodes", "namespace",
	  "a cluster role binding has none; the server drops it", 20, 20 },
	{ "Service", "kube-dns", "resourceVersion",
	  "server-side apply would take it for a version to be met", 20, 36 },
};

static void leave_out(struct set *set)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
		const json_t *object = find(set->theirs, left_out[i].kind, left_out[i].name);

		if (set->input.version.minor < left_out[i].first_minor ||
		    set->input.version.minor > left_out[i].last_minor)
			continue;
		if (json_object_del(json_object_get(object, "metadata"), left_out[i].field) < 0)
			fail_msg("%s %s has no %s that could be left out (%s)", left_out[i].kind,
				 left_out[i].name, left_out[i].field, left_out[i].why);
	}
}

/* Groups and users are of an API group that the server fills in where kubeadm leaves it out. */
static void name_api_groups(json_t *objects)
{
	json_t *object, *subject;
	size_t i, j;

	json_array_foreach (objects, i, object)
		json_array_foreach (json_object_get(object, "subjects"), j, subject)
			if (!str_eq(json_str(subject, "kind"), "ServiceAccount"))
				json_object_set_new(subject, "apiGroup",
						    json_string("rbac.authorization.k8s.io"));
}

static void all_of_in(const json_t *some, const json_t *others, const char *whose)
{
	json_t *object;
	size_t i;

	json_array_foreach (some, i, object) {
		const char *kind = json_str(object, "kind");
		const char *name = json_str(json_object_get(object, "metadata"), "name");
		AUTO(free) char *label = xasprintf("%s %s", kind, name);
		const json_t *other = find(others, kind, name);

		if (!other)
			fail_msg("%s is %s only", label, whose);
		assert_same_substance(label, object, other);
	}
}

static void compare(const char *input, const char *directory)
{
	struct set set = open_set(input, directory);

	add_configuration(&set);
	add_token(&set);
	assert_ok(objects_bootstrap_rbac(&set.input.version, set.ours, e));
	assert_ok(objects_admins(&set.input.version, set.ours, e));
	assert_ok(objects_cluster_info(data_of(set.theirs, "cluster-info", "kubeconfig"), NULL,
				       NULL, set.ours, e));
	add_addons(&set);
	/* kubeadm did not make kube-proxy's configuration for 1.36: it printed it. */
	if (set.input.version.minor < 36)
		assert_ok(objects_mark_generated(set.ours, "kube-proxy", e));
	leave_out(&set);
	name_api_groups(set.theirs);
	all_of_in(set.ours, set.theirs, "ours");
	all_of_in(set.theirs, set.ours, "kubeadm's");
	close_set(&set);
}

static void objects_of_1_20_are_kubeadms(void **state)
{
	(void)state;
	compare("first", "kubeadm-1.20.2/first");
}

static void objects_follow_the_configuration_as_kubeadms(void **state)
{
	(void)state;
	compare("second", "kubeadm-1.20.2/second");
	compare("ipv6", "kubeadm-1.20.2/ipv6");
	compare("dual", "kubeadm-1.20.2/dual");
}

static void objects_of_1_36_are_kubeadms(void **state)
{
	(void)state;
	compare("first-1.36", "kubeadm-1.36.2/first");
}

static void kubelet_file_is_kubeadms_to_the_byte(void **state)
{
	static const char *const rows[][2] = { { "first", "kubeadm-1.20.2/first" },
					       { "second", "kubeadm-1.20.2/second" },
					       { "ipv6", "kubeadm-1.20.2/ipv6" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		AUTO(free) char *file = xasprintf("%s/var/lib/kubelet/config.yaml", rows[i][1]);
		AUTO(free) char *theirs = golden(file), *ours = NULL;
		struct set set = open_set(rows[i][0], rows[i][1]);

		ours = kubelet_text(&set);
		assert_same_text(file, ours, theirs);
		close_set(&set);
	}
}

static json_t *kubelet_of(const char *v, const struct component_want *want)
{
	struct semver at = version(v);
	json_t *configuration = NULL;

	assert_ok(objects_kubelet_configuration(&at, want, &configuration, e));
	return configuration;
}

static const struct component_want plain = {
	.kubeadm_profile = true,
	.dns_ip = "10.96.0.10",
	.dns_domain = "cluster.local",
	.static_pod_path = "/etc/kubernetes/manifests",
	.client_ca_file = "/etc/kubernetes/pki/ca.crt",
};

static void optional_kubelet_settings_stand_only_when_given(void **state)
{
	struct component_want want = plain;
	AUTO(json) json_t *without = kubelet_of("1.20.2", &want), *with = NULL;

	(void)state;
	want.resolv_conf = "/run/systemd/resolve/resolv.conf";
	want.volume_plugin_dir = "/var/lib/kubelet/volumeplugins";
	want.cgroup_driver = "systemd";
	with = kubelet_of("1.20.2", &want);
	assert_null(json_object_get(without, "resolvConf"));
	assert_null(json_object_get(without, "volumePluginDir"));
	assert_null(json_object_get(without, "cgroupDriver"));
	assert_string_equal(json_str(with, "resolvConf"), want.resolv_conf);
	assert_string_equal(json_str(with, "volumePluginDir"), want.volume_plugin_dir);
	assert_string_equal(json_str(with, "cgroupDriver"), "systemd");
}

static void cgroup_driver_is_systemd_from_1_21(void **state)
{
	AUTO(json) json_t *old = kubelet_of("1.20.15", &plain), *new = kubelet_of("1.22.0", &plain);

	(void)state;
	assert_null(json_object_get(old, "cgroupDriver"));
	assert_string_equal(json_str(new, "cgroupDriver"), "systemd");
}

/* What the default profile adds, and that it changes nothing else of kubeadm's but what it names.
 */
static void hardened_kubelet_closes_idle_streams_and_weak_ciphers(void **state)
{
	struct component_want want = plain;
	AUTO(json) json_t *kubeadms = kubelet_of("1.36.2", &want), *hard = NULL;
	json_t *value;
	const char *key;

	(void)state;
	want.kubeadm_profile = false;
	hard = kubelet_of("1.36.2", &want);
	assert_string_equal(json_str(hard, "streamingConnectionIdleTimeout"), "4h0m0s");
	assert_string_equal(json_str(hard, "tlsMinVersion"), "VersionTLS12");
	assert_int_equal(json_array_size(json_object_get(hard, "tlsCipherSuites")), 4);
	json_object_foreach (kubeadms, key, value)
		if (strcmp(key, "streamingConnectionIdleTimeout") != 0)
			assert_true(json_equal(value, json_object_get(hard, key)));
}

/* By default kubeadm's nodes keep kubeadm's way, and kstrap's own get it beside this. */
static void only_the_cis_profile_has_every_node_ask_for_serving_certificates(void **state)
{
	struct component_want want = plain;
	AUTO(json) json_t *hard = NULL, *cis = NULL;

	(void)state;
	want.kubeadm_profile = false;
	hard = kubelet_of("1.36.2", &want);
	want.cis_profile = true;
	cis = kubelet_of("1.36.2", &want);
	assert_null(json_object_get(hard, "serverTLSBootstrap"));
	assert_true(json_is_true(json_object_get(cis, "serverTLSBootstrap")));
	json_object_del(cis, "serverTLSBootstrap");
	assert_true(json_equal(hard, cis));
}

static void a_container_leaves_conntrack_alone(void **state)
{
	struct component_want want = plain;
	struct semver v = version("1.20.2");
	AUTO(json) json_t *with = NULL, *without = NULL;

	(void)state;
	assert_ok(objects_proxy_configuration(&v, &want, &without, e));
	want.conntrack_off = true;
	assert_ok(objects_proxy_configuration(&v, &want, &with, e));
	assert_true(json_is_null(json_at(without, "conntrack.maxPerCore")));
	assert_int_equal(json_integer_value(json_at(with, "conntrack.maxPerCore")), 0);
	assert_true(json_is_integer(json_at(with, "conntrack.maxPerCore")));
}

static void cluster_info_carries_the_signature_of_its_token(void **state)
{
	AUTO(json) json_t *out = json_array();
	const json_t *data;

	(void)state;
	assert_ok(objects_cluster_info("kind: Config\n", "abcdef", "h..s", out, e));
	data = json_object_get(json_array_get(out, 0), "data");
	assert_string_equal(json_str(data, "jws-kubeconfig-abcdef"), "h..s");
	assert_string_equal(json_str(data, "kubeconfig"), "kind: Config\n");
}

static void a_token_that_expires_says_when(void **state)
{
	AUTO(json) json_t *out = json_array(), *none = json_array();

	(void)state;
	assert_ok(objects_token("abcdef", "0123456789abcdef", NULL, "2026-11-21T00:00:00Z", none,
				none, out, e));
	/* base64 of the time */
	assert_string_equal(json_str(json_at(json_array_get(out, 0), "data"), "expiration"),
			    "MjAyNi0xMS0yMVQwMDowMDowMFo=");
	assert_null(json_at(json_array_get(out, 0), "data.auth-extra-groups"));
}

static void certificates_go_with_their_token(void **state)
{
	AUTO(json) json_t *out = json_array(), *data = json_pack("{s:s}", "ca.crt", "AAAA");
	AUTO(json) json_t *owners = json_pack("[{s:s}]", "uid", "u");

	(void)state;
	assert_ok(objects_certificates(data, owners, out, e));
	assert_int_equal(json_array_size(out), 3);
	assert_true(
		json_equal(json_at(json_array_get(out, 0), "metadata.ownerReferences"), owners));
	assert_true(json_equal(json_at(json_array_get(out, 0), "data"), data));
}

static void marking_what_is_not_there_is_a_bug(void **state)
{
	AUTO(json) json_t *none = json_array();

	(void)state;
	assert_refused(objects_mark_generated(none, "kube-proxy", e), ERR_BUG, "kube-proxy");
}

static void every_supported_version_makes_all_objects(void **state)
{
	(void)state;
	for (int minor = 20; minor <= 37; minor++) {
		struct semver v = { 1, minor, 0 };
		struct addon_want want = { .dns_image = "d",
					   .proxy_image = "p",
					   .dns_ip = "10.0.0.10",
					   .dns_domain = "x",
					   .server = "https://s",
					   .proxy_config = "kind: K\n" };
		AUTO(json) json_t *out = json_array(), *configuration = NULL;
		AUTO(free) char *text = NULL;

		assert_ok(objects_config(&v, "c", NULL, "k", out, e));
		assert_ok(objects_bootstrap_rbac(&v, out, e));
		assert_ok(objects_admins(&v, out, e));
		assert_ok(objects_coredns(&v, &want, out, e));
		assert_ok(objects_kube_proxy(&v, &want, out, e));
		assert_ok(objects_kubelet_configuration(&v, &plain, &configuration, e));
		json_array_append(out, configuration);
		text = yaml_dump(out, 0);
		assert_null(strstr(text, "{{"));
		assert_int_equal(find(out, "ClusterRoleBinding", "kubeadm:cluster-admins") != NULL,
				 minor >= 29);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_of_1_20_are_kubeadms),
		cmocka_unit_test(objects_follow_the_configuration_as_kubeadms),
		cmocka_unit_test(objects_of_1_36_are_kubeadms),
		cmocka_unit_test(kubelet_file_is_kubeadms_to_the_byte),
		cmocka_unit_test(optional_kubelet_settings_stand_only_when_given),
		cmocka_unit_test(cgroup_driver_is_systemd_from_1_21),
		cmocka_unit_test(hardened_kubelet_closes_idle_streams_and_weak_ciphers),
		cmocka_unit_test(only_the_cis_profile_has_every_node_ask_for_serving_certificates),
		cmocka_unit_test(a_container_leaves_conntrack_alone),
		cmocka_unit_test(cluster_info_carries_the_signature_of_its_token),
		cmocka_unit_test(a_token_that_expires_says_when),
		cmocka_unit_test(certificates_go_with_their_token),
		cmocka_unit_test(marking_what_is_not_there_is_a_bug),
		cmocka_unit_test(every_supported_version_makes_all_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
