/* Whether a system that is to boot fits the cluster: Kubernetes' version skew policy
 * (kubernetes.io/releases/version-skew-policy). */
#ifndef PHASES_OSTREE_SKEW_H
#define PHASES_OSTREE_SKEW_H

#include "phases/phase.h"

/* The tag of the first image that a manifest names; false when it names none, or no version. */
bool skew_image(const char *manifest, struct semver *ret);

/* NULL when a kubelet may run beside an API server and a kube-proxy (NULL: not known) of these
 * versions, else the rule that it breaks. */
const char *skew_rule(const struct semver *kubelet, const struct semver *apiserver,
		      const struct semver *proxy);

/* Looks at config->deployment, or at what ostree boots next: {"system", "kubelet", "runtime",
 * "apiserver", "from", "kubeProxy", "etcd", "fits", "reason"}, new; what is not known is absent.
 * Runs programs of that system with --version, in it. Errors: ERR_NOT_FOUND (no such system, no
 * kubelet in it), ERR_HOST, and why the API server does not tell its version. */
int skew_look(struct run *run, json_t **ret, struct err *err);

#endif
