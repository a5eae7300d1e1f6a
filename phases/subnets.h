/* The addresses of pods and services: of one family, or of both. */
#ifndef PHASES_SUBNETS_H
#define PHASES_SUBNETS_H

#include "base/net.h"
#include "phases/cluster.h"

/* Fills dns_ip, service_ip (of the first service subnet, as kubeadm does), network and pod_subnet,
 * and config's pod_subnet where the built-in network has a default for it. Needs version and
 * advertise_address. Errors: ERR_CONFIG. */
int subnets_derive(struct config *config, struct cluster *cluster, struct err *err);
/* That the pods' network and the list `services` have no address in common. Errors: ERR_CONFIG. */
int subnets_apart(const struct net_cidr *pods, const char *services, struct err *err);

#endif
