/* The only code that writes to the host: opens for writing, renames, links, removes, makes
 * directories. A tree becomes files so that after a kill or a power cut at any moment each file
 * is the old or the new one, and running the command again finishes the job. */
#ifndef BASE_COMMIT_H
#define BASE_COMMIT_H

#include "base/fs.h"
#include "base/tree.h"

/* Where kstrap keeps its own state below the root: journal.json (what it made), pending (the
 * record of renames under way), saved/ (others' files that it replaced), lock. */
#define STATE_DIR "/var/lib/kstrap"

struct commit; /* an open, locked state directory */

/* Makes STATE_DIR, takes its lock (waits at most timeout_s, saying nothing), and finishes what a
 * killed run left pending. Errors: ERR_HOST; ERR_CONFLICT when another run holds the lock. */
int commit_open(struct fs *fs, int timeout_s, struct commit **ret, struct err *err);
void commit_close(struct commit *commit);
AUTO_DEFINE(commit, struct commit *, commit_close);

struct commit_count {
	unsigned made, changed, kept, removed;
};

/* Called for each entry that changes, with "create", "change", "remove"; may be NULL. */
typedef void commit_told(void *arg, const struct entry *entry, const char *what);

/* Makes the disk hold what `tree` says. Entries that already match (content, mode, owner) are
 * kept untouched. Every file is staged beside its target (mode at creation, O_EXCL), the lot is
 * flushed once, recorded in pending, renamed (a directory that does not exist yet as a whole),
 * flushed. Missing parents are made 0755. Owner is the running user.
 * *ret (may be NULL) counts. On failure nothing of the tree is renamed, or pending finishes it.
 * Errors: ERR_HOST, with the path and the reason; a full disk says how much is missing where. */
int commit_tree(struct commit *commit, const struct tree *tree, commit_told *told, void *arg,
		struct commit_count *ret, struct err *err);

/* What commit_tree would do, by reading only: calls told for each change. No lock needed. */
int commit_plan(struct fs *fs, const struct tree *tree, commit_told *told, void *arg,
		struct commit_count *ret, struct err *err);

/* The journal: an object {path: {kind, phase, sha256, saved?}}; borrowed, read-only. */
const json_t *commit_journal(const struct commit *commit);

/* Removes `path` with all that is in it, which others put there at run time: for places that were
 * given to them, since no journal knows their files. Links to its directory are followed, links in it
 * are not, and a mount is never entered: it is an error, as what is on it is not ours to remove.
 * Absent is success; after a kill the next call goes on. Errors: ERR_HOST, with the path. */
int commit_sweep(struct commit *commit, const char *path, struct err *err);
/* Removes a directory if it is empty. -1 with errno when it is not, or not there. */
int commit_rmdir(struct commit *commit, const char *path);
/* Takes the topmost mount from `path`, a path of this machine; `flags` of umount2(2). What is no
 * mount is fine. Errors: ERR_CONFLICT (in use), ERR_HOST. */
int commit_unmount(struct commit *commit, const char *path, int flags, struct err *err);
/* Once the journal is empty there is nothing of ours here: removes STATE_DIR, except what others put
 * there. The commit can only be closed after that. Errors: ERR_HOST. */
int commit_end(struct commit *commit, struct err *err);

/* A small file below /run that holds a secret for the person at the terminal (the join line):
 * 0600, fresh name after `prefix`, which has no '/'; *ret_path is the caller's.
 * Errors: ERR_HOST. */
int commit_handout(struct fs *fs, const char *prefix, const char *text, char **ret_path,
		   struct err *err);

/* One file that the person named on the command line: `path` is this machine's, relative to where
 * the command was called. Staged beside it, flushed and renamed, so that it is the old or the new
 * one; no journal, no lock. Only a file or nothing may be there. Errors: ERR_HOST. */
int commit_result(const char *path, mode_t mode, const char *text, struct err *err);

#endif
