#include <string.h>

#include "api/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/join/join.h"
#include "phases/preflight/preflight.h"
#include "pki/cert.h"
#include "pki/kubeconfig.h"
#include "pki/token.h"

#define EXCHANGE_S 30
#define SKEW_S	   15 /* certificates are made five minutes old for this */
#define FILE_MAX   (1024 * 1024)
#define YOUNG_S	   10

char *join_bearer(struct run *run)
{
	const struct config *config = run->config;
	const char *given = config->tls_bootstrap_token ? config->tls_bootstrap_token :
							  config->join_token;
	AUTO(token) struct token token = { .pinned = false };
	struct err ignored = ERR_INIT; /* the configuration's checks have passed it */

	if (!given)
		return xstrdup(join_state(run)->discovery.user.token);
	return token_parse(given, &token, &ignored) < 0 ? NULL : token_format_plain(&token);
}

static int token_of(const struct run *run, struct token *ret, struct err *err)
{
	if (!run->config->join_token) {
		err_set(err, ERR_USAGE, "which token? none was given");
		return err_next(err, "on a control plane node: kstrap token create "
				     "--print-join-command");
	}
	return token_parse(run->config->join_token, ret, err);
}

/* Whether one of the PEM certificates is the one that pin or hashes name. */
static bool vouched(const char *pem, const struct token *token, const json_t *hashes)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";

	for (const char *at = pem; (at = strstr(at, begin)); at += strlen(begin)) {
		AUTO(x509) X509 *cert = NULL;
		struct err ignored = ERR_INIT;
		unsigned char spki[32], wanted[32];
		const json_t *hash;
		size_t i;

		if (cert_from_pem(at, strlen(at), "CA", &cert, &ignored) < 0 ||
		    cert_spki_sha256(cert, spki, &ignored) < 0)
			continue;
		if (token->pinned && memcmp(spki, token->pin, sizeof(spki)) == 0)
			return true;
		json_array_foreach (hashes, i, hash)
			if (pin_parse(json_string_value(hash), wanted, &ignored) == 0 &&
			    memcmp(spki, wanted, sizeof(spki)) == 0)
				return true;
	}
	return false;
}

static int other_cluster(const struct run *run, const struct credentials *own, struct err *err)
{
	err_set(err, ERR_HOST, "this host is node %s of another cluster, at %s (%s/kubelet.conf)",
		own->node ? own->node : "?", own->server, run->config->kubernetes_dir);
	return err_next(err, "to leave that cluster: kstrap reset; then run this again");
}

static void say_joined(const struct credentials *own)
{
	log_say("this host is node %s of the cluster at %s already", own->node, own->server);
}

/* Whether kubelet.conf is of the cluster that is asked for, as far as this host can tell alone:
 * 1 yes, 0 unknown, -1 another's. Then the token's age does not matter. */
static int joined_before(struct run *run, const struct credentials *own, const struct token *token,
			 struct err *err)
{
	AUTO(free) char *server = xasprintf("https://%s", run->config->api_server_endpoint ?
								  run->config->api_server_endpoint :
								  "");
	const json_t *hashes = run->config->ca_cert_hashes;

	if (token->pinned || json_array_size(hashes) > 0)
		return vouched(own->ca, token, hashes) ? 1 : other_cluster(run, own, err);
	return str_eq(own->server, server) ? 1 : 0;
}

static bool still_valid(const struct run *run, const struct credentials *own)
{
	return own->node && own->not_after > run->now;
}

/* Before the first connection: what can be refused at once. */
static int check_pin(const struct run *run, const struct token *token, struct err *err)
{
	if (token->pinned || json_array_size(run->config->ca_cert_hashes) > 0)
		return 0;
	if (run->config->require_pin) {
		err_set(err, ERR_CRYPTO, "the token has no CA pin, and --require-pin asks for one");
		return err_next(err, "use the whole line that kinit printed, or give "
				     "--discovery-token-ca-cert-hash");
	}
	if (!run->config->unsafe_skip_ca_verification)
		log_warn("without a CA pin, somebody between here and the master who knows the "
			 "token can pretend to be the cluster");
	return 0;
}

static int by_token(struct run *run, struct join_state *state, struct err *err)
{
	const struct servers_want servers = servers_wanted(run->config);
	AUTO(free) char *which = servers_describe(&servers);
	AUTO(free) char *what = xasprintf("waiting for %s", which);
	struct log_wait wait;
	const struct discovery_want want = { .servers = servers,
					     .token = run->config->join_token,
					     .ca_hashes = run->config->ca_cert_hashes,
					     .timeout_s = run->config->timeout_discovery_s,
					     .tick = log_tick,
					     .arg = &wait };

	log_wait_start(&wait, what);
	return discovery_by_token(&want, &state->discovery, err);
}

/* A kubeconfig that vouches for the CA by having come over a trusted way. */
static int by_file(struct run *run, struct join_state *state, struct err *err)
{
	AUTO(free) char *what = xasprintf("waiting for the cluster of %.*s",
					  (int)strcspn(run->config->discovery_file, "?"),
					  run->config->discovery_file);
	struct log_wait wait;

	log_wait_start(&wait, what);
	return discovery_by_file(&(struct discovery_file){
					 .fs = run->fs,
					 .path = run->config->discovery_file,
					 .timeout_s = run->config->timeout_discovery_s,
					 .tick = log_tick,
					 .arg = &wait },
				 &state->discovery, err);
}

static void tell_skew(const struct discovery *discovery)
{
	if (labs(discovery->skew_s) > SKEW_S)
		log_warn("this host's clock is %ld s %s the API server's: certificates may seem "
			 "expired or not valid yet (timedatectl set-ntp true)",
			 labs(discovery->skew_s), discovery->skew_s > 0 ? "behind" : "ahead of");
}

/* kubeadm's rule: a name that is taken by a node at work would be taken over. */
static int check_name(struct run *run, struct kube *kube, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", run->cluster->node_name);
	AUTO(json) json_t *node = NULL;
	struct err ignored = ERR_INIT;

	if (kube_get(kube, path, &node, &ignored) < 0) {
		log_debug("%s", ignored.msg); /* not there; or a token that may not look */
		return 0;
	}
	if (!kube_is_ready(node))
		return 0;
	err_set(err, ERR_HOST, "a node called %s is in the cluster already, and Ready",
		run->cluster->node_name);
	return err_next(err, "give this one another name with --node-name; or, if that one is gone: "
			     "kubectl delete node %s", run->cluster->node_name);
}

/* A CA file that is neither ours nor the cluster's is left by some other cluster. */
static int check_ca_file(struct run *run, const char *ca_pem, struct err *err)
{
	const char *path = run->config->ca_cert_path;
	AUTO(free) char *text = NULL;

	if (fs_read(run->fs, path, FILE_MAX, &text, NULL, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (str_eq(text, ca_pem) || run_made(run, path))
		return 0;
	err_set(err, ERR_HOST, "%s is another cluster's CA", path);
	return err_next(err, "to leave that cluster: kstrap reset; then run this again");
}

int join_open(struct run *run, struct kube **ret, struct err *err)
{
	const struct join_state *state = join_state(run);
	const struct kubeconfig *user = &state->discovery.user;
	AUTO(secret) char *bearer = join_bearer(run);
	struct http_peer peer = { .url = state->discovery.server,
				  .ca = state->discovery.ca_pem,
				  .bearer = bearer,
				  .timeout_s = EXCHANGE_S };

	if (!bearer && user->cert_pem && user->key_pem) {
		peer.cert = user->cert_pem;
		peer.key = user->key_pem;
	} else if (!bearer) {
		err_set(err, ERR_USAGE, "%s has no credentials in it, and no token was given",
			run->config->discovery_file ? run->config->discovery_file : "discovery");
		return err_next(err, "give --tls-bootstrap-token as well; on a control plane node: "
				     "kstrap token create");
	}
	return kube_open(&peer, ret, err);
}

/* An API server that has just started knows no tokens and no rules in its first seconds. */
static int read_patiently(struct run *run, struct kube *kube, struct err *err)
{
	const double start = clock_mono();
	struct backoff backoff = BACKOFF_INIT;
	bool told = false;

	for (;;) {
		const double now = clock_mono();
		struct err why = ERR_INIT;

		if (join_read_cluster(run, kube, &why) == 0)
			return 0;
		if (now - start >= YOUNG_S || (why.code != ERR_API && why.code != ERR_NET)) {
			*err = why;
			break;
		}
		if (!told && now - start >= 1)
			log_say("%s; asking again", why.msg);
		told = now - start >= 1;
		backoff_wait(&backoff, start + YOUNG_S, NULL, NULL);
	}
	return *err->next ? -1 :
			    err_next(err, "on a control plane node: kstrap token create "
					  "--print-join-command");
}

static int look_around(struct run *run, struct join_state *state, struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;

	if (check_ca_file(run, state->discovery.ca_pem, err) < 0 || join_open(run, &kube, err) < 0 ||
	    read_patiently(run, kube, err) < 0 || preflight_run(run, PREFLIGHT_FOUND, err) < 0)
		return -1;
	return check_name(run, kube, err);
}

/* An own kubelet.conf after discovery: the CA tells whether it is of this cluster. */
static int compare_own(struct run *run, struct join_state *state, const struct credentials *own,
		       struct err *err)
{
	if (!own->ca || !still_valid(run, own))
		return 0;
	if (!str_eq(own->ca, state->discovery.ca_pem))
		return other_cluster(run, own, err);
	state->joined = true;
	return 0;
}

static int rejoin(struct run *run, struct join_state *state, const struct credentials *own,
		  struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;

	say_joined(own);
	state->joined = true;
	if (credentials_open(own, EXCHANGE_S, &kube, err) == 0 &&
	    join_read_cluster(run, kube, err) == 0)
		return 0;
	log_warn("%s", err->msg);
	return 0;
}

static int discover(struct run *run, struct join_state *state, struct err *err)
{
	AUTO(credentials) struct credentials own = { .server = NULL };
	AUTO(token) struct token token = { .pinned = false };
	struct err ignored = ERR_INIT;
	int before = 0;

	if (!run->config->discovery_file && token_of(run, &token, err) < 0)
		return -1;
	if (join_credentials(run, &own, &ignored) == 0 && still_valid(run, &own) &&
	    !run->config->discovery_file)
		before = joined_before(run, &own, &token, err);
	if (before != 0)
		return before < 0 ? -1 : rejoin(run, state, &own, err);

	if (!run->config->discovery_file && check_pin(run, &token, err) < 0)
		return -1;
	if ((run->config->discovery_file ? by_file(run, state, err) : by_token(run, state, err)) < 0 ||
	    compare_own(run, state, &own, err) < 0)
		return -1;
	tell_skew(&state->discovery);
	return state->joined ? rejoin(run, state, &own, err) : look_around(run, state, err);
}

int join_discover(struct run *run, const void *arg, struct err *err)
{
	struct join_state *state = join_state(run);

	(void)arg;
	if (state->known)
		return 0;
	if (discover(run, state, err) < 0 || join_find_address(run, state->discovery.server, err) < 0)
		return -1;
	state->known = true;
	if (!state->joined)
		log_say("found the cluster at %s%s", state->discovery.server,
			state->discovery.pinned ? ", its CA is the one that was pinned" : "");
	return 0;
}
