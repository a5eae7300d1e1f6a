/* The container runtime over its own socket (CRI, gRPC over HTTP/2 by libcurl): v1, else v1alpha2. */
#ifndef API_CRI_H
#define API_CRI_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* What to do about a containerd that has no such interface, as some packages bring it. */
#define CRI_TURN_ON                                                                             \
	"take \"cri\" out of disabled_plugins in /etc/containerd/config.toml, then: systemctl " \
	"restart containerd"

struct cri;
/* `socket` with or without unix://. Errors: ERR_NET, ERR_API. */
int cri_open(const char *socket, long timeout_s, struct cri **ret, struct err *err);
/* v1alpha2 alone, which cri_open falls back to. */
int cri_open_alpha(const char *socket, long timeout_s, struct cri **ret, struct err *err);
void cri_close(struct cri *cri);
AUTO_DEFINE(cri, struct cri *, cri_close);

/* {"name":"containerd","version":"1.6.20","api":"v1"|"v1alpha2"}; the caller frees. */
int cri_version(struct cri *cri, json_t **ret, struct err *err);
/* {"runtimeReady":b,"networkReady":b,"config":{..}?}: the runtime's conditions and, verbose, its
 * configuration as it tells it. */
int cri_status(struct cri *cri, json_t **ret, struct err *err);
/* The cgroup driver as RuntimeConfig tells it: "systemd" or "cgroupfs", static; NULL when the runtime
 * does not know the question (containerd before 2.0, CRI-O before 1.28) or has no answer. */
int cri_cgroup_driver(struct cri *cri, const char **ret, struct err *err);
/* The same from the answer's bytes. False: malformed. */
bool cri_read_cgroup_driver(const void *answer, size_t len, const char **ret);
int cri_has_image(struct cri *cri, const char *image, bool *ret, struct err *err);
int cri_pull(struct cri *cri, const char *image, struct err *err);
/* Containers of a pod's container name in namespace kube-system, newest first: array of
 * {id,name,pod,state:"running"|"exited"|"created",attempt,exitCode?,logPath?}. */
int cri_containers(struct cri *cri, json_t **ret, struct err *err);

/* Pods that a kubelet made (those of other clients of the runtime are left out), newest first: array
 * of {id,name,namespace}. */
int cri_pods(struct cri *cri, json_t **ret, struct err *err);
/* Ends a pod's containers at once and takes its network away, then removes it. One that is gone is
 * fine. */
int cri_remove_pod(struct cri *cri, const char *id, struct err *err);

#endif
