/* kstrap approve: the approver of nodes' certificates, run by kstrap-approver.service. */
#include "cmd/cmd.h"

#include "phases/approve/approve.h"

int cmd_approve(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;

	if (cmd_begin("approve", CONFIG_OTHER, 0, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	return approve_run(config, err);
}
