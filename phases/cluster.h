/* What must be true of the cluster and of this node, derived from configuration and host facts
 * without side effects: names, addresses, images. */
#ifndef PHASES_CLUSTER_H
#define PHASES_CLUSTER_H

#include "base/auto.h"
#include "base/err.h"
#include "base/semver.h"
#include "config/config.h"

#include <stdbool.h>

struct cluster {
	struct semver version;	  /* control plane's */
	struct semver kubelet;	  /* host's kubelet; the same as version under --root */
	char *version_text;	  /* "v1.20.2" */
	char *node_name;
	char *advertise_address;
	char *cri_socket;	  /* "unix:///run/containerd/containerd.sock", or as 1.20 wants it */
	char *endpoint;		  /* "10.0.0.1:6443": control plane endpoint or advertise address */
	char *server;		  /* "https://" + endpoint */
	char *local_server;	  /* "https://<advertise>:<port>": controller-manager and scheduler */
	char *dns_ip, *service_ip; /* tenth and first address of the service subnet */
	char *pod_subnet;	  /* "" when none */
	char *repository;
	char *network;		  /* "bridge", "flannel" or "none" */
	char *cgroup_driver;
	char *volume_plugin_dir;  /* of kubelet and controller manager; NULL: as kubeadm has it */
	json_t *apiserver_sans, *etcd_server_sans, *etcd_peer_sans;
	json_t *images;		  /* {component: reference} */
};

/* From the configuration and what the host answered (phases/host.h). Pure, but for completing
 * `config` with version, node name, addresses, runtime socket and pod subnet where it had none.
 * For a join what only the cluster knows (endpoint, images, subnets) is NULL or empty.
 * Errors: ERR_CONFIG, ERR_HOST (neither says the version, or an address). */
int cluster_derive(struct config *config, const json_t *facts, struct cluster **ret,
		   struct err *err);
/* The same for a node that joins the control plane, with the cluster's own config (config_adopt). */
int cluster_derive_whole(struct config *config, const json_t *facts, struct cluster **ret,
			 struct err *err);
void cluster_free(struct cluster *cluster);

#endif
