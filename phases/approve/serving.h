/* Whether a kubelet may have a serving certificate for the names it asks for. */
#ifndef PHASES_APPROVE_SERVING_H
#define PHASES_APPROVE_SERVING_H

#include "phases/approve/request.h"

/* Each name and address must be one that the Node object has in its status.addresses, or its name.
 * `reserved` (may be NULL): names and addresses of the API server. A node's own kubelet writes its
 * addresses, so one that calls itself by them is refused unless it is a control plane, which no
 * kubelet can make of itself (NodeRestriction). NULL when all is well, else why not: the caller
 * frees. */
char *serving_fault(const struct request *request, const json_t *node, const json_t *reserved);

#endif
