/* kstrap boot. */
#include "cmd/cmd.h"

#include "phases/ostree/boot.h"

int cmd_boot(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;

	if (cmd_begin("boot", CONFIG_BOOT, 0, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	return boot_run(config, err);
}
