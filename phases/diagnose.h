/* Why a control plane does not come up: which component fails, and its last words. */
#ifndef PHASES_DIAGNOSE_H
#define PHASES_DIAGNOSE_H

#include "phases/phase.h"

/* A few lines for a person: each component of the control plane that is not well and the end of
 * its log, or, when none was started, the kubelet's. The caller frees; never NULL. */
char *diagnose_control_plane(struct run *run);

/* The same in one line, while it may still come up: "etcd runs, kube-apiserver exited with status
 * 1 (attempt 2)", or that the kubelet has started nothing yet. The caller frees; never NULL. */
char *diagnose_summary(struct run *run);

/* Of a container's log in the CRI's form ("time stream F text") the last lines that look wrong, else
 * the last, at most `lines` (8),
 * each after "    ". The caller frees; "" when there is none. */
char *diagnose_log_tail(const struct fs *fs, const char *path, int lines);

#endif
