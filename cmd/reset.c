/* kstrap reset. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_RESET);
	AUTO(free) char *phases = cmd_phases(phases_reset);

	printf("Usage: kstrap reset [FLAGS]\n"
	       "       kstrap reset phase NAME [FLAGS]   (NAME CHILD, NAME/CHILD, NAME all)\n"
	       "\n"
	       "Takes away from this host what kinit or kjoin made on it, and nothing else: it goes by\n"
	       "their journal. Pods are ended, files removed, originals put back; the host leaves the\n"
	       "cluster and etcd, as far as it may. Other networks' configurations, images, logs and\n"
	       "what you put there yourself stay. Asks first. Running it again after any failure\n"
	       "finishes the job; where nothing is left it says so.\n"
	       "\n"
	       "Flags:\n%s\n"
	       "Phases, in their order (`kstrap explain PHASE` says more):\n%s",
	       flags, phases);
}

int cmd_reset(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *phase = NULL;
	struct err ignored = ERR_INIT;
	bool help = false;
	int rc;

	if (config_load(CONFIG_RESET, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap reset --help");
	if (help) {
		usage();
		return 0;
	}
	log_verbosity(config->verbosity);
	if (cmd_phase("reset", phases_reset, args, &phase, err) < 0 ||
	    run_open_files(config, &run, err) < 0)
		return -1;
	rc = phases_run(phases_reset, run, phase, err);
	/* Also where nothing was made, and the lock is all that there is by now. */
	if (run->commit && commit_end(run->commit, rc < 0 ? &ignored : err) < 0)
		rc = -1;
	return rc;
}
