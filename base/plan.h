/* What a tree would change on the disk, found out by reading only; commit.c carries it out. */
#ifndef BASE_PLAN_H
#define BASE_PLAN_H

#include "base/commit.h"

enum change_kind {
	CHANGE_MAKE,    /* was not there */
	CHANGE_REPLACE, /* was there with another content, mode, owner, target or label */
	CHANGE_MODE,    /* a directory's mode or label */
	CHANGE_REMOVE,  /* a file or link */
	CHANGE_RMDIR,   /* a directory that we made and that will be empty */
	CHANGE_RESTORE, /* ours goes, and the saved file that it replaced comes back */
};

struct change {
	const struct entry *entry; /* borrowed from the tree */
	enum change_kind kind;
	struct stat was; /* what stands there, unless MAKE */
	char *original;  /* content to save (REPLACE) or to put back (RESTORE); or NULL */
	size_t original_len;
	mode_t original_mode;
	bool mixed; /* REPLACE: what is there is no more what we wrote, and becomes partly ours */
};

struct plan {
	struct change *changes; /* in path order */
	size_t len;
	struct commit_count count;
};

/* `journal` may be NULL. Errors: ERR_HOST, also for what is in the way of an entry. */
int plan_make(const struct fs *fs, const struct tree *tree, const json_t *journal, struct plan *ret,
	      struct err *err);
void plan_clear(struct plan *plan);
void plan_tell(const struct plan *plan, commit_told *told, void *arg);

#endif
