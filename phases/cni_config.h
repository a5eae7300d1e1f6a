/* The texts that container networking needs, from values only: the runtimes' settings and the
 * network configuration of a node. */
#ifndef PHASES_CNI_CONFIG_H
#define PHASES_CNI_CONFIG_H

#include "base/auto.h"
#include "base/err.h"

#define CNI_CONFLIST "10-kstrap.conflist" /* in config->cni_conf_dir */
#define CNI_BRIDGE   "kstrap0"
#define CRIO_DROPIN  "/etc/crio/crio.conf.d/10-kstrap.conf"

/* containerd's config.toml with `bin_dir` as its directory of CNI plugins. `text` is the file as it
 * is, NULL when there is none; `version` is containerd's own ("1.6.20"), NULL when unknown. Where
 * several directories can be named (2.1 on) those that are there stay behind ours.
 * Errors: ERR_CONFIG, with the line, for a file that cannot be edited safely. */
int cni_containerd_config(const char *text, const char *version, const char *bin_dir, char **ret,
			  struct err *err);

/* CRI-O's drop-in: bin_dir, then `further` (array of directories that exist; CRI-O makes those that
 * do not, and ends when it cannot). The caller frees. */
char *cni_crio_dropin(const char *bin_dir, const json_t *further);

/* The network of pods on a node with these pod CIDRs (array of strings, one or one of each family):
 * bridge, host-local addresses, hostPorts. `mtu` 0: the kernel's choice. The caller frees. */
char *cni_conflist(const json_t *pod_cidrs, int mtu);

#endif
