/* What to say when the host refuses a change: the path, the reason, and what to do about it. */
#ifndef BASE_HOST_FAIL_H
#define BASE_HOST_FAIL_H

#include "base/fs.h"

/* Reads errno. `what` is a verb: "write /etc/x: Read-only file system". On a full disk it says
 * which mount is full and how much is missing of the `needed` bytes (0: unknown). Returns -1. */
int host_fail(const struct fs *fs, struct err *err, const char *what, const char *path,
	      unsigned long long needed);

#endif
