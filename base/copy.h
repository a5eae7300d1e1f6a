/* Files that are taken from elsewhere on the host piece by piece, never whole in memory: programs
 * of some megabytes. */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include "base/fs.h"

/* Each of them reads a descriptor from its file's beginning, and moves its offset. */

/* The size and the SHA-256, in hex, of what is behind `fd`, which messages call `name`.
 * Errors: ERR_HOST. */
int copy_sum(int fd, const char *name, size_t *ret_size, char ret_sum[static 65], struct err *err);
/* The same of what stands at `source` now. Errors: ERR_NOT_FOUND, ERR_HOST. */
int copy_look(const struct fs *fs, const char *source, size_t *ret_size, char ret_sum[static 65],
	      struct err *err);
/* Whether the file at `path` holds what is behind `fd`. Errors: ERR_NOT_FOUND, ERR_HOST. */
int copy_same(const struct fs *fs, int fd, const char *path, bool *ret, struct err *err);
/* Appends what is behind `from` to `fd`. -1 with errno when that fails. */
int copy_write(int from, int fd);

#endif
