/* Checks before anything is changed, under kubeadm's names (--ignore-preflight-errors takes them).
 * All failures are told at once, each with what to run. */
#ifndef PHASES_PREFLIGHT_PREFLIGHT_H
#define PHASES_PREFLIGHT_PREFLIGHT_H

#include "phases/phase.h"

/* Where kubelet and controller manager look of themselves. */
#define PREFLIGHT_VOLUMES "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"

enum preflight_for {
	PREFLIGHT_INIT = 1 << 0,
	PREFLIGHT_JOIN = 1 << 1, /* a worker */
	PREFLIGHT_PLANE = 1 << 2, /* a control plane that joins */
	PREFLIGHT_MEMBER = 1 << 3, /* a member of etcd and nothing else that joins */
	PREFLIGHT_KNOWN = 1 << 4,  /* the last two, once the cluster is known */
	PREFLIGHT_FOUND = 1 << 5,  /* every host that joins, once the cluster is found */
};

struct preflight; /* a run of checks: collects what fails */

/* One check: tells what is wrong through preflight_fail or preflight_warn, or nothing. */
struct preflight_check {
	unsigned where; /* of enum preflight_for */
	void (*check)(struct preflight *preflight, struct run *run);
	bool decides; /* once it fails the others would only guess */
};

/* `name` as kubeadm's ("Swap", "Port-6443"); `fix` is what to run, or NULL. */
void preflight_fail(struct preflight *preflight, const char *name, const char *fix, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));
void preflight_warn(struct preflight *preflight, const char *name, const char *fix, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));

/* Fails where `path`, which is `whose`, would have to be made on a read-only file system. */
void preflight_writable(struct preflight *preflight, const struct run *run, const char *path,
			const char *whose, const char *fix);

/* Checks of files of their own. */
void preflight_layout(struct preflight *preflight, struct run *run);
void preflight_paths(struct preflight *preflight, struct run *run);
void preflight_labels(struct preflight *preflight, struct run *run);
void preflight_overlaps(struct preflight *preflight, struct run *run);
void preflight_proxies(struct preflight *preflight, struct run *run);
void preflight_network(struct preflight *preflight, struct run *run);
void preflight_external_etcd(struct preflight *preflight, struct run *run);

/* The host's layout, the paths that were chosen on it, and why, as a table; the caller frees. */
char *preflight_layout_text(const struct run *run);

/* Runs every check of `where`. Warnings are logged; failures that config->ignore_preflight names
 * become warnings; the others are told in one error (ERR_HOST). Under --root nothing is checked. */
int preflight_run(struct run *run, unsigned where, struct err *err);

/* For phase tables: init or join by run->config->kind. */
int preflight_act(struct run *run, const void *arg, struct err *err);

#endif
