/* How this host is laid out: what is read-only, what lasts, and what its next boot will change. It is
 * asked for what it can do, never for its name. */
#ifndef PHASES_LAYOUT_H
#define PHASES_LAYOUT_H

#include "base/err.h"
#include "base/fs.h"

#include <stdbool.h>

/* What a directory that images and people both want (/opt, /usr/local) is. */
enum layout_place {
	PLACE_NONE,	 /* it is not there */
	PLACE_VAR,	 /* a link into /var: writable, lasts */
	PLACE_IMAGE,	 /* read-only: the image's, or extensions merged over it */
	PLACE_OVERLAY,	 /* a state overlay: writable; what hides the image's goes with an upgrade */
	PLACE_TRANSIENT, /* writable until the next boot */
	PLACE_WRITABLE,	 /* a directory like any other */
	PLACE_UNKNOWN,	 /* the layout has no word for it */
};

enum layout_selinux {
	SELINUX_OFF,
	SELINUX_PERMISSIVE,
	SELINUX_ENFORCING,
};

struct layout {
	bool ostree; /* booted from ostree; under --root: a tree that ostree deploys */
	bool usr_read_only;
	bool sysext; /* systemd-sysext has merged extensions over /usr or /opt */
	enum layout_place opt, usr_local;
	enum layout_selinux selinux;
	bool staged; /* a deployment is staged: it gets its /etc while the host goes down */
	bool locked; /* and is kept from the next boot until somebody unlocks it */
	bool busy;   /* somebody holds ostree's lock: a transaction is going on */
	bool moves;  /* the next boot is into another deployment that is complete, its /etc, too */
};

/* `live`: fs is the tree that runs, so that the kernel's mount table is about it; else (--root) the
 * tree's own links, units and settings tell. What cannot be found out is left false.
 * Errors: ERR_HOST (a mount table that is too large). */
int layout_probe(const struct fs *fs, bool live, struct layout *ret, struct err *err);

/* In a few words: "a link into /var"; NULL for PLACE_UNKNOWN. */
const char *layout_place_text(enum layout_place place);
const char *layout_selinux_text(enum layout_selinux mode);

/* The flags (statvfs, ST_RDONLY and ST_NOEXEC) of the file system that `path` lies on, or would: of
 * the nearest directory above it that exists. 0 when it does not say. */
unsigned long layout_flags(const struct fs *fs, const char *path);

#endif
