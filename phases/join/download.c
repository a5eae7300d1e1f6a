/* The CAs and keys that control planes share (kubeadm-certs), checked as a whole before any of it
 * is kept. */
#include "phases/join/plane.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "phases/init/init.h"
#include "pki/base64.h"
#include "pki/cert.h"
#include "pki/certcrypt.h"

#define SECRET     "/api/v1/namespaces/kube-system/secrets/kubeadm-certs"
#define EXCHANGE_S 30

/* Pairs: a certificate or public key, and its private key. */
static const struct shared {
	const char *spec;      /* of pki/spec.h; NULL: service accounts */
	const char *crt, *key; /* of the Secret */
	const char *crt_file, *key_file;
	bool etcd;
} shared[] = {
	{ "ca", "ca.crt", "ca.key", "ca.crt", "ca.key", false },
	{ "front-proxy-ca", "front-proxy-ca.crt", "front-proxy-ca.key", "front-proxy-ca.crt",
	  "front-proxy-ca.key", false },
	{ NULL, "sa.pub", "sa.key", "sa.pub", "sa.key", false },
	{ "etcd-ca", "etcd-ca.crt", "etcd-ca.key", "etcd/ca.crt", "etcd/ca.key", true },
};
/* What a client of an external etcd has: names in the Secret, and in etcd.external. */
static const struct external_file {
	const char *key, *field;
} external_files[] = { { "external-etcd-ca.crt", "caFile" },
		       { "external-etcd.crt", "certFile" },
		       { "external-etcd.key", "keyFile" },
		       { NULL, NULL } };
#define SHARED (sizeof(shared) / sizeof(shared[0]))

/* A member of etcd alone needs etcd's CA, and is not trusted with more. */
static bool wanted(const struct run *run, const struct shared *pair)
{
	if (pair->etcd)
		return json_object_size(run->config->etcd_external) == 0;
	return plane_wanted(run);
}

/* Where the cluster has it; NULL when it has none. */
static const char *external_path(const struct run *run, const struct external_file *file)
{
	const char *path = json_str(run->config->etcd_external, file->field);

	return path && *path ? path : NULL;
}

static char *file_path(const struct run *run, const char *file)
{
	return xasprintf("%s/%s", run->config->certificates_dir, file);
}

static const struct entry *on_disk(const struct run *run, const char *file)
{
	AUTO(free) char *path = file_path(run, file);

	return run_file(run, path);
}

/* Which of the files are not on this host; a CA may be there without its key, which is elsewhere
 * then. *ret is the caller's, "" when all are there. */
static char *missing(const struct run *run)
{
	AUTO(buf) struct buf list = BUF_INIT(600);

	for (const struct shared *pair = shared; pair < shared + SHARED; pair++) {
		bool crt = on_disk(run, pair->crt_file) != NULL;
		bool key = on_disk(run, pair->key_file) != NULL;

		if (!wanted(run, pair))
			continue;
		if (!crt)
			(void)buf_item(&list, ", ", pair->crt_file);
		if (!key && (!crt || !pair->spec))
			(void)buf_item(&list, ", ", pair->key_file);
	}
	for (const struct external_file *file = external_files; file->key; file++) {
		const char *path = external_path(run, file);

		if (path && !run_file(run, path))
			(void)buf_item(&list, ", ", path);
	}
	return xstrdup(list.data ? list.data : "");
}

static int no_key(const char *files, struct err *err)
{
	err_set(err, ERR_HOST,
		"the certificates that control planes share are neither on this host (%s) nor to be "
		"had without --certificate-key",
		files);
	return err_next(err,
			"on a control plane node: kstrap init phase upload-certs --upload-certs; "
			"then give the key that it shows as --certificate-key");
}

static int open_with_token(struct run *run, const char *server, const char *ca, struct kube **ret,
			   struct err *err)
{
	AUTO(secret) char *bearer = join_bearer(run);

	if (!bearer)
		return join_open(run, ret, err);
	return kube_open(&(struct http_peer){ .url = server,
					      .ca = ca,
					      .bearer = bearer,
					      .timeout_s = EXCHANGE_S },
			 ret, err);
}

static int get_secret(struct run *run, const char *server, const char *ca, json_t **ret,
		      struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;

	if (open_with_token(run, server, ca, &kube, err) < 0)
		return -1;
	if (kube_get(kube, SECRET, ret, err) == 0)
		return 0;
	/* Without the Secret there is no Role either, so it is forbidden or not found. */
	if (err->code == ERR_NOT_FOUND || err->code == ERR_API) {
		err_wrap(err, "no certificates for control planes are in the cluster (they are "
			      "deleted two hours after they were uploaded)");
		return err_next(err, "on a control plane node: kstrap init phase upload-certs "
				     "--upload-certs");
	}
	return -1;
}

/* Decrypts one entry into `tree`; an empty one (a key that is elsewhere) is left out. */
static int unseal(const struct certcrypt_key *key, const json_t *data, const char *name,
		  const char *path, mode_t mode, struct tree *tree, struct err *err)
{
	const char *text = json_str(data, name);
	unsigned char *sealed = NULL;
	char *plain = NULL;
	size_t sealed_len = 0, len = 0;
	int status;

	if (!text)
		return err_set(err, ERR_API, "kubeadm-certs has no %s", name);
	if (!*text)
		return 0;
	if (!base64_decode(text, strlen(text), &sealed, &sealed_len))
		return err_set(err, ERR_API, "kubeadm-certs: %s is no base64", name);
	status = certcrypt_open(key, sealed, sealed_len, name, &plain, &len, err);
	free(sealed);
	if (status < 0)
		return err_next(err, "is it the --certificate-key that was shown when they were "
				     "uploaded? kstrap init phase upload-certs --upload-certs on a "
				     "control plane node makes new ones");
	tree_file(tree, path, mode, plain, len, mode == 0600 ? ENTRY_SECRET : 0, NULL);
	secret_freen(plain, len);
	return 0;
}

static int check_ca(const struct run *run, const struct entry *crt, const struct entry *key,
		    struct err *err)
{
	const struct cert_want want = { .usage = CERT_CA, .now = run->now };
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkey) EVP_PKEY *pkey = NULL;

	if (cert_from_pem(crt->data, crt->len, crt->path, &cert, err) < 0 ||
	    (key && key_from_pem(key->data, key->len, key->path, &pkey, err) < 0))
		return -1;
	return cert_check(cert, &want, pkey, NULL, crt->path, err);
}

static int check_service_accounts(const struct entry *pub, const struct entry *key, struct err *err)
{
	AUTO(pkey) EVP_PKEY *public = NULL;
	AUTO(pkey) EVP_PKEY *private = NULL;

	if (!key)
		return err_set(err, ERR_CRYPTO, "kubeadm-certs has no sa.key in it");
	if (key_public_from_pem(pub->data, pub->len, pub->path, &public, err) < 0 ||
	    key_from_pem(key->data, key->len, key->path, &private, err) < 0)
		return -1;
	if (!key_same(public, private))
		return err_set(err, ERR_CRYPTO, "sa.pub and sa.key are not of one pair");
	return 0;
}

/* The cluster's CA has to be one of those that discovery vouched for. */
static int check_known(const struct entry *crt, const char *known, struct err *err)
{
	AUTO(x509_list) STACK_OF(X509) *cas = NULL;
	AUTO(x509) X509 *cert = NULL;

	if (cert_from_pem(crt->data, crt->len, crt->path, &cert, err) < 0 ||
	    cert_list_from_pem(known, strlen(known), "the cluster's CA", &cas, err) < 0)
		return -1;
	for (int i = 0; i < sk_X509_num(cas); i++)
		if (X509_cmp(sk_X509_value(cas, i), cert) == 0)
			return 0;
	return err_set(err, ERR_CRYPTO, "its ca.crt is not the CA of the cluster that was found");
}

static int check_pair(const struct run *run, const struct shared *pair, const struct tree *tree,
		      const char *known, struct err *err)
{
	AUTO(free) char *crt_path = file_path(run, pair->crt_file);
	AUTO(free) char *key_path = file_path(run, pair->key_file);
	const struct entry *crt = tree_find(tree, crt_path), *key = tree_find(tree, key_path);

	if (!crt)
		return err_set(err, ERR_CRYPTO, "%s is empty", pair->crt);
	if (!pair->spec)
		return check_service_accounts(crt, key, err);
	if (check_ca(run, crt, key, err) < 0)
		return -1;
	return str_eq(pair->spec, "ca") ? check_known(crt, known, err) : 0;
}

/* A file that is here and is another was put here by somebody, and for something. */
static int check_free(struct run *run, const struct tree *tree, struct err *err)
{
	for (size_t i = 0; i < tree_len(tree); i++) {
		const struct entry *new = tree_entry(tree, i), *old = run_file(run, new->path);

		if (!old || run_made(run, new->path) ||
		    (old->len == new->len &&memcmp(old->data, new->data, new->len) == 0))
			continue;
		err_set(err, ERR_CRYPTO, "%s is here already, and is another than the cluster's",
			new->path);
		return err_next(err, "move it away, or put all of the cluster's in its place and "
				     "leave out --certificate-key");
	}
	return 0;
}

static int unseal_pair(const struct run *run, const struct certcrypt_key *key, const json_t *data,
		       const struct shared *pair, const char *ca, struct tree *tree,
		       struct err *err)
{
	AUTO(free) char *crt = file_path(run, pair->crt_file);
	AUTO(free) char *private = file_path(run, pair->key_file);

	if (unseal(key, data, pair->crt, crt, pair->spec ? 0644 : 0600, tree, err) < 0 ||
	    unseal(key, data, pair->key, private, 0600, tree, err) < 0)
		return -1;
	if (check_pair(run, pair, tree, ca, err) < 0)
		return err_wrap(err, "the uploaded certificates do not serve");
	return 0;
}

static int download(struct run *run, const char *server, const char *ca, struct tree *tree,
		    struct err *err)
{
	AUTO(certcrypt_key) struct certcrypt_key key = { 0 };
	AUTO(json) json_t *secret = NULL;
	const json_t *data;

	if (certcrypt_key_parse(run->config->certificate_key, &key, err) < 0 ||
	    get_secret(run, server, ca, &secret, err) < 0)
		return -1;
	data = json_object_get(secret, "data");
	for (const struct shared *pair = shared; pair < shared + SHARED; pair++)
		if (wanted(run, pair) && unseal_pair(run, &key, data, pair, ca, tree, err) < 0)
			return -1;
	for (const struct external_file *file = external_files; file->key; file++)
		if (external_path(run, file) &&
		    unseal(&key, data, file->key, external_path(run, file),
			   str_ends(file->key, ".key") ? 0600 : 0644, tree, err) < 0)
			return -1;
	return check_free(run, tree, err);
}

/* On a host that joined before, its own identity knows the cluster. */
static int download_from(struct run *run, struct tree *tree, struct err *err)
{
	const struct discovery *found = &join_state(run)->discovery;
	AUTO(credentials) struct credentials own = { .server = NULL };

	if (found->ca_pem)
		return download(run, found->server, found->ca_pem, tree, err);
	if (join_credentials(run, &own, err) < 0)
		return -1;
	return download(run, own.server, own.ca, tree, err);
}

int plane_download_ask(struct run *run, const void *arg, struct err *err)
{
	struct join_state *state;
	AUTO(free) char *files = NULL;

	if (!member_wanted(run))
		return 0;
	if (plane_adopt(run, arg, err) < 0 || certs_ask(run, arg, err) < 0)
		return -1;
	for (const struct external_file *file = external_files; file->key; file++)
		if (external_path(run, file) && run_see(run, external_path(run, file), err) < 0)
			return -1;
	state = join_state(run);
	files = missing(run);
	if (!*files || state->shared)
		return 0;
	if (!run->config->certificate_key)
		return no_key(files, err);
	state->shared = tree_new();
	if (download_from(run, state->shared, err) == 0)
		return 0;
	return *err->next ? -1 :
			    err_next(err, "look who changed the Secret kubeadm-certs; on a control plane "
					  "node kstrap init phase upload-certs --upload-certs makes another");
}

int plane_download_render(struct run *run, const void *arg, struct err *err)
{
	const struct tree *tree = join_state(run)->shared;

	(void)arg, (void)err;
	if (!member_wanted(run))
		return 0;
	if (tree && tree_find(run->tree, tree_entry(tree, 0)->path))
		return 0;
	if (!tree) {
		log_say("uses the CAs and keys that are here already");
		return 0;
	}
	for (size_t i = 0; i < tree_len(tree); i++) {
		const struct entry *file = tree_entry(tree, i);

		tree_file(run->tree, file->path, file->mode, file->data, file->len, file->flags,
			  "pki/shared");
	}
	log_say("the uploaded CAs and keys are the cluster's, and pair");
	return 0;
}
