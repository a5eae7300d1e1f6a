/* A host that joins as a further control plane, or as a member of etcd alone: what join does then
 * beside what it does on every node. Each of these phases does nothing on a worker. */
#ifndef PHASES_JOIN_PLANE_H
#define PHASES_JOIN_PLANE_H

#include "phases/join/join.h"

bool plane_wanted(const struct run *run);  /* a control plane */
bool member_wanted(const struct run *run); /* a member of etcd: a control plane, or --role etcd */

/* adopt.c: discovery, and then run->config and run->cluster become what the cluster says of itself
 * and this host of the rest. Refuses a cluster without a stable endpoint. Once a run. */
int plane_adopt(struct run *run, const void *arg, struct err *err);

/* download.c: the shared CAs and keys, out of kubeadm-certs unless they are all here already.
 * Nothing is kept of a Secret that does not belong to this cluster or to itself. */
int plane_download_ask(struct run *run, const void *arg, struct err *err);
int plane_download_render(struct run *run, const void *arg, struct err *err);

/* member.c: arg NULL. */
int member_ask(struct run *run, const void *arg, struct err *err);
int member_join(struct run *run, const void *arg, struct err *err);

/* plane.c */
extern const struct phase plane_prepare[], plane_join[];
int plane_wait(struct run *run, const void *arg, struct err *err);

#endif
