/* Templates embedded at build time, filled structurally: a value can never become syntax. */
#ifndef MANIFESTS_MANIFEST_H
#define MANIFESTS_MANIFEST_H

#include "base/auto.h"
#include "base/err.h"
#include "base/semver.h"

/*
 * Fills template `name` ("kube-apiserver") for a Kubernetes version. In a template:
 * - a scalar that is only "{{x}}" takes values' x with its own type; inside a longer string, its
 * text;
 * - a list item that is only "{{*x}}" becomes the items of list x (none: disappears);
 * - a mapping value that is only "{{?x}}" is left out with its key when values has no x or null;
 * - a key or list item prefixed "{{>=1.22}} " or "{{<1.24}} " stands only for such versions
 *   (three numbers where a patch release matters);
 * - "{{if x}} " before a key or item: only when x is true, non-empty; "{{if !x}} ": only when not.
 * Prefixes add up. A list item that is a mapping or a list is prefixed by being the value of a
 * mapping whose only key is prefixes: "{{<1.36}}": {name: x}.
 * A hole without a value, and a value without a hole in any version, are ERR_BUG.
 * *ret: an array of the template's documents. The caller frees.
 */
int manifest_fill(const char *name, const struct semver *version, const json_t *values,
		  json_t **ret, struct err *err);
/* A file's text as it is: a template by its name, or "10-kubeadm.conf", "kubelet.service",
 * "audit-policy"; NULL when none. */
const char *manifest_text(const char *name);

/* What differs between Kubernetes versions (manifests/versions.yaml): value of `key` for the
 * version, for example "etcd", "coredns", "pause", "repository". Borrowed. Errors: ERR_CONFIG for a
 * version that is not supported (names the range). */
int versions_value(const struct semver *version, const char *key, const char **ret,
		   struct err *err);
int versions_supported(const struct semver *version, struct err *err);

/* A command line as kubeadm composes it: base arguments (array of "--name=value") with the user's
 * (array of {name,value}) put over them, in the order of the version: up to 1.35 all by name and
 * value, from 1.36 the base ones by name and then the user's as given. A new array. */
json_t *manifest_args(const struct semver *version, const json_t *base, const json_t *user);
/* The value of the user's last argument `name`, or NULL. Borrowed. */
const char *manifest_user_arg(const json_t *user, const char *name);

#endif
