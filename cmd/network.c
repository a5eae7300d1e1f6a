/* kstrap network: the pod network's daemon, run by kstrap-network.service. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "phases/network.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_OTHER);

	printf("Usage: kstrap network [FLAGS]\n"
	       "\n"
	       "Keeps this node's share of the built-in pod network, for as long as it runs:\n"
	       "10-kstrap.conflist in --cni-conf-dir once the node has its pod CIDR, a route to the\n"
	       "pods of each other node, the firewall's chains KSTRAP-MASQ and KSTRAP-FORWARD.\n"
	       "kstrap-network.service runs it; it asks the API server with the kubelet's\n"
	       "credentials and needs no others.\n"
	       "\n"
	       "Flags:\n%s",
	       flags);
}

int cmd_network(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	bool help = false;

	if (config_load(CONFIG_OTHER, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap network --help");
	if (help) {
		usage();
		return 0;
	}
	if (json_array_size(args) > 0) {
		err_set(err, ERR_USAGE, "network takes no argument \"%s\"",
			json_string_value(json_array_get(args, 0)));
		return err_next(err, "kstrap network --help");
	}
	log_verbosity(config->verbosity);
	return network_run(config, err);
}
