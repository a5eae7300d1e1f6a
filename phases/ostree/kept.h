/* What this host's files in /etc are to be. An ostree host shares /var between its deployments, but
 * each of these has an /etc of its own: after a rollback the one is as it was before, and the other
 * is not. So on such hosts kstrap keeps in /var what it wrote to /etc and what stands in
 * /etc/kubernetes, and counts the changes in both places, from the time of the first on: an /etc
 * that counts less is an old one. */
#ifndef PHASES_OSTREE_KEPT_H
#define PHASES_OSTREE_KEPT_H

#include "phases/phase.h"

#define KEPT_PATH    STATE_DIR "/kept.json"
#define KEPT_WITNESS "/etc/kstrap/generation"
#define KEPT_ABSENT  "-" /* the sum of what is not there */

/* {"generation": N, "files": {path: {"sum", "text" and "mode" or "link", "was": [sum]}},
 * "copies": {path: source}}; "was" has the sums of its earlier versions, the latest first. It has
 * keys: for root alone, and wiped. */
struct kept {
	json_t *record;
	json_int_t generation, here; /* of /var and of /etc; 0 where there is none */
	size_t size;		     /* bytes, of what is in it */
	bool changed, full;
};
void kept_clear(struct kept *kept);
void kept_release(json_t *state); /* wipes */
AUTO_DEFINE(kept_state, json_t *, kept_release);
static inline void auto_kept_(struct kept *kept)
{
	kept_clear(kept);
}

/* An empty record where there is none yet. Errors: ERR_HOST. */
int kept_open(const struct fs *fs, struct kept *ret, struct err *err);
/* What stands at `path`: {"sum", "text" and "mode" or "link"}; new, NULL for nothing, and for what
 * cannot be kept (no file, more than 1 MiB, no UTF-8). */
json_t *kept_look(const struct fs *fs, const char *path);

/* For run_commit: notes what run->tree is about to change, and what others have changed since,
 * and puts the record into the tree. Nothing on a host without ostree. Errors: ERR_HOST. */
int kept_note(struct run *run, struct err *err);
/* Errors: ERR_CONFLICT when /etc is older than the record: a run would build upon old files. */
int kept_check(const struct run *run, struct err *err);

#endif
