/* Reading files. Paths are absolute as the node sees them and resolved below the root, so a link
 * cannot lead out of it. Nothing here writes: base/commit.h is the only door for that. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct fs;

/* Opens `root` ("/" or the directory of --root, which must exist). The caller closes. */
int fs_open(const char *root, struct fs **ret, struct err *err);
void fs_close(struct fs *fs);
AUTO_DEFINE(fs, struct fs *, fs_close);

const char *fs_root(const struct fs *fs);    /* as given, without a trailing slash; "" for "/" */
bool fs_is_host(const struct fs *fs);	     /* whether the root is "/" */
int fs_rootfd(const struct fs *fs);	     /* borrowed */
struct labels *fs_labels(const struct fs *fs); /* borrowed; base/label.h */

/* An O_PATH-less read-only descriptor of `path` below the root (openat2 RESOLVE_IN_ROOT |
 * RESOLVE_NO_MAGICLINKS; component by component where the kernel has no openat2). */
int fs_openat(const struct fs *fs, const char *path, int flags, struct err *err);

/* The path below the root, without links, that a descriptor is of, or of `name` in that directory
 * (NULL: of itself). The caller frees. */
char *fs_where(const struct fs *fs, int fd, const char *name);
/* The mount that a descriptor is of (proc(5), fdinfo). -1 when the kernel does not say. */
long fs_mount_id(int fd);

/* Opens directory `name` of directory `dir` for reading: no link, and nothing mounted there (EXDEV).
 * -1 with errno. */
int fs_open_below(int dir, const char *name);

/* Reads a regular file of at most `max` bytes; *ret is NUL-terminated past *ret_len and the
 * caller frees it (secret_free for keys). ret_len may be NULL.
 * Errors: ERR_NOT_FOUND, ERR_HOST (also when larger, or no regular file). */
int fs_read(const struct fs *fs, const char *path, size_t max, char **ret, size_t *ret_len,
	    struct err *err);
/* The last component's own status (a link is not followed). Errors: ERR_NOT_FOUND, ERR_HOST. */
int fs_lstat(const struct fs *fs, const char *path, struct stat *ret, struct err *err);
bool fs_exists(const struct fs *fs, const char *path); /* follows links */
bool fs_is_dir(const struct fs *fs, const char *path);
bool fs_is_named(const struct fs *fs, const char *path); /* be it a link that leads nowhere */
/* The link's own text; the caller frees. Errors: ERR_NOT_FOUND, ERR_HOST. */
int fs_readlink(const struct fs *fs, const char *path, char **ret, struct err *err);
/* Where a path leads once every link is followed, as the node sees it; NULL when nothing is there. The
 * caller frees. */
char *fs_real(const struct fs *fs, const char *path);
/* The same of the nearest directory above `path` that exists; "/" at last. */
char *fs_real_above(const struct fs *fs, const char *path);
/* Directory `name` of directory `dir` for reading; no link. -1 with errno. */
int fs_open_dir(int dir, const char *name);
/* Calls `what` for each name in the directory, which may remove it, until it returns other than 0.
 * -1 with errno. */
typedef int fs_name(int dir, const char *name, void *arg);
int fs_each_name(int dir, fs_name *what, void *arg);
/* Names in a directory, sorted, without . and ..; an array the caller frees with json_decref.
 * Errors: ERR_NOT_FOUND, ERR_HOST. */
int fs_list(const struct fs *fs, const char *path, json_t **ret, struct err *err);
/* The same as paths, DIR/NAME each; NULL when the directory cannot be listed. */
json_t *fs_list_paths(const struct fs *fs, const char *dir);

#endif
