/* ClusterStatus in the ConfigMap kubeadm-config: before 1.22 it has a line for each control plane,
 * by which kubeadm finds them and their etcd. */
#ifndef PHASES_CLUSTER_STATUS_H
#define PHASES_CLUSTER_STATUS_H

#include "phases/phase.h"

#define KUBEADM_CONFIG "/api/v1/namespaces/kube-system/configmaps/kubeadm-config"

/* Of the ConfigMap; *ret, which the caller frees, stays NULL where it has none. Errors: ERR_CONFIG
 * (no YAML). */
int cluster_status_of(const json_t *map, json_t **ret, struct err *err);
/* Puts it into the ConfigMap, which is as `map` says. Errors: ERR_CONFLICT when another wrote in
 * between; as kube_patch. */
int cluster_status_write(struct kube *kube, const json_t *map, const json_t *status,
			 struct err *err);
/* This host's line; new. */
json_t *cluster_status_line(const struct run *run);

#endif
