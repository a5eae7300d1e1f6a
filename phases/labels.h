/* Whether what kstrap made on this host has the SELinux labels that the policy wants there. */
#ifndef PHASES_LABELS_H
#define PHASES_LABELS_H

#include "phases/phase.h"

/* Warns of the paths of the journal that have another label (base/label.h), with what to run. */
void labels_tell(struct run *run);

#endif
