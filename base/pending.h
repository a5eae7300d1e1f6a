/* The record of a commit under way: what is staged where, and what it will become. One line of
 * JSON, written before anything is staged, and a second line once everything is on the disk: from
 * then on the commit is finished by whoever comes next; without it, it is taken back. */
#ifndef BASE_PENDING_H
#define BASE_PENDING_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum op_kind {
	OP_PUT,    /* rename temp to name, in dir; a directory or a file */
	OP_MODE,   /* mode and label of the directory name */
	OP_REMOVE, /* unlink name, if it is still the one that was meant */
	OP_RMDIR,
};

#define TEMP_PREFIX ".kstrap-"

struct op {
	enum op_kind kind;
	char *dir, *name;
	char *temp;             /* OP_PUT */
	unsigned long long ino; /* OP_REMOVE: told apart from a later file of the same name */
	long long mtime_s, mtime_ns;
	mode_t mode; /* OP_MODE */
	bool loose;  /* need not survive a power cut */
};

struct ops {
	struct op *ops;
	size_t len;
};

/* `path` is split into dir and name. Borrowed until the next call. */
struct op *ops_add(struct ops *ops, enum op_kind kind, const char *path);
void ops_clear(struct ops *ops);

/* One line with its newline; the caller frees. NULL when a name is not UTF-8. */
char *pending_encode(const struct ops *ops);
#define PENDING_MARK "commit\n"
/* *ret_marked: whether everything was staged. A record that was cut off while it was written
 * gives no operations: nothing had been staged then. Errors: ERR_HOST: not ours. */
int pending_decode(const char *text, struct ops *ret, bool *ret_marked, struct err *err);

#endif
