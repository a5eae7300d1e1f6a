#include "phases/certs/held.h"

#include <string.h>

#include "base/str.h"
#include "config/check.h"
#include "phases/init/init.h"

#define IN_CONF "certificate embedded in the kubeconfig file for the "

const struct certs_item certs_items[] = {
	{ "admin.conf", IN_CONF "admin to use and for kubeadm itself", NULL },
	{ "apiserver", "certificate for serving the Kubernetes API", "kube-apiserver" },
	{ "apiserver-etcd-client", "certificate the apiserver uses to access etcd",
	  "kube-apiserver" },
	{ "apiserver-kubelet-client", "certificate for the API server to connect to kubelet",
	  "kube-apiserver" },
	{ "controller-manager.conf", IN_CONF "controller manager to use",
	  "kube-controller-manager" },
	{ "etcd-healthcheck-client", "certificate for liveness probes to healthcheck etcd", NULL },
	{ "etcd-peer", "certificate for etcd nodes to communicate with each other", "etcd" },
	{ "etcd-server", "certificate for serving etcd", "etcd" },
	{ "front-proxy-client", "certificate for the front proxy client", "kube-apiserver" },
	{ "kubelet.conf", "certificate of this node's kubelet", NULL },
	{ "scheduler.conf", IN_CONF "scheduler manager to use", "kube-scheduler" },
	{ "super-admin.conf", IN_CONF "super-admin", NULL },
	{ NULL, NULL, NULL },
};

const struct cert_spec *certs_item_cert(const struct certs_item *item)
{
	return cert_spec_find(item->name);
}

const struct kubeconfig_spec *certs_item_conf(const struct certs_item *item)
{
	for (const struct kubeconfig_spec *spec = kubeconfig_specs; spec->name; spec++)
		if (str_eq(spec->file, item->name))
			return spec;
	return NULL;
}

const struct cert_spec *certs_item_ca(const struct certs_item *item)
{
	const struct cert_spec *spec = certs_item_cert(item);

	return cert_spec_find(spec ? spec->ca : "ca");
}

bool certs_item_is_kubelet(const struct certs_item *item)
{
	return str_eq(item->name, "kubelet.conf");
}

void held_clear(struct held *held)
{
	free(held->path);
	free(held->key_path);
	free(held->conf_path);
	kubeconfig_clear(&held->conf);
	X509_free(held->cert);
	*held = (struct held){ .how = HELD_NOT };
}

static const struct entry *look(struct run *run, const char *path, bool *ret_failed,
				struct err *err)
{
	*ret_failed = run_see(run, path, err) < 0;
	return *ret_failed ? NULL : run_file(run, path);
}

static int read_pair(struct run *run, const struct cert_spec *spec, struct held *held,
		     struct err *err)
{
	const struct entry *file;
	bool failed;

	held->path = pki_path(run, spec->base, ".crt");
	held->key_path = pki_path(run, spec->base, ".key");
	file = look(run, held->path, &failed, err);
	if (!file)
		return failed ? -1 : 0;
	if (cert_from_pem(file->data, file->len, held->path, &held->cert, err) < 0)
		return -1;
	held->how = HELD_PAIR;
	return 0;
}

/* The kubelet's file names the certificate that it rotates; what it names is opened. */
static int read_files(struct run *run, struct held *held, struct err *err)
{
	const struct entry *file;
	bool failed;

	held->path = xstrdup(held->conf.cert_file);
	held->key_path = xstrdup(held->conf.key_file);
	if (check_absolute(&held->path, err) < 0 || check_absolute(&held->key_path, err) < 0)
		return err_wrap(err, "%s", held->conf_path);
	file = look(run, held->path, &failed, err);
	if (!file)
		return failed ? -1 : 0;
	if (cert_from_pem(file->data, file->len, held->path, &held->cert, err) < 0)
		return -1;
	if (str_eq(held->path, held->key_path))
		free(TAKE(held->key_path));
	held->how = HELD_FILES;
	return 0;
}

static int read_conf(struct run *run, const struct kubeconfig_spec *spec, struct held *held,
		     struct err *err)
{
	const struct entry *file;
	bool failed;

	held->conf_path = conf_path(run, spec->file);
	file = look(run, held->conf_path, &failed, err);
	if (!file) {
		held->path = xstrdup(held->conf_path);
		return failed ? -1 : 0;
	}
	if (kubeconfig_read(file->data, file->len, held->conf_path, &held->conf, err) < 0)
		return -1;
	if (!held->conf.cert_pem && held->conf.cert_file && held->conf.key_file)
		return read_files(run, held, err);
	held->path = xstrdup(held->conf_path);
	if (!held->conf.cert_pem)
		return err_set(err, ERR_CONFIG, "%s has no client certificate in it",
			       held->conf_path);
	if (cert_from_pem(held->conf.cert_pem, strlen(held->conf.cert_pem), held->conf_path,
			  &held->cert, err) < 0)
		return -1;
	held->how = HELD_EMBEDDED;
	return 0;
}

int held_read(struct run *run, const struct certs_item *item, struct held *ret, struct err *err)
{
	const struct cert_spec *cert = certs_item_cert(item);
	AUTO(held) struct held held = { .how = HELD_NOT };
	int failed = cert ? read_pair(run, cert, &held, err)
			  : read_conf(run, certs_item_conf(item), &held, err);

	if (failed < 0)
		return -1;
	*ret = held;
	held = (struct held){ .how = HELD_NOT };
	return 0;
}

int held_ca(struct run *run, const struct cert_spec *spec, X509 **ret, EVP_PKEY **ret_key,
	    struct err *err)
{
	AUTO(free) char *crt_path = pki_path(run, spec->base, ".crt");
	AUTO(free) char *key_path = pki_path(run, spec->base, ".key");
	const struct entry *file;

	if (run_see(run, crt_path, err) < 0 || (ret_key && run_see(run, key_path, err) < 0))
		return -1;
	if (!run_file(run, crt_path))
		return 0;
	if (ret_key)
		return certs_ca(run, spec->name, ret, ret_key, NULL, err);
	file = run_file(run, crt_path);
	return cert_from_pem(file->data, file->len, crt_path, ret, err);
}

static bool there(const struct run *run, char *take_path)
{
	bool found = fs_exists(run->fs, take_path);

	free(take_path);
	return found;
}

bool held_external(struct run *run, const struct cert_spec *spec)
{
	return there(run, pki_path(run, spec->base, ".crt")) &&
	       !there(run, pki_path(run, spec->base, ".key"));
}

bool held_control_plane(const struct run *run)
{
	return there(run, pki_path(run, "ca", ".key")) ||
	       there(run, pki_path(run, "apiserver", ".crt")) ||
	       there(run, manifest_path(run, "kube-apiserver"));
}

bool held_etcd(const struct run *run)
{
	if (json_object_size(run->config->etcd_external) > 0)
		return false;
	return there(run, pki_path(run, "etcd/ca", ".crt")) ||
	       there(run, manifest_path(run, "etcd")) ||
	       !there(run, manifest_path(run, "kube-apiserver"));
}
