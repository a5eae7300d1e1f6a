/* kstrap join, also called kjoin. */
#include "cmd/cmd.h"

#include "base/log.h"

static void tell(const struct run *run)
{
	if (run->offline)
		log_say("%s is prepared: %u files made, %u changed, %u as they were; its kubelet "
			"joins when the host starts, for as long as the token is valid",
			fs_root(run->fs), run->count.made, run->count.changed, run->count.kept);
	else
		log_say("node %s has joined the cluster%s; on a control plane: kubectl get nodes",
			run->cluster->node_name,
			run->config->join_control_plane ? " as a control plane" : "");
}

int cmd_join(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *phase = NULL;

	if (cmd_begin("join", CONFIG_JOIN, 999, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	if (cmd_phase("join", phases_join, args, &phase, err) < 0 || run_open(config, &run, err) < 0 ||
	    phases_run(phases_join, run, phase, err) < 0)
		return -1;
	if (!phase && !run->dry_run)
		tell(run);
	return 0;
}
