/* A tree in memory: what rendering phases produce and base/commit.h writes. */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum entry_kind { ENTRY_FILE, ENTRY_DIR, ENTRY_LINK, ENTRY_ABSENT, ENTRY_COPY };

enum entry_flags {
	ENTRY_SECRET = 1 << 0,	 /* never printed; wiped from memory */
	ENTRY_VOLATILE = 1 << 1, /* need not survive a power cut (below /run): not flushed */
	ENTRY_SHARED = 1 << 2,	 /* may exist as another's: its original is kept in saved/ */
	ENTRY_FOREIGN = 1 << 3,	 /* another's, put back: the journal does not get it */
};

struct entry {
	const char *path; /* absolute, normal: no //, ., .. or trailing slash */
	enum entry_kind kind;
	mode_t mode;	  /* permission bits; files and directories */
	const char *data; /* content, or a link's target, or the name of what a copy is taken from */
	size_t len;
	int fd; /* of a copy: its source, open for reading; owned */
	unsigned flags;
	const char *unit; /* entries of one unit never disagree on disk (key and certificate) */
	const char *phase; /* who put it there, for the journal; set by tree_set_phase */
};

struct tree;

struct tree *tree_new(void); /* never NULL */
void tree_free(struct tree *tree);
AUTO_DEFINE(tree, struct tree *, tree_free);

/* All copy what they are given; a second entry of one path replaces the first. `unit` may be NULL.
 * A path that it does not take is a bug and aborts. */
bool tree_takes(const char *path); /* is absolute and normal */
void tree_file(struct tree *tree, const char *path, mode_t mode, const void *data, size_t len,
	       unsigned flags, const char *unit);
void tree_text(struct tree *tree, const char *path, mode_t mode, const char *text);
void tree_dir(struct tree *tree, const char *path, mode_t mode);
void tree_link(struct tree *tree, const char *path, const char *target);
void tree_absent(struct tree *tree, const char *path);
/* A file that holds what the file behind `fd` (duplicated) holds when the tree is committed. For large
 * ones: it never is in memory as a whole. `source` is its name in messages. ENTRY_SHARED. */
void tree_copy(struct tree *tree, const char *path, mode_t mode, int fd, const char *source);

void tree_set_phase(struct tree *tree, const char *phase); /* for the entries that follow */
const struct entry *tree_find(const struct tree *tree, const char *path); /* NULL if none */
size_t tree_len(const struct tree *tree);
const struct entry *tree_entry(const struct tree *tree, size_t i); /* in path order */

/* `path` as a later phase will see it: the tree's entry if it has one, else the disk's.
 * Same contract as fs_read; an ENTRY_ABSENT is ERR_NOT_FOUND. */
struct fs;
struct err;
int tree_read(const struct tree *tree, const struct fs *fs, const char *path, size_t max,
	      char **ret, size_t *ret_len, struct err *err);

#endif
