/* kstrap wait-master: a unit's precondition. */
#include "cmd/cmd.h"

#include "phases/wait_master.h"

int cmd_wait_master(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;

	if (cmd_begin("wait-master", CONFIG_WAIT, 999, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	return wait_master(config, err);
}
