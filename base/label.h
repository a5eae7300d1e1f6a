/* SELinux labels: which one the policy has for a path. libselinux is opened when there is a policy
 * to ask, and never otherwise. */
#ifndef BASE_LABEL_H
#define BASE_LABEL_H

#include "base/fs.h"

struct labels; /* what is known of a root's policy; part of struct fs */

struct labels *labels_new(void);
void labels_free(struct labels *labels);

/* "enforcing" or "permissive": the running kernel's answer (`live`: fs is the tree that runs), else
 * that of the tree's /etc/selinux/config. "disabled" where SELinux is not in use. Static. */
const char *label_mode(const struct fs *fs, bool live);

#define LABEL_ATTRIBUTE "security.selinux"

enum label_how {
	LABEL_NOT,      /* no SELinux, or no policy that could be asked */
	LABEL_BORN,     /* the kernel puts them on what is made: label_next */
	LABEL_WRITTEN,  /* below --root: an attribute, written once the file is made */
	LABEL_RESTORED, /* SELinux without libselinux: restorecon is to be run afterwards */
};
/* How what kstrap makes below this root gets its labels. */
enum label_how label_how(const struct fs *fs);

/* The label that the policy has for `path`, which has no links in it, of the file type in `mode`.
 * NULL where it has none or cannot be asked. The caller frees. */
char *label_of(const struct fs *fs, const char *path, mode_t mode);
/* LABEL_BORN: the label of what this thread makes next; NULL: the usual one again. */
void label_next(const struct fs *fs, const char *label);
/* Tells, once for a root, that a label could not be put on: errno says why. */
void label_failed(const struct fs *fs);

/* The label that `path` should have, if it has another one; else NULL. As restorecon(8) does it:
 * types count, users and levels do not, and a type that the policy calls customizable stays. What
 * lies on a file system without labels has the right one. The caller frees. */
char *label_wrong(const struct fs *fs, const char *path);

/* Whether the policy knows spc_t, the type of containers that may use the host's files. */
bool label_knows_spc(const struct fs *fs);

/* LABEL_RESTORED: has restorecon(8) mend these paths (strings) and what is below them, or says what
 * to run. */
void label_restore(const struct fs *fs, const json_t *paths);

#endif
