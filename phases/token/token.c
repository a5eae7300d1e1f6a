#include "phases/token/token.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "manifests/objects.h"
#include "phases/approve/approve.h"
#include "phases/approve/limits.h"
#include "phases/token/list.h"
#include "pki/cert.h"

#define SECRETS         "/api/v1/namespaces/kube-system/secrets"
#define IS_TOKEN        "?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
#define CLUSTER_INFO    "/api/v1/namespaces/kube-public/configmaps/cluster-info"
#define APPROVER_RULES                                                                             \
	"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/" APPROVER_USER
#define MERGE           "application/merge-patch+json"
#define SIGN_TRIES      10
#define KUBERNETES_PORT 6443
#define HTTPS_PORT      443

/* The first of $KUBECONFIG's files that is there; the caller frees. */
static char *from_environment(const struct fs *fs)
{
	const char *list = fs_is_host(fs) ? getenv("KUBECONFIG") : NULL;

	for (const char *p = list, *end; p && *p; p = end + (*end == ':')) {
		AUTO(free) char *path = NULL;

		end = strchrnul(p, ':');
		path = xstrndup(p, (size_t)(end - p));
		if (*path == '/' && fs_exists(fs, path))
			return TAKE(path);
	}
	return NULL;
}

int tokens_open(const struct config *config, struct tokens *ret, struct err *err)
{
	AUTO(fs) struct fs *fs = NULL;
	AUTO(free) char *path = xstrdup(config->kubeconfig);

	if (fs_open(config->root, &fs, err) < 0)
		return -1;
	if (!path)
		path = from_environment(fs);
	if (!path)
		path = xasprintf("%s/admin.conf", config->kubernetes_dir);
	if (!fs_exists(fs, path)) {
		err_set(err, ERR_HOST, "there is no %s%s: this host is no control plane",
			fs_root(fs), path);
		return err_next(err, "run it on a control plane, or give --kubeconfig FILE");
	}
	if (credentials_read(fs, path, &ret->admin, err) < 0 ||
	    credentials_open(&ret->admin, config->timeout_api_s, &ret->kube, err) < 0)
		return -1;
	return 0;
}

void tokens_close(struct tokens *tokens)
{
	kube_close(tokens->kube);
	credentials_clear(&tokens->admin);
	tokens->kube = NULL;
}

static int pin(const struct tokens *tokens, struct token *token, struct err *err)
{
	AUTO(x509) X509 *ca = NULL;

	if (cert_from_pem(tokens->admin.ca, strlen(tokens->admin.ca), "the kubeconfig's CA", &ca,
			  err) < 0 ||
	    cert_spki_sha256(ca, token->pin, err) < 0)
		return -1;
	token->pinned = true;
	return 0;
}

/* One attempt; ERR_CONFLICT when another, which is the controller manager's signer, was quicker. */
static int sign_once(struct kube *kube, const struct token *token, struct err *err)
{
	AUTO(free) char *key = xasprintf("jws-kubeconfig-%s", token->id);
	AUTO(json) json_t *map = NULL;
	AUTO(json) json_t *patch = NULL;
	AUTO(free) char *jws = NULL;
	const char *kubeconfig, *there;
	struct err ignored = ERR_INIT;

	if (kube_get(kube, CLUSTER_INFO, &map, err) < 0)
		return -1;
	kubeconfig = json_string_value(json_at(map, "data.kubeconfig"));
	there = json_str(json_object_get(map, "data"), key);
	if (!kubeconfig)
		return err_set(err, ERR_API, "cluster-info has no kubeconfig");
	if (there && jws_verify(token, kubeconfig, there, &ignored) == 0)
		return 0;
	if (jws_sign(token, kubeconfig, &jws, err) < 0)
		return -1;
	patch = xjson_pack("{s:{s:s*}, s:{s:s}}", "metadata", "resourceVersion",
			   json_string_value(json_at(map, "metadata.resourceVersion")), "data", key,
			   jws);
	return kube_patch(kube, CLUSTER_INFO, MERGE, patch, NULL, err);
}

static int sign(struct kube *kube, const struct token *token, struct err *err)
{
	for (int i = 1; sign_once(kube, token, err) < 0; i++) {
		if (err->code != ERR_CONFLICT || i == SIGN_TRIES)
			return -1;
		clock_sleep(0.02 * i);
	}
	return 0;
}

static void sign_or_warn(struct kube *kube, const struct token *token)
{
	struct err err = ERR_INIT;

	if (sign(kube, token, &err) == 0)
		return;
	if (err.code == ERR_NOT_FOUND)
		log_warn("nodes cannot join with the token yet: the cluster has no cluster-info "
			 "(kstrap init phase bootstrap-token makes it)");
	else
		log_warn("cluster-info is not signed for token %s yet, which its controller "
			 "manager will do: %s",
			 token->id, err.msg);
}

/* A token with limits leaves its groups for one whose requests kstrap's approver looks at. */
static int make(const struct token_want *want, const struct token *token, const char *expires,
		json_t *out, struct err *err)
{
	AUTO(json) json_t *own = xjson_pack("[s]", LIMITED_GROUP);
	bool limited = want->uses || want->node;
	const json_t *groups = limited ? own : want->groups;
	json_t *metadata;

	if (objects_token(token->id, token->secret, want->description, expires, want->usages,
			  json_has(want->usages, "authentication") ? groups : NULL, out, err) < 0)
		return -1;
	metadata = json_object_get(json_array_get(out, 0), "metadata");
	if (limited)
		json_object_set_new(metadata, "annotations",
				    limits_annotations(want->uses, want->node));
	return 0;
}

/* Where kstrap never made the approver's rules its service does not run either. */
static int has_approver(struct kube *kube, struct err *err)
{
	AUTO(json) json_t *binding = NULL;

	if (kube_get(kube, APPROVER_RULES, &binding, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_set(err, ERR_API, "nobody in this cluster holds hosts to a token's limits");
	return err_next(err, "on each control plane: kstrap init phase approver-service && kstrap init "
			     "phase approver all");
}

static int create(struct tokens *tokens, const struct token_want *want, const struct token *token,
		  struct err *err)
{
	AUTO(json) json_t *objects = json_array();
	char expires[21] = "";

	if (want->ttl_s > 0)
		clock_rfc3339(clock_now() + want->ttl_s, expires);
	if (make(want, token, *expires ? expires : NULL, objects, err) < 0)
		return -1;
	if (kube_create(tokens->kube, json_array_get(objects, 0), NULL, err) < 0) {
		if (err->code != ERR_EXISTS)
			return -1;
		err_set(err, ERR_API, "the cluster has a token %s already", token->id);
		return err_next(err, "kstrap token delete %s", token->id);
	}
	if (json_has(want->usages, "signing"))
		sign_or_warn(tokens->kube, token);
	return 0;
}

int tokens_create(struct tokens *tokens, const struct token_want *want, bool dry_run,
		  struct token *ret, struct err *err)
{
	AUTO(token) struct token token = { 0 };

	if ((want->text ? token_parse(want->text, &token, err) : token_generate(&token, err)) < 0 ||
	    pin(tokens, &token, err) < 0 ||
	    ((want->uses || want->node) && has_approver(tokens->kube, err) < 0))
		return -1;
	if (dry_run)
		log_say("would make token %s and sign cluster-info with it", token.id);
	else if (create(tokens, want, &token, err) < 0)
		return -1;
	*ret = token;
	return 0;
}

int tokens_list(struct tokens *tokens, json_t **ret, struct err *err)
{
	AUTO(json) json_t *secrets = NULL;
	AUTO(json) json_t *list = json_array();
	const json_t *secret;
	size_t i;

	if (kube_get(tokens->kube, SECRETS IS_TOKEN, &secrets, err) < 0)
		return -1;
	json_array_foreach (json_object_get(secrets, "items"), i, secret) {
		const char *name = json_string_value(json_at(secret, "metadata.name"));
		const char *why = token_list_add(list, secret);

		if (why)
			log_warn("Secret %s is no token that works: %s", name ? name : "(unnamed)",
				 why);
	}
	*ret = TAKE(list);
	return 0;
}

int tokens_delete(struct tokens *tokens, const char *id, struct err *err)
{
	AUTO(free) char *path = xasprintf(SECRETS "/bootstrap-token-%s", id);
	AUTO(free) char *key = xasprintf("jws-kubeconfig-%s", id);
	AUTO(json) json_t *patch = xjson_pack("{s:{s:n}}", "data", key);
	AUTO(json) json_t *secret = NULL;
	struct err why = ERR_INIT;
	bool there = kube_get(tokens->kube, path, &secret, &why) == 0;

	if (!there && why.code != ERR_NOT_FOUND) {
		*err = why;
		return -1;
	}
	if (there && kube_delete(tokens->kube, path, err) < 0)
		return -1;
	if (kube_patch(tokens->kube, CLUSTER_INFO, MERGE, patch, NULL, err) < 0 &&
	    err->code != ERR_NOT_FOUND)
		return err_wrap(err, "token %s is gone, but not its signature of cluster-info", id);
	if (there)
		return 0;
	err_set(err, ERR_API, "the cluster has no token %s", id);
	return err_next(err, "kstrap token list");
}

static int hashes(const char *ca, char **ret, struct err *err)
{
	AUTO(x509_list) STACK_OF(X509) *list = NULL;
	AUTO(buf) struct buf text = BUF_INIT(64 * 128);
	unsigned char sum[32];

	if (cert_list_from_pem(ca, strlen(ca), "the kubeconfig's CA", &list, err) < 0)
		return -1;
	for (int i = 0; i < sk_X509_num(list); i++) {
		AUTO(free) char *hash = NULL;

		if (cert_spki_sha256(sk_X509_value(list, i), sum, err) < 0)
			return -1;
		hash = pin_format(sum);
		(void)buf_addf(&text, " --discovery-token-ca-cert-hash %s", hash);
	}
	*ret = xstrdup(text.data);
	return 0;
}

int tokens_join_lines(const struct tokens *tokens, const struct token *token,
		      const char *certificate_key, char **ret, struct err *err)
{
	const char *server = tokens->admin.server + strlen("https://");
	AUTO(free) char *authority = xstrndup(server, strcspn(server, "/"));
	AUTO(free) char *host = NULL;
	AUTO(free) char *address = NULL;
	AUTO(free) char *pins = NULL;
	AUTO(secret) char *pinned = token_format(token);
	AUTO(secret) char *plain = token_format_plain(token);
	AUTO(secret) char *rest = NULL;
	int port = 0;

	if (!net_split(authority, &host, &port))
		return err_set(err, ERR_CONFIG, "the kubeconfig's server %s has no address",
			       tokens->admin.server);
	if (hashes(tokens->admin.ca, &pins, err) < 0)
		return -1;
	address = net_join(host, port ? port : HTTPS_PORT);
	rest = certificate_key ? xasprintf(" --control-plane --certificate-key %s", certificate_key)
			       : xstrdup("");
	*ret = xasprintf("kjoin --token=%s %s%s\nkubeadm join %s --token %s%s%s\n", pinned,
			 port == KUBERNETES_PORT ? host : address, rest, address, plain, pins,
			 rest);
	return 0;
}
