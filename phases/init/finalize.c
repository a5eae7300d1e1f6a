/* kubelet.conf leads to the certificate that the kubelet renews by itself, instead of having one in
 * it that runs out. */
#include "phases/init/init.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "phases/wait.h"
#include "pki/kubeconfig.h"
#include "pki/spec.h"

#define STORE_S 30

struct store {
	const struct run *run;
	const char *path;
};

static int is_stored(void *arg, struct err *err)
{
	const struct store *store = arg;

	(void)err;
	return fs_exists(store->run->fs, store->path);
}

int kubelet_finalize_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *path = conf_path(run, "kubelet.conf");
	AUTO(free) char *dir = kubelet_path(run, "pki");
	AUTO(free) char *pem = xasprintf("%s/kubelet-client-current.pem", dir);
	AUTO(kubeconfig) struct kubeconfig conf = { 0 };
	AUTO(secret) char *old = NULL;
	AUTO(secret) char *text = NULL;
	size_t len = 0;

	(void)arg;
	if (fs_read(run->fs, path, (size_t)1 << 20, &old, &len, err) < 0 ||
	    kubeconfig_read(old, len, path, &conf, err) < 0)
		return -1;
	if (!conf.cert_pem) {
		log_debug("%s leads to %s already", path, conf.cert_file ? conf.cert_file : "?");
		return 0;
	}
	/* The kubelet stores the certificate it was given as its first thing. */
	if (wait_in(dir, "the kubelet's own certificate", STORE_S, is_stored,
		    &(struct store){ run, pem }, err) < 0)
		return err_next(err, "journalctl -xeu kubelet");
	if (kubeconfig_write(&(struct kubeconfig_want){ .server = conf.server,
							.cluster = conf.cluster,
							.user = conf.user,
							.ca_pem = conf.ca_pem,
							.cert_file = pem,
							.key_file = pem,
							.preferences = spec_preferences(
								&run->cluster->version) },
			     &text, err) < 0)
		return -1;
	tree_set_phase(run->tree, "kubelet-finalize");
	tree_file(run->tree, path, 0600, text, strlen(text), ENTRY_SECRET, NULL);
	log_say("kubelet.conf leads to %s", pem);
	return run_commit(run, err);
}
