/* The cluster's etcd, as a host with its certificates finds and asks it. */
#ifndef PHASES_ETCD_CLIENT_H
#define PHASES_ETCD_CLIENT_H

#include "api/etcd.h"
#include "phases/phase.h"

/* Adds the client URLs that etcd's pods are annotated with (kubeadm's and ours) to `endpoints`. */
int etcd_client_pods(struct kube *kube, json_t *endpoints, struct err *err);
/* Adds "https://ADDRESS:2379" unless it is there already. */
void etcd_client_add(json_t *endpoints, const char *address);

/* With etcd/ca.crt and etcd/healthcheck-client of the certificates directory, from run->tree or the
 * disk. `timeout_s` is for each question; `tick` may be NULL. Errors: as etcd_open; ERR_NOT_FOUND,
 * ERR_HOST. */
int etcd_client_open(const struct run *run, const json_t *endpoints, long timeout_s,
		     void (*tick)(void *), void *arg, struct etcd **ret, struct err *err);

#endif
