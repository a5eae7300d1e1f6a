/* What a file or command line asks for and init and join do not do. */
#ifndef CONFIG_UNUSED_H
#define CONFIG_UNUSED_H

#include "config/config.h"
#include "config/faults.h"
#include "config/origins.h"

/* Refuses where leaving it out would make another cluster than was asked for, and tells of it where
 * not. For the commands that act: the form of a file is judged without it. */
void unused_check(const struct config *config, const struct origins *origins,
		  struct faults *faults);

#endif
