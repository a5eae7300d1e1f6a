/* Which of CRI-O's files says where CNI plugins are, and what it has to say. */
#ifndef PHASES_RUNTIME_CRIO_H
#define PHASES_RUNTIME_CRIO_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"

#define CRIO_DIR    "/etc/crio/"
#define CRIO_CONFIG CRIO_DIR "crio.conf"
#define CRIO_DROPIN CRIO_DIR "crio.conf.d/90-kstrap.conf"

/* The last of the raw values, as CRI-O reads its files (crio.conf.d(5)), ours left out: plugin_dirs,
 * plugin_dir, cgroup_manager; "path" of the file with plugin_dirs; "text" of crio.conf. The caller
 * frees; what is there is in it after errors, too. */
int crio_read(const struct fs *fs, bool dropins, json_t **ret, struct err *err);

/* As containerd_settings. Before 1.18 there are no drop-ins, and crio.conf is edited. */
int crio_settings(const struct fs *fs, const char *version, const json_t *dirs, json_t **ret,
		  struct err *err);

/* As containerd_told, of what `crio config` prints. */
int crio_told(const char *text, json_t *dirs, struct err *err);

#endif
