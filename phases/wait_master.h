/* Waiting until a master is ready, as a unit's precondition. */
#ifndef PHASES_WAIT_MASTER_H
#define PHASES_WAIT_MASTER_H

#include "config/config.h"

/* Returns when an API server says at /readyz that it is ready, within config->timeout_discovery_s.
 * With a token the cluster is discovered first, and the server that it names is asked, verified; of
 * servers that were only named the first ready one is believed unverified, as who waits for it
 * verifies it himself; without either it is this node's own, in kubelet.conf, verified.
 * Errors: ERR_TIMEOUT; ERR_USAGE (no server known); those of discovery_by_token that time does not
 * cure. */
int wait_master(const struct config *config, struct err *err);

#endif
