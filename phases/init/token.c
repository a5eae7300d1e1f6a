/* The bootstrap token: its Secret, the rules for those who have it, the signed cluster-info, and
 * the line that uses it. */
#include "phases/init/init.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "manifests/objects.h"
#include "pki/base64.h"
#include "pki/cert.h"
#include "pki/kubeconfig.h"
#include "pki/spec.h"
#include "pki/token.h"

#define TOKENS                                                                                     \
	"/api/v1/namespaces/kube-system/secrets"                                                   \
	"?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
#define HANDOUT	    "kstrap-join-" /* below /run */
#define KUBERNETES_PORT 6443
/* A token that ends sooner is no use to the person who reads the join line now. */
#define LEFT_S 600

/* A member of a Secret's data as text; the caller frees, NULL when absent. */
static char *datum(const json_t *secret, const char *key)
{
	const char *text = json_str(json_object_get(secret, "data"), key);
	unsigned char *bytes = NULL;
	size_t len = 0;
	char *copy;

	if (!text || !base64_decode(text, strlen(text), &bytes, &len))
		return NULL;
	copy = xstrndup((const char *)bytes, len);
	secret_freen(bytes, len);
	return copy;
}

/* Whether a Secret is the token that an earlier run of init made (or the one the user names) and
 * that still has time left. */
static bool is_ours(const struct run *run, const json_t *secret, const char *id, const char *key,
		    char **ret_expires)
{
	AUTO(secret) char *text = xasprintf("%s.%s", id, key);
	AUTO(free) char *description = datum(secret, "description");
	AUTO(free) char *expires = datum(secret, "expiration");
	AUTO(free) char *signing = datum(secret, "usage-bootstrap-signing");
	AUTO(free) char *joining = datum(secret, "usage-bootstrap-authentication");
	time_t until = 0;

	if (run->config->token ? !str_eq(text, run->config->token) :
				 !str_eq(description, run->config->token_description))
		return false;
	if (!str_eq(signing, "true") || !str_eq(joining, "true"))
		return false;
	if (expires && (clock_parse_rfc3339(expires, &until) < 0 || until < run->now + LEFT_S))
		return false;
	*ret_expires = TAKE(expires);
	return true;
}

static int find_token(struct run *run, struct err *err)
{
	AUTO(json) json_t *list = NULL;
	const json_t *secret;
	size_t i;

	if (run_kube(run, err) < 0 || kube_get(run->kube, TOKENS, &list, err) < 0)
		return -1;
	json_array_foreach (json_object_get(list, "items"), i, secret) {
		AUTO(free) char *id = datum(secret, "token-id");
		AUTO(secret) char *key = datum(secret, "token-secret");
		AUTO(free) char *expires = NULL;

		if (!id || !key || !is_ours(run, secret, id, key, &expires))
			continue;
		run->token = xasprintf("%s.%s", id, key);
		run->token_expires = TAKE(expires);
		return 0;
	}
	return 0;
}

int token_ask(struct run *run, const void *arg, struct err *err)
{
	if (certs_ask(run, arg, err) < 0)
		return -1;
	if (run->token || run->dry_run)
		return 0;
	return find_token(run, err);
}

/* The token of this run: the user's, an earlier run's that still serves, or a new one. */
static int choose(struct run *run, struct token *ret, struct err *err)
{
	if (!run->token) {
		if (run->config->token) {
			if (token_parse(run->config->token, ret, err) < 0)
				return -1;
		} else if (token_generate(ret, err) < 0) {
			return -1;
		}
		run->token = token_format_plain(ret);
		if (run->config->token_ttl_s > 0) {
			run->token_expires = xcalloc(1, 21);
			clock_rfc3339(run->now + run->config->token_ttl_s, run->token_expires);
		}
	}
	return token_parse(run->token, ret, err);
}

static int render_cluster_info(struct run *run, const struct token *token, struct err *err)
{
	AUTO(x509) X509 *ca = NULL;
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	AUTO(free) char *kubeconfig = NULL;
	AUTO(free) char *jws = NULL;
	AUTO(free) char *pem = NULL;

	if (certs_ca(run, "ca", &ca, &ca_key, NULL, err) < 0 || cert_to_pem(ca, &pem, err) < 0 ||
	    kubeconfig_write_cluster_info(
		    &(struct kubeconfig_want){
			    .server = run->cluster->server,
			    .ca_pem = pem,
			    .preferences = spec_preferences(&run->cluster->version) },
		    &kubeconfig, err) < 0 ||
	    jws_sign(token, kubeconfig, &jws, err) < 0)
		return -1;
	return objects_cluster_info(kubeconfig, token->id, jws, run->objects, err);
}

/* Those of the configuration file after the first; the cluster's own signer signs for them. */
static int render_further(struct run *run, struct err *err)
{
	const json_t *further;
	size_t i;

	json_array_foreach (run->config->further_tokens, i, further) {
		AUTO(token) struct token token = { 0 };
		json_int_t ttl_s = json_int(further, "ttl_s");
		char expires[21];

		clock_rfc3339(run->now + ttl_s, expires);
		if (token_parse(json_str(further, "token"), &token, err) < 0 ||
		    objects_token(token.id, token.secret, json_str(further, "description"),
				  ttl_s > 0 ? expires : NULL, json_object_get(further, "usages"),
				  json_object_get(further, "groups"), run->objects, err) < 0)
			return -1;
	}
	return 0;
}

/* The controller manager's signer would sign cluster-info too, but only seconds after it is up:
 * with our signature in place nodes can join at once. */
int token_render(struct run *run, const void *arg, struct err *err)
{
	AUTO(token) struct token token = { 0 };
	const struct config *config = run->config;

	(void)arg;
	if (choose(run, &token, err) < 0 ||
	    objects_token(token.id, token.secret, config->token_description, run->token_expires,
			  config->token_usages, config->token_groups, run->objects, err) < 0 ||
	    render_further(run, err) < 0 ||
	    objects_bootstrap_rbac(&run->cluster->version, run->objects, err) < 0)
		return -1;
	log_say("bootstrap token %s, %s%s", token.id, run->token_expires ? "until " : "for ever",
		run->token_expires ? run->token_expires : "");
	return render_cluster_info(run, &token, err);
}

static char *address_of(const struct run *run)
{
	char *host = NULL;
	int port = 0;

	if (net_split(run->cluster->endpoint, &host, &port) && port == KUBERNETES_PORT)
		return host;
	free(host);
	return xstrdup(run->cluster->endpoint);
}

static int join_line(const struct run *run, char **ret, struct err *err)
{
	AUTO(free) char *address = address_of(run);
	AUTO(token) struct token token = { 0 };
	AUTO(x509) X509 *ca = NULL;
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	AUTO(secret) char *text = NULL;

	if (token_parse(run->token, &token, err) < 0 ||
	    certs_ca(run, "ca", &ca, &ca_key, NULL, err) < 0 ||
	    cert_spki_sha256(ca, token.pin, err) < 0)
		return -1;
	token.pinned = true;
	text = token_format(&token);
	*ret = xasprintf("kjoin --token=%s %s", text, address);
	return 0;
}

/* The lines for a person: for workers and, when CAs were uploaded, for control planes. */
static char *join_text(const struct run *run, const char *line)
{
	if (!run->certificate_key || run->config->skip_certificate_key_print ||
	    !run->config->control_plane_endpoint)
		return xasprintf("Join other machines with:  %s\n", line);
	return xasprintf("Join other machines with:  %s\n"
			 "Join further control planes within two hours with:  %s --control-plane "
			 "--certificate-key=%s\n",
			 line, line, run->certificate_key);
}

int show_secret(struct run *run, const char *what, const char *text, struct err *err)
{
	AUTO(free) char *path = NULL;

	if (run->config->print_token || isatty(STDOUT_FILENO)) {
		log_raw(text);
		return 0;
	}
	if (commit_handout(run->fs, HANDOUT, text, &path, err) < 0)
		return -1;
	log_say("%s is in %s: it has a secret in it, and this is no terminal.", what, path);
	return 0;
}

static int hand_out(struct run *run, const char *line, struct err *err)
{
	AUTO(secret) char *text = join_text(run, line);

	if (!run->config->skip_token_print)
		return show_secret(run, "The line that joins other machines", text, err);
	log_say("The line that joins other machines is not shown (--skip-token-print).");
	return 0;
}

int show_join_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *admin = conf_path(run, "admin.conf");
	AUTO(secret) char *line = NULL;

	(void)arg;
	if (!run->token) {
		err_set(err, ERR_NOT_FOUND, "the cluster has no token of init's that is still valid");
		return err_next(err, "kstrap init phase bootstrap-token");
	}
	if (join_line(run, &line, err) < 0)
		return -1;
	log_phase(NULL);
	if (run->count.made + run->count.changed + run->applied == 0 && run->unchanged > 0)
		log_say("Nothing was to do: the control plane is as asked for.");
	log_say("Use the cluster with:  export KUBECONFIG=%s && kubectl get nodes", admin);
	return hand_out(run, line, err);
}
