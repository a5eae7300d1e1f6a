/* Where each member of a config was set, for messages about values that do not go together. */
#ifndef CONFIG_ORIGINS_H
#define CONFIG_ORIGINS_H

#include "config/member.h"

#define ORIGINS_MAX 144 /* members; a test counts them */

struct origins {
	char *where[ORIGINS_MAX]; /* "--pod-network-cidr", "k.yaml:4:3: networking.podSubnet" */
};

void origins_set(struct origins *origins, size_t at, char *take_where);
/* NULL when the member has its default. Borrows. */
const char *origins_get(const struct origins *origins, size_t at);
void origins_clear(struct origins *origins);
static inline void auto_origins_(struct origins *origins)
{
	origins_clear(origins);
}

#endif
