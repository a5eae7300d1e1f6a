/* The approver's unit on a control plane, and its start. */
#include "phases/approve/approve.h"

#include "base/str.h"
#include "phases/service.h"

bool approver_wanted(const struct run *run)
{
	const json_t *name;
	size_t i;

	json_array_foreach (run->config->skip_phases, i, name)
		if (str_eq(json_string_value(name), "approver"))
			return false;
	return !str_eq(run->config->profile, "kubeadm");
}

int approver_ask(struct run *run, const void *arg, struct err *err)
{
	(void)arg, (void)err;
	service_ask(run, APPROVER);
	return 0;
}

int approver_render(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return approver_wanted(run) ? service_render(run, APPROVER, err) : 0;
}

int approver_start(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return approver_wanted(run) ? service_start(run, APPROVER, err) : 0;
}
