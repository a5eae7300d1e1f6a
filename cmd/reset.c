/* kstrap reset. */
#include "cmd/cmd.h"


int cmd_reset(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *phase = NULL;
	struct err ignored = ERR_INIT;
	int rc;

	if (cmd_begin("reset", CONFIG_RESET, 9, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	if (cmd_phase("reset", phases_reset, args, &phase, err) < 0 ||
	    run_open_files(config, &run, err) < 0)
		return -1;
	rc = phases_run(phases_reset, run, phase, err);
	/* Also where nothing was made, and the lock is all that there is by now. */
	if (run->commit && commit_end(run->commit, rc < 0 ? &ignored : err) < 0)
		rc = -1;
	return rc;
}
