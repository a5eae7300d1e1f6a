/* The mount table as the kernel has it (proc(5), /proc/self/mountinfo). */
#ifndef BASE_MOUNTS_H
#define BASE_MOUNTS_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"

#include <stdbool.h>
#include <stddef.h>

struct mount { /* texts are unescaped, borrowed from the table */
	int id, parent;
	const char *root;    /* which directory of the file system lies there */
	const char *at;	     /* the mount point */
	const char *options; /* of the mount: "ro,noexec" */
	const char *type, *source;
	const char *super; /* of the file system: "rw,upperdir=/a" */
};

struct mounts {
	char *text;
	struct mount *items; /* in the kernel's order */
	size_t n;
};

/* The table of the text, which is copied; lines that are not mountinfo's are left out. The caller
 * clears it. */
void mounts_parse(const char *text, struct mounts *ret);
/* That of this process, below fs' root; at most 16 MiB. Errors: as fs_read. */
int mounts_read(const struct fs *fs, struct mounts *ret, struct err *err);
void mounts_clear(struct mounts *mounts);
static inline void auto_mounts_(struct mounts *mounts)
{
	mounts_clear(mounts);
}

/* The mount that `path` (absolute, without links) lies on: not one that a later mount hides. NULL
 * when the table does not say. */
const struct mount *mounts_find(const struct mounts *mounts, const char *path);
/* The value of an option of the file system ("upperdir"), "" for one without; NULL when it has no
 * such. The caller frees. */
char *mount_option(const struct mount *mount, const char *name);
/* Whether mount or file system are read-only. */
bool mount_is_read_only(const struct mount *mount);

#endif
