/* What a file or command line asks for and init and join do not do. */
#ifndef CONFIG_UNUSED_H
#define CONFIG_UNUSED_H

#include "config/config.h"
#include "config/origins.h"

/* Tells of it. For the commands that act: the form of a file is judged without it. */
void unused_check(const struct config *config, const struct origins *origins);

#endif
