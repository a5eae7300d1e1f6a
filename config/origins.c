#include "config/origins.h"

#include <assert.h>
#include <stdlib.h>

void origins_set(struct origins *origins, size_t at, char *take_where)
{
	size_t i = (size_t)(member_at(at) - members);

	assert(i < ORIGINS_MAX);
	free(origins->where[i]);
	origins->where[i] = take_where;
}

const char *origins_get(const struct origins *origins, size_t at)
{
	return origins->where[member_at(at) - members];
}

void origins_clear(struct origins *origins)
{
	for (size_t i = 0; i < ORIGINS_MAX; i++) {
		free(origins->where[i]);
		origins->where[i] = NULL;
	}
}
