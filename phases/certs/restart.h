/* Restarting static pods without the API server: the kubelet makes a pod anew when its manifest
 * changes, and an annotation is a change that means nothing else. */
#ifndef PHASES_CERTS_RESTART_H
#define PHASES_CERTS_RESTART_H

#include "phases/phase.h"

/* A pod's manifest with the annotation RESTARTED_AT set to `now`, or a second later where it is
 * `now` already; every other byte as it was, unless the text is in a form (one line, JSON) that
 * only a new layout can change. The caller frees. Errors: ERR_CONFIG (no pod's manifest). */
int restart_edit(const char *text, size_t len, const char *path, time_t now, char **ret,
		 struct err *err);
/* Puts the edited manifests of `components` (an object; its keys count) into `tree`. One that has
 * no manifest on this host is left out. */
int restart_render(struct run *run, json_t *components, struct tree *tree, struct err *err);
/* The annotation of the manifest that stands at `path`, noted by run_see before, goes over into
 * `pod`, so that rendering the same pod again changes nothing. */
void restart_carry(const struct run *run, const char *path, json_t *pod);

#endif
