/* The approver's unit on a control plane, its rules, and its start. */
#include "phases/approve/approve.h"

#include "base/str.h"
#include "manifests/objects.h"
#include "phases/service.h"

bool approver_wanted(const struct run *run)
{
	const json_t *name;
	size_t i;

	json_array_foreach (run->config->skip_phases, i, name)
		if (str_eq(json_string_value(name), "approver") ||
		    str_eq(json_string_value(name), "approver-service"))
			return false;
	/* What is not said of the cluster by its annotation it does not have. */
	if (run->config->kind == CONFIG_JOIN && !json_flag(run->facts, "approver"))
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
	return approver_wanted(run) ? service_render(run, APPROVER, "", err) : 0;
}

static int rules(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return approver_wanted(run) ? objects_approver(&run->cluster->version, run->objects, err)
				    : 0;
}

int approver_start(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return approver_wanted(run) ? service_start(run, APPROVER, err) : 0;
}

const struct phase approver_phases[] = {
	{ .name = "rules",
	  .doc = "What the approver may do, and tokens with limits",
	  .flags = PHASE_OBJECTS,
	  .render = rules },
	{ .name = "start",
	  .doc = "Start the service",
	  .kind = PHASE_ACTS,
	  .act = approver_start },
	{ .name = NULL },
};
