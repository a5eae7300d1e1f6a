/* Other people's network manifests, with the directories of a host whose /usr and /opt are read-only
 * in the place of those that they name; not a byte else of them changes. */
#ifndef PHASES_CNI_REWRITE_H
#define PHASES_CNI_REWRITE_H

#include "base/err.h"
#include "base/str.h"

#define CNI_REWRITE_MAX ((size_t)32 << 20) /* 8 MiB of text and a thousand longer paths */

/* Of this host; NULL: what manifests say stays. */
struct cni_dirs {
	const char *cni_bin;	    /* for /opt/cni/bin */
	const char *volume_plugins; /* for /usr/libexec/kubernetes/kubelet-plugins/volume/exec */
};

/* Moves the directories in text[0..len), which a NUL follows: YAML or JSON of any number of
 * documents, which `name` names in messages ("name:line: reason"). Appends the new text to *ret, and
 * to *ret_changes what was done, in the text's order: "name:line: field: old -> new" lines. Warns of
 * what is left to the user. Errors: ERR_CONFIG (also when a change cannot be made by exchanging
 * bytes), ERR_USAGE (a directory that YAML would want quoted). */
int cni_rewrite(const char *text, size_t len, const char *name, const struct cni_dirs *dirs,
		struct buf *ret, struct buf *ret_changes, struct err *err);
/* The same for one object of ours; *object is replaced when something in it moves. */
int cni_rewrite_object(json_t **object, const struct cni_dirs *dirs, struct err *err);

#endif
