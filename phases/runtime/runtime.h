/* The container runtime of this host: which socket it listens on, and how it is set up. */
#ifndef PHASES_RUNTIME_RUNTIME_H
#define PHASES_RUNTIME_RUNTIME_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/semver.h"

#include <stdbool.h>

#define DOCKERSHIM "/run/dockershim.sock" /* served by kubelets before 1.24, for docker */

struct runtime { /* strings owned; NULL when unknown */
	char *socket;	     /* "unix:///run/containerd/containerd.sock" */
	char *name;	     /* "containerd", "cri-o", "docker" */
	char *version;	     /* "1.6.20" */
	char *cgroup_driver; /* "systemd" or "cgroupfs" */
	char *conf_dir;	     /* where it reads network configurations */
	json_t *bin_dirs;    /* where it looks for CNI plugins, as it tells it */
	bool network_ready;
	bool driver_told;    /* cgroup_driver is the runtime's own word */
};
void runtime_clear(struct runtime *runtime);
static inline void auto_runtime_(struct runtime *runtime)
{
	runtime_clear(runtime);
}

/* Finds the runtime: `wanted` (a socket, with or without unix://; NULL: the known ones, by
 * existence and then by who answers) and asks it over CRI, `live`, or else reads only what lies
 * below fs (another host's root).
 * Errors: ERR_NOT_FOUND (no runtime), ERR_CONFIG (several), ERR_NET or ERR_API (it does not
 * answer, and why as far as its configuration tells). */
int runtime_find(struct fs *fs, const char *wanted, bool live, struct runtime *ret,
		 struct err *err);

/* Asks the runtime at runtime->socket and fills the rest. timeout_s is for each call. */
int runtime_ask(struct runtime *runtime, long timeout_s, struct err *err);

/* The pure half of runtime_ask: what a CRI Status answer with its verbose configuration says. */
void runtime_read_status(struct runtime *runtime, const json_t *status);

/* Whether that socket is the kubelet's own, with docker behind it. */
bool runtime_is_dockershim(const char *socket);

/* The unit that runs it: "containerd" or "crio"; NULL for others. */
const char *runtime_unit(const struct runtime *runtime);

#endif
