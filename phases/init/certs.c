/* Certificates and keys below the certificates directory: what is there and still serves is kept
 * (by content, not by existence), what is not is issued, what must not be replaced is refused. */
#include "phases/init/init.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/spec.h"

char *pki_path(const struct run *run, const char *base, const char *suffix)
{
	return xasprintf("%s/%s%s", run->config->certificates_dir, base, suffix);
}

int certs_ask(struct run *run, const void *arg, struct err *err)
{
	static const char *const suffixes[] = { ".crt", ".key", NULL };
	AUTO(free) char *sa_key = pki_path(run, "sa", ".key");
	AUTO(free) char *sa_pub = pki_path(run, "sa", ".pub");

	(void)arg;
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++) {
		for (const char *const *suffix = suffixes; *suffix; suffix++) {
			AUTO(free) char *path = pki_path(run, spec->base, *suffix);

			if (run_see(run, path, err) < 0)
				return -1;
		}
	}
	return run_see(run, sa_key, err) < 0 ? -1 : run_see(run, sa_pub, err);
}

static void want_of(const struct run *run, const struct cert_spec *spec, struct cert_want *ret)
{
	struct spec_names names = {
		.node = run->cluster->node_name,
		.apiserver = run->cluster->apiserver_sans,
		.etcd_server = run->cluster->etcd_server_sans,
		.etcd_peer = run->cluster->etcd_peer_sans,
	};

	cert_spec_want(spec, &run->cluster->version, &names, ret);
	ret->now = run->now;
	ret->validity_s = spec->ca ? run->config->cert_validity_s : run->config->ca_validity_s;
}

/* Kept as it is, but for a mode that lets others read a key. */
static void keep(struct run *run, const struct entry *entry, mode_t mode, const char *unit)
{
	if ((entry->mode & ~mode) == 0)
		return;
	log_warn("%s had mode %04o, which lets others in: now %04o", entry->path,
		 (unsigned)entry->mode, (unsigned)mode);
	tree_file(run->tree, entry->path, mode, entry->data, entry->len,
		  mode == 0600 ? ENTRY_SECRET : 0, unit);
}

static int put(struct run *run, const struct cert_spec *spec, X509 *cert, EVP_PKEY *key,
	       struct err *err)
{
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	AUTO(free) char *unit = xasprintf("pki/%s", spec->base);
	AUTO(secret) char *key_pem = NULL;
	AUTO(free) char *pem = NULL;

	if (cert_to_pem(cert, &pem, err) < 0 || key_to_pem(key, &key_pem, err) < 0)
		return -1;
	tree_file(run->tree, crt_path, 0644, pem, strlen(pem), 0, unit);
	tree_file(run->tree, key_path, 0600, key_pem, strlen(key_pem), ENTRY_SECRET, unit);
	return 0;
}

static int issue(struct run *run, const struct cert_spec *spec, X509 *ca, EVP_PKEY *ca_key,
		 struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	struct cert_want want;

	want_of(run, spec, &want);
	if (key_generate(run->config->key_algorithm, &key, err) < 0 ||
	    cert_issue(&want, key, ca, ca_key, &cert, err) < 0)
		return -1;
	return put(run, spec, cert, key, err);
}

int certs_ca(const struct run *run, const char *name, X509 **ret, EVP_PKEY **ret_key,
	     const char **ret_pem, struct err *err)
{
	const struct cert_spec *spec = cert_spec_find(name);
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	const struct entry *crt = run_file(run, crt_path);
	const struct entry *key = run_file(run, key_path);
	AUTO(pkey) EVP_PKEY *pkey = NULL;

	if (!crt) {
		err_set(err, ERR_NOT_FOUND, "there is no %s to sign with", crt_path);
		return err_next(err, "kstrap init phase certs %s", name);
	}
	if (key && key_from_pem(key->data, key->len, key_path, &pkey, err) < 0)
		return -1;
	if (cert_from_pem(crt->data, crt->len, crt_path, ret, err) < 0)
		return -1;
	*ret_key = TAKE(pkey);
	if (ret_pem)
		*ret_pem = crt->data;
	return 0;
}

int certs_distinct(const struct run *run, const struct cert_spec *spec, struct err *err)
{
	AUTO(x509) X509 *cert = NULL;

	for (const struct cert_spec *other = cert_specs; other->name; other++) {
		AUTO(free) char *path = pki_path(run, spec->base, ".crt");
		AUTO(free) char *other_path = pki_path(run, other->base, ".crt");
		AUTO(x509) X509 *theirs = NULL;
		const struct entry *file = run_file(run, path);
		const struct entry *other_file = other->ca ? NULL : run_file(run, other_path);

		if (other == spec || !file || !other_file ||
		    (other->etcd && json_object_size(run->config->etcd_external) > 0))
			continue;
		if (!cert && cert_from_pem(file->data, file->len, path, &cert, err) < 0)
			return -1;
		if (cert_from_pem(other_file->data, other_file->len, other_path, &theirs, err) < 0)
			return -1;
		if (!key_same(X509_get0_pubkey(cert), X509_get0_pubkey(theirs)))
			continue;
		err_set(err, ERR_CRYPTO,
			"%s and %s have the same key: what one signs, the other's users would "
			"believe as well",
			path, other_path);
		return err_next(err, "move one of the two pairs away, and all it signed; kstrap "
				     "init phase certs all makes another CA");
	}
	return 0;
}

/* Whether the pair on disk serves: 0, or -1 with the reason. */
static int serves(const struct run *run, const struct cert_spec *spec, X509 *ca, struct err *err)
{
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	const struct entry *crt_file = run_file(run, crt_path);
	const struct entry *key_file = run_file(run, key_path);
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct cert_want want;

	if (!crt_file || !key_file)
		return err_set(err, ERR_NOT_FOUND, "%s is missing",
			       crt_file ? key_path : crt_path);
	want_of(run, spec, &want);
	if (cert_from_pem(crt_file->data, crt_file->len, crt_path, &cert, err) < 0 ||
	    key_from_pem(key_file->data, key_file->len, key_path, &key, err) < 0)
		return -1;
	return cert_check(cert, &want, key, ca, crt_path, err);
}

static void keep_pair(struct run *run, const struct cert_spec *spec)
{
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	AUTO(free) char *unit = xasprintf("pki/%s", spec->base);
	const struct entry *key = run_file(run, key_path);

	if (key)
		keep(run, key, 0600, unit);
	log_debug("keeps %s", crt_path);
}

/* A CA whose key is elsewhere: nothing can be issued, so everything must be there. All that is
 * wrong is told at once. */
static int check_external(struct run *run, const struct cert_spec *ca_spec, X509 *ca,
			  struct err *err)
{
	AUTO(buf) struct buf wrong = BUF_INIT(1500);

	for (const struct cert_spec *spec = cert_specs; spec->name; spec++) {
		struct err why = ERR_INIT;

		if (!spec->ca || !str_eq(spec->ca, ca_spec->name))
			continue;
		if (spec->etcd && json_object_size(run->config->etcd_external) > 0)
			continue;
		if (serves(run, spec, ca, &why) < 0)
			(void)buf_addf(&wrong, "%s%s", wrong.len ? "; " : "", why.msg);
	}
	if (wrong.len == 0) {
		log_say("%s/%s.crt has no key here: an external CA, and what it signed is all there",
			run->config->certificates_dir, ca_spec->base);
		return 0;
	}
	err_set(err, ERR_CRYPTO,
		"%s/%s.crt has no key here (an external CA), so nothing can be issued, but: %s",
		run->config->certificates_dir, ca_spec->base, wrong.data);
	return err_next(err, "have the CA sign what is missing, or put %s.key beside %s.crt",
			ca_spec->base, ca_spec->base);
}

static int render_ca(struct run *run, const struct cert_spec *spec, struct err *err)
{
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	struct cert_want want = { .usage = CERT_CA, .now = run->now };
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (!run_file(run, crt_path)) {
		if (!run_file(run, key_path)) {
			log_say("makes %s", crt_path);
			return issue(run, spec, NULL, NULL, err);
		}
		err_set(err, ERR_CRYPTO, "%s is there, but not its certificate %s", key_path,
			crt_path);
		return err_next(err, "restore %s from a backup, or move %s away for a new CA",
				crt_path, key_path);
	}
	if (certs_ca(run, spec->name, &cert, &key, NULL, err) < 0 ||
	    cert_check(cert, &want, key, NULL, crt_path, err) < 0) {
		return err_next(err,
				"put the right pair in place, or move %s and its key away: a new "
				"CA is made then, and all it signed anew",
				crt_path);
	}
	if (certs_distinct(run, spec, err) < 0)
		return -1;
	if (!key)
		return check_external(run, spec, cert, err);
	log_say("uses the CA that is there: %s", crt_path);
	keep_pair(run, spec);
	return 0;
}

static int render_leaf(struct run *run, const struct cert_spec *spec, struct err *err)
{
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	AUTO(x509) X509 *ca = NULL;
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	struct err why = ERR_INIT;

	if (certs_ca(run, spec->ca, &ca, &ca_key, NULL, err) < 0)
		return -1;
	if (serves(run, spec, ca, &why) == 0) {
		keep_pair(run, spec);
		return 0;
	}
	if (!ca_key) {
		*err = why;
		err_wrap(err, "its CA's key is not here, so it cannot be issued");
		return err_next(err, "have the CA sign %s", crt_path);
	}
	if (run_file(run, crt_path) || run_file(run, key_path))
		log_say("makes %s anew: %s", crt_path, why.msg);
	else
		log_say("makes %s", crt_path);
	return issue(run, spec, ca, ca_key, err);
}

int certs_render(struct run *run, const void *arg, struct err *err)
{
	const struct cert_spec *spec = cert_spec_find(arg);

	if (!spec)
		return err_set(err, ERR_BUG, "no certificate is called %s", (const char *)arg);
	if (spec->etcd && json_object_size(run->config->etcd_external) > 0) {
		log_say("leaves out %s: etcd is external", spec->base);
		return 0;
	}
	return spec->ca ? render_leaf(run, spec, err) : render_ca(run, spec, err);
}

/* Service account keys, RFC 7517's subject by another name: a pair without certificates. */
int certs_sa(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *key_path = pki_path(run, "sa", ".key");
	AUTO(free) char *pub_path = pki_path(run, "sa", ".pub");
	const struct entry *key_file = run_file(run, key_path);
	const struct entry *pub_file = run_file(run, pub_path);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(pkey) EVP_PKEY *pub = NULL;
	AUTO(secret) char *key_pem = NULL;
	AUTO(free) char *pub_pem = NULL;
	struct err why = ERR_INIT;

	(void)arg;
	if (!key_file && pub_file) {
		err_set(err, ERR_CRYPTO, "%s is there, but not its private key %s", pub_path,
			key_path);
		return err_next(err, "restore %s, or move %s away for a new pair", key_path,
				pub_path);
	}
	if (key_file && key_from_pem(key_file->data, key_file->len, key_path, &key, err) < 0)
		return err_next(err, "restore %s, or move it away for a new pair", key_path);
	if (key_file && pub_file &&
	    key_public_from_pem(pub_file->data, pub_file->len, pub_path, &pub, &why) == 0 &&
	    key_same(key, pub)) {
		keep(run, key_file, 0600, "pki/sa");
		return 0;
	}
	if (!key && key_generate(run->config->key_algorithm, &key, err) < 0)
		return -1;
	log_say(key_file ? "makes %s anew from sa.key" : "makes %s and its key", pub_path);
	if (key_to_pem(key, &key_pem, err) < 0 || key_public_to_pem(key, &pub_pem, err) < 0)
		return -1;
	if (!key_file)
		tree_file(run->tree, key_path, 0600, key_pem, strlen(key_pem), ENTRY_SECRET,
			  "pki/sa");
	tree_file(run->tree, pub_path, 0600, pub_pem, strlen(pub_pem), 0, "pki/sa");
	return 0;
}
