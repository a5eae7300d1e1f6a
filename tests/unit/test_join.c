#include "tests/unit/base_help.h"

#include <sched.h>
#include <sys/mount.h>

#include "base/yaml.h"
#include "phases/join/join.h"
#include "phases/kubelet.h"
#include "pki/cert.h"
#include "pki/kubeconfig.h"
#include "pki/token.h"

#define TOKEN  "abcdef.0123456789abcdef"
#define NOBODY "127.0.0.1:1" /* refuses at once */

/* A root with a run that joins it. */
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
	host->config->join_token = xstrdup(TOKEN);
	host->config->api_server_endpoint = xstrdup(NOBODY);
	host->config->timeout_discovery_s = 1;
	*run = (struct run){ .config = host->config,
			     .fs = host->scratch->fs,
			     .tree = tree_new(),
			     .seen = tree_new(),
			     .objects = json_array(),
			     .facts = json_object(),
			     .now = 1700000000,
			     .offline = true };
	run->cluster = xcalloc(1, sizeof(*run->cluster));
	run->cluster->version = run->cluster->kubelet = (struct semver){ 1, 20, 2 };
	run->cluster->node_name = xstrdup("worker");
	run->cluster->cri_socket = xstrdup("/run/containerd/containerd.sock");
	run->cluster->network = xstrdup("bridge");
	run->cluster->images = json_object();
	run->cluster->volume_plugin_dir = xstrdup("/var/lib/kubelet/volumeplugins");
	*state = host;
	return 0;
}

static int teardown(void **state)
{
	struct host *host = *state;
	struct run *run = &host->run;
	void *scratch = host->scratch;

	if (run->state)
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

static void make_ca(struct host *host, char **ret_pem, X509 **ret, EVP_PKEY **ret_key)
{
	struct cert_want want = { .cn = "kubernetes",
				  .usage = CERT_CA,
				  .now = host->run.now,
				  .validity_s = 87600 * 3600L };
	struct err err = ERR_INIT;

	assert_int_equal(key_generate("ECDSA-P256", ret_key, &err), 0);
	assert_int_equal(cert_issue(&want, *ret_key, NULL, NULL, ret, &err), 0);
	assert_int_equal(cert_to_pem(*ret, ret_pem, &err), 0);
}

/* kubelet.conf as of a node of a new cluster; *ret_spki is its CA's. */
static void has_joined(struct host *host, const char *server, long validity_s,
		       unsigned char ret_spki[static 32])
{
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *ca = NULL;
	AUTO(x509) X509 *cert = NULL;
	AUTO(free) char *ca_pem = NULL;
	AUTO(free) char *cert_pem = NULL;
	AUTO(secret) char *key_pem = NULL;
	AUTO(secret) char *text = NULL;
	struct cert_want want = { .cn = "system:node:worker",
				  .org = "system:nodes",
				  .usage = CERT_CLIENT,
				  .now = host->run.now,
				  .validity_s = validity_s };
	struct kubeconfig_want conf = { .server = server,
					.cluster = "kubernetes",
					.user = "system:node:worker" };
	struct err err = ERR_INIT;

	make_ca(host, &ca_pem, &ca, &ca_key);
	assert_int_equal(cert_spki_sha256(ca, ret_spki, &err), 0);
	assert_int_equal(key_generate("ECDSA-P256", &key, &err), 0);
	assert_int_equal(cert_issue(&want, key, ca, ca_key, &cert, &err), 0);
	assert_int_equal(cert_to_pem(cert, &cert_pem, &err), 0);
	assert_int_equal(key_to_pem(key, &key_pem, &err), 0);
	conf.ca_pem = ca_pem;
	conf.cert_pem = cert_pem;
	conf.key_pem = key_pem;
	assert_int_equal(kubeconfig_write(&conf, &text, &err), 0);
	scratch_mkdir(host->scratch, "/etc");
	scratch_mkdir(host->scratch, "/etc/kubernetes");
	scratch_write(host->scratch, "/etc/kubernetes/kubelet.conf", text, 0600);
}

static void give_pin(struct host *host, const unsigned char spki[static 32])
{
	struct token token = { .id = "abcdef", .secret = "0123456789abcdef", .pinned = true };

	memcpy(token.pin, spki, sizeof(token.pin));
	free(host->config->join_token);
	host->config->join_token = token_format(&token);
}

static struct err refused(struct host *host)
{
	struct err err = ERR_INIT;

	assert_int_equal(join_discover(&host->run, NULL, &err), -1);
	assert_false(join_state(&host->run)->known);
	assert_int_equal(tree_len(host->run.tree), 0);
	if (strstr(err.msg, "0123456789abcdef") || strstr(err.next, "0123456789abcdef"))
		fail_msg("a secret is told: %s; %s", err.msg, err.next);
	return err;
}

static void a_token_without_a_pin_is_refused_where_one_is_required(void **state)
{
	struct host *host = *state;
	struct err err;

	host->config->require_pin = true;
	err = refused(host);
	assert_int_equal(err.code, ERR_CRYPTO);
	assert_contains(err.msg, "pin");
	assert_contains(err.next, "--discovery-token-ca-cert-hash");
}

static void nobody_at_the_address_is_told_with_what_to_look_at(void **state)
{
	struct host *host = *state;
	struct err err = refused(host);

	assert_int_equal(err.code, ERR_NET);
	assert_contains(err.msg, NOBODY);
	assert_true(err.next[0] != '\0');
}

static void without_an_address_it_is_asked_for(void **state)
{
	struct host *host = *state;
	struct err err;

	free(host->config->api_server_endpoint);
	host->config->api_server_endpoint = NULL;
	err = refused(host);
	assert_int_equal(err.code, ERR_USAGE);
	assert_contains(err.msg, "which master?");
	assert_contains(err.next, "--cluster-name");
}

static void a_node_of_that_cluster_is_left_alone_whatever_the_token_s_age(void **state)
{
	struct host *host = *state;
	unsigned char spki[32];
	struct err err = ERR_INIT;

	has_joined(host, "https://" NOBODY, 3600, spki);
	give_pin(host, spki);
	if (join_discover(&host->run, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(join_state(&host->run)->joined);
	assert_int_equal(join_kubelet_render(&host->run, NULL, &err), 0);
	assert_int_equal(tree_len(host->run.tree), 0);
}

static void a_plain_token_knows_its_cluster_by_the_address(void **state)
{
	struct host *host = *state;
	unsigned char spki[32];
	struct err err = ERR_INIT;

	has_joined(host, "https://" NOBODY, 3600, spki);
	assert_int_equal(join_discover(&host->run, NULL, &err), 0);
	assert_true(join_state(&host->run)->joined);
}

static void a_node_of_another_cluster_is_refused(void **state)
{
	struct host *host = *state;
	unsigned char spki[32];
	struct err err;

	has_joined(host, "https://" NOBODY, 3600, spki);
	spki[31] ^= 1;
	give_pin(host, spki);
	err = refused(host);
	assert_int_equal(err.code, ERR_HOST);
	assert_contains(err.msg, "node worker of another cluster");
	assert_contains(err.next, "kstrap reset");
}

static void an_expired_certificate_is_no_membership(void **state)
{
	struct host *host = *state;
	unsigned char spki[32];
	struct err err;

	has_joined(host, "https://" NOBODY, 3600, spki);
	host->run.now += 7200;
	give_pin(host, spki);
	err = refused(host); /* it goes on to discovery, and nobody is there */
	assert_int_equal(err.code, ERR_NET);
}

static const char shared[] = "apiVersion: kubelet.config.k8s.io/v1beta1\n"
			     "kind: KubeletConfiguration\n"
			     "authentication:\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt\n"
			     "clusterDNS: [10.96.0.10]\n"
			     "cgroupDriver: cgroupfs\n";

static json_t *rendered_config(struct host *host, char **ret_ca)
{
	struct join_state *state = join_state(&host->run);
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	AUTO(x509) X509 *ca = NULL;
	AUTO(json) json_t *documents = NULL;
	AUTO(json) json_t *written = NULL;
	const struct entry *entry;
	struct err err = ERR_INIT;

	make_ca(host, ret_ca, &ca, &ca_key);
	assert_int_equal(yaml_parse(shared, strlen(shared), "shared", &documents, NULL, &err), 0);
	state->known = true;
	state->discovery.server = xstrdup("https://10.77.0.10:6443");
	state->discovery.ca_pem = xstrdup(*ret_ca);
	state->kubelet_configuration = json_incref(json_array_get(documents, 0));
	if (join_kubelet_render(&host->run, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	entry = tree_find(host->run.tree, "/var/lib/kubelet/config.yaml");
	assert_non_null(entry);
	assert_int_equal(yaml_parse(entry->data, entry->len, "config.yaml", &written, NULL, &err), 0);
	return json_incref(json_array_get(written, 0));
}

static void the_kubelet_gets_the_cluster_s_settings_and_this_host_s_own(void **state)
{
	struct host *host = *state;
	AUTO(free) char *ca = NULL;
	AUTO(json) json_t *config = NULL;

	host->run.cluster->cgroup_driver = xstrdup("systemd");
	config = rendered_config(host, &ca);
	assert_string_equal(json_str(config, "cgroupDriver"), "systemd");
	assert_string_equal(json_str(config, "volumePluginDir"), "/var/lib/kubelet/volumeplugins");
	assert_string_equal(json_string_value(json_array_get(json_at(config, "clusterDNS"), 0)),
			    "10.96.0.10");
	assert_string_equal(json_str(json_at(config, "authentication.x509"), "clientCAFile"),
			    "/etc/kubernetes/pki/ca.crt");
	assert_string_equal(json_str(join_state(&host->run)->kubelet_configuration, "cgroupDriver"),
			    "cgroupfs");
}

static void volume_plugins_lie_where_the_cluster_has_them(void **state)
{
	struct host *host = *state;
	AUTO(json) json_t *said = xjson_pack("{s:s}", "volumePluginDir", "/srv/plugins");
	AUTO(json) json_t *nothing = json_object();
	AUTO(free) char *ca = NULL;
	AUTO(json) json_t *config = NULL;

	join_take_volume_plugins(&host->run, nothing);
	assert_string_equal(host->run.cluster->volume_plugin_dir, "/var/lib/kubelet/volumeplugins");
	join_take_volume_plugins(&host->run, said);
	config = rendered_config(host, &ca);
	assert_string_equal(json_str(config, "volumePluginDir"), "/srv/plugins");
	/* What the user says of this host counts more. */
	host->config->volume_plugin_dir = xstrdup("/srv/plugins");
	json_object_set_new(said, "volumePluginDir", json_string("/srv/other"));
	join_take_volume_plugins(&host->run, said);
	assert_string_equal(host->run.cluster->volume_plugin_dir, "/srv/plugins");
}

static void volume_plugins_do_not_lie_where_nothing_can_be_written(void **state)
{
	struct host *host = *state;
	const char *usr = scratch_path(host->scratch, "/usr");
	AUTO(json)
	json_t *said = xjson_pack("{s:s}", "volumePluginDir", "/usr/libexec/kubernetes/exec");

	if (geteuid() != 0)
		skip();
	scratch_mkdir(host->scratch, "/usr");
	assert_int_equal(unshare(CLONE_NEWNS), 0); /* ends with the test's program */
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", usr, "tmpfs", MS_RDONLY, NULL), 0);
	fs_close(host->run.fs);
	host->run.fs = NULL;
	assert_int_equal(fs_open(host->scratch->dir, &host->run.fs, &(struct err)ERR_INIT), 0);
	host->scratch->fs = host->run.fs;
	join_take_volume_plugins(&host->run, said);
	assert_int_equal(umount(usr), 0);
	assert_string_equal(host->run.cluster->volume_plugin_dir, "/var/lib/kubelet/volumeplugins");
	join_take_volume_plugins(&host->run, said);
	assert_string_equal(host->run.cluster->volume_plugin_dir, "/usr/libexec/kubernetes/exec");
}

static void the_token_goes_into_one_private_file_without_its_pin(void **state)
{
	struct host *host = *state;
	AUTO(free) char *ca = NULL;
	AUTO(json) json_t *config = NULL;
	AUTO(kubeconfig) struct kubeconfig conf = { .server = NULL };
	unsigned char spki[32] = { 7 };
	const struct entry *entry;
	struct err err = ERR_INIT;

	give_pin(host, spki);
	config = rendered_config(host, &ca);
	entry = tree_find(host->run.tree, "/etc/kubernetes/bootstrap-kubelet.conf");
	assert_non_null(entry);
	assert_int_equal(entry->mode, 0600);
	assert_true(entry->flags & ENTRY_SECRET);
	assert_int_equal(kubeconfig_read(entry->data, entry->len, "b", &conf, &err), 0);
	assert_string_equal(conf.token, TOKEN);
	assert_string_equal(conf.server, "https://10.77.0.10:6443");
	assert_string_equal(conf.ca_pem, ca);
	for (size_t i = 0; i < tree_len(host->run.tree); i++) {
		const struct entry *other = tree_entry(host->run.tree, i);

		if (other != entry && other->kind == ENTRY_FILE && strstr(other->data, "0123456789abcdef"))
			fail_msg("the token is in %s as well", other->path);
	}
	entry = tree_find(host->run.tree, "/etc/kubernetes/pki/ca.crt");
	assert_non_null(entry);
	assert_string_equal(entry->data, ca);
	assert_int_equal(entry->mode, 0644);
}

static bool has_flag(const struct host *host, const char *flag)
{
	AUTO(json) json_t *flags = kubelet_flags(&host->run, NULL);
	const json_t *one;
	size_t i;

	json_array_foreach (flags, i, one)
		if (str_starts(json_string_value(one), flag))
			return true;
	return false;
}

static void the_route_to_the_master_gives_the_node_s_address_where_there_is_a_choice(void **state)
{
	struct host *host = *state;
	struct err err = ERR_INIT;

	host->run.offline = false;
	assert_int_equal(join_find_address(&host->run, "https://127.0.0.1:6443", &err), 0);
	assert_string_equal(json_str(host->run.facts, "route"), "127.0.0.1");
	json_object_del(host->run.facts, "several");
	assert_false(has_flag(host, "--node-ip="));
	json_object_set_new(host->run.facts, "several", json_true());
	assert_true(has_flag(host, "--node-ip=127.0.0.1"));
	free(host->config->profile);
	host->config->profile = xstrdup("kubeadm");
	assert_false(has_flag(host, "--node-ip="));
	host->config->node_ip = xstrdup("10.0.0.9");
	assert_true(has_flag(host, "--node-ip=10.0.0.9"));
}

static void an_address_that_this_host_does_not_have_is_refused(void **state)
{
	struct host *host = *state;
	struct err err = ERR_INIT;

	host->run.offline = false;
	host->config->node_ip = xstrdup("192.0.2.77");
	assert_int_equal(join_find_address(&host->run, "https://127.0.0.1:6443", &err), -1);
	assert_int_equal(err.code, ERR_HOST);
	assert_contains(err.msg, "192.0.2.77 is no address of this host");
}

static void labels_are_given_to_the_kubelet(void **state)
{
	struct host *host = *state;

	assert_false(has_flag(host, "--node-labels"));
	json_array_append_new(host->config->node_labels, json_string("disk=ssd"));
	json_array_append_new(host->config->node_labels, json_string("bare="));
	assert_true(has_flag(host, "--node-labels=disk=ssd,bare="));
}

static struct err by_file(struct host *host, const char *user, const char *cluster)
{
	AUTO(free) char *text = xasprintf(
		"apiVersion: v1\nkind: Config\ncurrent-context: a\n"
		"contexts: [{name: a, context: {cluster: a, user: a}}]\n"
		"clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1', %s}}]\n"
		"users: [{name: a, user: {%s}}]\n", cluster, user);

	free(host->config->join_token);
	host->config->join_token = NULL;
	free(host->config->discovery_file);
	host->config->discovery_file = xstrdup("/cluster.conf");
	scratch_write(host->scratch, "/cluster.conf", text, 0600);
	return refused(host);
}

static void a_discovery_file_leads_to_nothing_outside_of_it(void **state)
{
	static const struct {
		const char *user, *cluster, *told;
	} rows[] = {
		{ "exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/true}",
		  "certificate-authority-data: LS0t", "PEM" },
		{ "exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/true}", "", "exec" },
		{ "auth-provider: {name: gcp}", "", "auth-provider" },
		{ "tokenFile: /etc/shadow", "", "tokenFile" },
		{ "client-certificate: /etc/a.crt, client-key: /etc/a.key", "", "refers to another file, /etc/a.crt" },
		{ "token: abc", "certificate-authority: ../ca.crt", "refers to another file, ../ca.crt" },
		{ "token: abc", "insecure-skip-tls-verify: true", "insecure-skip-tls-verify" },
		{ "token: abc", "", "names no server with its CA" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err err = by_file(*state, rows[i].user, rows[i].cluster);

		assert_int_equal(err.code, ERR_CONFIG);
		assert_contains(err.msg, rows[i].told);
	}
}

static void the_file_s_credentials_serve_where_there_is_no_token(void **state)
{
	struct host *host = *state;
	struct join_state *join = join_state(&host->run);
	AUTO(free) char *ca = NULL;
	AUTO(json) json_t *config = NULL;
	AUTO(kubeconfig) struct kubeconfig conf = { .server = NULL };
	const struct entry *entry;
	struct err err = ERR_INIT;

	free(host->config->join_token);
	host->config->join_token = NULL;
	assert_null(join_bearer(&host->run));
	join->discovery.user.cert_pem = xstrdup("-----BEGIN CERTIFICATE-----\nQQ==\n");
	join->discovery.user.key_pem = xstrdup("-----BEGIN PRIVATE KEY-----\nQg==\n");
	config = rendered_config(host, &ca);
	entry = tree_find(host->run.tree, "/etc/kubernetes/bootstrap-kubelet.conf");
	assert_non_null(entry);
	assert_int_equal(kubeconfig_read(entry->data, entry->len, "b", &conf, &err), 0);
	assert_null(conf.token);
	assert_string_equal(conf.cert_pem, join->discovery.user.cert_pem);
	assert_string_equal(conf.key_pem, join->discovery.user.key_pem);
}

static void without_token_and_credentials_it_is_told_what_is_missing(void **state)
{
	struct host *host = *state;
	AUTO(kube) struct kube *kube = NULL;
	struct err err = ERR_INIT;

	free(host->config->join_token);
	host->config->join_token = NULL;
	host->config->discovery_file = xstrdup("/cluster.conf");
	assert_int_equal(join_open(&host->run, &kube, &err), -1);
	assert_contains(err.msg, "/cluster.conf has no credentials");
	assert_contains(err.next, "--tls-bootstrap-token");
}

static void each_of_several_masters_is_told_when_none_will_do(void **state)
{
	struct host *host = *state;
	struct err err;

	host->config->timeout_discovery_s = 0;
	json_array_append_new(host->config->further_endpoints, json_string("127.0.0.1:2"));
	err = refused(host);
	assert_int_equal(err.code, ERR_NET);
	assert_contains(err.msg, NOBODY ": connection refused");
	assert_contains(err.msg, "127.0.0.1:2: connection refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_token_without_a_pin_is_refused_where_one_is_required),
		T(nobody_at_the_address_is_told_with_what_to_look_at),
		T(without_an_address_it_is_asked_for),
		T(a_node_of_that_cluster_is_left_alone_whatever_the_token_s_age),
		T(a_plain_token_knows_its_cluster_by_the_address),
		T(a_node_of_another_cluster_is_refused),
		T(an_expired_certificate_is_no_membership),
		T(the_kubelet_gets_the_cluster_s_settings_and_this_host_s_own),
		T(volume_plugins_lie_where_the_cluster_has_them),
		T(volume_plugins_do_not_lie_where_nothing_can_be_written),
		T(the_token_goes_into_one_private_file_without_its_pin),
		T(the_route_to_the_master_gives_the_node_s_address_where_there_is_a_choice),
		T(an_address_that_this_host_does_not_have_is_refused),
		T(labels_are_given_to_the_kubelet),
		T(a_discovery_file_leads_to_nothing_outside_of_it),
		T(the_file_s_credentials_serve_where_there_is_no_token),
		T(without_token_and_credentials_it_is_told_what_is_missing),
		T(each_of_several_masters_is_told_when_none_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
