/* The kubelet's files and service, the same for init and join: config.yaml, kubeadm-flags.env, the
 * systemd drop-in, and starting it. */
#ifndef PHASES_KUBELET_H
#define PHASES_KUBELET_H

#include "phases/phase.h"

/* For `ask`: notes in run->facts whether the host has a kubelet.service, systemd-resolved's
 * resolv.conf and which of our files exist. Offline it looks below the root. */
int kubelet_ask(struct run *run, struct err *err);

/* The KubeletConfiguration of a new cluster: kubeadm's defaults with the user's values over them.
 * *ret is new. */
int kubelet_configuration(const struct run *run, json_t **ret, struct err *err);

/* Renders config.yaml from `configuration` (borrowed; what is of this host only, such as
 * resolv.conf, is put in), kubeadm-flags.env, instance-config.yaml where the version has it, the
 * drop-in and, when the host has none, kubelet.service. `taints`: of {key,value?,effect} for
 * --register-with-taints, or NULL. */
int kubelet_render(struct run *run, const json_t *configuration, const json_t *taints,
		   struct err *err);

/* The flags of kubeadm-flags.env as an array of "--name=value". New. */
json_t *kubelet_flags(const struct run *run, const json_t *taints);

/* The address or addresses that the user gave the node: --node-ip, or kubeletExtraArgs, which come
 * after it. Borrowed; NULL when none. */
const char *kubelet_node_ip(const struct config *config);

/* daemon-reload, enable, (re)start. Errors: ERR_HOST with the unit's last words. */
int kubelet_start(struct run *run, struct err *err);
int kubelet_restart(struct run *run, struct err *err);
int kubelet_stop(struct run *run, struct err *err);

/* Whether the kubelet's healthz answers 200 now. */
bool kubelet_healthy(void);

/* The last lines the kubelet logged that say something went wrong (klog E and F lines, else just
 * the last ones), for messages; "" when there are none. The caller frees. */
char *kubelet_last_words(void);

#endif
