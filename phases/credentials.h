/* The kubelet's own identity, as it stands in its kubeconfig and the rotating file behind it. */
#ifndef PHASES_CREDENTIALS_H
#define PHASES_CREDENTIALS_H

#include "api/kube.h"
#include "base/fs.h"

#include <time.h>

struct credentials { /* strings owned; key is wiped */
	char *server, *ca, *cert, *key;
	char *node;	 /* the certificate's system:node:NAME */
	time_t not_after;
};
void credentials_clear(struct credentials *credentials);
static inline void auto_credentials_(struct credentials *credentials)
{
	credentials_clear(credentials);
}

/* Reads kubeconfig `path` and the files it names. Errors: ERR_NOT_FOUND (not there yet, or still
 * the bootstrap's), ERR_CONFIG, ERR_CRYPTO, ERR_HOST. */
int credentials_read(const struct fs *fs, const char *path, struct credentials *ret,
		     struct err *err);

/* A client of the API server with them; each exchange at most timeout_s. */
int credentials_open(const struct credentials *credentials, long timeout_s, struct kube **ret,
		     struct err *err);

#endif
