#include "phases/discovery.h"

#include "api/backoff.h"
#include "api/guard.h"
#include "api/http.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/cert.h"
#include "pki/kubeconfig.h"
#include "pki/token.h"

#include <openssl/x509v3.h>
#include <string.h>

#define CLUSTER_INFO "/api/v1/namespaces/kube-public/configmaps/cluster-info"
#define MAX_INFO     (1u << 20)
#define MAX_HASHES   32
#define MAX_CAS	     32
#define ATTEMPT_S    10L
#define UNSIGNED_S   20L /* the controller manager signs for a new token within seconds */
#define SILENT_S     1.0 /* what goes on longer is told with its reason */
#define PEM_BEGIN    "-----BEGIN CERTIFICATE-----"

#define NEW_TOKEN                                                                                  \
	"on a control plane node: kstrap token create --print-join-command (or kubeadm's command " \
	"of the same name)"

struct look {
	const struct discovery_want *want;
	struct token token;
	unsigned char hashes[MAX_HASHES][32];
	size_t hashes_len;
	char *url;
	double until;
};

struct answer {
	char *kubeconfig;
	char *jws; /* over kubeconfig with our token; NULL: not there */
	long date;
};

enum outcome { OUTCOME_GOT, OUTCOME_AGAIN, OUTCOME_UNSIGNED, OUTCOME_FAILED };

static void look_clear(struct look *look)
{
	token_clear(&look->token);
	free(look->url);
}

static void auto_look_(struct look *look)
{
	look_clear(look);
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
	if (token_parse(want->token, &look->token, err) < 0)
		return -1;
	if (json_array_size(want->ca_hashes) > MAX_HASHES)
		return err_set(err, ERR_CRYPTO, "more than %d CA certificate hashes", MAX_HASHES);
	json_array_foreach(want->ca_hashes, i, hash)
	{
		const char *text = json_string_value(hash);

		if (pin_parse(text ? text : "", look->hashes[i], err) < 0)
			return -1;
		look->hashes_len++;
	}
	look->url = xasprintf("https://%s", want->endpoint);
	look->until = clock_mono() + (double)want->timeout_s;
	return 0;
}

/* The two values of the ConfigMap, copied. */
static enum outcome read_answer(const struct look *look, const struct http_reply *reply,
				struct answer *ret, struct err *err)
{
	AUTO(json) json_t *map = NULL;
	AUTO(free) char *key = xasprintf("jws-kubeconfig-%s", look->token.id);
	const json_t *data;
	const char *kubeconfig;

	if (reply->len > MAX_INFO) {
		err_set(err, ERR_API, "%s: cluster-info is longer than 1 MiB", look->want->endpoint);
		return OUTCOME_FAILED;
	}
	if (guard_json(reply->body, reply->len, look->want->endpoint, &map, err) < 0)
		return OUTCOME_FAILED;
	data = json_object_get(map, "data");
	kubeconfig = json_str(data, "kubeconfig");
	if (!kubeconfig || !*kubeconfig) {
		err_set(err, ERR_API, "%s: its cluster-info has no kubeconfig",
			look->want->endpoint);
		return OUTCOME_FAILED;
	}
	*ret = (struct answer){ .kubeconfig = xstrdup(kubeconfig),
				.jws = xstrdup(json_str(data, key)),
				.date = reply->date };
	return OUTCOME_GOT;
}

/* An answer without cluster-info: whether that can change by waiting. */
static enum outcome no_info(const struct look *look, const struct http_reply *reply,
			    struct err *err)
{
	const char *endpoint = look->want->endpoint;

	switch (reply->status) {
	case 401:
	case 403:
		err_set(err, ERR_API, "%s: does not let strangers read cluster-info (%ld)", endpoint,
			reply->status);
		err_next(err, "on a control plane node: kstrap init phase bootstrap-token");
		return OUTCOME_AGAIN;
	case 404:
		err_set(err, ERR_API, "%s: has no cluster-info: no control plane, or not finished",
			endpoint);
		err_next(err, "on a control plane node: kstrap init phase bootstrap-token");
		return OUTCOME_AGAIN;
	case 429:
	case 500:
	case 502:
	case 503:
	case 504:
		err_set(err, ERR_API, "%s: is not ready (%ld)", endpoint, reply->status);
		return OUTCOME_AGAIN;
	default:
		err_set(err, ERR_API, "%s: answered %ld, as no Kubernetes API server does", endpoint,
			reply->status);
		return OUTCOME_FAILED;
	}
}

static enum outcome ask(const struct look *look, struct http *http, struct answer *ret,
			struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };
	double left_s = look->until - clock_mono();

	http_set_timeout(http, left_s < (double)ATTEMPT_S ? (long)left_s + 1 : ATTEMPT_S);
	if (http_call(http, "GET", CLUSTER_INFO, NULL, NULL, 0, &reply, err) < 0)
		return http_untrusted(http) || (err->code != ERR_NET && err->code != ERR_TIMEOUT)
			       ? OUTCOME_FAILED
			       : OUTCOME_AGAIN;
	if (reply.status != 200)
		return no_info(look, &reply, err);
	return read_answer(look, &reply, ret, err);
}

static enum outcome ask_signed(const struct look *look, struct http *http, struct answer *ret,
			       struct err *err)
{
	AUTO(answer) struct answer answer = { 0 };
	enum outcome outcome = ask(look, http, &answer, err);

	if (outcome != OUTCOME_GOT)
		return outcome;
	if (!answer.jws) {
		err_set(err, ERR_TIMEOUT,
			"%s: its cluster-info is not signed with the token %s: expired or unknown there",
			look->want->endpoint, look->token.id);
		err_next(err, "%s", NEW_TOKEN);
		return OUTCOME_UNSIGNED;
	}
	*ret = answer;
	answer = (struct answer){ 0 };
	return OUTCOME_GOT;
}

/* Each reason once. */
static void tell_why(struct err *told, const struct err *now, double since)
{
	if (clock_mono() - since < SILENT_S || str_eq(told->msg, now->msg))
		return;
	*told = *now;
	log_say("%s; asking again", now->msg);
}

/* Calls `once` until it has an answer, or a failure that waiting does not cure, or no time left. */
static int until_got(const struct look *look, struct http *http,
		     enum outcome (*once)(const struct look *, struct http *, struct answer *,
					  struct err *),
		     struct answer *ret, struct err *err)
{
	const struct discovery_want *want = look->want;
	const double start = clock_mono();
	struct backoff backoff = BACKOFF_INIT;
	struct err told = ERR_INIT;
	double unsigned_since = 0;

	for (;;) {
		struct err now = ERR_INIT;
		enum outcome outcome = once(look, http, ret, &now);
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
		return outcome == OUTCOME_FAILED ?
			       -1 :
			       err_wrap(err, "gave up after %ld s", patience_s);
	}
}

static int first_answer(const struct look *look, struct answer *ret, struct err *err)
{
	AUTO(http) struct http *http = NULL;
	const struct http_peer peer = { .url = look->url,
					.timeout_s = ATTEMPT_S,
					.tick = look->want->tick,
					.arg = look->want->arg };

	if (http_open_blind(&peer, &http, err) < 0)
		return -1;
	if (until_got(look, http, ask_signed, ret, err) < 0) {
		if (!*err->next)
			err_next(err, "check the address, and on that machine: kubectl get nodes");
		return -1;
	}
	if (jws_verify(&look->token, ret->kubeconfig, ret->jws, err) == 0)
		return 0;
	err_wrap(err, "%s: cluster-info is signed by somebody who does not have the token %s",
		 look->want->endpoint, look->token.id);
	return err_next(err, "check the address and the token; for a new one, %s", NEW_TOKEN);
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
static int vouched_cas(const struct look *look, const char *bundle, char **ret, struct err *err)
{
	AUTO(buf) struct buf pem = BUF_INIT(MAX_INFO);
	size_t seen = 0;

	for (const char *at = bundle; (at = strstr(at, PEM_BEGIN)); at += strlen(PEM_BEGIN)) {
		AUTO(x509) X509 *cert = NULL;
		AUTO(free) char *text = NULL;
		unsigned char spki[32];

		if (++seen > MAX_CAS)
			return err_set(err, ERR_CRYPTO, "cluster-info has more than %d CAs", MAX_CAS);
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
			look->want->endpoint, seen,
			look->token.pinned ? "the token's pin names" : "--discovery-token-ca-cert-hash names");
		return err_next(err, "check the address and the token; for a new one, %s", NEW_TOKEN);
	}
	*ret = TAKE(pem.data);
	return 0;
}

/* The same question to a server that has to prove who it is. */
static int second_answer(const struct look *look, const char *ca, const struct answer *first,
			 long skew_s, struct err *err)
{
	AUTO(http) struct http *http = NULL;
	AUTO(answer) struct answer answer = { 0 };
	const struct http_peer peer = { .url = look->url,
					.ca = ca,
					.timeout_s = ATTEMPT_S,
					.tick = look->want->tick,
					.arg = look->want->arg };

	if (http_open(&peer, &http, err) < 0)
		return -1;
	if (until_got(look, http, ask, &answer, err) < 0) {
		if (http_untrusted(http) && labs(skew_s) > 60)
			err_next(err, "set this machine's clock: the server's differs by %ld s",
				 skew_s);
		return -1;
	}
	if (!str_eq(answer.kubeconfig, first->kubeconfig))
		return err_set(err, ERR_CRYPTO,
			       "%s: cluster-info was another one when asked for again over the verified "
			       "connection",
			       look->want->endpoint);
	return 0;
}

static int read_cluster(const struct look *look, const struct answer *answer,
			struct kubeconfig *ret, struct err *err)
{
	if (kubeconfig_read(answer->kubeconfig, strlen(answer->kubeconfig), "cluster-info", ret,
			    err) < 0)
		return -1;
	if (!ret->server || !str_starts(ret->server, "https://") || !ret->ca_pem)
		return err_set(err, ERR_CONFIG,
			       "%s: its cluster-info names no https server with its CA",
			       look->want->endpoint);
	return 0;
}

int discovery_by_token(const struct discovery_want *want, struct discovery *ret, struct err *err)
{
	AUTO(look) struct look look = { 0 };
	AUTO(answer) struct answer first = { 0 };
	AUTO(kubeconfig) struct kubeconfig cluster = { 0 };
	AUTO(free) char *ca = NULL;
	bool pinned;
	long skew_s;

	if (look_begin(&look, want, err) < 0 || first_answer(&look, &first, err) < 0 ||
	    read_cluster(&look, &first, &cluster, err) < 0)
		return -1;
	skew_s = first.date ? first.date - (long)clock_now() : 0;
	pinned = look.token.pinned || look.hashes_len;
	if (pinned && (vouched_cas(&look, cluster.ca_pem, &ca, err) < 0 ||
		       second_answer(&look, ca, &first, skew_s, err) < 0))
		return -1;
	*ret = (struct discovery){ .server = TAKE(cluster.server),
				   .ca_pem = TAKE(cluster.ca_pem),
				   .cluster_info = TAKE(first.kubeconfig),
				   .pinned = pinned,
				   .skew_s = skew_s };
	return 0;
}

void discovery_clear(struct discovery *discovery)
{
	free(discovery->server);
	free(discovery->ca_pem);
	free(discovery->cluster_info);
	*discovery = (struct discovery){ 0 };
}
