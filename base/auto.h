/* Scope-bound cleanup: AUTO(kind) releases a variable whichever way its scope is left. */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(kind) __attribute__((cleanup(auto_##kind##_)))

/* In the header that owns the type; `release` is called with a value that is not NULL. Always
 * inline: a variable whose address no call takes needs neither a place on the stack nor a guard. */
#define AUTO_INLINE __attribute__((always_inline)) static inline
#define AUTO_DEFINE(kind, type, release)                                                           \
	AUTO_INLINE void auto_##kind##_(type *p)                                                   \
	{                                                                                          \
		if (*p)                                                                            \
			release(*p);                                                               \
	}                                                                                          \
	struct auto_##kind##_needs_semicolon_

/* Hands ownership out: the variable is NULL afterwards. */
#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

AUTO_INLINE void auto_free_(char **p)
{
	free(*p);
}

/* json_decref counts in line, which is long for something that stands at every way out. */
void xjson_release(json_t *json);
AUTO_INLINE void auto_json_(json_t **p)
{
	xjson_release(*p);
}

static inline void auto_fd_(int *p)
{
	if (*p >= 0)
		close(*p);
}

#endif
