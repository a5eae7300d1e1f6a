/* What the subcommands of `kstrap cni` share. */
#ifndef CMD_CNI_H
#define CMD_CNI_H

#include "base/err.h"
#include "config/config.h"

/* args[0] is the subcommand's name. */
int cni_rewrite_file(const struct config *config, const json_t *args, struct err *err);

#endif
