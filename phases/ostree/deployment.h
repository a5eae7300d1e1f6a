/* Which of ostree's deployments runs, and which one the boot loader takes next. */
#ifndef PHASES_OSTREE_DEPLOYMENT_H
#define PHASES_OSTREE_DEPLOYMENT_H

#include "base/fs.h"
#include "base/mounts.h"

#define DEPLOYMENT_MAX 400 /* "OS/deploy/CHECKSUM.SERIAL": a file's name, 64 digits, a number */

/* Its name, as the mount of /etc (else of /) has it; "" when that is none of a deployment's. */
void deployment_running(const struct mounts *mounts, char ret[static DEPLOYMENT_MAX]);
/* The running one's name if the file at `path` (without links) is as that deployment has it; ""
 * when another file system lies over it: an unlocked /usr, a system extension. */
void deployment_of(const struct mounts *mounts, const char *path, char ret[static DEPLOYMENT_MAX]);
/* Its name, by the boot loader's entries in /boot (Boot Loader Specification; ostree gives the one
 * that is first the highest version). "" when they do not say. A deployment that is only staged has
 * none yet. */
void deployment_next(const struct fs *fs, char ret[static DEPLOYMENT_MAX]);

#endif
