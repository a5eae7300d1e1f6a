#include "phases/discovery.h"

#include "api/backoff.h"
#include "api/guard.h"
#include "api/http.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/cert.h"
#include "pki/token.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define MAX_INFO   (1u << 20)
#define MAX_HASHES 32
#define MAX_CAS    32
#define ATTEMPT_S  10L
#define UNSIGNED_S 20L /* the controller manager signs for a new token within seconds */
#define SILENT_S   1.0 /* what goes on longer is told with its reason */
#define SKEW_S     60
#define PEM_BEGIN  "-----BEGIN CERTIFICATE-----"

#define NEW_TOKEN                                                                                  \
	"on a control plane node: kstrap token create --print-join-command (or kubeadm's command " \
	"of the same name)"

struct look {
	const struct discovery_want *want;
	struct token token;
	unsigned char hashes[MAX_HASHES][32];
	size_t hashes_len;
	double until;
	struct http *http; /* unverified, to `asked`: kept for the next time */
	char *asked;
};

struct answer {
	char *kubeconfig;
	char *jws; /* over kubeconfig with our token; NULL: not there */
	long skew_s;
};

/* The later ones tell more when several servers fail. */
enum outcome { OUTCOME_GOT, OUTCOME_AGAIN, OUTCOME_UNSIGNED, OUTCOME_FAILED };

static void auto_look_(struct look *look)
{
	token_clear(&look->token);
	http_close(look->http);
	free(look->asked);
}

static void auto_answer_(struct answer *answer)
{
	free(answer->kubeconfig);
	free(answer->jws);
}

static int look_begin(struct look *look, const struct discovery_want *want, struct err *err)
{
	size_t i;
	json_t *hash;

	look->want = want;
	if (!want->servers.endpoint && !want->servers.cluster &&
	    !json_array_size(want->servers.further)) {
		err_set(err, ERR_USAGE, "which master? no address was given");
		return err_next(err, "name the master's address, or --cluster-name NAME");
	}
	if (token_parse(want->token, &look->token, err) < 0)
		return -1;
	if (json_array_size(want->ca_hashes) > MAX_HASHES)
		return err_set(err, ERR_CRYPTO, "more than %d CA certificate hashes", MAX_HASHES);
	json_array_foreach (want->ca_hashes, i, hash) {
		const char *text = json_string_value(hash);

		if (pin_parse(text ? text : "", look->hashes[i], err) < 0)
			return -1;
		look->hashes_len++;
	}
	look->until = clock_mono() + (double)want->timeout_s;
	return 0;
}

int discovery_read_info(const char *label, const char *body, size_t len, const char *id,
			char **ret_config, char **ret_jws, struct err *err)
{
	AUTO(json) json_t *map = NULL;
	AUTO(free) char *key = xasprintf("jws-kubeconfig-%s", id ? id : "");
	const json_t *data;
	const char *config;

	if (len > MAX_INFO)
		return err_set(err, ERR_API, "%s: cluster-info is longer than 1 MiB", label);
	if (guard_json(body, len, label, &map, err) < 0)
		return -1;
	data = json_object_get(map, "data");
	config = json_str(data, "kubeconfig");
	if (!config || !*config)
		return err_set(err, ERR_API, "%s: its cluster-info has no kubeconfig", label);
	*ret_config = xstrdup(config);
	if (ret_jws)
		*ret_jws = xstrdup(json_str(data, key));
	return 0;
}

/* An answer without cluster-info: whether that can change by waiting. */
static enum outcome no_info(const char *label, long status, struct err *err)
{
	switch (status) {
	case 401:
	case 403:
		err_set(err, ERR_API, "%s: does not let strangers read cluster-info (%ld)", label,
			status);
		err_next(err, "on a control plane node: kstrap init phase bootstrap-token");
		return OUTCOME_AGAIN;
	case 404:
		err_set(err, ERR_API, "%s: has no cluster-info: no control plane, or not finished",
			label);
		err_next(err, "on a control plane node: kstrap init phase bootstrap-token");
		return OUTCOME_AGAIN;
	case 429:
	case 500:
	case 502:
	case 503:
	case 504:
		err_set(err, ERR_API, "%s: is not ready (%ld)", label, status);
		return OUTCOME_AGAIN;
	default:
		err_set(err, ERR_API, "%s: answered %ld, as no Kubernetes API server does", label,
			status);
		return OUTCOME_FAILED;
	}
}

static long time_of(const struct look *look)
{
	double left_s = look->until - clock_mono();

	return left_s < (double)ATTEMPT_S && look->want->timeout_s ? (long)left_s + 1 : ATTEMPT_S;
}

static enum outcome ask(const struct look *look, struct http *http, struct answer *ret,
			struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };
	const char *label = http_label(http);

	http_set_timeout(http, time_of(look));
	if (http_call(http, "GET", DISCOVERY_INFO, NULL, NULL, 0, &reply, err) < 0)
		return http_untrusted(http) || (err->code != ERR_NET && err->code != ERR_TIMEOUT)
			       ? OUTCOME_FAILED
			       : OUTCOME_AGAIN;
	if (reply.status != 200)
		return no_info(label, reply.status, err);
	if (discovery_read_info(label, reply.body, reply.len, look->token.id, &ret->kubeconfig,
				&ret->jws, err) < 0)
		return OUTCOME_FAILED;
	ret->skew_s = reply.date ? reply.date - (long)clock_now() : 0;
	return OUTCOME_GOT;
}

/* The connection is kept while the same server is asked again. */
static int open_blind(struct look *look, const struct server *server, struct err *err)
{
	AUTO(free) char *url = xasprintf("https://%s", server->endpoint);
	const struct http_peer peer = {
		.url = url, .timeout_s = ATTEMPT_S, .tick = look->want->tick, .arg = look->want->arg
	};

	if (look->http && str_eq(look->asked, server->endpoint))
		return 0;
	http_close(TAKE(look->http));
	free(look->asked);
	look->asked = xstrdup(server->endpoint);
	return http_open_blind(&peer, &look->http, err);
}

static enum outcome first_answer(struct look *look, const struct server *server, struct answer *ret,
				 struct err *err)
{
	enum outcome outcome;

	if (open_blind(look, server, err) < 0)
		return OUTCOME_FAILED;
	outcome = ask(look, look->http, ret, err);
	if (outcome != OUTCOME_GOT)
		return outcome;
	if (!ret->jws) {
		err_set(err, ERR_TIMEOUT,
			"%s: its cluster-info is not signed with the token %s: expired or unknown there",
			server->endpoint, look->token.id);
		err_next(err, "%s", NEW_TOKEN);
		return OUTCOME_UNSIGNED;
	}
	if (jws_verify(&look->token, ret->kubeconfig, ret->jws, err) == 0)
		return OUTCOME_GOT;
	err_wrap(err, "%s: cluster-info is signed by somebody who does not have the token %s",
		 server->endpoint, look->token.id);
	err_next(err, "check the address and the token; for a new one, %s", NEW_TOKEN);
	return OUTCOME_FAILED;
}

static bool vouched(const struct look *look, const unsigned char spki[32])
{
	bool found = look->hashes_len == 0;

	if (look->token.pinned && memcmp(spki, look->token.pin, 32) != 0)
		return false;
	for (size_t i = 0; i < look->hashes_len; i++)
		found = found || memcmp(spki, look->hashes[i], 32) == 0;
	return found;
}

/* The certificates of the bundle that pin and hashes vouch for, as PEM; the caller frees. */
static int vouched_cas(const struct look *look, const char *label, const char *bundle, char **ret,
		       struct err *err)
{
	AUTO(buf) struct buf pem = BUF_INIT(MAX_INFO);
	size_t seen = 0;

	for (const char *at = bundle; (at = strstr(at, PEM_BEGIN)); at += strlen(PEM_BEGIN)) {
		AUTO(x509) X509 *cert = NULL;
		AUTO(free) char *text = NULL;
		unsigned char spki[32];

		if (++seen > MAX_CAS)
			return err_set(err, ERR_CRYPTO, "cluster-info has more than %d CAs",
				       MAX_CAS);
		if (cert_from_pem(at, strlen(at), "cluster-info", &cert, err) < 0 ||
		    cert_spki_sha256(cert, spki, err) < 0)
			return -1;
		if (!X509_check_ca(cert) || !vouched(look, spki))
			continue;
		if (cert_to_pem(cert, &text, err) < 0)
			return -1;
		if (buf_addf(&pem, "%s", text) < 0)
			return err_set(err, ERR_CRYPTO, "cluster-info: its CAs are too long");
	}
	if (!pem.len) {
		err_set(err, ERR_CRYPTO,
			"%s: none of its %zu CA certificates is the one that %s: another cluster, or "
			"somebody in between",
			label, seen,
			look->token.pinned ? "the token's pin names"
					   : "--discovery-token-ca-cert-hash names");
		return err_next(err, "check the address and the token; for a new one, %s",
				NEW_TOKEN);
	}
	*ret = TAKE(pem.data);
	return 0;
}

/* By the name, if the certificate does not have the address; that is told of an address alone. */
static enum outcome ask_verified(const struct look *look, const struct server *server,
				 const char *ca, bool by_name, struct answer *ret, struct err *err)
{
	AUTO(http) struct http *http = NULL;
	AUTO(free) char *url = xasprintf("https://%s", by_name ? server->name : server->endpoint);
	const struct http_peer peer = { .url = url,
					.connect = by_name ? server->endpoint : NULL,
					.ca = ca,
					.timeout_s = ATTEMPT_S,
					.tick = look->want->tick,
					.arg = look->want->arg };
	enum outcome outcome;

	if (http_open(&peer, &http, err) < 0)
		return OUTCOME_FAILED;
	outcome = ask(look, http, ret, err);
	if (outcome == OUTCOME_FAILED && http_untrusted(http) && server->name && !by_name)
		return ask_verified(look, server, ca, true, ret, err);
	return outcome;
}

/* The same question to a server that has to prove who it is. */
static enum outcome second_answer(const struct look *look, const struct server *server,
				  const char *ca, const struct answer *first, struct err *err)
{
	AUTO(answer) struct answer answer = { 0 };
	enum outcome outcome = ask_verified(look, server, ca, false, &answer, err);

	if (outcome != OUTCOME_GOT) {
		if (err->code == ERR_NET && outcome == OUTCOME_FAILED &&
		    labs(first->skew_s) > SKEW_S)
			err_next(err, "set this machine's clock: the server's differs by %ld s",
				 first->skew_s);
		return outcome;
	}
	if (str_eq(answer.kubeconfig, first->kubeconfig))
		return OUTCOME_GOT;
	err_set(err, ERR_CRYPTO,
		"%s: cluster-info was another one when asked for again over the verified connection",
		server->endpoint);
	return OUTCOME_FAILED;
}

static int read_cluster(const char *label, const struct answer *answer, struct kubeconfig *ret,
			struct err *err)
{
	AUTO(free) char *name = xasprintf("cluster-info of %s", label);

	if (kubeconfig_read(answer->kubeconfig, strlen(answer->kubeconfig), name, ret, err) < 0)
		return -1;
	if (!ret->server || !str_starts(ret->server, "https://") || !ret->ca_pem)
		return err_set(err, ERR_CONFIG,
			       "%s: its cluster-info names no https server with its CA", label);
	return 0;
}

/* Everything that one server has to pass. */
static enum outcome examine(struct look *look, const struct server *server, struct discovery *ret,
			    struct err *err)
{
	AUTO(answer) struct answer first = { 0 };
	AUTO(kubeconfig) struct kubeconfig cluster = { 0 };
	AUTO(free) char *ca = NULL;
	bool pinned = look->token.pinned || look->hashes_len;
	enum outcome outcome = first_answer(look, server, &first, err);

	if (outcome != OUTCOME_GOT)
		return outcome;
	if (read_cluster(server->endpoint, &first, &cluster, err) < 0 ||
	    (pinned && vouched_cas(look, server->endpoint, cluster.ca_pem, &ca, err) < 0))
		return OUTCOME_FAILED;
	if (pinned && (outcome = second_answer(look, server, ca, &first, err)) != OUTCOME_GOT)
		return outcome;
	*ret = (struct discovery){ .server = TAKE(cluster.server),
				   .ca_pem = TAKE(cluster.ca_pem),
				   .pinned = pinned,
				   .skew_s = first.skew_s };
	return OUTCOME_GOT;
}

/* Every message, and the code and advice of the one that tells most: of two refusals that of a forged
 * signature or key, whichever server was asked first. */
static void put_together(struct err *all, enum outcome told, const struct err *one,
			 enum outcome outcome)
{
	const struct err before = *all;

	if (outcome > told || (outcome == told && one->code == ERR_CRYPTO))
		*all = *one;
	if (*before.msg)
		(void)snprintf(all->msg, sizeof(all->msg), "%.1000s; %.1000s", before.msg,
			       one->msg);
}

/* Each server there is now, once. Some hope (OUTCOME_AGAIN) or a missing signature counts for more
 * than the others' refusal. */
static enum outcome each(struct look *look, struct discovery *ret, struct err *err)
{
	const struct discovery_want *want = look->want;
	AUTO(servers) struct servers servers = { NULL, 0 };
	enum outcome told = OUTCOME_GOT;
	bool seen[OUTCOME_FAILED + 1] = { false };

	if (servers_find(&want->servers, (double)time_of(look), want->tick, want->arg, &servers,
			 err) < 0)
		return OUTCOME_AGAIN;
	if (servers.len > 1)
		servers_prefer_ready(&servers, want->tick, want->arg, NULL);
	for (size_t i = 0; i < servers.len; i++) {
		struct err one = ERR_INIT;
		enum outcome outcome = examine(look, &servers.list[i], ret, &one);

		if (outcome == OUTCOME_GOT)
			return OUTCOME_GOT;
		put_together(err, told, &one, outcome);
		told = outcome > told ? outcome : told;
		seen[outcome] = true;
	}
	return seen[OUTCOME_UNSIGNED] ? OUTCOME_UNSIGNED
	       : seen[OUTCOME_AGAIN]  ? OUTCOME_AGAIN
				      : OUTCOME_FAILED;
}

/* Each reason once. */
static void tell_why(struct err *told, const struct err *now, double since)
{
	if (clock_mono() - since < SILENT_S || str_eq(told->msg, now->msg))
		return;
	*told = *now;
	log_say("%s; asking again", now->msg);
}

/* Goes round until one has passed, or all fail in a way that waiting does not cure, or no time is
 * left. */
static int go_round(struct look *look, struct discovery *ret, struct err *err)
{
	const struct discovery_want *want = look->want;
	const double start = clock_mono();
	struct backoff backoff = BACKOFF_INIT;
	struct err told = ERR_INIT;
	double unsigned_since = 0;

	for (;;) {
		struct err now = ERR_INIT;
		enum outcome outcome = each(look, ret, &now);
		double until = look->until;
		long patience_s = want->timeout_s;

		if (outcome == OUTCOME_GOT)
			return 0;
		if (outcome == OUTCOME_UNSIGNED && unsigned_since == 0)
			unsigned_since = clock_mono();
		if (outcome == OUTCOME_UNSIGNED && unsigned_since + UNSIGNED_S < until) {
			until = unsigned_since + UNSIGNED_S;
			patience_s = UNSIGNED_S;
		}
		if (outcome != OUTCOME_FAILED && clock_mono() < until) {
			tell_why(&told, &now, start);
			backoff_wait(&backoff, until, want->tick, want->arg);
			continue;
		}
		*err = now;
		if (!*err->next)
			err_next(err, "check the address, and on that machine: kubectl get nodes");
		return outcome == OUTCOME_FAILED || !patience_s
			       ? -1
			       : err_wrap(err, "gave up after %ld s", patience_s);
	}
}

int discovery_by_token(const struct discovery_want *want, struct discovery *ret, struct err *err)
{
	AUTO(look) struct look look = { 0 };

	if (look_begin(&look, want, err) < 0)
		return -1;
	return go_round(&look, ret, err);
}

void discovery_clear(struct discovery *discovery)
{
	free(discovery->server);
	free(discovery->ca_pem);
	kubeconfig_clear(&discovery->user);
	*discovery = (struct discovery){ 0 };
}
