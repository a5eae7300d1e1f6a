/* What flannel is told of the network, and what an old cluster's etcd says of that. */
#ifndef PHASES_NETWORK_FLANNEL_H
#define PHASES_NETWORK_FLANNEL_H

#include "base/auto.h"
#include "base/err.h"
#include "config/config.h"

#define FLANNEL_BACKEND  "flannelBackend" /* in a run's facts: "Backend" of the etcd's key */
#define FLANNEL_CONFLIST "10-flannel.conflist" /* its pods write it to config->cni_conf_dir */
/* Where its plugin keeps what it told others of each pod. Phase cni makes it: so the journal knows that
 * flannel is this node's network. */
#define FLANNEL_DATA "/var/lib/cni/flannel"

/* With config->flannel_etcd: asks that etcd (v2's keys, then v3; with the certificates of
 * flannel_etcd_*file) for flannel's settings under the prefixes that were usual, or the URL's own, and
 * takes them; else nothing. Errors: ERR_NET, ERR_API,
 * ERR_NOT_FOUND, ERR_CONFIG, ERR_HOST, ERR_CRYPTO. */
int flannel_import(struct config *config, json_t *facts, struct err *err);
/* Takes the key's text into config (pod subnet, the controller manager's node mask, network
 * "flannel") and facts. `from` is for messages. Errors: ERR_CONFIG, ERR_API. */
int flannel_take(struct config *config, const char *text, const char *from, json_t *facts,
		 struct err *err);

/* net-conf.json for these pod subnets ("V4", "V6" or "V4,V6"). `type` NULL: `backend`'s, which may be
 * NULL as well. The caller frees. */
char *flannel_net_conf(const char *pod_subnet, const char *type, const json_t *backend);

#endif
