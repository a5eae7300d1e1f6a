/* Files that are taken from elsewhere on the host piece by piece, never whole in memory: programs
 * of some megabytes. */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include "base/fs.h"

/* What stands at `source` now: its size, and its SHA-256 in hex. Errors: ERR_NOT_FOUND, ERR_HOST. */
int copy_look(const struct fs *fs, const char *source, size_t *ret_size, char ret_sum[static 65],
	      struct err *err);
/* Whether both files hold the same. Errors: ERR_NOT_FOUND, ERR_HOST. */
int copy_same(const struct fs *fs, const char *source, const char *path, bool *ret,
	      struct err *err);
/* Appends the source to `fd`. -1 with errno when that fails. */
int copy_write(const struct fs *fs, const char *source, int fd);

#endif
