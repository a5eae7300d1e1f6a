/* Which kubelets may run beside which API servers; and what a boot does with a certificate that has
 * ended. */
#include "tests/unit/base_help.h"

#include "phases/ostree/boot.h"
#include "phases/ostree/kept.h"
#include "phases/ostree/skew.h"
#include "pki/cert.h"

static void the_policy_is_kubernetes_own(void **state)
{
	/* kubernetes.io/releases/version-skew-policy: its examples, and the edges. */
	static const struct {
		const char *kubelet, *apiserver, *proxy;
		const char *rule; /* a word of it; NULL: it fits */
	} rows[] = {
		{ "v1.32.0", "v1.32.0", NULL, NULL },
		{ "v1.32.9", "v1.32.0", NULL, NULL },
		{ "v1.31.0", "v1.32.0", NULL, NULL },
		{ "v1.30.0", "v1.32.0", NULL, NULL },
		{ "v1.29.0", "v1.32.0", NULL, NULL },
		{ "v1.28.0", "v1.32.0", NULL, "three minor versions older" },
		{ "v1.33.0", "v1.32.9", NULL, "newer" },
		{ "v1.25.0", "v1.28.0", NULL, NULL },
		{ "v1.24.0", "v1.27.0", NULL, "before 1.25" },
		{ "v1.24.0", "v1.26.0", NULL, NULL },
		{ "v1.18.0", "v1.20.2", NULL, NULL },
		{ "v1.17.0", "v1.20.2", NULL, "before 1.25" },
		{ "v2.0.0", "v1.37.0", NULL, "newer" },
		{ "v1.37.0", "v2.0.0", NULL, "older" },
		{ "v1.29.0", "v1.32.0", "v1.32.0", NULL },
		{ "v1.32.0", "v1.32.0", "v1.29.0", NULL },
		{ "v1.32.0", "v1.32.0", "v1.28.0", "kube-proxy" },
		{ "v1.26.0", "v1.26.0", "v1.23.0", "kube-proxy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct semver kubelet, apiserver, proxy;
		struct err err = ERR_INIT;
		const char *rule;

		assert_int_equal(semver_parse(rows[i].kubelet, &kubelet, &err), 0);
		assert_int_equal(semver_parse(rows[i].apiserver, &apiserver, &err), 0);
		if (rows[i].proxy)
			assert_int_equal(semver_parse(rows[i].proxy, &proxy, &err), 0);
		rule = skew_rule(&kubelet, &apiserver, rows[i].proxy ? &proxy : NULL);
		if (!rule != !rows[i].rule || (rule && !strstr(rule, rows[i].rule)))
			fail_msg("%s beside %s: %s", rows[i].kubelet, rows[i].apiserver, rule);
	}
}

static void an_image_tells_its_version_in_any_notation(void **state)
{
	static const struct {
		const char *manifest;
		int minor; /* -1: none */
	} rows[] = {
		{ "  - image: registry.k8s.io/etcd:3.5.15-0\n", 5 },
		{ "image: \"localhost:5000/etcd:v3.4.13\"\n", 4 },
		{ "image: 'etcd:3.6.1'", 6 },
		{ "image: etcd:3.5.1@sha256:0123\n", 5 },
		{ "image: localhost:5000/etcd\n", -1 },
		{ "image: etcd:latest\n", -1 },
		{ "imagePullPolicy: IfNotPresent\n", -1 },
		{ "", -1 },
		{ NULL, -1 },
		{ "  # image: k/etcd:3.4.1\n  - image: k/etcd:3.5.1\n", 5 },
		{ "  note: no image: here\n  image: k/etcd:3.5.1\n", 5 },
		{ "  # image: k/etcd:3.4.1\n", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct semver version = { 0, -1, 0 };

		assert_int_equal(skew_image(rows[i].manifest, &version), rows[i].minor >= 0);
		assert_int_equal(version.minor, rows[i].minor);
	}
}

static char *certificate(time_t now)
{
	const struct cert_want want = { .cn = "x", .usage = CERT_CA, .now = now, .validity_s = 3600 };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	struct err err = ERR_INIT;
	char *pem = NULL;

	if (key_generate("ECDSA-P256", &key, &err) < 0 ||
	    cert_issue(&want, key, NULL, NULL, &cert, &err) < 0 || cert_to_pem(cert, &pem, &err) < 0)
		fail_msg("%s", err.msg);
	return pem;
}

/* An /etc of change 1 with an older certificate and key, beside a record of change 2. */
static void boots_with(const struct scratch *s, time_t made, const char *key_wanted)
{
	AUTO(config) struct config *config = config_new(CONFIG_BOOT);
	AUTO(free) char *pem = certificate(made);
	AUTO(json) json_t *old_crt = NULL;
	AUTO(json) json_t *old_key = NULL;
	AUTO(json) json_t *record = NULL;
	AUTO(free) char *text = NULL;
	struct err err = ERR_INIT;

	for (const char *const *dir = (const char *const[]){ "/etc", "/etc/kstrap", "/etc/kubernetes",
							     "/etc/kubernetes/pki", "/var", "/var/lib",
							     "/var/lib/kstrap", NULL };
	     *dir; dir++)
		if (!fs_is_dir(s->fs, *dir))
			scratch_mkdir(s, *dir);
	scratch_write(s, "/etc/kubernetes/pki/apiserver.crt", "old", 0644);
	scratch_write(s, "/etc/kubernetes/pki/apiserver.key", "old", 0600);
	scratch_write(s, KEPT_WITNESS, "1\n", 0644);
	old_crt = kept_look(s->fs, "/etc/kubernetes/pki/apiserver.crt");
	old_key = kept_look(s->fs, "/etc/kubernetes/pki/apiserver.key");
	record = json_pack("{s:i, s:{}, s:{s:{s:s, s:s, s:i, s:[s]}, s:{s:s, s:s, s:i, s:[s]}}}",
			   "generation", 2, "copies", "files", "/etc/kubernetes/pki/apiserver.crt",
			   "text", pem, "sum", "1", "mode", 0644, "was", json_str(old_crt, "sum"),
			   "/etc/kubernetes/pki/apiserver.key", "text", "new", "sum", "2", "mode", 0600,
			   "was", json_str(old_key, "sum"));
	assert_non_null(record);
	text = json_dumps(record, 0);
	scratch_write(s, KEPT_PATH, text, 0600);
	free(config->root);
	config->root = xstrdup(s->dir);
	if (boot_run(config, &err) < 0)
		fail_msg("%s", err.msg);
	assert_file(s, "/etc/kubernetes/pki/apiserver.key", key_wanted, 0600);
	assert_file(s, "/etc/kubernetes/pki/apiserver.crt", strcmp(key_wanted, "old") ? pem : "old",
		    0644);
	assert_file(s, KEPT_WITNESS, "2\n", 0644);
}

static void a_certificate_that_holds_is_put_back(void **state)
{
	boots_with(*state, time(NULL), "new");
}

static void one_that_has_ended_is_not_and_its_key_neither(void **state)
{
	boots_with(*state, time(NULL) - 7200, "old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_is_kubernetes_own),
		cmocka_unit_test(an_image_tells_its_version_in_any_notation),
		cmocka_unit_test_setup_teardown(a_certificate_that_holds_is_put_back, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(one_that_has_ended_is_not_and_its_key_neither,
						scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
