/* kstrap's approver (`kstrap approve`, kstrap-approver.service on control planes): it decides about
 * two kinds of certificate requests that Kubernetes' own controllers leave to people. doc/design.md
 * says why there is one. */
#ifndef PHASES_APPROVE_APPROVE_H
#define PHASES_APPROVE_APPROVE_H

#include "phases/phase.h"

#define APPROVER "kstrap-approver" /* the service */
/* An annotation of kubeadm-config: kubelets' serving certificates are approved in this cluster. */
#define APPROVER_SERVES "kstrap/approver"
#define APPROVER_USER   "kstrap:approver" /* whom its access rules name */

/* Watches the cluster's requests and approves or denies those that are its business. Whatever goes
 * wrong is told and tried again; it ends only with the process, or when it cannot begin. */
int approve_run(const struct config *config, struct err *err);

/* Whether this run sets the approver up: not with --profile kubeadm, nor where --skip-phases says
 * so, nor for a join to a cluster whose init did not. */
bool approver_wanted(const struct run *run);
/* phase.c: notes what the unit needs; renders it; starts it. */
int approver_ask(struct run *run, const void *arg, struct err *err);
int approver_render(struct run *run, const void *arg, struct err *err);
int approver_start(struct run *run, const void *arg, struct err *err);
/* rules: objects of the API; start: the service. Where they stand the cluster has its nodes' roles,
 * and a new control plane its label, without which its own kubelet would be refused. */
extern const struct phase approver_phases[];

#endif
