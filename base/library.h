/* Shared libraries that not every run needs: opened when they are, so that no other start of the
 * program pays for them and hosts without them have all but what they are for. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/err.h"

/* Opens `soname` ("libarchive.so.13") and fills `ret`, a struct of nothing but function pointers in
 * the order of `names`, which are separated by a blank each. It stays open as long as the program
 * runs. `package` is what to install, for the message. Errors: ERR_NOT_FOUND. */
int library_open(const char *soname, const char *names, void *ret, const char *package,
		 struct err *err);

#endif
