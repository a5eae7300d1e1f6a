/* Preflight: on a host with SELinux the control plane may read its files. */
#include "phases/preflight.h"

#include "base/label.h"
#include "base/str.h"
#include "phases/labels.h"

void preflight_labels(struct preflight *preflight, struct run *run)
{
	const struct config *config = run->config;
	const bool plane = config->kind == CONFIG_INIT || config->join_control_plane;

	if (!str_eq(label_mode(run->fs), "enforcing") || !plane)
		;
	else if (!json_object_get(run->facts, "spc"))
		preflight_warn(preflight, "SELinux", "install container-selinux",
			       "SELinux is enforcing and its policy knows no spc_t: the control "
			       "plane's pods may not get at their files");
	else if (str_eq(config->profile, "kubeadm"))
		preflight_warn(preflight, "SELinux", "leave out --profile kubeadm",
			       "kubeadm's pods have no seLinuxOptions: on an enforcing host they may "
			       "not get at their files");
	labels_tell(run);
}
