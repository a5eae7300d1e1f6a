/* kubeadm's feature gates: which of them do anything here. */
#ifndef PHASES_GATES_H
#define PHASES_GATES_H

#include "base/semver.h"
#include "config/config.h"

/* Whether two subnets may stand side by side. Errors: ERR_CONFIG, with the gate to set. */
int gates_check_dual(const json_t *gates, const struct semver *version, struct err *err);
/* Tells of each gate that the user sets to what this version's control plane does not get. */
void gates_tell(const json_t *gates, const struct semver *version);

#endif
