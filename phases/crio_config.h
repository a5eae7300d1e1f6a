/* Which of CRI-O's files says where CNI plugins are, and what it has to say. */
#ifndef PHASES_CRIO_CONFIG_H
#define PHASES_CRIO_CONFIG_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"

#define CRIO_DIR    "/etc/crio/"
#define CRIO_CONFIG CRIO_DIR "crio.conf"
#define CRIO_DROPIN CRIO_DIR "crio.conf.d/90-kstrap.conf"

/* The files' paths in the order in which CRI-O reads them, later ones winning (crio.conf.d(5)); the
 * first need not exist. The caller frees. */
json_t *crio_files(const struct fs *fs);

/* As containerd_settings. Before 1.18 there are no drop-ins, and crio.conf is edited. */
int crio_settings(const struct fs *fs, const char *version, const json_t *dirs, json_t **ret,
		  struct err *err);

/* As containerd_told, of what `crio config` prints. */
int crio_told(const char *text, json_t *dirs, struct err *err);

#endif
