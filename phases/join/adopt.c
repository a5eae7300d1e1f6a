/* Taking over the cluster's configuration, so that the phases of init render this host's part. */
#include "phases/join/plane.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "phases/preflight/preflight.h"
#include "pki/cert.h"

bool plane_wanted(const struct run *run)
{
	return run->config->join_control_plane;
}

bool member_wanted(const struct run *run)
{
	return plane_wanted(run) || str_eq(run->config->role, "etcd");
}

/* Where the other control planes reach this one: from where we reach them. */
static void choose_address(const struct run *run, struct config *config)
{
	const char *route = json_str(run->facts, "route");

	if (!route || (config->advertise_address && !str_eq(config->advertise_address, "0.0.0.0") &&
		       !str_eq(config->advertise_address, "::")))
		return;
	free(config->advertise_address);
	config->advertise_address = xstrdup(route);
	log_say("the other control planes reach this one at %s (--apiserver-advertise-address sets "
		"another)",
		route);
}

/* kubeadm's condition: without it every client holds on to the first API server for ever. */
static int check_endpoint(const struct run *run, const struct config *config, struct err *err)
{
	if (config->control_plane_endpoint || !plane_wanted(run))
		return 0;
	err_set(err, ERR_CONFIG,
		"unable to add a new control plane instance to a cluster that doesn't have a stable "
		"controlPlaneEndpoint address");
	return err_next(err, "choose an address in front of all control planes, put it as "
			     "controlPlaneEndpoint into the ConfigMap kubeadm-config (kubectl -n "
			     "kube-system edit cm kubeadm-config), and have it in the API server's "
			     "certificate");
}

/* The cluster's own keys tell what kind this host's are to be. */
static void choose_algorithm(const char *ca_pem, struct config *config)
{
	AUTO(x509) X509 *ca = NULL;
	struct err ignored = ERR_INIT;
	const char *name = key_algorithms[0];

	if (config->key_algorithm)
		return;
	if (ca_pem && cert_from_pem(ca_pem, strlen(ca_pem), "", &ca, &ignored) == 0)
		name = key_algorithm(X509_get0_pubkey(ca));
	config->key_algorithm = xstrdup(name);
}

static int adopt(struct run *run, struct join_state *state, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	struct cluster *cluster = NULL;

	if (!state->cluster_configuration) {
		err_set(err, ERR_API, "the cluster's configuration could not be read");
		return err_next(err,
				"is the API server up? kubectl get nodes on a control plane node");
	}
	if (config_adopt(run->config, state->cluster_configuration, &config, err) < 0 ||
	    check_endpoint(run, config, err) < 0)
		return -1;
	free(config->network);
	config->network = xstrdup(run->cluster->network);
	if (!config->volume_plugin_dir)
		config->volume_plugin_dir = xstrdup(run->cluster->volume_plugin_dir);
	choose_algorithm(state->discovery.ca_pem, config);
	choose_address(run, config);
	if (cluster_derive_whole(config, run->facts, &cluster, err) < 0)
		return -1;
	cluster_free(run->cluster);
	run->cluster = cluster;
	run->config = state->config = TAKE(config);
	return 0;
}

int plane_adopt(struct run *run, const void *arg, struct err *err)
{
	struct join_state *state;

	if (!member_wanted(run))
		return 0;
	if (join_discover(run, arg, err) < 0)
		return -1;
	state = join_state(run);
	if (state->config)
		return 0;
	if (adopt(run, state, err) < 0)
		return -1;
	return preflight_run(run, PREFLIGHT_KNOWN, err);
}
