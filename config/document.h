/* kubeadm's kinds written out of a config, besides the one that config.h promises. */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include "config/config.h"

/* InitConfiguration or JoinConfiguration of `api` ("v1beta2".."v1beta4"), sorted by key. Has the
 * secrets in it; config's version may be unset. New objects. */
json_t *document_init(const struct config *config, const char *api);
json_t *document_join(const struct config *config, const char *api);
/* ResetConfiguration and UpgradeConfiguration exist from v1beta4 on only. */
json_t *document_reset(const struct config *config);
json_t *document_upgrade(const struct config *config);

#endif
