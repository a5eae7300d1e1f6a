/* Libraries that few hosts need are opened when they are needed, never linked: each start of the
 * program would pay for them, and they need not exist. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/err.h"

#include <stddef.h>

struct library_name {
	const char *name; /* as the library exports it */
	size_t at;	  /* offset of the function pointer in the caller's struct */
};

/* Opens `soname` and puts each function of `names` (which end with a NULL name) where its row says
 * in `to`. It stays open until the program ends. Errors: ERR_NOT_FOUND: no such library, or one
 * without a function of that name. */
int library_open(const char *soname, const struct library_name *names, void *to, struct err *err);

#endif
