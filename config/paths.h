/* The paths of this host: /etc/kstrap/paths.yaml, a mapping of flags' names to paths, which each
 * command reads before the file of --config and its flags, and init and join keep: so that what was
 * moved once is found by every later command and by the services. */
#ifndef CONFIG_PATHS_H
#define CONFIG_PATHS_H

#include "config/config.h"
#include "config/faults.h"
#include "config/origins.h"

/* Puts what the file below `root` says into config; no file is fine. Faults are added with
 * "file:line:column: ". Errors: ERR_HOST. */
int paths_read(const char *root, struct config *config, struct origins *origins,
	       struct faults *faults, struct err *err);

/* With kubernetes_dir moved, those whose default lies below it, as far as nobody has set them. */
void paths_default(struct config *config, const struct origins *origins);
/* Two programs' directories that lie in one another. */
void paths_check(const struct config *config, struct faults *faults);

#endif
