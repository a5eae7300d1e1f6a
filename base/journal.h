/* The journal: what kstrap made on this host, so that a reset can be exact. */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include "base/commit.h"

#define JOURNAL_PATH STATE_DIR "/journal.json"

/* An empty object where there is none yet. The caller frees. Errors: ERR_HOST. */
int journal_read(const struct fs *fs, json_t **ret, struct err *err);
/* Notes a file, link or directory that is made. `saved` (may be NULL) is where the original is
 * kept; one that was noted before stays. */
void journal_note(json_t *journal, const char *path, const struct entry *entry, const char *saved);
/* Whether what stands at `path` is what its note (borrowed) says that we put there; a directory always
 * is. ERR_NOT_FOUND when nothing is there. Errors: ERR_HOST. */
int journal_same(const struct fs *fs, const char *path, const json_t *note, bool *ret,
		 struct err *err);
/* Where the original of `path` is to be kept: "base-name.0123456789abcdef". The caller frees. */
char *journal_saved_path(const char *path);

#endif
