#include "pki/spec.h"

#include "pki_help.h"

#include <ctype.h>

static const struct semver v1_20_2 = { 1, 20, 2 }, v1_36_2 = { 1, 36, 2 };

static void names_are_unique_lower_case_and_described_in_a_line(void **state)
{
	(void)state;
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++) {
		assert_ptr_equal(cert_spec_find(spec->name), spec);
		for (const char *p = spec->name; *p; p++)
			assert_true(islower((unsigned char)*p) || *p == '-');
		assert_true(strlen(spec->doc) > 10 && strlen(spec->doc) < 90);
		assert_null(strchr(spec->doc, '\n'));
	}
	for (const struct kubeconfig_spec *spec = kubeconfig_specs; spec->name; spec++) {
		AUTO(free) char *file = xasprintf("%s.conf", spec->name);

		assert_ptr_equal(kubeconfig_spec_find(spec->name), spec);
		assert_string_equal(spec->file, file);
		assert_true(strlen(spec->doc) > 10 && strlen(spec->doc) < 90);
	}
	assert_null(cert_spec_find("sa"));
	assert_null(cert_spec_find(NULL));
	assert_null(kubeconfig_spec_find("root"));
}

static void a_ca_stands_before_what_it_signs_and_signs_itself(void **state)
{
	(void)state;
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++) {
		const struct cert_spec *ca = spec->ca ? cert_spec_find(spec->ca) : NULL;

		assert_int_equal(spec->ca == NULL, spec->usage == CERT_CA);
		if (ca) {
			assert_true(ca < spec && ca->usage == CERT_CA);
			assert_int_equal(ca->etcd, spec->etcd);
		}
		assert_int_equal(spec->usage & CERT_SERVER ? 1 : 0, spec->sans >= SANS_APISERVER);
	}
}

/* As the real kubeadm wrote them: file, subject, who signed, usages, whether the CN is a SAN. */
static const struct {
	const char *name, *file, *ca, *cn, *org_1_20, *org_1_36;
	unsigned usage;
	char sans; /* 'a' apiserver, 's' etcd server, 'p' etcd peer, 'c' own CN from 1.22, '-' none
		    */
} kubeadm[] = {
	{ "ca", "ca", NULL, "kubernetes", NULL, NULL, CERT_CA, 'c' },
	{ "apiserver", "apiserver", "ca", "kube-apiserver", NULL, NULL, CERT_SERVER, 'a' },
	{ "apiserver-kubelet-client", "apiserver-kubelet-client", "ca",
	  "kube-apiserver-kubelet-client", "system:masters", NULL, CERT_CLIENT, '-' },
	{ "front-proxy-ca", "front-proxy-ca", NULL, "front-proxy-ca", NULL, NULL, CERT_CA, 'c' },
	{ "front-proxy-client", "front-proxy-client", "front-proxy-ca", "front-proxy-client", NULL,
	  NULL, CERT_CLIENT, '-' },
	{ "etcd-ca", "etcd/ca", NULL, "etcd-ca", NULL, NULL, CERT_CA, 'c' },
	{ "etcd-server", "etcd/server", "etcd-ca", "master", NULL, NULL, CERT_SERVER | CERT_CLIENT,
	  's' },
	{ "etcd-peer", "etcd/peer", "etcd-ca", "master", NULL, NULL, CERT_SERVER | CERT_CLIENT,
	  'p' },
	{ "etcd-healthcheck-client", "etcd/healthcheck-client", "etcd-ca",
	  "kube-etcd-healthcheck-client", "system:masters", NULL, CERT_CLIENT, '-' },
	{ "apiserver-etcd-client", "apiserver-etcd-client", "etcd-ca", "kube-apiserver-etcd-client",
	  "system:masters", NULL, CERT_CLIENT, '-' },
};

static void certificates_are_kubeadms_in_its_order(void **state)
{
	AUTO(json) json_t *a = json_array();
	AUTO(json) json_t *s = json_array();
	AUTO(json) json_t *p = json_array();
	const struct spec_names names = { "master", a, s, p };

	(void)state;
	for (size_t i = 0; i < sizeof(kubeadm) / sizeof(*kubeadm); i++) {
		const struct cert_spec *spec = &cert_specs[i];
		const json_t *sans = kubeadm[i].sans == 'a'   ? a
				     : kubeadm[i].sans == 's' ? s
				     : kubeadm[i].sans == 'p' ? p
							      : NULL;
		struct cert_want want;

		assert_string_equal(spec->name, kubeadm[i].name);
		assert_string_equal(spec->base, kubeadm[i].file);
		assert_true(str_eq(spec->ca, kubeadm[i].ca));
		assert_int_equal(spec->etcd, strstr(kubeadm[i].name, "etcd") != NULL);
		cert_spec_want(spec, &v1_20_2, &names, &want);
		assert_string_equal(want.cn, kubeadm[i].cn);
		assert_true(str_eq(want.org, kubeadm[i].org_1_20));
		assert_int_equal(want.usage, kubeadm[i].usage);
		assert_ptr_equal(want.sans, sans);
		assert_false(want.san_cn);
		cert_spec_want(spec, &v1_36_2, &names, &want);
		assert_string_equal(want.cn, kubeadm[i].cn);
		assert_true(str_eq(want.org, kubeadm[i].org_1_36));
		assert_int_equal(want.san_cn, kubeadm[i].sans == 'c');
		assert_ptr_equal(want.sans, sans);
	}
	assert_null(cert_specs[sizeof(kubeadm) / sizeof(*kubeadm)].name);
}

static void kubeconfigs_are_kubeadms_in_its_order(void **state)
{
	static const struct {
		const char *name, *cn, *org_1_20, *org_1_36;
		bool in_1_20, local_1_20, local_1_36;
	} rows[] = {
		{ "admin", "kubernetes-admin", "system:masters", "kubeadm:cluster-admins", true,
		  false, false },
		{ "super-admin", "kubernetes-super-admin", "system:masters", "system:masters",
		  false, false, false },
		{ "kubelet", "system:node:master", "system:nodes", "system:nodes", true, false,
		  true },
		{ "controller-manager", "system:kube-controller-manager", NULL, NULL, true, true,
		  true },
		{ "scheduler", "system:kube-scheduler", NULL, NULL, true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct kubeconfig_spec *spec = &kubeconfig_specs[i];
		const struct semver *const versions[] = { &v1_20_2, &v1_36_2 };

		assert_string_equal(spec->name, rows[i].name);
		for (int j = 0; j < 2; j++) {
			AUTO(free) char *cn = NULL;
			struct cert_want want;

			kubeconfig_spec_want(spec, versions[j], "master", &want, &cn);
			assert_string_equal(want.cn, rows[i].cn);
			assert_true(str_eq(want.org, j ? rows[i].org_1_36 : rows[i].org_1_20));
			assert_int_equal(want.usage, CERT_CLIENT);
			assert_int_equal(kubeconfig_spec_local(spec, versions[j]),
					 j ? rows[i].local_1_36 : rows[i].local_1_20);
			assert_int_equal(kubeconfig_spec_exists(spec, versions[j]),
					 j ? true : rows[i].in_1_20);
		}
	}
	assert_null(kubeconfig_specs[sizeof(rows) / sizeof(*rows)].name);
}

static void groups_change_with_the_release_that_changed_them(void **state)
{
	static const struct {
		struct semver version;
		const char *admins, *kubelet_client, *etcd_client;
	} rows[] = {
		{ { 1, 20, 0 }, "system:masters", "system:masters", "system:masters" },
		{ { 1, 28, 15 }, "system:masters", "system:masters", "system:masters" },
		{ { 1, 29, 0 }, "kubeadm:cluster-admins", "kubeadm:cluster-admins", NULL },
		{ { 1, 32, 99 }, "kubeadm:cluster-admins", "kubeadm:cluster-admins", NULL },
		{ { 1, 33, 11 }, "kubeadm:cluster-admins", "kubeadm:cluster-admins", NULL },
		{ { 1, 33, 12 }, "kubeadm:cluster-admins", NULL, NULL },
		{ { 1, 34, 7 }, "kubeadm:cluster-admins", "kubeadm:cluster-admins", NULL },
		{ { 1, 34, 8 }, "kubeadm:cluster-admins", NULL, NULL },
		{ { 1, 35, 4 }, "kubeadm:cluster-admins", "kubeadm:cluster-admins", NULL },
		{ { 1, 35, 5 }, "kubeadm:cluster-admins", NULL, NULL },
		{ { 1, 36, 0 }, "kubeadm:cluster-admins", "kubeadm:cluster-admins", NULL },
		{ { 1, 36, 1 }, "kubeadm:cluster-admins", NULL, NULL },
		{ { 1, 37, 0 }, "kubeadm:cluster-admins", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct semver *v = &rows[i].version;

		assert_string_equal(spec_org("@admins", v), rows[i].admins);
		assert_true(str_eq(spec_org("@kubelet-client", v), rows[i].kubelet_client));
		assert_true(str_eq(spec_org("@etcd-client", v), rows[i].etcd_client));
		assert_string_equal(spec_org("system:nodes", v), "system:nodes");
		assert_null(spec_org(NULL, v));
	}
}

static void the_rest_changes_with_its_release_too(void **state)
{
	static const struct semver v1_28 = { 1, 28, 9 }, v1_29 = { 1, 29, 0 }, v1_32 = { 1, 32, 0 },
				   v1_33 = { 1, 33, 0 }, v1_34 = { 1, 34, 0 };
	const struct kubeconfig_spec *super = kubeconfig_spec_find("super-admin");
	const struct kubeconfig_spec *kubelet = kubeconfig_spec_find("kubelet");

	(void)state;
	assert_false(kubeconfig_spec_exists(super, &v1_28));
	assert_true(kubeconfig_spec_exists(super, &v1_29));
	assert_false(kubeconfig_spec_local(kubelet, &v1_32));
	assert_true(kubeconfig_spec_local(kubelet, &v1_33));
	assert_true(spec_preferences(&v1_33));
	assert_false(spec_preferences(&v1_34));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique_lower_case_and_described_in_a_line),
		cmocka_unit_test(a_ca_stands_before_what_it_signs_and_signs_itself),
		cmocka_unit_test(certificates_are_kubeadms_in_its_order),
		cmocka_unit_test(kubeconfigs_are_kubeadms_in_its_order),
		cmocka_unit_test(groups_change_with_the_release_that_changed_them),
		cmocka_unit_test(the_rest_changes_with_its_release_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
