/* Archives of programs, unpacked into memory: nothing on the disk is touched. */
#ifndef BASE_ARCHIVE_H
#define BASE_ARCHIVE_H

#include "base/err.h"
#include "base/tree.h"

#include <stdbool.h>

/* The tar archive (plain, or packed by gzip or xz) behind `fd` as copies in `ret`: DIR/NAME with mode
 * 0755, each from a file in memory that can be executed. It has to be flat, whoever it comes from:
 * regular files with names as archive_plain takes them, a "./" before them apart; no links, devices,
 * directories but "./", set-id or sticky bits, extended attributes, names twice; 128 entries of 64
 * MiB at most, 512 MiB in all. LICENSE and README.md, which upstream's releases have, are left out.
 * Whatever else is in it refuses the whole: `ret` is of no use then. `label` names the archive.
 * Errors: ERR_CONFIG (refused), ERR_NOT_FOUND (no libarchive), ERR_HOST. */
int archive_unpack(int fd, const char *label, const char *dir, struct tree *ret, struct err *err);

/* [a-z0-9][a-z0-9._-]* of at most 64 characters. */
bool archive_plain(const char *name);

/* A new, empty file in memory that can be executed; -1 with errno. */
int archive_memory(void);

#endif
