/* kstrap network: the pod network's daemon, run by kstrap-network.service. */
#include "cmd/cmd.h"

#include "phases/network/network.h"

int cmd_network(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;

	if (cmd_begin("network", CONFIG_OTHER, 0, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	return network_run(config, err);
}
