/* CAs and service account keys, encrypted, for control planes that join within two hours. */
#include "phases/init/init.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "manifests/objects.h"
#include "pki/base64.h"
#include "pki/certcrypt.h"
#include "pki/key.h"
#include "pki/token.h"

#define TTL_S    7200
#define PROXY_OF "Proxy for managing TTL for the kubeadm-certs secret"

static const struct {
	const char *key, *base, *suffix;
	const char *external; /* whose path an external etcd's configuration gives */
} shared[] = {
	{ "ca.crt", "ca", ".crt", NULL },
	{ "ca.key", "ca", ".key", NULL },
	{ "front-proxy-ca.crt", "front-proxy-ca", ".crt", NULL },
	{ "front-proxy-ca.key", "front-proxy-ca", ".key", NULL },
	{ "sa.pub", "sa", ".pub", NULL },
	{ "sa.key", "sa", ".key", NULL },
	{ "etcd-ca.crt", "etcd/ca", ".crt", NULL },
	{ "etcd-ca.key", "etcd/ca", ".key", NULL },
	{ "external-etcd-ca.crt", NULL, NULL, "caFile" },
	{ "external-etcd.crt", NULL, NULL, "certFile" },
	{ "external-etcd.key", NULL, NULL, "keyFile" },
};
#define SHARED (sizeof(shared) / sizeof(shared[0]))

/* Where the file is; NULL when this cluster has no such one. An etcd has its CA here or is
 * external; one without certificates has "" for each. The caller frees. */
static char *path_of(const struct run *run, size_t i)
{
	const json_t *etcd = run->config->etcd_external;
	bool external = json_object_size(etcd) > 0;

	if (shared[i].external) {
		const char *path = json_str(etcd, shared[i].external);

		return external ? xstrdup(path ? path : "") : NULL;
	}
	if (external && str_starts(shared[i].base, "etcd/"))
		return NULL;
	return pki_path(run, shared[i].base, shared[i].suffix);
}

int upload_certs_ask(struct run *run, const void *arg, struct err *err)
{
	if (!run->config->upload_certs)
		return 0;
	for (size_t i = 0; i < SHARED; i++) {
		AUTO(free) char *path = path_of(run, i);

		if (path && *path && run_see(run, path, err) < 0)
			return -1;
	}
	return certs_ask(run, arg, err);
}

/* kubeadm up to 1.21 takes an EC key out of the Secret only in the form that it writes itself. */
static int as_kubeadm_writes(const struct entry *file, char **ret, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (!str_ends(file->path, ".key") || !strstr(file->data, "-----BEGIN PRIVATE KEY-----"))
		return 0;
	if (key_from_pem(file->data, file->len, file->path, &key, err) < 0)
		return -1;
	return key_to_pem(key, ret, err);
}

static int seal(const struct certcrypt_key *key, json_t *data, const char *name,
		const struct entry *file, struct err *err)
{
	unsigned char *sealed = NULL;
	AUTO(secret) char *other = NULL;
	AUTO(free) char *text = NULL;
	size_t len = 0;

	if (!file) {
		err_set(err, ERR_CRYPTO, "--upload-certs: %s is not on this host", name);
		return err_next(err, "with an external CA copy the files to each control plane "
				     "instead, and leave out --upload-certs");
	}
	if (as_kubeadm_writes(file, &other, err) < 0 ||
	    certcrypt_seal(key, other ? other : file->data, other ? strlen(other) : file->len,
			   &sealed, &len, err) < 0)
		return -1;
	text = base64_encode(sealed, len);
	free(sealed);
	json_put_str(data, name, text);
	return 0;
}

static int seal_all(struct run *run, const struct certcrypt_key *key, json_t *data, struct err *err)
{
	for (size_t i = 0; i < SHARED; i++) {
		AUTO(free) char *path = path_of(run, i);

		if (!path)
			continue;
		/* Empty, it is there, which is what a joining kubeadm looks for. */
		if (!*path)
			json_put_str(data, shared[i].key, "");
		else if (seal(key, data, shared[i].key, run_file(run, path), err) < 0)
			return -1;
	}
	return 0;
}

/* A token that nobody can use, but that the cluster deletes when its time has come, and with it
 * what it owns. */
static int make_proxy_token(struct run *run, json_t **ret, struct err *err)
{
	AUTO(token) struct token token = { 0 };
	AUTO(json) json_t *objects = json_array();
	AUTO(json) json_t *none = json_array();
	char expires[21];

	clock_rfc3339(run->now + TTL_S, expires);
	if (token_generate(&token, err) < 0 ||
	    objects_token(token.id, token.secret, PROXY_OF, expires, none, none, objects, err) < 0)
		return -1;
	return kube_create(run->kube, json_array_get(objects, 0), ret, err);
}

/* Deleting the owner deletes what it owns (Kubernetes documentation, "Garbage Collection"). */
static json_t *owned_by(const json_t *owner)
{
	return xjson_pack("[{s:s, s:s, s:s, s:s, s:b, s:b}]", "apiVersion", "v1", "kind", "Secret",
			  "name", json_string_value(json_at(owner, "metadata.name")), "uid",
			  json_string_value(json_at(owner, "metadata.uid")), "controller", 1,
			  "blockOwnerDeletion", 1);
}

/* The owner of an earlier upload, which kubeadm may have made: a Secret has one that controls it, and
 * an apply adds to those of others. */
static int replace_owner(struct run *run, json_t *owners, struct err *err)
{
	AUTO(json) json_t *patch = xjson_pack("{s:{s:O}}", "metadata", "ownerReferences", owners);
	struct err why = ERR_INIT;

	if (kube_patch(run->kube, "/api/v1/namespaces/kube-system/secrets/kubeadm-certs",
		       "application/merge-patch+json", patch, NULL, &why) == 0 ||
	    why.code == ERR_NOT_FOUND)
		return 0;
	*err = why;
	return -1;
}

static int pick_key(struct run *run, struct certcrypt_key *ret, struct err *err)
{
	return run->config->certificate_key
		       ? certcrypt_key_parse(run->config->certificate_key, ret, err)
		       : certcrypt_key_generate(ret, err);
}

/* By itself the phase is the only one that can show its key. */
static int show_key(struct run *run, struct err *err)
{
	AUTO(secret) char *text = NULL;

	if (!run->alone && !run->config->control_plane_endpoint)
		log_warn("no further control plane can join: the cluster has no controlPlaneEndpoint "
			 "(--control-plane-endpoint of init)");
	if (!run->alone || run->config->certificate_key || run->config->skip_certificate_key_print)
		return 0;
	text = xasprintf("Certificate key, good for two hours:  %s\n", run->certificate_key);
	return show_secret(run, "The certificate key", text, err);
}

int upload_certs_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(certcrypt_key) struct certcrypt_key key = { 0 };
	AUTO(json) json_t *data = json_object();
	AUTO(json) json_t *owner = NULL;
	AUTO(json) json_t *owners = NULL;

	(void)arg;
	if (!run->config->upload_certs) {
		log_debug("nothing without --upload-certs");
		return 0;
	}
	if (pick_key(run, &key, err) < 0 || seal_all(run, &key, data, err) < 0 ||
	    run_kube(run, err) < 0 || make_proxy_token(run, &owner, err) < 0)
		return -1;
	owners = owned_by(owner);
	if (replace_owner(run, owners, err) < 0 ||
	    objects_certificates(data, owners, run->objects, err) < 0 || run_apply(run, err) < 0)
		return -1;
	log_say("stored the CAs, encrypted, for two hours");
	run->certificate_key = certcrypt_key_format(&key);
	return show_key(run, err);
}
