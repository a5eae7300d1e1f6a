/* Version numbers "v1.20.2": reading and comparing. */
#ifndef BASE_SEMVER_H
#define BASE_SEMVER_H

#include "base/err.h"

#include <stdbool.h>

struct semver {
	int major, minor, patch;
};

/* Takes "v1.20.2", "1.20.2", "1.20" (patch 0) and a suffix after '-' or '+', which is dropped.
 * Errors: ERR_CONFIG. */
int semver_parse(const char *text, struct semver *ret, struct err *err);
int semver_cmp(const struct semver *a, const struct semver *b);
/* Whether v is major.minor or later. */
bool semver_atleast(const struct semver *v, int major, int minor);
/* major * 1000 + minor of a version as runtimes tell it ("1.6.20~ds1"); 0 for NULL, or for what is no
 * version. */
int semver_number(const char *text);

#endif
