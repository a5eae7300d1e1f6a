/* Keys and requests for certificates that a CA elsewhere signs. */
#include "phases/certs/certs.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "phases/init/init.h"
#include "pki/csr.h"
#include "pki/key.h"
#include "pki/kubeconfig.h"
#include "pki/spec.h"

/* A key that somebody has had signed must not be lost by a second call. */
static int refuse_existing(const struct run *run, const char *path, const char *what,
			   struct err *err)
{
	struct stat st;

	if (fs_lstat(run->fs, path, &st, err) == 0) {
		err_set(err, ERR_HOST, "%s exists already: %s", path, what);
		return err_next(err, "move it away, or give another directory");
	}
	return err->code == ERR_NOT_FOUND ? 0 : -1;
}

static void put(struct run *run, const char *path, const char *text, const char *unit)
{
	tree_file(run->tree, path, 0600, text, strlen(text), ENTRY_SECRET, unit);
}

static int make_pair(struct run *run, const struct cert_spec *spec, struct err *err)
{
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	AUTO(free) char *csr_path = pki_path(run, spec->base, ".csr");
	const struct cluster *cluster = run->cluster;
	const struct spec_names names = {
		.node = cluster->node_name,
		.apiserver = cluster->apiserver_sans,
		.etcd_server = cluster->etcd_server_sans,
		.etcd_peer = cluster->etcd_peer_sans,
	};
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(secret) char *key_pem = NULL;
	AUTO(free) char *csr = NULL;
	struct cert_want want;

	if (refuse_existing(run, key_path, "a key", err) < 0 ||
	    refuse_existing(run, csr_path, "a request", err) < 0)
		return -1;
	cert_spec_want(spec, &cluster->version, &names, &want);
	if (key_generate(run->config->key_algorithm, &key, err) < 0 ||
	    csr_make(&want, key, &csr, err) < 0 || key_to_pem(key, &key_pem, err) < 0)
		return -1;
	put(run, key_path, key_pem, spec->base);
	put(run, csr_path, csr, spec->base);
	log_say("  %s", spec->base);
	return 0;
}

/* Whoever has it signed puts the certificate and the CA in. */
static int make_conf(struct run *run, const struct kubeconfig_spec *spec, const char *dir,
		     struct err *err)
{
	const struct cluster *cluster = run->cluster;
	AUTO(free) char *path = xasprintf("%s/%s", dir, spec->file);
	AUTO(free) char *csr_path = xasprintf("%s.csr", path);
	AUTO(free) char *cn = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(secret) char *key_pem = NULL;
	AUTO(secret) char *text = NULL;
	AUTO(free) char *csr = NULL;
	struct kubeconfig_want conf;
	struct cert_want want;

	if (refuse_existing(run, path, "a kubeconfig", err) < 0 ||
	    refuse_existing(run, csr_path, "a request", err) < 0)
		return -1;
	kubeconfig_spec_want(spec, &cluster->version, cluster->node_name, &want, &cn);
	if (key_generate(run->config->key_algorithm, &key, err) < 0 ||
	    csr_make(&want, key, &csr, err) < 0 || key_to_pem(key, &key_pem, err) < 0)
		return -1;
	conf = (struct kubeconfig_want){
		.server = kubeconfig_spec_local(spec, &cluster->version) ? cluster->local_server
									 : cluster->server,
		.cluster = run->config->cluster_name,
		.user = spec->user ? spec->user : cn,
		.preferences = spec_preferences(&cluster->version),
		.key_pem = key_pem,
	};
	if (kubeconfig_write(&conf, &text, err) < 0)
		return -1;
	put(run, path, text, spec->file);
	put(run, csr_path, csr, spec->file);
	log_say("  %s", spec->file);
	return 0;
}

int certs_requests(struct run *run, const char *kubeconfig_dir, struct err *err)
{
	if (!run->dry_run && run_lock(run, err) < 0)
		return -1;
	tree_set_phase(run->tree, "certs/generate-csr");
	log_say("generating keys and CSRs in %s", run->config->certificates_dir);
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++) {
		if (!spec->ca || (spec->etcd && json_object_size(run->config->etcd_external) > 0))
			continue;
		if (make_pair(run, spec, err) < 0)
			return -1;
	}
	log_say("generating keys and CSRs in %s", kubeconfig_dir);
	for (const struct kubeconfig_spec *spec = kubeconfig_specs; spec->name; spec++)
		if (kubeconfig_spec_exists(spec, &run->cluster->version) &&
		    make_conf(run, spec, kubeconfig_dir, err) < 0)
			return -1;
	return run_commit(run, err);
}
