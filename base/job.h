/* One commit as a list of things to do: what to stage where, and what to do once it is staged.
 * Made by reading only; commit.c carries it out. */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include "base/pending.h"
#include "base/plan.h"

struct dir {
	char *path;
	int fd;
	bool staged; /* made by us: below a temporary name until it is put in place */
	size_t up;   /* where a staged one stands, and under which name (borrowed) */
	const char *name;
	mode_t mode;
	bool loose;
};

struct write {
	const char *path, *name; /* borrowed */
	enum entry_kind kind;
	mode_t mode;
	const char *data;
	int from; /* a copy's source; borrowed */
	size_t len, dir;
	int fd; /* kept for the flush where they are few */
	bool loose;
};

struct job {
	const struct fs *fs;
	const struct tree *tree;
	const json_t *old; /* the journal so far; borrowed, as fs and tree are */
	struct plan plan;
	struct ops ops;
	struct dir *dirs;
	struct write *writes;
	size_t dirs_len, writes_len;
	size_t staged;   /* how many of the directories are */
	json_t *journal; /* as it will be */
	char *journal_text;
	unsigned long long bytes; /* that are to be written */
};

/* Plans the tree and fills ops, dirs, writes and journal. On failure as on success the caller
 * clears the job. Errors: ERR_HOST. */
int job_build(struct job *job, struct err *err);
void job_clear(struct job *job);
void job_close_files(struct job *job);

/* Everything staged to the disk: by itself (`few`), or by file system where that is fewer flushes.
 * -1 with errno. */
int job_flush_staged(struct job *job, bool few);
/* The directories that the operations changed. Errors: ERR_HOST. */
int job_flush_dirs(const struct fs *fs, const struct ops *ops, struct err *err);

#endif
