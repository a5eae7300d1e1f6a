/* What each component's template is filled with. */
#ifndef MANIFESTS_POD_VALUES_H
#define MANIFESTS_POD_VALUES_H

#include "manifests/pod.h"

/* The values of `component`'s template as a new object. Errors: ERR_BUG for another name. */
int pod_values(const char *component, const struct semver *v, const struct pod_want *want,
	       json_t **ret, struct err *err);

/* The user's arguments as a new array. While kubeadm kept them as a map (up to 1.27) it dropped
 * authorization modes that it did not know; later the user's text stands as it is. */
json_t *pod_user_args(const char *component, const struct semver *v, const struct pod_want *want);

/* The flexible volumes' directory on the host. Borrowed. */
const char *pod_flexvolume_dir(const struct pod_want *want);

#endif
