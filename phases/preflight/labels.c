/* Preflight: on a host with SELinux the control plane may read its files. */
#include "phases/preflight/preflight.h"

#include "base/label.h"
#include "base/str.h"
#include "phases/labels.h"

void preflight_labels(struct preflight *preflight, struct run *run)
{
	const struct config *config = run->config;
	const bool plane = config->kind == CONFIG_INIT || config->join_control_plane;
	const bool spc = json_object_get(run->facts, "spc") && !str_eq(config->profile, "kubeadm");

	if (plane && !spc && str_eq(label_mode(run->fs, !run->offline), "enforcing"))
		preflight_warn(preflight, "SELinux",
			       "install container-selinux, and leave out --profile kubeadm",
			       "SELinux may keep the control plane's pods from their files");
	labels_tell(run);
}
