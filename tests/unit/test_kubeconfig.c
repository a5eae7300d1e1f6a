#include "pki/kubeconfig.h"

#include "pki_help.h"

/* "-----BEGIN C-----\n", "-----BEGIN K-----\n" and "-----BEGIN A-----\n" in base64 */
#define CERT "LS0tLS1CRUdJTiBDLS0tLS0K"
#define KEY  "LS0tLS1CRUdJTiBLLS0tLS0K"
#define CA   "LS0tLS1CRUdJTiBBLS0tLS0K"

static const char admin_1_20[] = "apiVersion: v1\n"
				 "clusters:\n"
				 "- cluster:\n"
				 "    certificate-authority-data: " CA "\n"
				 "    server: https://10.77.0.10:6443\n"
				 "  name: kubernetes\n"
				 "contexts:\n"
				 "- context:\n"
				 "    cluster: kubernetes\n"
				 "    user: kubernetes-admin\n"
				 "  name: kubernetes-admin@kubernetes\n"
				 "current-context: kubernetes-admin@kubernetes\n"
				 "kind: Config\n"
				 "preferences: {}\n"
				 "users:\n"
				 "- name: kubernetes-admin\n"
				 "  user:\n"
				 "    client-certificate-data: " CERT "\n"
				 "    client-key-data: " KEY "\n";

static const struct kubeconfig_want admin = {
	.server = "https://10.77.0.10:6443",
	.cluster = "kubernetes",
	.user = "kubernetes-admin",
	.ca_pem = "-----BEGIN A-----\n",
	.cert_pem = "-----BEGIN C-----\n",
	.key_pem = "-----BEGIN K-----\n",
	.preferences = true,
};

static char *write_of(const struct kubeconfig_want *want)
{
	char *text = NULL;

	assert_ok(kubeconfig_write(want, &text, e));
	return text;
}

static void admin_conf_is_kubeadm_1_20s_to_the_byte(void **state)
{
	AUTO(secret) char *text = write_of(&admin);

	(void)state;
	assert_string_equal(text, admin_1_20);
}

static void from_1_34_on_there_is_no_line_of_preferences(void **state)
{
	struct kubeconfig_want want = admin;
	AUTO(secret) char *text = NULL;
	AUTO(free) char *wanted = xstrdup(admin_1_20);
	char *line = strstr(wanted, "preferences: {}\n");

	(void)state;
	memmove(line, line + 16, strlen(line + 16) + 1);
	want.preferences = false;
	text = write_of(&want);
	assert_string_equal(text, wanted);
}

static void kubelet_conf_points_at_the_rotating_file(void **state)
{
	struct kubeconfig_want want = admin;
	AUTO(secret) char *text = NULL;

	(void)state;
	want.user = "system:node:master";
	want.cert_pem = want.key_pem = NULL;
	want.cert_file = want.key_file = "/var/lib/kubelet/pki/kubelet-client-current.pem";
	text = write_of(&want);
	assert_non_null(strstr(
		text, "current-context: system:node:master@kubernetes\n"
		      "kind: Config\n"
		      "preferences: {}\n"
		      "users:\n"
		      "- name: system:node:master\n"
		      "  user:\n"
		      "    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n"
		      "    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n"));
}

static void a_kubeconfig_may_carry_a_token_or_wait_for_its_signer(void **state)
{
	struct kubeconfig_want want = admin;
	AUTO(secret) char *token = NULL;
	AUTO(secret) char *waiting = NULL;

	(void)state;
	want.cert_pem = want.key_pem = NULL;
	want.token = "abcdef.0123456789abcdef";
	token = write_of(&want);
	assert_true(str_ends(token, "  user:\n    token: abcdef.0123456789abcdef\n"));
	want = admin;
	want.ca_pem = want.cert_pem = NULL;
	waiting = write_of(&want);
	assert_null(strstr(waiting, "certificate"));
	assert_true(str_ends(waiting, "  user:\n    client-key-data: " KEY "\n"));
}

static void cluster_info_is_one_cluster_without_a_name(void **state)
{
	AUTO(free) char *text = NULL;

	(void)state;
	assert_ok(kubeconfig_write_cluster_info(&admin, &text, e));
	assert_string_equal(text, "apiVersion: v1\n"
				  "clusters:\n"
				  "- cluster:\n"
				  "    certificate-authority-data: " CA "\n"
				  "    server: https://10.77.0.10:6443\n"
				  "  name: \"\"\n"
				  "contexts: null\n"
				  "current-context: \"\"\n"
				  "kind: Config\n"
				  "preferences: {}\n"
				  "users: null\n");
}

static void a_value_cannot_become_structure(void **state)
{
	struct kubeconfig_want want = admin;
	AUTO(secret) char *text = NULL;
	AUTO(kubeconfig) struct kubeconfig back = { .server = NULL };

	(void)state;
	want.cluster = "x\nkind: Evil\nusers: [] # \"'";
	text = write_of(&want);
	assert_ok(kubeconfig_read(text, strlen(text), "x.conf", &back, e));
	assert_string_equal(back.cluster, want.cluster);
	assert_string_equal(json_str(back.document, "kind"), "Config");
}

static void what_was_written_reads_back(void **state)
{
	AUTO(kubeconfig) struct kubeconfig back = { .server = NULL };

	(void)state;
	assert_ok(kubeconfig_read(admin_1_20, strlen(admin_1_20), "admin.conf", &back, e));
	assert_string_equal(back.server, admin.server);
	assert_string_equal(back.cluster, admin.cluster);
	assert_string_equal(back.user, admin.user);
	assert_string_equal(back.ca_pem, admin.ca_pem);
	assert_string_equal(back.cert_pem, admin.cert_pem);
	assert_string_equal(back.key_pem, admin.key_pem);
	assert_null(back.token);
	assert_null(back.cert_file);
	assert_null(back.key_file);
	assert_null(back.ca_file);
}

static void cluster_info_reads_back(void **state)
{
	AUTO(kubeconfig) struct kubeconfig back = { .server = NULL };
	AUTO(free) char *text = NULL;

	(void)state;
	assert_ok(kubeconfig_write_cluster_info(&admin, &text, e));
	assert_ok(kubeconfig_read(text, strlen(text), "cluster-info", &back, e));
	assert_string_equal(back.server, admin.server);
	assert_string_equal(back.ca_pem, admin.ca_pem);
	assert_null(back.user);
}

#define TWO_CLUSTERS                                             \
	"clusters: [{name: a, cluster: {server: 'https://a'}}, " \
	"{name: b, cluster: {server: 'https://b', certificate-authority: /ca.pem}}]\n"

static void the_current_context_decides_and_files_are_only_reported(void **state)
{
	static const char text[] =
		"apiVersion: v1\nkind: Config\ncurrent-context: two\n" TWO_CLUSTERS
		"contexts: [{name: one, context: {cluster: a, user: u}}, "
		"{name: two, context: {cluster: b, user: v}}]\n"
		"users: [{name: u, user: {exec: {command: evil}}}, "
		"{name: v, user: {client-certificate: /c.pem, client-key: /k.pem, token: t}}]\n";
	AUTO(kubeconfig) struct kubeconfig back = { .server = NULL };

	(void)state;
	assert_ok(kubeconfig_read(text, strlen(text), "x.conf", &back, e));
	assert_string_equal(back.server, "https://b");
	assert_string_equal(back.user, "v");
	assert_string_equal(back.ca_file, "/ca.pem");
	assert_string_equal(back.cert_file, "/c.pem");
	assert_string_equal(back.key_file, "/k.pem");
	assert_string_equal(back.token, "t");
	assert_null(back.ca_pem);
}

/* The one-user kubeconfig with `cluster` and `user` as further fields. */
static char *with(const char *cluster, const char *user)
{
	return xasprintf("apiVersion: v1\nkind: Config\ncurrent-context: x\n"
			 "clusters: [{name: c, cluster: {server: 'https://a'%s}}]\n"
			 "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
			 "users: [{name: u, user: {token: t%s}}]\n",
			 cluster, user);
}

static void what_would_run_a_program_or_trust_anybody_is_refused(void **state)
{
	static const char *const rows[][3] = {
		{ "", ", exec: {command: /bin/sh}", "user: exec runs a program" },
		{ "", ", auth-provider: {name: gcp}", "user: auth-provider" },
		{ "", ", as: root", "user: as acts as somebody else" },
		{ "", ", as-groups: [system:masters]", "user: as-groups" },
		{ "", ", username: a", "user: username" },
		{ "", ", password: b", "user: password" },
		{ "", ", tokenFile: /etc/shadow", "user: tokenFile" },
		{ ", insecure-skip-tls-verify: true", "", "cluster: insecure-skip-tls-verify" },
		{ ", insecure-skip-tls-verify: 'true'", "", "cluster: insecure-skip-tls-verify" },
		{ ", tls-server-name: evil", "", "cluster: tls-server-name" },
		{ ", proxy-url: 'http://evil'", "", "cluster: proxy-url" },
		{ ", certificate-authority-data: '!!'", "",
		  "certificate-authority-data is not base64" },
		{ ", certificate-authority-data: aGVsbG8=", "", "is not PEM in base64" },
		{ ", certificate-authority-data: 5", "", "is not a plain string" },
	};
	AUTO(free) char *good = with(", insecure-skip-tls-verify: false", ", exec: null");
	AUTO(kubeconfig) struct kubeconfig twin = { .server = NULL };

	(void)state;
	assert_ok(kubeconfig_read(good, strlen(good), "x.conf", &twin, e));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *text = with(rows[i][0], rows[i][1]);
		struct kubeconfig back = { .server = NULL };

		assert_refused(kubeconfig_read(text, strlen(text), "x.conf", &back, e), ERR_CONFIG,
			       rows[i][2]);
		assert_null(back.server);
	}
}

#define HEAD "apiVersion: v1\nkind: Config\n"

static void files_that_are_no_usable_kubeconfig_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "one YAML mapping" },
		{ "[]", "one YAML mapping" },
		{ "a: b", "no kubeconfig" },
		{ "apiVersion: v2\nkind: Config\n", "no kubeconfig" },
		{ HEAD "---\n" HEAD, "one YAML mapping" },
		{ HEAD, "not exactly one cluster" },
		{ HEAD TWO_CLUSTERS, "not exactly one cluster" },
		{ HEAD "current-context: x\n", "there is no context \"x\"" },
		{ HEAD "current-context: x\ncontexts: [{name: x}]\n", "has no context in it" },
		{ HEAD "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n",
		  "there is no cluster \"c\"" },
		{ HEAD
		  "current-context: x\ncontexts: [{name: x, context: {cluster: a, user: u}}]\n" TWO_CLUSTERS,
		  "there is no user \"u\"" },
		{ HEAD "current-context: x\ncontexts: [{name: x, context: {cluster: a}}, "
		       "{name: x, context: {cluster: b}}]\n" TWO_CLUSTERS,
		  "two contexts have the name \"x\"" },
		{ HEAD "clusters: [{name: a, cluster: {}}]\n", "the cluster has no server" },
		{ HEAD "clusters: [{name: a, cluster: {server: 'http://a'}}]\n",
		  "is not an https://" },
		{ HEAD "clusters: [{name: a, cluster: {server: 'https://'}}]\n",
		  "is not an https://" },
		{ HEAD "clusters: [{name: a, cluster: {server: 'file:///etc'}}]\n",
		  "is not an https://" },
		{ HEAD "clusters: [{name: a, cluster: {server: \"https://a\\0b\"}}]\n", "" },
		{ HEAD "clusters: 5\n", "not exactly one cluster" },
		{ HEAD "current-context: [x]\n", "is not a plain string" },
		{ "{", "x.conf:" },
	};
	AUTO(free) char *large = xcalloc(1, 1024 * 1024 + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct kubeconfig back = { .server = NULL };

		assert_refused(kubeconfig_read(rows[i][0], strlen(rows[i][0]), "x.conf", &back, e),
			       ERR_CONFIG, rows[i][1]);
		assert_null(back.server);
		assert_null(back.document);
	}
	memset(large, ' ', 1024 * 1024 + 1);
	assert_refused(
		kubeconfig_read(large, 1024 * 1024 + 1, "x.conf", &(struct kubeconfig){ 0 }, e),
		ERR_CONFIG, "larger than 1 MiB");
}

static void a_want_without_its_names_is_a_bug(void **state)
{
	struct kubeconfig_want want = admin;
	char *text = NULL;

	(void)state;
	want.server = NULL;
	assert_refused(kubeconfig_write(&want, &text, e), ERR_BUG, "without server");
	assert_refused(kubeconfig_write_cluster_info(&want, &text, e), ERR_BUG, "without server");
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admin_conf_is_kubeadm_1_20s_to_the_byte),
		cmocka_unit_test(from_1_34_on_there_is_no_line_of_preferences),
		cmocka_unit_test(kubelet_conf_points_at_the_rotating_file),
		cmocka_unit_test(a_kubeconfig_may_carry_a_token_or_wait_for_its_signer),
		cmocka_unit_test(cluster_info_is_one_cluster_without_a_name),
		cmocka_unit_test(a_value_cannot_become_structure),
		cmocka_unit_test(what_was_written_reads_back),
		cmocka_unit_test(cluster_info_reads_back),
		cmocka_unit_test(the_current_context_decides_and_files_are_only_reported),
		cmocka_unit_test(what_would_run_a_program_or_trust_anybody_is_refused),
		cmocka_unit_test(files_that_are_no_usable_kubeconfig_are_refused),
		cmocka_unit_test(a_want_without_its_names_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
