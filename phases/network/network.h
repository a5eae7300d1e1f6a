/* The built-in pod network's daemon (`kstrap network`, kstrap-network.service). doc/network.md says
 * why it is one. */
#ifndef PHASES_NETWORK_NETWORK_H
#define PHASES_NETWORK_NETWORK_H

#include "base/err.h"
#include "config/config.h"

/* Watches the cluster's Nodes with the kubelet's credentials and keeps this node's share of the pod
 * network: the network configuration once the node has its pod CIDR, routes to the other nodes'
 * pods, firewall rules. Whatever goes wrong is told and tried again; it ends only with the process,
 * or with an error when it cannot begin. */
int network_run(const struct config *config, struct err *err);

#endif
