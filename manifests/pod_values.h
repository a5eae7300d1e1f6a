/* What each component's template is filled with. */
#ifndef MANIFESTS_POD_VALUES_H
#define MANIFESTS_POD_VALUES_H

#include "manifests/pod.h"

/* The values of `component`'s template as a new object. Errors: ERR_BUG for another name. */
int pod_values(const char *component, const struct semver *v, const struct pod_want *want,
	       json_t **ret, struct err *err);

/* The flexible volumes' directory on the host. Borrowed. */
const char *pod_flexvolume_dir(const struct pod_want *want);

#endif
