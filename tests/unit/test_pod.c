#include "tests/unit/manifest_help.h"

static const char *const components[] = { "etcd", "kube-apiserver", "kube-controller-manager",
					  "kube-scheduler" };

/* The pod of one component of a golden set as a new object. */
static json_t *make(const struct input *input, const char *component, bool ca_key)
{
	struct made_want made = make_want(input, component);
	json_t *pod = NULL;

	made.want.ca_key_present = ca_key;
	assert_ok(pod_make(component, &input->version, &made.want, &pod, e));
	clear_want(&made);
	return pod;
}

static void compare_set(const char *set, const char *input_name, bool ca_key)
{
	struct input input = read_input(input_name);
	size_t compared = 0;

	for (size_t i = 0; i < 4; i++) {
		AUTO(free)
		char *name = xasprintf("%s/etc/kubernetes/manifests/%s.yaml", set, components[i]);
		AUTO(free) char *theirs = golden(name), *ours = NULL;
		AUTO(json) json_t *pod = NULL;

		/* An external etcd has no pod. */
		if (!theirs && strcmp(components[i], "etcd") == 0 &&
		    json_at(input.cluster, "etcd.external"))
			continue;
		if (!theirs)
			fail_msg("tests/golden/%s is missing", name);
		pod = make(&input, components[i], ca_key);
		ours = yaml_dump(pod, 0);
		assert_same_text(name, ours, theirs);
		compared++;
	}
	assert_true(compared >= 3);
	clear_input(&input);
}

static void pods_of_1_20_are_kubeadms_to_the_byte(void **state)
{
	(void)state;
	compare_set("kubeadm-1.20.2/first", "first", true);
}

static void pods_of_1_36_are_kubeadms_to_the_byte(void **state)
{
	(void)state;
	compare_set("kubeadm-1.36.2/first", "first-1.36", true);
}

static void users_arguments_and_volumes_stand_where_kubeadm_puts_them(void **state)
{
	(void)state;
	compare_set("kubeadm-1.20.2/second", "second", true);
}

static void ipv6_addresses_have_brackets_where_kubeadm_puts_them(void **state)
{
	(void)state;
	compare_set("kubeadm-1.20.2/ipv6", "ipv6", true);
	compare_set("kubeadm-1.20.2/dual", "dual", true);
}

static void an_external_etcd_is_reached_as_kubeadm_does(void **state)
{
	(void)state;
	compare_set("kubeadm-1.20.2/external-etcd", "external-etcd", true);
}

static void an_external_ca_signs_nothing_here(void **state)
{
	(void)state;
	compare_set("kubeadm-1.20.2/external-ca", "external-ca", false);
}

static json_t *command_of(const json_t *pod)
{
	return json_object_get(json_array_get(json_at(pod, "spec.containers"), 0), "command");
}

static bool has_arg(const json_t *pod, const char *wanted)
{
	json_t *arg;
	size_t i;

	json_array_foreach (command_of(pod), i, arg)
		if (str_eq(json_string_value(arg), wanted))
			return true;
	return false;
}

static json_t *make_for(const char *component, const char *v, void (*change)(struct pod_want *))
{
	struct input input = read_input("first");
	struct made_want made = make_want(&input, component);
	json_t *pod = NULL;

	input.version = version(v);
	if (change)
		change(&made.want);
	assert_ok(pod_make(component, &input.version, &made.want, &pod, e));
	clear_want(&made);
	clear_input(&input);
	return pod;
}

/* 1.31 to 1.35 sort the whole command line; from 1.36 the user's stand last, as given. */
static void order_of_arguments_changes_with_1_36(void **state)
{
	AUTO(json) json_t *base = parse("[\"--b=1\", \"--a-b=1\", \"--a=1\", \"--c=1\"]");
	AUTO(json)
	json_t *user = parse("[{name: z, value: '1'}, {name: a, value: '9'},"
			     " {name: a, value: '8'}, {name: b, value: ''}]");
	AUTO(json)
	json_t *sorted_docs =
		parse("[\"--a=8\", \"--a=9\", \"--a-b=1\", \"--b=\", \"--c=1\", \"--z=1\"]");
	AUTO(json)
	json_t *given_docs =
		parse("[\"--a-b=1\", \"--c=1\", \"--z=1\", \"--a=9\", \"--a=8\", \"--b=\"]");
	struct semver v35 = version("1.35.0"), v36 = version("1.36.0");
	AUTO(json)
	json_t *old = manifest_args(&v35, json_array_get(base, 0), json_array_get(user, 0));
	AUTO(json)
	json_t *new = manifest_args(&v36, json_array_get(base, 0), json_array_get(user, 0));

	(void)state;
	assert_true(json_equal(old, json_array_get(sorted_docs, 0)));
	assert_true(json_equal(new, json_array_get(given_docs, 0)));
}

static void with_loopback(struct pod_want *want)
{
	want->etcd_loopback = true;
}

static void a_single_nodes_etcd_listens_on_loopback_only(void **state)
{
	AUTO(json) json_t *pod = make_for("etcd", "v1.20.2", with_loopback);
	AUTO(free) char *text = yaml_dump(pod, 0);

	(void)state;
	assert_null(strstr(text, "10.77.0.10"));
	assert_true(has_arg(pod, "--listen-client-urls=https://127.0.0.1:2379"));
	assert_true(has_arg(pod, "--initial-cluster=master=https://127.0.0.1:2380"));
}

static void with_members(struct pod_want *want)
{
	want->etcd_initial_cluster = "a=https://10.0.0.1:2380,master=https://10.77.0.10:2380";
}

static void a_joining_member_names_the_cluster_it_joins(void **state)
{
	AUTO(json) json_t *pod = make_for("etcd", "v1.20.2", with_members);

	(void)state;
	assert_true(has_arg(pod, "--initial-cluster-state=existing"));
	assert_true(has_arg(pod, "--initial-cluster=a=https://10.0.0.1:2380,"
				 "master=https://10.77.0.10:2380"));
}

static void with_default_profile(struct pod_want *want)
{
	want->kubeadm_profile = false;
	want->volume_plugin_dir = "/var/lib/kubelet/volumeplugins";
}

static void with_spc(struct pod_want *want)
{
	with_default_profile(want);
	want->spc = true;
}

static void with_spc_for_kubeadm(struct pod_want *want)
{
	want->spc = true;
}

/* container_t may read neither kubernetes_file_t nor var_lib_t; the pods' other settings stay. */
static void on_a_host_with_selinux_the_pods_run_as_spc_t(void **state)
{
	static const char *const versions[] = { "1.20.2", "1.21.0", "1.22.0", "1.36.2" };

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		const char *component = components[i / 4], *v = versions[i % 4];
		AUTO(json) json_t *pod = make_for(component, v, with_spc);
		AUTO(json) json_t *plain = make_for(component, v, with_default_profile);
		AUTO(json) json_t *bytes = make_for(component, v, with_spc_for_kubeadm);
		AUTO(json) json_t *kubeadms = make_for(component, v, NULL);
		const json_t *type = json_at(pod, "spec.securityContext.seLinuxOptions.type");

		assert_string_equal(json_string_value(type), "spc_t");
		assert_true(json_equal(bytes, kubeadms));
		json_object_del(json_object_get(json_object_get(pod, "spec"), "securityContext"),
				"seLinuxOptions");
		if (i % 4 < 2) /* before 1.22 there was nothing else in it */
			json_object_del(json_object_get(pod, "spec"), "securityContext");
		assert_true(json_equal(pod, plain));
	}
}

/* Every flag that the default profile adds is one of hardening.yaml's, and nothing of kubeadm's is
 * changed but the place of the volume plugins. */
static void the_default_profile_only_adds(void **state)
{
	static const char *const versions[] = { "1.20.2", "1.28.0", "1.36.2", "1.37.0" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t c = 0; c < 4; c++) {
			AUTO(json) json_t *plain = make_for(components[c], versions[i], NULL);
			AUTO(json)
			json_t *hard = make_for(components[c], versions[i], with_default_profile);
			json_t *arg;
			size_t n;

			json_array_foreach (command_of(plain), n, arg)
				assert_true(has_arg(hard, json_string_value(arg)));
		}
	}
}

static void with_cis_profile(struct pod_want *want)
{
	want->kubeadm_profile = false;
	want->cis_profile = true;
}

static void only_the_cis_profile_verifies_kubelets(void **state)
{
	static const char flag[] = "--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt";
	AUTO(json) json_t *hard = make_for("kube-apiserver", "1.20.2", with_default_profile);
	AUTO(json) json_t *cis = make_for("kube-apiserver", "1.20.2", with_cis_profile);
	json_t *arg;
	size_t n;

	(void)state;
	assert_false(has_arg(hard, flag));
	assert_true(has_arg(cis, flag));
	json_array_foreach (command_of(hard), n, arg)
		assert_true(has_arg(cis, json_string_value(arg)));
}

static void with_own_profiling(struct pod_want *want)
{
	static json_t *args;

	if (!args)
		args = json_pack("[{s:s, s:s}]", "name", "profiling", "value", "true");
	want->kubeadm_profile = false;
	want->args = args;
}

static void the_user_wins_over_the_hardening(void **state)
{
	AUTO(json) json_t *plain = make_for("kube-scheduler", "1.20.2", with_default_profile);
	AUTO(json) json_t *own = make_for("kube-scheduler", "1.20.2", with_own_profiling);

	(void)state;
	assert_true(has_arg(plain, "--profiling=false"));
	assert_true(has_arg(own, "--profiling=true"));
	assert_false(has_arg(own, "--profiling=false"));
}

static void the_hardened_api_server_mounts_its_audit_policy(void **state)
{
	AUTO(json) json_t *pod = make_for("kube-apiserver", "1.20.2", with_default_profile);
	AUTO(free) char *path = NULL;
	json_t *volume, *found = NULL;
	size_t i;

	(void)state;
	path = pod_audit_policy_path(&(struct pod_want){ .kubernetes_dir = "/etc/kubernetes" });
	json_array_foreach (json_at(pod, "spec.volumes"), i, volume)
		if (str_eq(json_str(json_object_get(volume, "hostPath"), "path"), path))
			found = volume;
	assert_non_null(found);
	assert_true(has_arg(pod, "--audit-policy-file=/etc/kubernetes/audit-policy.yaml"));
	assert_non_null(manifest_text("audit-policy"));
}

static void with_envs(struct pod_want *want)
{
	static json_t *envs;

	if (!envs)
		envs = json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s}]", "name", "no_proxy", "value",
				 "a", "name", "GOGC", "value", "1", "name", "no_proxy", "value",
				 "b");
	want->envs = envs;
}

static void environment_is_sorted_and_the_last_of_a_name_wins(void **state)
{
	AUTO(json) json_t *pod = make_for("kube-scheduler", "1.31.0", with_envs);
	AUTO(json) json_t *wanted = parse("[{name: GOGC, value: '1'}, {name: no_proxy, value: b}]");
	json_t *container = json_array_get(json_at(pod, "spec.containers"), 0);

	(void)state;
	assert_true(json_equal(json_object_get(container, "env"), json_array_get(wanted, 0)));
}

static void with_old_etcd(struct pod_want *want)
{
	want->image = "registry.k8s.io/etcd:3.5.24-0";
}

/* kubeadm 1.34 and 1.35 look at etcd's version, others do not. */
static void etcd_flags_follow_etcds_version_in_1_34_and_1_35(void **state)
{
	AUTO(json) json_t *old = make_for("etcd", "1.35.0", with_old_etcd);
	AUTO(json) json_t *always = make_for("etcd", "1.36.0", with_old_etcd);

	(void)state;
	assert_true(has_arg(old, "--experimental-initial-corrupt-check=true"));
	assert_false(has_arg(old, "--feature-gates=InitialCorruptCheck=true"));
	assert_true(has_arg(always, "--feature-gates=InitialCorruptCheck=true"));
}

static void every_supported_version_makes_all_four_pods(void **state)
{
	(void)state;
	for (int minor = 20; minor <= 37; minor++) {
		for (size_t c = 0; c < 4; c++) {
			AUTO(free) char *v = xasprintf("1.%d.0", minor);
			AUTO(json) json_t *pod = make_for(components[c], v, NULL);
			AUTO(free) char *text = yaml_dump(pod, 0);

			assert_null(strstr(text, "{{"));
			assert_true(str_eq(json_str(pod, "kind"), "Pod"));
		}
	}
}

static void another_component_is_refused(void **state)
{
	struct semver v = version("1.20.2");
	struct pod_want want = { .image = "x" };
	json_t *pod = NULL;

	(void)state;
	assert_refused(pod_make("kube-proxy", &v, &want, &pod, e), ERR_BUG, "kube-proxy");
	assert_null(pod);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_of_1_20_are_kubeadms_to_the_byte),
		cmocka_unit_test(pods_of_1_36_are_kubeadms_to_the_byte),
		cmocka_unit_test(users_arguments_and_volumes_stand_where_kubeadm_puts_them),
		cmocka_unit_test(ipv6_addresses_have_brackets_where_kubeadm_puts_them),
		cmocka_unit_test(an_external_etcd_is_reached_as_kubeadm_does),
		cmocka_unit_test(an_external_ca_signs_nothing_here),
		cmocka_unit_test(order_of_arguments_changes_with_1_36),
		cmocka_unit_test(a_single_nodes_etcd_listens_on_loopback_only),
		cmocka_unit_test(a_joining_member_names_the_cluster_it_joins),
		cmocka_unit_test(the_default_profile_only_adds),
		cmocka_unit_test(on_a_host_with_selinux_the_pods_run_as_spc_t),
		cmocka_unit_test(only_the_cis_profile_verifies_kubelets),
		cmocka_unit_test(the_user_wins_over_the_hardening),
		cmocka_unit_test(the_hardened_api_server_mounts_its_audit_policy),
		cmocka_unit_test(environment_is_sorted_and_the_last_of_a_name_wins),
		cmocka_unit_test(etcd_flags_follow_etcds_version_in_1_34_and_1_35),
		cmocka_unit_test(every_supported_version_makes_all_four_pods),
		cmocka_unit_test(another_component_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
