/* The texts that container networking needs, from values only: a runtime's list of directories and
 * the network configuration of a node. */
#ifndef PHASES_CNI_CONFIG_H
#define PHASES_CNI_CONFIG_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>

#define CNI_CONFLIST "10-kstrap.conflist" /* in config->cni_conf_dir */
#define CNI_BRIDGE   "kstrap0"

/* TOML's list of `dirs`, then of what of `theirs` is not in it; the caller frees. /opt/cni/bin, every
 * runtime's default, is only in it if `dirs` has it: CRI-O makes the directories that do not exist,
 * and ends when it cannot. */
char *cni_dirs(const json_t *dirs, const json_t *theirs);

/* ERR_CONFIG: the file `by` sets the directories and is read after `path`. Returns -1. */
int cni_overruled(const char *by, const char *path, const char *bin_dir, struct err *err);

/* The network of pods on a node with these pod CIDRs (array of strings, one or one of each family):
 * bridge, host-local addresses, hostPorts. `mtu` 0: the kernel's choice. The caller frees. */
char *cni_conflist(const json_t *pod_cidrs, int mtu);

#endif
