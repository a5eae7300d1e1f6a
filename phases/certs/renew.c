/* Renewal: a new key and certificate that says what the old one said, signed by the CA on the
 * disk. */
#include "phases/certs/certs.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/certs/held.h"
#include "phases/certs/restart.h"
#include "phases/credentials.h"
#include "phases/init/init.h"
#include "phases/kubelet.h"
#include "pki/base64.h"
#include "pki/key.h"

#define NAMES_MAX 32

struct ca {
	const struct cert_spec *spec;
	X509 *cert;
	EVP_PKEY *key; /* NULL: an external CA */
};

struct renewal {
	struct run *run;
	const char *only, *algorithm;
	struct ca cas[4];
	size_t cas_len;
	json_t *restarts;     /* {component: true} */
	struct buf elsewhere; /* what a CA whose key is not here must sign */
	unsigned renewed;
	bool kubelet;
};

static void renewal_clear(struct renewal *r)
{
	for (size_t i = 0; i < r->cas_len; i++) {
		X509_free(r->cas[i].cert);
		EVP_PKEY_free(r->cas[i].key);
	}
	json_decref(r->restarts);
	buf_clear(&r->elsewhere);
}

static inline void auto_renewal_(struct renewal *r)
{
	renewal_clear(r);
}

char *certs_names(void)
{
	AUTO(buf) struct buf out = BUF_INIT(8192);

	for (const struct certs_item *item = certs_items; item->name; item++)
		(void)buf_addf(&out, "  %-26s%s\n", item->name, item->doc);
	return xstrdup(out.data);
}

/* A worker holds no CA's key, and its own certificate is the kubelet's business. */
static int refuse_worker(const struct run *run, struct err *err)
{
	AUTO(credentials) struct credentials own = { .server = NULL };
	AUTO(free) char *conf = conf_path(run, "kubelet.conf");
	struct err ignored = ERR_INIT;
	char until[21];
	bool valid;

	if (credentials_read(run->fs, conf, &own, &ignored) < 0) {
		err_set(err, ERR_HOST,
			"nothing to renew: this host is neither a control plane (no certificates in "
			"%s) nor a node (no %s)",
			run->config->certificates_dir, conf);
		return err_next(err, "kinit on the control plane, kjoin on a node; kubeadm's "
				     "--cert-dir, where certificates are elsewhere");
	}
	valid = own.not_after > run->now;
	clock_rfc3339(own.not_after, until);
	err_set(err, ERR_HOST,
		"this host is a worker: without the CA's key (%s/ca.key) nothing can be renewed here%s %s%s",
		run->config->certificates_dir,
		valid ? "; its kubelet renews its own certificate, which is valid until" :
			", and its kubelet's certificate expired on",
		until, valid ? "" : ": the node must join again");
	return err_next(err, valid ? "on each control plane: kstrap certs renew all" :
				     "on the control plane: kinit, which shows the join line again; "
				     "here: that line (kjoin --token=... ADDRESS)");
}

/* All three are looked at, whatever is renewed: CAs with one key would be one CA. */
static int check_distinct(struct renewal *r, struct err *err)
{
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++) {
		AUTO(free) char *path = pki_path(r->run, spec->base, ".crt");

		if (!spec->ca && run_see(r->run, path, err) < 0)
			return -1;
	}
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++)
		if (!spec->ca && certs_distinct(r->run, spec, err) < 0)
			return *err->next ? -1
					  : err_next(err, "restore it from a backup or another "
							  "control plane");
	return 0;
}

static int open_ca(struct renewal *r, const struct cert_spec *spec, const struct ca **ret,
		   struct err *err)
{
	const struct cert_want want = { .usage = CERT_CA, .now = r->run->now };
	AUTO(free) char *path = pki_path(r->run, spec->base, ".crt");
	struct ca *ca = r->cas;

	for (; ca < r->cas + r->cas_len; ca++) {
		*ret = ca;
		if (ca->spec == spec)
			return 0;
	}
	*ca = (struct ca){ .spec = spec };
	*ret = ca;
	r->cas_len++;
	if (held_ca(r->run, spec, &ca->cert, &ca->key, err) == 0 && !ca->cert)
		err_set(err, ERR_CRYPTO, "there is no %s to sign with", path);
	if (!ca->cert)
		return err_next(
			err, "restore %s and its key from a backup or another control plane", path);
	if (cert_check(ca->cert, &want, ca->key, NULL, path, err) == 0)
		return 0;
	return err_next(err,
			"put the right pair in place; a CA that has expired cannot be renewed: "
			"move it and its key away, then kinit makes a new one, and the nodes "
			"join again");
}

/* Its own kind of key again, as long as that is one we make. */
static const char *algorithm_of(const struct renewal *r, X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	AUTO(free)
	char *name = xasprintf("%s%d", EVP_PKEY_is_a(key, "RSA") ? "RSA-" : "ECDSA-P",
			       EVP_PKEY_get_bits(key));

	if (r->algorithm)
		return r->algorithm;
	for (const char *const *known = key_algorithms; *known; known++)
		if (str_eq(*known, name))
			return *known;
	return r->run->config->key_algorithm;
}

struct made {
	X509 *cert;
	char *cert_pem, *key_pem;
};

static inline void auto_made_(struct made *made)
{
	X509_free(made->cert);
	free(made->cert_pem);
	secret_free(made->key_pem);
}

static int issue(const struct renewal *r, const struct held *held, const struct ca *ca,
		 struct made *ret, struct err *err)
{
	AUTO(json) json_t *about = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct cert_want want;

	if (cert_describe(held->cert, &about, err) < 0)
		return err_wrap(err, "%s", held->path);
	want = (struct cert_want){
		.cn = json_str(about, "cn"),
		.orgs = json_object_get(about, "orgs"),
		.sans = json_object_get(about, "sans"),
		.usage = (unsigned)json_int(about, "usage"),
		.now = r->run->now,
		.validity_s = r->run->config->cert_validity_s,
	};
	if (!want.cn || !want.usage || want.usage & CERT_CA)
		return err_set(err, ERR_CRYPTO,
			       "%s: this is no certificate of a server or client to make again",
			       held->path);
	if (key_generate(algorithm_of(r, held->cert), &key, err) < 0 ||
	    cert_issue(&want, key, ca->cert, ca->key, &ret->cert, err) < 0 ||
	    cert_to_pem(ret->cert, &ret->cert_pem, err) < 0)
		return -1;
	return key_to_pem(key, &ret->key_pem, err);
}

static void put_pair(struct renewal *r, const struct certs_item *item, const struct held *held,
		     const struct made *made)
{
	AUTO(free) char *unit = xasprintf("pki/%s", certs_item_cert(item)->base);

	tree_file(r->run->tree, held->path, 0644, made->cert_pem, strlen(made->cert_pem), 0, unit);
	tree_file(r->run->tree, held->key_path, 0600, made->key_pem, strlen(made->key_pem),
		  ENTRY_SECRET, unit);
}

/* The entry `name` of "users" or "clusters"; borrowed. */
static json_t *entry_of(const json_t *document, const char *list, const char *key, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(document, list), i, item)
		if (json_str_is(item, "name", name))
			return json_object_get(item, key);
	return NULL;
}

static bool trusts(const char *pem, X509 *ca)
{
	AUTO(x509_list) STACK_OF(X509) *list = NULL;
	struct err ignored = ERR_INIT;

	if (cert_list_from_pem(pem, strlen(pem), "", &list, &ignored) < 0)
		return false;
	for (int i = 0; i < sk_X509_num(list); i++)
		if (X509_cmp(sk_X509_value(list, i), ca) == 0)
			return true;
	return false;
}

static void set_data(json_t *entry, const char *key, const char *pem)
{
	AUTO(secret) char *text = base64_encode(pem, strlen(pem));

	json_put_str(entry, key, text);
}

/* What is not the certificate stays as the user has it. */
static int put_embedded(struct renewal *r, const struct held *held, const struct ca *ca,
			const struct made *made, struct err *err)
{
	const struct kubeconfig *conf = &held->conf;
	json_t *user = entry_of(conf->document, "users", "user", conf->user);
	json_t *cluster = entry_of(conf->document, "clusters", "cluster", conf->cluster);
	AUTO(free) char *ca_pem = NULL;
	AUTO(secret) char *text = NULL;

	if (conf->ca_pem && !trusts(conf->ca_pem, ca->cert)) {
		log_warn("%s trusted another CA than the one here, which it trusts from now on",
			 held->conf_path);
		if (cert_to_pem(ca->cert, &ca_pem, err) < 0)
			return -1;
		set_data(cluster, "certificate-authority-data", ca_pem);
	}
	set_data(user, "client-certificate-data", made->cert_pem);
	set_data(user, "client-key-data", made->key_pem);
	text = yaml_dump(conf->document, 1);
	tree_file(r->run->tree, held->conf_path, 0600, text, strlen(text), ENTRY_SECRET, NULL);
	return 0;
}

/* As the kubelet itself stores a certificate: a new dated file, to which the link then leads. */
static void put_linked(struct renewal *r, const char *path, const char *pem)
{
	AUTO(free) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	AUTO(free) char *target = NULL;
	char date[32];
	struct tm tm;

	(void)strftime(date, sizeof(date), "%Y-%m-%d-%H-%M-%S", gmtime_r(&r->run->now, &tm));
	target = xasprintf("%s/kubelet-client-%s.pem", dir, date);
	tree_file(r->run->tree, target, 0600, pem, strlen(pem), ENTRY_SECRET, "kubelet-client");
	tree_link(r->run->tree, path, target);
}

static int put_files(struct renewal *r, const struct held *held, const struct made *made,
		     struct err *err)
{
	AUTO(secret) char *both = xasprintf("%s%s", made->cert_pem, made->key_pem);
	struct tree *tree = r->run->tree;
	struct stat st;

	if (held->key_path) {
		tree_file(tree, held->path, 0644, made->cert_pem, strlen(made->cert_pem), 0,
			  "kubelet-client");
		tree_file(tree, held->key_path, 0600, made->key_pem, strlen(made->key_pem),
			  ENTRY_SECRET, "kubelet-client");
		return 0;
	}
	if (fs_lstat(r->run->fs, held->path, &st, err) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		put_linked(r, held->path, both);
	else
		tree_file(tree, held->path, 0600, both, strlen(both), ENTRY_SECRET, NULL);
	return 0;
}

static int put(struct renewal *r, const struct certs_item *item, const struct held *held,
	       const struct ca *ca, const struct made *made, struct err *err)
{
	switch (held->how) {
	case HELD_PAIR:
		put_pair(r, item, held, made);
		break;
	case HELD_EMBEDDED:
		return put_embedded(r, held, ca, made, err);
	case HELD_FILES:
		return put_files(r, held, made, err);
	case HELD_NOT:
		break;
	}
	return 0;
}

static int missing(const struct renewal *r, const struct certs_item *item, const struct held *held,
		   struct err *err)
{
	const struct kubeconfig_spec *conf = certs_item_conf(item);

	if (r->only) {
		err_set(err, ERR_NOT_FOUND, "%s is missing, and its names with it", held->path);
		return err_next(err, "kstrap init phase %s %s", conf ? "kubeconfig" : "certs",
				conf ? conf->name : item->name);
	}
	/* Before 1.29 there is none, and it is the one that users are told to put in a safe. */
	if (!str_eq(item->name, "super-admin.conf"))
		log_say("MISSING! %s (%s)", item->doc, held->path);
	return 0;
}

static int renew_one(struct renewal *r, const struct certs_item *item, struct err *err)
{
	const struct cert_spec *spec = certs_item_ca(item);
	AUTO(held) struct held held = { .how = HELD_NOT };
	AUTO(made) struct made made = { .cert = NULL };
	const struct ca *ca;
	char until[21];

	if (held_read(r->run, item, &held, err) < 0)
		return err_next(err, "move it away, then: kstrap init phase %s all",
				certs_item_conf(item) ? "kubeconfig" : "certs");
	if (held.how == HELD_NOT)
		return missing(r, item, &held, err);
	if (open_ca(r, spec, &ca, err) < 0)
		return -1;
	if (!ca->key) {
		(void)buf_addf(&r->elsewhere, "%s%s (by %s.crt)", r->elsewhere.len ? ", " : "",
			       held.path, spec->base);
		return 0;
	}
	if (issue(r, &held, ca, &made, err) < 0 || put(r, item, &held, ca, &made, err) < 0)
		return -1;
	clock_rfc3339(cert_not_after(made.cert), until);
	log_say("%s %s (%s): valid until %s", item->doc,
		r->run->dry_run ? "would be renewed" : "renewed", held.path, until);
	r->renewed++;
	r->kubelet |= certs_item_is_kubelet(item);
	if (item->restarts)
		json_object_set_new(r->restarts, item->restarts, json_true());
	return 0;
}

static int unknown(const char *name, struct err *err)
{
	const char *names[NAMES_MAX] = { "all" };
	const char *nearest;
	size_t n = 1;

	for (const struct certs_item *item = certs_items; item->name; item++)
		names[n++] = item->name;
	nearest = str_nearest(name, names);
	err_set(err, ERR_USAGE, "there is no certificate \"%s\" to renew", name);
	return nearest ? err_next(err, "kstrap certs renew %s", nearest)
		       : err_next(err, "kstrap certs renew --help");
}

static int renew_items(struct renewal *r, struct err *err)
{
	bool etcd = held_etcd(r->run), found = false;

	for (const struct certs_item *item = certs_items; item->name; item++) {
		const struct cert_spec *spec = certs_item_cert(item);

		if (r->only && !str_eq(r->only, item->name))
			continue;
		found = true;
		if (!r->only && spec && spec->etcd && !etcd)
			continue;
		if (renew_one(r, item, err) < 0)
			return -1;
	}
	return found ? 0 : unknown(r->only, err);
}

static void say_restarts(const struct renewal *r)
{
	AUTO(buf) struct buf names = BUF_INIT(1024);
	const char *component;
	json_t *value;

	json_object_foreach (r->restarts, component, value)
		(void)buf_item(&names, ", ", component);
	if (names.len)
		log_say("the kubelet restarts %s, whose %s has changed", names.data,
			json_object_size(r->restarts) > 1 ? "manifests' annotation"
							  : "manifest's annotation");
}

/* First the certificates, then what makes the kubelet start pods with them; but nothing of either
 * when the second could not be written. */
static int write_all(struct renewal *r, struct err *err)
{
	AUTO(tree) struct tree *later = tree_new();
	struct run *run = r->run;

	tree_set_phase(later, "certs/renew");
	if (restart_render(run, r->restarts, later, err) < 0 ||
	    commit_plan(run->fs, later, NULL, NULL, NULL, err) < 0 || run_commit(run, err) < 0)
		return -1;
	tree_free(run->tree);
	run->tree = TAKE(later);
	if (run_commit(run, err) < 0)
		return -1;
	if (run->dry_run || run->offline)
		return 0;
	say_restarts(r);
	if (!r->kubelet)
		return 0;
	log_say("restarts the kubelet, which has read its certificate already");
	return kubelet_restart(run, err);
}

int certs_renew(struct run *run, const char *name, const char *algorithm, struct err *err)
{
	AUTO(renewal)
	struct renewal r = { .run = run,
			     .only = name,
			     .algorithm = algorithm,
			     .restarts = json_object(),
			     .elsewhere = BUF_INIT(1200) };

	/* First, so that what a killed run left is finished before anything is read. */
	if (!run->dry_run && run_lock(run, err) < 0)
		return -1;
	if (!held_control_plane(run))
		return refuse_worker(run, err);
	tree_set_phase(run->tree, "certs/renew");
	if (check_distinct(&r, err) < 0 || renew_items(&r, err) < 0)
		return -1;
	if (r.renewed && write_all(&r, err) < 0)
		return -1;
	if (r.elsewhere.len) {
		err_set(err, ERR_CRYPTO,
			"the key of their CA is not on this host, so these must be signed "
			"elsewhere: %s",
			r.elsewhere.data);
		return err_next(err,
				"kstrap certs generate-csr --cert-dir DIR --kubeconfig-dir DIR "
				"writes keys and requests for them");
	}
	if (!r.renewed)
		return err_set(err, ERR_NOT_FOUND, "none of the certificates is on this host");
	return 0;
}
