/* The control plane's kubeconfig files. */
#include "phases/init/init.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/kubeconfig.h"
#include "pki/spec.h"

static char *path_of(const struct run *run, const struct kubeconfig_spec *spec)
{
	return xasprintf("%s/%s", run->config->kubeconfig_dir, spec->file);
}

int kubeconfig_ask(struct run *run, const void *arg, struct err *err)
{
	if (certs_ask(run, arg, err) < 0)
		return -1;
	for (const struct kubeconfig_spec *spec = kubeconfig_specs; spec->name; spec++) {
		AUTO(free) char *path = path_of(run, spec);

		if (run_see(run, path, err) < 0)
			return -1;
	}
	return 0;
}

static const char *server_of(const struct run *run, const struct kubeconfig_spec *spec)
{
	return kubeconfig_spec_local(spec, &run->cluster->version) ? run->cluster->local_server :
								     run->cluster->server;
}

static void want_of(const struct run *run, const struct kubeconfig_spec *spec,
		    struct cert_want *ret, char **ret_cn)
{
	kubeconfig_spec_want(spec, &run->cluster->version, run->cluster->node_name, ret, ret_cn);
	ret->now = run->now;
	ret->validity_s = run->config->cert_validity_s;
}

static bool same_ca(const char *pem, X509 *ca)
{
	struct err ignored = ERR_INIT;
	AUTO(x509) X509 *theirs = NULL;

	return pem && cert_from_pem(pem, strlen(pem), "", &theirs, &ignored) == 0 &&
	       X509_cmp(theirs, ca) == 0;
}

/* The kubelet's file leads to the certificate it rotates, which is the kubelet's own business. */
static bool rotates(const struct kubeconfig_spec *spec, const struct kubeconfig *conf)
{
	return str_eq(spec->name, "kubelet") && conf->cert_file && conf->key_file;
}

/* 0: the file serves. -1: *err says why not, and *ret_replace whether it may be made anew. */
static int check_file(const struct run *run, const struct kubeconfig_spec *spec,
		      const struct entry *file, const struct cert_want *want, X509 *ca,
		      bool *ret_replace, struct err *err)
{
	AUTO(kubeconfig) struct kubeconfig conf = { 0 };
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;

	*ret_replace = false;
	if (kubeconfig_read(file->data, file->len, file->path, &conf, err) < 0)
		return -1;
	if (!same_ca(conf.ca_pem, ca))
		return err_set(err, ERR_CONFIG,
			       "%s is there already and trusts another CA than this cluster's",
			       file->path);
	if (!str_eq(conf.server, server_of(run, spec)))
		return err_set(err, ERR_CONFIG, "%s is there already and leads to %s, not to %s",
			       file->path, conf.server ? conf.server : "no server",
			       server_of(run, spec));
	if (rotates(spec, &conf))
		return 0;
	*ret_replace = true;
	if (!conf.cert_pem || !conf.key_pem)
		return err_set(err, ERR_CONFIG, "%s has no client certificate in it", file->path);
	if (cert_from_pem(conf.cert_pem, strlen(conf.cert_pem), file->path, &cert, err) < 0 ||
	    key_from_pem(conf.key_pem, strlen(conf.key_pem), file->path, &key, err) < 0)
		return -1;
	return cert_check(cert, want, key, ca, file->path, err);
}

static int write_file(struct run *run, const struct kubeconfig_spec *spec, const char *path,
		      const struct cert_want *want, X509 *ca, EVP_PKEY *ca_key, const char *ca_pem,
		      struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	AUTO(free) char *cert_pem = NULL;
	AUTO(secret) char *key_pem = NULL;
	AUTO(secret) char *text = NULL;

	if (key_generate(run->config->key_algorithm, &key, err) < 0 ||
	    cert_issue(want, key, ca, ca_key, &cert, err) < 0 ||
	    cert_to_pem(cert, &cert_pem, err) < 0 || key_to_pem(key, &key_pem, err) < 0 ||
	    kubeconfig_write(&(struct kubeconfig_want){ .server = server_of(run, spec),
							.cluster = run->config->cluster_name,
							.user = spec->user ? spec->user : want->cn,
							.preferences = spec_preferences(
								&run->cluster->version),
							.ca_pem = ca_pem,
							.cert_pem = cert_pem,
							.key_pem = key_pem },
			     &text, err) < 0)
		return -1;
	tree_file(run->tree, path, 0600, text, strlen(text), ENTRY_SECRET, NULL);
	return 0;
}

static void keep(struct run *run, const struct entry *file)
{
	if ((file->mode & ~(mode_t)0600) == 0)
		return;
	log_warn("%s had mode %04o, which lets others in: now 0600", file->path,
		 (unsigned)file->mode);
	tree_file(run->tree, file->path, 0600, file->data, file->len, ENTRY_SECRET, NULL);
}

int kubeconfig_render(struct run *run, const void *arg, struct err *err)
{
	const struct kubeconfig_spec *spec = kubeconfig_spec_find(arg);
	AUTO(free) char *cn = NULL;
	AUTO(free) char *path = path_of(run, spec);
	const struct entry *file = run_file(run, path);
	AUTO(x509) X509 *ca = NULL;
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	const char *ca_pem = NULL;
	struct cert_want want;
	bool replace = false;

	if (!kubeconfig_spec_exists(spec, &run->cluster->version))
		return 0;
	want_of(run, spec, &want, &cn);
	if (certs_ca(run, "ca", &ca, &ca_key, &ca_pem, err) < 0)
		return -1;
	if (file && check_file(run, spec, file, &want, ca, &replace, err) == 0) {
		keep(run, file);
		return 0;
	}
	if (file && !replace)
		return err_next(err, "move %s away; it is made anew then", path);
	if (!ca_key) {
		if (!file)
			err_set(err, ERR_CRYPTO, "%s is missing", path);
		err_wrap(err, "the cluster's CA key is not here, so no kubeconfig can be made");
		return err_next(err, "have the CA sign one: `kstrap init phase kubeconfig %s` "
				     "beside ca.key makes it",
				spec->name);
	}
	log_say(file ? "makes %s anew: %s" : "makes %s", path, file ? err->msg : "");
	return write_file(run, spec, path, &want, ca, ca_key, ca_pem, err);
}
