/* Container networking outside /opt: the plugins, the runtime's setting that names their directory,
 * and the service of the built-in pod network. The same for init and join. */
#ifndef PHASES_CNI_CNI_H
#define PHASES_CNI_CNI_H

#include "phases/phase.h"

#define NETWORK_UNIT "/etc/systemd/system/kstrap-network.service"

/* The children of phase cni:
 *   plugins  renders the plugins' copies in config->cni_bin_dir
 *   runtime  renders the runtime's setting and, when the running one uses another directory,
 *            restarts it without waiting (cni_wait_runtime does)
 *   network  renders and enables kstrap-network.service; nothing with cluster->network "none"
 * It stands before kubelet-start, as the runtime may be restarted. */
extern const struct phase cni_phases[];

/* `kstrap cni install`: the same plugins and setting by themselves. The run has no cluster. */
extern const struct phase phases_cni_install[];
/* `kstrap cni remove`: takes away what install put there, or phase cni of init or join.
 * Errors: ERR_CONFLICT (a node, without --force), ERR_HOST. */
int cni_remove(struct run *run, struct err *err);

/* What is in config->cni_bin_dir, how it compares with the image's, and who looks there; for `kstrap
 * cni status`. The caller frees. Errors: ERR_HOST. */
int cni_status(struct run *run, json_t **ret, struct err *err);
/* The network configuration that pods get: of the .conf, .conflist and .json files in `dir` the first by
 * name, as runtimes take them (libcni's ConfFiles; containerd with its max_conf_num of 1, CRI-O without
 * a cni_default_network). NULL where there is none. The caller frees. */
char *cni_conf_first(const struct fs *fs, const char *dir);
/* The name of the file that a network ("bridge", "flannel") has there; NULL for others. */
const char *cni_conf_of(const char *network);

/* The image's directory of plugins (or config->cni_plugins), as phase cni takes them; borrowed. NULL
 * when there is none but ours. */
const char *cni_plugin_source(const struct run *run);

/* Returns at once when phase cni restarted nothing in this run; else waits until the runtime
 * answers, and checks that it looks for plugins where we put them. A kubelet that finds no runtime
 * exits, and systemd starts it again only seconds later: so call this before the kubelet starts.
 * Errors: ERR_TIMEOUT, ERR_API, ERR_CONFIG (its files set another directory elsewhere). */
int cni_wait_runtime(struct run *run, struct err *err);

#endif
