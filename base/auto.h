/* Scope-bound cleanup: AUTO(kind) releases a variable whichever way its scope is left. */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(kind) __attribute__((cleanup(auto_##kind##_)))

/* In the header that owns the type; `release` is called with a value that is not NULL. */
#define AUTO_DEFINE(kind, type, release)                                                           \
	static inline void auto_##kind##_(type *p)                                                 \
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

AUTO_DEFINE(free, char *, free);
AUTO_DEFINE(json, json_t *, json_decref);

static inline void auto_fd_(int *p)
{
	if (*p >= 0)
		close(*p);
}

#endif
