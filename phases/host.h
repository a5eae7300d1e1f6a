/* What a run needs to know of the host before it starts: gathered once, read-only after. */
#ifndef PHASES_HOST_H
#define PHASES_HOST_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"
#include "config/config.h"

#include <stdbool.h>

/*
 * Fills `facts` (an object) with what config leaves open. Members, absent when unknown:
 *   hostname       "master", lower case
 *   address        source address of the default route
 *   kubelet        "v1.20.2", what `kubelet --version` says
 *   criSocket      "unix:///run/containerd/containerd.sock"
 *   cgroupDriver   "systemd" or "cgroupfs", as the runtime has it
 *   spc            true: SELinux is on, and its policy has spc_t
 *   conntrackOff   true: /proc/sys/net/netfilter/nf_conntrack_max cannot be written
 *   proxyEnvs      [{name,value}]: the proxy settings of our environment
 * Under --root (`offline`) it asks the tree below fs where that has an answer, and this machine for
 * none of it. Errors: ERR_HOST; something not found is no error here.
 */
int host_ask(const struct config *config, struct fs *fs, bool offline, json_t *facts,
	     struct err *err);

#endif
