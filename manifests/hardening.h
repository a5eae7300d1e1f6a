/* What the default profile adds to kubeadm's settings (hardening.yaml). */
#ifndef MANIFESTS_HARDENING_H
#define MANIFESTS_HARDENING_H

#include "base/auto.h"
#include "base/err.h"
#include "base/semver.h"

#include <stdbool.h>

#define AUDIT_POLICY_FILE "audit-policy.yaml" /* below kubernetes_dir */

struct hardening_want {
	const char *kubernetes_dir, *ca_file; /* NULL for sections that name no file */
	bool cis; /* the rows of the profile cis, too */
};

/* A section ("kube-apiserver", "kubelet", ...) for the version, as a new object; sections of pods
 * have "args" ({name,value,why}) and "volumes" (as kubeadm's extraVolumes). */
int hardening_section(const char *name, const struct semver *v, const struct hardening_want *want,
		      json_t **ret, struct err *err);

#endif
