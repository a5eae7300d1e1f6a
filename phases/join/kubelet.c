#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "phases/cni/cni.h"
#include "phases/join/plane.h"
#include "phases/kubelet.h"
#include "pki/kubeconfig.h"
#include "pki/spec.h"

#define RESOLVED "/run/systemd/resolve/resolv.conf"

int join_kubelet_ask(struct run *run, const void *arg, struct err *err)
{
	if (join_discover(run, arg, err) < 0)
		return -1;
	return kubelet_ask(run, err);
}

/* The cluster's configuration with what is of this host only: its runtime's cgroup driver, a place
 * for volume plugins that can be written, a resolv.conf that exists. */
static json_t *of_this_host(const struct run *run, const json_t *shared, const char *pods)
{
	json_t *own = json_deep_copy(shared);
	const char *driver = run->cluster->cgroup_driver;
	const char *has = json_str(own, "cgroupDriver");
	json_t *x509;

	if (driver && !str_eq(driver, has ? has : "cgroupfs"))
		json_put_str(own, "cgroupDriver", driver);
	if (run->cluster->volume_plugin_dir)
		json_put_str(own, "volumePluginDir", run->cluster->volume_plugin_dir);
	if (join_is_served(run) && !json_object_get(own, "serverTLSBootstrap"))
		json_object_set_new(own, "serverTLSBootstrap", json_true());
	if (json_str_is(own, "resolvConf", RESOLVED) && !run->offline &&
	    !json_object_get(run->facts, "resolvConf"))
		json_object_del(own, "resolvConf");
	if (json_object_get(own, "staticPodPath"))
		json_put_str(own, "staticPodPath", pods);
	x509 = json_at(own, "authentication.x509");
	if (x509)
		json_put_str(x509, "clientCAFile", run->config->ca_cert_path);
	return own;
}

/* A control plane's kubelet goes through its own API server from where kubelet.conf does. */
static const char *server_of(const struct run *run, const struct join_state *state)
{
	return plane_wanted(run) && kubeconfig_spec_local(kubeconfig_spec_find("kubelet"),
							  &run->cluster->version) ?
		       run->cluster->local_server :
		       state->discovery.server;
}

/* A control plane is tainted once it is marked as one; a member of etcd alone has room for nothing
 * else. */
static json_t *taints_of(const struct run *run)
{
	if (plane_wanted(run))
		return NULL;
	if (json_is_array(run->config->taints))
		return json_incref(run->config->taints);
	return member_wanted(run) ? xjson_pack("[{s:s, s:s}]", "key", "node-role.kubernetes.io/etcd",
					       "effect", "NoSchedule") :
				    NULL;
}

static int render_bootstrap(struct run *run, const struct join_state *state, struct err *err)
{
	AUTO(free) char *path = conf_path(run, "bootstrap-kubelet.conf");
	AUTO(secret) char *bearer = join_bearer(run);
	AUTO(secret) char *text = NULL;
	struct kubeconfig_want want = { .server = server_of(run, state),
					.cluster = "kubernetes",
					.user = "tls-bootstrap-token-user",
					.ca_pem = state->discovery.ca_pem };

	if (bearer) {
		want.token = bearer;
	} else {
		want.cert_pem = state->discovery.user.cert_pem;
		want.key_pem = state->discovery.user.key_pem;
	}
	if (kubeconfig_write(&want, &text, err) < 0)
		return -1;
	tree_file(run->tree, path, 0600, text, strlen(text), ENTRY_SECRET, NULL);
	return 0;
}

int join_kubelet_render(struct run *run, const void *arg, struct err *err)
{
	const struct join_state *state = join_state(run);
	AUTO(free) char *shared_ca = xasprintf("%s/ca.crt", run->config->certificates_dir);
	AUTO(json) json_t *taints = taints_of(run);
	AUTO(free) char *pods = conf_path(run, "manifests");
	AUTO(json) json_t *own = NULL;

	(void)arg;
	if (state->joined)
		return 0;
	if (render_bootstrap(run, state, err) < 0)
		return -1;
	if (!plane_wanted(run) || !str_eq(run->config->ca_cert_path, shared_ca))
		tree_text(run->tree, run->config->ca_cert_path, 0644, state->discovery.ca_pem);
	tree_dir(run->tree, pods, 0755); /* the kubelet complains every few seconds without it */
	own = of_this_host(run, state->kubelet_configuration, pods);
	return kubelet_render(run, own, taints, err);
}

int join_kubelet_runs(struct run *run, const void *arg, struct err *err)
{
	(void)arg, (void)err;
	return join_state(run)->joined && kubelet_healthy();
}

/* The runtime may still be restarting: the kubelet gets its certificate meanwhile, and
 * kubelet-wait-bootstrap looks after one that came too early. */
int join_kubelet_start(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (kubelet_start(run, err) < 0)
		return -1;
	log_say("the kubelet starts");
	return 0;
}
