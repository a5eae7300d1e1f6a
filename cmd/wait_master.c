/* kstrap wait-master: a unit's precondition. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "phases/wait_master.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_WAIT);

	printf("Usage: kstrap wait-master [MASTER[:PORT]...] [FLAGS]\n"
	       "\n"
	       "Waits until a master is ready (its API server answers 200 at /readyz) and says which.\n"
	       "Meant for ExecStartPre= of units on hosts that may boot before their master. Exit status\n"
	       "0: one is ready; 8: none was within the time of --wait; others as of kstrap.\n"
	       "\n"
	       "With a token the cluster is verified as kjoin does. Without one the answer of a named\n"
	       "master is taken as it is, for kjoin verifies the master itself. Without a name it is the\n"
	       "master whose node this host is.\n"
	       "\n"
	       "Flags:\n%s",
	       flags);
}

int cmd_wait_master(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	bool help = false;

	if (config_load(CONFIG_WAIT, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap wait-master --help");
	if (help) {
		usage();
		return 0;
	}
	log_verbosity(config->verbosity);
	return wait_master(config, err);
}
