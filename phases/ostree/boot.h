/* What is looked at when an ostree host boots: whether its /etc is older than its /var, and whether
 * its image has other CNI plugins than those that were copied out of it. */
#ifndef PHASES_OSTREE_BOOT_H
#define PHASES_OSTREE_BOOT_H

#include "phases/phase.h"

/* With an /etc that is older than the record (phases/ostree/kept.h), each file in it that is an earlier
 * version of ours, or gone, becomes the recorded one; what has neither is another's work and stays.
 * An etcd manifest that names an older etcd than the recorded one, which has written the data, gives
 * way in any case. With an /etc that is not older the record learns what was edited.
 * A second call finds nothing to do. Errors: ERR_HOST; ERR_CRYPTO (a CA that is not the recorded one:
 * nothing is touched). */
int boot_run(struct config *config, struct err *err);

#endif
