/* Asking a container runtime's own program, without a running runtime: which version it is, and what
 * it makes of its files. */
#ifndef PHASES_RUNTIME_PROGRAM_H
#define PHASES_RUNTIME_PROGRAM_H

#include "base/err.h"
#include "base/fs.h"

/* `name` is the runtime's ("containerd", "cri-o"). Below another host's root its program runs by
 * chroot(8): its files have absolute paths. */

/* "1.6.20"; NULL when it cannot be asked, err says why. The caller frees. */
char *runtime_program_version(const struct fs *fs, const char *name, struct err *err);

/* Whether the runtime as its files are now would look for CNI plugins in bin_dir: 1; 0 when its
 * program cannot be started (another architecture, no rights), err says why.
 * Errors: ERR_CONFIG: it does not take its files, or looks elsewhere. */
int runtime_program_check(const struct fs *fs, const char *name, const char *bin_dir,
			  struct err *err);

#endif
