/* The command line: what it accepts, what it refuses, and what is left of a secret in it. */
#include <setjmp.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "config/config.h"

#define PIN   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop_"
#define TOKEN "abcdef.0123456789abcdef"
#define MAX   16

/* One config_load; argv is made of writable copies, as the kernel gives it. */
struct call {
	char *argv[MAX];
	int argc, failed;
	struct config *config;
	json_t *args;
	bool help;
	struct err err;
};

static void call_clear(struct call *call)
{
	for (int i = 0; i < call->argc; i++)
		free(call->argv[i]);
	config_free(call->config);
	json_decref(call->args);
	*call = (struct call){ .err = ERR_INIT };
}

/* `line` is split at blanks. */
static void load(struct call *call, enum config_for kind, const char *line)
{
	AUTO(free) char *copy = xstrdup(line);
	char *save = NULL;

	call_clear(call);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save))
		call->argv[call->argc++] = xstrdup(p);
	call->failed = config_load(kind, call->argc, call->argv, &call->config, &call->args,
				   &call->help, &call->err);
}

static void good(struct call *call, enum config_for kind, const char *line)
{
	load(call, kind, line);
	if (call->failed)
		fail_msg("%s: %s", line, call->err.msg);
}

static void bad(struct call *call, enum config_for kind, const char *line, const char *message)
{
	load(call, kind, line);
	assert_int_equal(call->failed, -1);
	assert_int_equal(call->err.code, ERR_USAGE);
	if (!strstr(call->err.msg, message))
		fail_msg("%s: wanted \"%s\", got \"%s\"", line, message, call->err.msg);
}

static void values_stand_behind_an_equals_sign_or_a_blank(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT,
	     "--node-name=a --apiserver-bind-port 7443 --dry-run --upload-certs=false -v");
	assert_string_equal(call.config->node_name, "a");
	assert_int_equal(call.config->bind_port, 7443);
	assert_true(call.config->dry_run);
	assert_false(call.config->upload_certs);
	assert_int_equal(call.config->verbosity, 1);
	good(&call, CONFIG_INIT, "-v=3");
	assert_int_equal(call.config->verbosity, 3);
	good(&call, CONFIG_INIT, "-v 5");
	assert_int_equal(call.config->verbosity, 5);
	good(&call, CONFIG_INIT, "--v=2");
	assert_int_equal(call.config->verbosity, 2);
	good(&call, CONFIG_INIT, "-vvv");
	assert_int_equal(call.config->verbosity, 3);
	call_clear(&call);
}

static void lists_are_split_at_commas_and_add_up(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT,
	     "--apiserver-cert-extra-sans=a.example,b.example --apiserver-cert-extra-sans 10.0.0.9 "
	     "--ignore-preflight-errors=NumCPU,Mem");
	assert_int_equal(json_array_size(call.config->apiserver_sans), 3);
	assert_string_equal(json_string_value(json_array_get(call.config->ignore_preflight, 0)),
			    "numcpu");
	good(&call, CONFIG_INIT, "--apiserver-extra-args=a=b,c,d=e=f");
	assert_int_equal(json_array_size(call.config->apiserver_args), 2);
	assert_string_equal(json_str(json_array_get(call.config->apiserver_args, 0), "value"),
			    "b,c");
	assert_string_equal(json_str(json_array_get(call.config->apiserver_args, 1), "value"),
			    "e=f");
	good(&call, CONFIG_INIT, "--feature-gates=PublicKeysECDSA=true,RootlessControlPlane=0");
	assert_true(json_is_true(json_object_get(call.config->feature_gates, "PublicKeysECDSA")));
	assert_true(
		json_is_false(json_object_get(call.config->feature_gates, "RootlessControlPlane")));
	call_clear(&call);
}

static void what_is_unknown_or_malformed_is_refused_all_at_once(void **state)
{
	struct call call = { 0 };

	(void)state;
	bad(&call, CONFIG_INIT, "--netwrok=none",
	    "unknown flag --netwrok: did you mean --network?");
	bad(&call, CONFIG_INIT, "-x", "unknown flag -x");
	bad(&call, CONFIG_INIT, "--control-plane", "--control-plane is a flag of other commands");
	bad(&call, CONFIG_INIT, "--node-name", "--node-name needs a value");
	bad(&call, CONFIG_INIT, "--dry-run=maybe",
	    "--dry-run: \"maybe\" is neither true nor false");
	bad(&call, CONFIG_INIT, "--network=calico", "--network: \"calico\" is no network");
	bad(&call, CONFIG_INIT, "--kubernetes-version=stable-1", "the network is never asked");
	bad(&call, CONFIG_INIT, "--feature-gates=IPv6DualStack", "no NAME=VALUE");
	bad(&call, CONFIG_INIT, "--token-ttl=1d", "--token-ttl: \"1d\" is no duration");
	bad(&call, CONFIG_INIT, "--ignore-preflight-errors=all,Mem", "\"all\" stands alone");
	bad(&call, CONFIG_INIT, "master", "init takes no argument");
	bad(&call, CONFIG_INIT, "--node-name=a_b --apiserver-bind-port=x --pod-network-cidr=y",
	    "a_b");
	assert_non_null(strstr(call.err.msg, "--apiserver-bind-port: \"x\""));
	assert_non_null(strstr(call.err.msg, "--pod-network-cidr: \"y\""));
	assert_string_equal(call.err.next, "kstrap init --help");
	call_clear(&call);
}

static void subnets_must_not_overlap(void **state)
{
	struct call call = { 0 };

	(void)state;
	bad(&call, CONFIG_INIT, "--pod-network-cidr=10.96.0.0/16", "overlaps the service subnet");
	bad(&call, CONFIG_INIT, "--service-cidr=10.244.0.0/16 --pod-network-cidr=10.244.0.0/16",
	    "--pod-network-cidr: 10.244.0.0/16 overlaps");
	good(&call, CONFIG_INIT, "--pod-network-cidr=10.244.0.0/16");
	good(&call, CONFIG_INIT,
	     "--pod-network-cidr=10.244.0.0/16,fd00:1::/48 --service-cidr=10.96.0.0/16,fd00:2::/112");
	call_clear(&call);
}

static void help_wins_over_everything_else(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT, "--nonsense --help --token=x");
	assert_true(call.help);
	assert_null(call.config);
	good(&call, CONFIG_JOIN, "phase preflight -h");
	assert_true(call.help);
	assert_int_equal(json_array_size(call.args), 2);
	call_clear(&call);
}

static void join_takes_an_address_in_every_form(void **state)
{
	static const struct {
		const char *given, *endpoint;
	} rows[] = { { "10.77.0.10", "10.77.0.10:6443" },
		     { "10.77.0.10:7443", "10.77.0.10:7443" },
		     { "fd00::1", "[fd00::1]:6443" },
		     { "[fd00::1]:7443", "[fd00::1]:7443" },
		     { "master.example.org", "master.example.org:6443" } };
	struct call call = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *bare = xasprintf("--token=" TOKEN " %s", rows[i].given);
		AUTO(free) char *kubeadm = xasprintf("%s --token " TOKEN, rows[i].given);

		good(&call, CONFIG_JOIN, bare);
		assert_string_equal(call.config->api_server_endpoint, rows[i].endpoint);
		good(&call, CONFIG_JOIN, kubeadm);
		assert_string_equal(call.config->api_server_endpoint, rows[i].endpoint);
	}
	bad(&call, CONFIG_JOIN, "--token=" TOKEN, "join needs the control plane's address");
	bad(&call, CONFIG_JOIN, "10.0.0.1", "join needs --token");
	bad(&call, CONFIG_JOIN, "--token=" TOKEN " 10.0.0.256", "is no host");
	good(&call, CONFIG_JOIN, "phase kubelet-start");
	assert_null(call.config->api_server_endpoint);
	good(&call, CONFIG_JOIN, "phase discovery 10.0.0.1 --token=" TOKEN);
	assert_string_equal(call.config->api_server_endpoint, "10.0.0.1:6443");
	call_clear(&call);
}

static void join_takes_several_addresses(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_JOIN, "--token=" TOKEN " 10.0.0.1 10.0.0.2:7443 fd00::1");
	assert_string_equal(call.config->api_server_endpoint, "10.0.0.1:6443");
	assert_int_equal(json_array_size(call.config->further_endpoints), 2);
	assert_string_equal(json_string_value(json_array_get(call.config->further_endpoints, 0)),
			    "10.0.0.2:7443");
	assert_string_equal(json_string_value(json_array_get(call.config->further_endpoints, 1)),
			    "[fd00::1]:6443");
	assert_int_equal(json_array_size(call.args), 0);
	good(&call, CONFIG_JOIN, "phase kubelet-start start 10.0.0.1 10.0.0.2 --token=" TOKEN);
	assert_int_equal(json_array_size(call.args), 3);
	assert_int_equal(json_array_size(call.config->further_endpoints), 1);
	bad(&call, CONFIG_JOIN, "--token=" TOKEN " 10.0.0.1 10.0.0.256", "\"10.0.0.256\" is no host");
	bad(&call, CONFIG_JOIN, "--discovery-file=/x 10.0.0.1", "leave 10.0.0.1:6443 out");
	call_clear(&call);
}

static void a_cluster_s_name_stands_for_an_address(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_JOIN, "--token=" TOKEN " --cluster-name demo");
	assert_null(call.config->api_server_endpoint);
	assert_string_equal(call.config->join_cluster, "demo");
	assert_string_equal(call.config->cluster_suffix, "k8s");
	good(&call, CONFIG_JOIN,
	     "--token=" TOKEN " --cluster-name demo --cluster-domain-suffix example.org 10.0.0.1");
	assert_string_equal(call.config->cluster_suffix, "example.org");
	bad(&call, CONFIG_JOIN, "--token=" TOKEN " --cluster-name De_mo", "is no DNS name");
	bad(&call, CONFIG_JOIN, "--discovery-file=/x --cluster-name demo", "leave --cluster-name out");
	call_clear(&call);
}

static void wait_may_stand_with_and_without_its_time(void **state)
{
	static const struct {
		const char *flag;
		long wait_s;
	} rows[] = { { "", 300 },	      { "--wait", 300 },     { "--wait=5m", 300 },
		     { "--wait=90s", 90 }, { "--wait=2h", 7200 }, { "--wait=0", 0 } };
	struct call call = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *join = xasprintf("--token=" TOKEN " %s 10.0.0.1", rows[i].flag);
		AUTO(free) char *wait = xasprintf("%s 10.0.0.1", rows[i].flag);

		good(&call, CONFIG_JOIN, join);
		assert_int_equal(call.config->timeout_discovery_s, rows[i].wait_s);
		assert_string_equal(call.config->api_server_endpoint, "10.0.0.1:6443");
		good(&call, CONFIG_WAIT, wait);
		assert_int_equal(call.config->timeout_discovery_s, rows[i].wait_s);
	}
	bad(&call, CONFIG_JOIN, "--token=" TOKEN " --wait=soon 10.0.0.1", "--wait: ");
	bad(&call, CONFIG_JOIN, "--token=" TOKEN " --wait=-1s 10.0.0.1", "--wait: ");
	call_clear(&call);
}

static void labels_and_taints_are_what_a_kubelet_takes(void **state)
{
	static const struct {
		const char *flag, *fault;
	} rows[] = {
		{ "--node-labels=disk=ssd,example.org/rack=r-1", NULL },
		{ "--node-labels=empty=,bare", NULL },
		{ "--node-labels=node.kubernetes.io/pool=a,topology.kubernetes.io/zone=b", NULL },
		{ "--node-labels=node-role.kubernetes.io/worker=", "may not give itself" },
		{ "--node-labels=node-restriction.kubernetes.io/x=y", "may not give itself" },
		{ "--node-labels=x.k8s.io/x=y", "may not give itself" },
		{ "--node-labels=notk8s.io/x=y", NULL },
		{ "--node-labels=a=b=c", "is no label" },
		{ "--node-labels=-a=b", "is no label" },
		{ "--node-labels=a/b/c=d", "is no label" },
		{ "--node-labels=a=" PIN PIN, "is no label" },
		{ "--node-taints=dedicated=db:NoSchedule,gpu:NoExecute", NULL },
		{ "--node-taints=dedicated", "is no taint" },
		{ "--node-taints=dedicated=db", "is no taint" },
		{ "--node-taints=a*b=c:NoSchedule", "is no taint" },
		{ "--node-taints=:NoSchedule", "is no taint" },
		{ "--node-taints=a:Noschedule", "taint effect" },
	};
	struct call call = { 0 };
	AUTO(json) json_t *wanted = json_loads(
		"[{\"key\":\"a\",\"effect\":\"NoExecute\"},"
		"{\"key\":\"x.org/b\",\"value\":\"c\",\"effect\":\"PreferNoSchedule\"}]", 0, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *line = xasprintf("%s --token=" TOKEN " 10.0.0.1", rows[i].flag);

		if (rows[i].fault)
			bad(&call, CONFIG_JOIN, line, rows[i].fault);
		else
			good(&call, CONFIG_JOIN, line);
	}
	good(&call, CONFIG_INIT, "--node-taints=a:NoExecute --node-taints=x.org/b=c:PreferNoSchedule");
	assert_true(json_equal(call.config->taints, wanted));
	good(&call, CONFIG_INIT, "--node-taints= --node-labels=b,a=1");
	assert_int_equal(json_array_size(call.config->taints), 0);
	assert_true(json_is_array(call.config->taints));
	assert_string_equal(json_string_value(json_array_get(call.config->node_labels, 0)), "b=");
	call_clear(&call);
}

static void one_token_speaks_both_ways_unless_each_has_its_own(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_JOIN, "--token=" TOKEN "." PIN " 10.0.0.1");
	assert_string_equal(call.config->join_token, TOKEN "." PIN);
	assert_null(call.config->tls_bootstrap_token);
	good(&call, CONFIG_JOIN,
	     "--discovery-token=aaaaaa.aaaaaaaaaaaaaaaa --token=" TOKEN "." PIN " 10.0.0.1");
	assert_string_equal(call.config->join_token, "aaaaaa.aaaaaaaaaaaaaaaa");
	assert_string_equal(call.config->tls_bootstrap_token, TOKEN);
	good(&call, CONFIG_JOIN,
	     "--token=" TOKEN " --tls-bootstrap-token=aaaaaa.aaaaaaaaaaaaaaaa 10.0.0.1");
	assert_string_equal(call.config->join_token, TOKEN);
	assert_string_equal(call.config->tls_bootstrap_token, "aaaaaa.aaaaaaaaaaaaaaaa");
	call_clear(&call);
}

static void a_pin_can_be_required(void **state)
{
	struct call call = { 0 };

	(void)state;
	bad(&call, CONFIG_JOIN, "--require-pin --token=" TOKEN " 10.0.0.1",
	    "nothing pins the cluster's CA");
	good(&call, CONFIG_JOIN, "--require-pin --token=" TOKEN "." PIN " 10.0.0.1");
	good(&call, CONFIG_JOIN,
	     "--require-pin --token=" TOKEN " 10.0.0.1 --discovery-token-ca-cert-hash=sha256:"
	     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef "
	     "--discovery-token-ca-cert-hash=sha256:"
	     "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210");
	assert_int_equal(json_array_size(call.config->ca_cert_hashes), 2);
	bad(&call, CONFIG_JOIN,
	    "--require-pin --discovery-token-unsafe-skip-ca-verification --token=" TOKEN "." PIN
	    " 10.0.0.1",
	    "does not go together");
	call_clear(&call);
}

static void no_secret_stays_in_argv(void **state)
{
	static const struct {
		enum config_for kind;
		const char *line;
	} rows[] = {
		{ CONFIG_JOIN, "--token=" TOKEN " 10.0.0.1" },
		{ CONFIG_JOIN, "10.0.0.1 --token " TOKEN "." PIN },
		{ CONFIG_JOIN,
		  "--discovery-token=" TOKEN " --tls-bootstrap-token " TOKEN " 10.0.0.1" },
		{ CONFIG_INIT, "--token " TOKEN },
		{ CONFIG_INIT, "--certificate-key=0123456789abcdef" },
		/* Also where the line is refused, for whatever reason. */
		{ CONFIG_JOIN, "--nonsense --token=" TOKEN },
		{ CONFIG_JOIN, "--tokn=" TOKEN " 10.0.0.1" },
		{ CONFIG_JOIN, TOKEN " 10.0.0.1" },
		{ CONFIG_INIT, "--token=0123456789abcdef" },
		{ CONFIG_JOIN, "--help --token=" TOKEN },
	};
	struct call call = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load(&call, rows[i].kind, rows[i].line);
		for (int j = 0; j < call.argc; j++)
			if (strstr(call.argv[j], "0123456789abcdef"))
				fail_msg("%s: left in argv: %s", rows[i].line, call.argv[j]);
		assert_null(strstr(call.err.msg, "0123456789"));
		assert_null(strstr(call.err.next, "0123456789"));
	}
	call_clear(&call);
}

static void malformed_tokens_are_refused(void **state)
{
	struct call call = { 0 };

	(void)state;
	bad(&call, CONFIG_JOIN, "--token= 10.0.0.1", "--token: the token is empty");
	bad(&call, CONFIG_JOIN, "--token=abcdef.0123456789abcde 10.0.0.1",
	    "--token: the token is malformed");
	bad(&call, CONFIG_JOIN, "--discovery-token= 10.0.0.1",
	    "--discovery-token: the token is empty");
	bad(&call, CONFIG_JOIN, "--token=" TOKEN "." PIN "A 10.0.0.1", "malformed");
	bad(&call, CONFIG_INIT, "--token=" TOKEN "." PIN, "has a CA pin, which only join takes");
	bad(&call, CONFIG_INIT, "--token=", "--token: the token is empty");
	bad(&call, CONFIG_INIT, "--certificate-key=abc",
	    "--certificate-key: the certificate key is malformed");
	call_clear(&call);
}

static void a_token_with_white_space_is_refused(void **state)
{
	char flag[] = "--token", value[] = TOKEN " ", host[] = "10.0.0.1";
	char *argv[] = { flag, value, host };
	struct config *config = NULL;
	json_t *args = NULL;
	bool help;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_load(CONFIG_JOIN, 3, argv, &config, &args, &help, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.msg, "white space"));
	assert_null(config);
}

static void a_token_can_come_from_an_open_descriptor(void **state)
{
	struct call call = { 0 };
	AUTO(free) char *line = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	/* Its first line is enough: the writer may keep it open. */
	assert_int_equal(write(ends[1], TOKEN "\nmore\n", strlen(TOKEN) + 6), strlen(TOKEN) + 6);
	line = xasprintf("--token-fd=%d 10.0.0.1", ends[0]);
	good(&call, CONFIG_JOIN, line);
	assert_string_equal(call.config->join_token, TOKEN);
	assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* no child inherits it */
	load(&call, CONFIG_JOIN, line);
	assert_non_null(strstr(call.err.msg, "no open descriptor"));
	load(&call, CONFIG_JOIN, "--token-fd=x 10.0.0.1");
	assert_int_equal(call.err.code, ERR_USAGE);
	close(ends[1]);

	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(write(ends[1], "x", 1), 1);
	free(line);
	line = xasprintf("create --token-fd=%d", ends[0]);
	load(&call, CONFIG_TOKEN, line);
	assert_non_null(strstr(call.err.msg, "longer than a secret is"));
	close(ends[1]);
	call_clear(&call);
}

static void a_token_can_be_a_credential_of_the_service(void **state)
{
	char dir[] = "/tmp/kstrap-test-cred.XXXXXX";
	AUTO(free) char *path = NULL;
	struct call call = { 0 };
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/kstrap.token", dir);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	bad(&call, CONFIG_JOIN, "10.0.0.1", "no token"); /* the service has none of that name */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	assert_int_equal(write(fd, TOKEN "." PIN, strlen(TOKEN "." PIN)), strlen(TOKEN "." PIN));
	close(fd);
	good(&call, CONFIG_JOIN, "10.0.0.1");
	assert_string_equal(call.config->join_token, TOKEN "." PIN);
	good(&call, CONFIG_JOIN, "--token=ghijkl.0123456789abcdef 10.0.0.1");
	assert_string_equal(call.config->join_token, "ghijkl.0123456789abcdef");
	good(&call, CONFIG_TOKEN, "create");
	assert_string_equal(call.config->token, TOKEN); /* the pin is the cluster's own business */
	good(&call, CONFIG_TOKEN, "create ghijkl.0123456789abcdef");
	assert_null(call.config->token);
	unsetenv("CREDENTIALS_DIRECTORY");
	(void)unlink(path);
	(void)rmdir(dir);
	call_clear(&call);
}

static void limits_of_a_token_are_checked(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_TOKEN, "create --uses 500 --node Worker-1.example.org");
	assert_int_equal(call.config->token_uses, 500);
	assert_string_equal(call.config->token_node, "worker-1.example.org");
	bad(&call, CONFIG_TOKEN, "create --uses 0", "1 to 500");
	bad(&call, CONFIG_TOKEN, "create --uses 501", "1 to 500");
	bad(&call, CONFIG_TOKEN, "create --uses -1", "1 to 500");
	bad(&call, CONFIG_TOKEN, "create --uses x", "whole number");
	bad(&call, CONFIG_TOKEN, "create --node a_b", "DNS name");
	bad(&call, CONFIG_TOKEN, "create --uses 1 --groups system:bootstrappers:a", "group of its own");
	bad(&call, CONFIG_TOKEN, "create --node n1 --usages signing", "--node is for tokens");
	call_clear(&call);
}

static void an_output_format_may_be_a_template(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_TOKEN, "list -o jsonpath={.token}");
	assert_string_equal(call.config->output, "jsonpath={.token}");
	assert_true(call.config->missing_keys);
	good(&call, CONFIG_CERTS, "check-expiration -ojsonpath={.certificates[*].name} "
				  "--allow-missing-template-keys=false");
	assert_false(call.config->missing_keys);
	bad(&call, CONFIG_TOKEN, "list -o jsonpath", "no template");
	bad(&call, CONFIG_TOKEN, "list -o jsonpath=", "no template");
	bad(&call, CONFIG_TOKEN, "list -o jsonpath={.a", "character 4");
	bad(&call, CONFIG_TOKEN, "list -o jsonpathx={.a}", "output format");
	call_clear(&call);
}

static void a_token_can_come_from_a_file(void **state)
{
	char path[] = "/tmp/kstrap-test-token.XXXXXX";
	AUTO(fd) int fd = mkstemp(path);
	AUTO(free) char *line = xasprintf("--token-file=%s 10.0.0.1", path);
	AUTO(free) char *both = xasprintf("--token-file=%s --token=" TOKEN " 10.0.0.1", path);
	struct call call = { 0 };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, TOKEN "\n", strlen(TOKEN "\n")), (ssize_t)strlen(TOKEN "\n"));
	good(&call, CONFIG_JOIN, line);
	assert_string_equal(call.config->join_token, TOKEN);
	bad(&call, CONFIG_JOIN, both, "--token is there as well");
	assert_int_equal(ftruncate(fd, 0), 0);
	bad(&call, CONFIG_JOIN, line, "--token-file: the token is empty");
	(void)unlink(path);
	load(&call, CONFIG_JOIN, line);
	assert_int_equal(call.err.code, ERR_NOT_FOUND);
	call_clear(&call);
}

static void kubeadms_profile_has_kubeadms_keys(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT, "--profile=kubeadm");
	assert_string_equal(call.config->key_algorithm, "RSA-2048");
	good(&call, CONFIG_INIT, "--profile=kubeadm --key-algorithm=ECDSA-P384");
	assert_string_equal(call.config->key_algorithm, "ECDSA-P384");
	call_clear(&call);
}

/* Without a description a further init would take a stranger's token for its own. */
static void the_first_token_is_known_again_by_its_description(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT, "--node-name=a");
	assert_string_equal(call.config->token_description, "The first token, made by kstrap init.");
	call_clear(&call);
}

static void addons_left_out_are_disabled_too(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT, "--skip-phases=addon/kube-proxy");
	assert_true(call.config->proxy_disabled);
	assert_false(call.config->dns_disabled);
	good(&call, CONFIG_INIT, "--skip-phases=addon");
	assert_true(call.config->proxy_disabled && call.config->dns_disabled);
	call_clear(&call);
}

static void the_endpoints_port_is_the_api_servers_by_default(void **state)
{
	struct call call = { 0 };

	(void)state;
	good(&call, CONFIG_INIT,
	     "--control-plane-endpoint=lb.example.org --apiserver-bind-port=7443");
	assert_string_equal(call.config->control_plane_endpoint, "lb.example.org:7443");
	good(&call, CONFIG_INIT, "--control-plane-endpoint=fd00::1");
	assert_string_equal(call.config->control_plane_endpoint, "[fd00::1]:6443");
	call_clear(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_can_come_from_an_open_descriptor),
		cmocka_unit_test(a_token_can_be_a_credential_of_the_service),
		cmocka_unit_test(limits_of_a_token_are_checked),
		cmocka_unit_test(an_output_format_may_be_a_template),
		cmocka_unit_test(values_stand_behind_an_equals_sign_or_a_blank),
		cmocka_unit_test(lists_are_split_at_commas_and_add_up),
		cmocka_unit_test(what_is_unknown_or_malformed_is_refused_all_at_once),
		cmocka_unit_test(subnets_must_not_overlap),
		cmocka_unit_test(help_wins_over_everything_else),
		cmocka_unit_test(join_takes_an_address_in_every_form),
		cmocka_unit_test(join_takes_several_addresses),
		cmocka_unit_test(a_cluster_s_name_stands_for_an_address),
		cmocka_unit_test(wait_may_stand_with_and_without_its_time),
		cmocka_unit_test(labels_and_taints_are_what_a_kubelet_takes),
		cmocka_unit_test(one_token_speaks_both_ways_unless_each_has_its_own),
		cmocka_unit_test(a_pin_can_be_required),
		cmocka_unit_test(no_secret_stays_in_argv),
		cmocka_unit_test(malformed_tokens_are_refused),
		cmocka_unit_test(a_token_with_white_space_is_refused),
		cmocka_unit_test(a_token_can_come_from_a_file),
		cmocka_unit_test(kubeadms_profile_has_kubeadms_keys),
		cmocka_unit_test(the_first_token_is_known_again_by_its_description),
		cmocka_unit_test(addons_left_out_are_disabled_too),
		cmocka_unit_test(the_endpoints_port_is_the_api_servers_by_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
