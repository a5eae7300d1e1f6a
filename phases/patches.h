/* The user's patches (--patches DIR): files TARGET[SUFFIX][+TYPE].yaml or .json over what is rendered. */
#ifndef PHASES_PATCHES_H
#define PHASES_PATCHES_H

#include "phases/phase.h"

/* For `ask`: reads the directory, which is one of the machine that runs kstrap, also under --root,
 * into run->facts. Files of no target are told and left out. Errors: ERR_CONFIG, ERR_NOT_FOUND. */
int patches_ask(struct run *run, struct err *err);
/* Puts the patches of `target` ("etcd", "kubeletconfiguration") over *obj, in the order of the
 * files' names. Errors: ERR_CONFIG. */
int patches_apply(const struct run *run, const char *target, json_t **obj, struct err *err);

#endif
