/* What a config's members owe one another, and the defaults that depend on other members. */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/config.h"
#include "config/faults.h"
#include "config/origins.h"

/* By this a further run of init knows the token that an earlier one made. */
#define RULES_TOKEN_DESCRIPTION "The first token, made by kstrap init."

/* Defaults that follow from other values: run before the rules. */
void rules_default(struct config *config, const struct origins *origins);
/* Adds what is wrong with the whole. `complete`: a join that must know its server and token; a
 * single phase need not. */
void rules_check(struct config *config, const struct origins *origins, bool complete,
		 struct faults *faults);
/* Volume plugins lie in one directory: takes it into config->volume_plugin_dir from whichever
 * setting names it, and adds what names another. rules_check does it, too. */
void rules_volume_plugins(struct config *config, struct faults *faults);

#endif
