#include "phases/approve/approve.h"

#include <string.h>

#include "api/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/approve/limits.h"
#include "phases/approve/request.h"
#include "phases/approve/serving.h"
#include "phases/credentials.h"
#include "phases/service.h"
#include "pki/cert.h"
#include "pki/key.h"

#define REQUESTS   "/apis/certificates.k8s.io/v1/certificatesigningrequests"
#define MERGE      "application/merge-patch+json"
#define EXCHANGE_S 30
#define WATCH_S    (12 * 3600L)
#define VALID_S    (25 * 3600L) /* our certificate: longer than a watch, which uses it */
#define RETRY_S    2.0
#define TRIES      20 /* to note a use while other approvers note theirs */
#define FILE_MAX   (1024 * 1024)

struct approver {
	const struct config *config;
	struct fs *fs;
	struct kube *kube;
	json_t *told; /* warnings, each told once */
	json_t *left; /* {name: true}: requests to look at again */
	double left_s;
};

/* Fills *ret with a certificate of our own from the CA beside us, so that no file with rights of
 * ours lies about; 0 when the CA's key is elsewhere. */
static int identify(const struct approver *approver, struct credentials *ret, struct err *err)
{
	const char *dir = approver->config->certificates_dir;
	AUTO(free) char *cert_path = xasprintf("%s/ca.crt", dir);
	AUTO(free) char *key_path = xasprintf("%s/ca.key", dir);
	AUTO(free) char *ca_pem = NULL;
	AUTO(secret) char *ca_key_pem = NULL;
	AUTO(x509) X509 *ca = NULL;
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	const struct cert_want want = {
		.cn = APPROVER_USER, .usage = CERT_CLIENT, .now = clock_now(), .validity_s = VALID_S
	};
	char *cert_pem = NULL, *key_pem = NULL;

	if (fs_read(approver->fs, key_path, FILE_MAX, &ca_key_pem, NULL, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (fs_read(approver->fs, cert_path, FILE_MAX, &ca_pem, NULL, err) < 0 ||
	    cert_from_pem(ca_pem, strlen(ca_pem), cert_path, &ca, err) < 0 ||
	    key_from_pem(ca_key_pem, strlen(ca_key_pem), key_path, &ca_key, err) < 0 ||
	    key_generate("ECDSA-P256", &key, err) < 0 ||
	    cert_issue(&want, key, ca, ca_key, &cert, err) < 0 ||
	    cert_to_pem(cert, &cert_pem, err) < 0)
		return -1;
	if (key_to_pem(key, &key_pem, err) < 0) {
		free(cert_pem);
		return -1;
	}
	free(ret->cert);
	secret_free(ret->key);
	ret->cert = cert_pem;
	ret->key = key_pem;
	return 1;
}

/* The API server beside us, as the controller manager's kubeconfig names it: another one's absence
 * is no reason to wait. With a CA elsewhere there is admin.conf. */
static int open_api(const struct approver *approver, struct kube **ret, struct err *err)
{
	const char *dir = approver->config->kubernetes_dir;
	AUTO(free) char *local = xasprintf("%s/controller-manager.conf", dir);
	AUTO(free)
	char *admin = approver->config->kubeconfig ? xstrdup(approver->config->kubeconfig)
						   : xasprintf("%s/admin.conf", dir);
	AUTO(credentials) struct credentials who = { .server = NULL };
	int own = 0;

	if (!approver->config->kubeconfig && fs_exists(approver->fs, local)) {
		if (credentials_read(approver->fs, local, &who, err) < 0 ||
		    (own = identify(approver, &who, err)) < 0)
			return -1;
	}
	if (!own) {
		credentials_clear(&who);
		if (credentials_read(approver->fs, admin, &who, err) < 0)
			return -1;
	}
	return credentials_open(&who, EXCHANGE_S, ret, err);
}

static int decide(struct approver *approver, const json_t *csr, const struct request *request,
		  bool approve, const char *why, struct err *err)
{
	AUTO(free) char *path = xasprintf(REQUESTS "/%s/approval", request->name);
	AUTO(json) json_t *patch = request_decision(csr, approve, why, clock_now());
	const char *what = request->kind == REQUEST_SERVING ? "serving" : "client";

	if (kube_patch(approver->kube, path, MERGE, patch, NULL, err) < 0)
		return -1;
	if (approve)
		log_say("approved %s: %s certificate of node %s", request->name, what,
			request->node);
	else
		log_say("denied %s, a %s certificate: %s", request->name, what, why);
	return 0;
}

/* NULL in *ret: there is none. */
static int get(struct approver *approver, const char *path, json_t **ret, struct err *err)
{
	struct err why = ERR_INIT;

	*ret = NULL;
	if (kube_get(approver->kube, path, ret, &why) == 0 || why.code == ERR_NOT_FOUND)
		return 0;
	*err = why;
	return -1;
}

static int get_node(struct approver *approver, const char *name, json_t **ret, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", name);

	return get(approver, path, ret, err);
}

static char *secret_path(const struct request *request)
{
	return xasprintf("/api/v1/namespaces/kube-system/secrets/bootstrap-token-%s",
			 request->token_id);
}

/* Counts the use before it is approved: whoever is killed in between finds it counted, and of two
 * approvers the API server takes the word of one. */
static int look_limited(struct approver *approver, const json_t *csr, const struct request *request,
			struct err *err)
{
	AUTO(free) char *path = secret_path(request);
	AUTO(json) json_t *node = NULL;

	if (get_node(approver, request->node, &node, err) < 0)
		return -1;
	if (kube_is_ready(node))
		return decide(approver, csr, request, false,
			      "a node of that name is in the cluster and Ready", err);
	for (int i = 0; i < TRIES; i++) {
		AUTO(json) json_t *secret = NULL;
		AUTO(json) json_t *patch = NULL;
		const char *why = NULL;
		enum limits_say say;

		if (get(approver, path, &secret, err) < 0)
			return -1;
		say = limits_judge(secret, request, clock_now(), &why, &patch);
		if (say == LIMITS_LEAVE)
			return 0;
		if (say == LIMITS_DENY)
			return decide(approver, csr, request, false, why, err);
		if (say == LIMITS_AGAIN ||
		    kube_patch(approver->kube, path, MERGE, patch, NULL, err) == 0)
			return decide(approver, csr, request, true,
				      "made with a token that allows this node", err);
		if (err->code != ERR_CONFLICT && err->code != ERR_NOT_FOUND)
			return -1;
	}
	return -1;
}

/* The node has its certificate: a token that is used up ends as soon as it can have fetched it. The
 * cluster's own cleaner removes what has ended, its signature of cluster-info with it. */
static int look_issued(struct approver *approver, const struct request *request, struct err *err)
{
	AUTO(free) char *path = secret_path(request);
	AUTO(json) json_t *secret = NULL;
	AUTO(json) json_t *patch = NULL;

	if (get(approver, path, &secret, err) < 0)
		return -1;
	patch = secret ? limits_end(secret, clock_now()) : NULL;
	if (!patch)
		return 0;
	if (kube_patch(approver->kube, path, MERGE, patch, NULL, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	log_say("token %s is used up and ends", request->token_id);
	return 0;
}

/* The API server's own names; NULL when its certificate is not here. */
static json_t *reserved_names(const struct approver *approver)
{
	AUTO(free) char *path = xasprintf("%s/apiserver.crt", approver->config->certificates_dir);
	AUTO(free) char *pem = NULL;
	AUTO(x509) X509 *cert = NULL;
	AUTO(json) json_t *all = NULL;
	struct err ignored = ERR_INIT;

	if (fs_read(approver->fs, path, FILE_MAX, &pem, NULL, &ignored) < 0 ||
	    cert_from_pem(pem, strlen(pem), path, &cert, &ignored) < 0 ||
	    cert_describe(cert, &all, &ignored) < 0)
		return NULL;
	return json_incref(json_object_get(all, "sans"));
}

static int look_serving(struct approver *approver, const json_t *csr, const struct request *request,
			struct err *err)
{
	AUTO(json) json_t *node = NULL;
	AUTO(json) json_t *reserved = reserved_names(approver);
	AUTO(free) char *fault = NULL;

	if (get_node(approver, request->node, &node, err) < 0)
		return -1;
	fault = serving_fault(request, node, reserved);
	return decide(approver, csr, request, !fault,
		      fault ? fault : "the names and addresses are the node's", err);
}

static int look(struct approver *approver, const json_t *csr, struct err *err)
{
	AUTO(request) struct request request = { .kind = REQUEST_OTHER };

	request_read(csr, &request);
	if (request.kind == REQUEST_LIMITED && request.issued)
		return look_issued(approver, &request, err);
	if (request.kind == REQUEST_OTHER || request.decided)
		return 0;
	if (request.fault)
		return decide(approver, csr, &request, false, request.fault, err);
	return request.kind == REQUEST_LIMITED ? look_limited(approver, csr, &request, err)
					       : look_serving(approver, csr, &request, err);
}

/* What fails is looked at again later: a conflict most often is another approver's decision. */
static void handle(struct approver *approver, const char *name, const json_t *csr)
{
	struct err err = ERR_INIT;

	if (look(approver, csr, &err) == 0 || err.code == ERR_NOT_FOUND)
		return;
	if (err.code != ERR_CONFLICT) {
		err_wrap(&err, "request %s", name);
		service_complain(approver->told, &err);
	}
	json_object_set_new(approver->left, name, json_true());
	approver->left_s = clock_mono();
}

static int seen(void *arg, const char *type, const json_t *csr, struct err *err)
{
	struct approver *approver = arg;
	const char *name = json_str(json_object_get(csr, "metadata"), "name");

	(void)err;
	if (name && !str_eq(type, "DELETED"))
		handle(approver, name, csr);
	return 0;
}

static void look_again(struct approver *approver, const char *name)
{
	AUTO(free) char *path = xasprintf(REQUESTS "/%s", name);
	AUTO(json) json_t *csr = NULL;
	struct err err = ERR_INIT;

	if (get(approver, path, &csr, &err) < 0)
		json_object_set_new(approver->left, name, json_true());
	else if (csr)
		handle(approver, name, csr);
}

static void tick(void *arg)
{
	struct approver *approver = arg;
	AUTO(json) json_t *names = NULL;
	const char *name;
	json_t *value;

	if (json_object_size(approver->left) == 0 || clock_mono() < approver->left_s + RETRY_S)
		return;
	names = approver->left;
	approver->left = json_object();
	approver->left_s = clock_mono();
	json_object_foreach (names, name, value)
		look_again(approver, name);
}

static int watch(struct approver *approver, struct err *err)
{
	int failed;

	if (open_api(approver, &approver->kube, err) < 0)
		return -1;
	json_object_clear(approver->left); /* the list that begins the watch has them */
	failed = kube_watch(approver->kube, REQUESTS, WATCH_S, seen, tick, approver, err);
	kube_close(TAKE(approver->kube));
	return failed;
}

int approve_run(const struct config *config, struct err *err)
{
	struct approver approver = { .config = config };
	struct backoff backoff = BACKOFF_INIT;

	if (fs_open(config->root, &approver.fs, err) < 0)
		return -1;
	approver.told = json_object();
	approver.left = json_object();
	for (;;) {
		struct err now = ERR_INIT;
		double began = clock_mono();

		if (watch(&approver, &now) < 0 && now.code != ERR_TIMEOUT)
			service_complain(approver.told, &now);
		if (clock_mono() > began + 60) { /* it was well for a while */
			backoff = (struct backoff)BACKOFF_INIT;
			json_object_clear(approver.told);
		}
		backoff_wait(&backoff, clock_mono() + RETRY_S, NULL, NULL);
	}
}
