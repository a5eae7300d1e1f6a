/* kstrap preflight: the checks of init (or, with "join", of join) alone. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/str.h"
#include "phases/preflight/preflight.h"

int cmd_preflight(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *table = NULL;
	const char *what = "init";

	/* What it is for stands before the flags; of those init takes no argument. */
	if (argc > 1 && (str_eq(argv[1], "init") || str_eq(argv[1], "join"))) {
		what = argv[1];
		argc--;
		argv++;
	}
	if (argc > 1 && *argv[1] != '-') {
		err_set(err, ERR_USAGE, "preflight is for init or join, not \"%s\"", argv[1]);
		return err_next(err, "kstrap preflight --help");
	}
	if (cmd_begin("preflight", CONFIG_INIT, 0, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	if (run_open(config, &run, err) < 0)
		return -1;
	run->dry_run = true; /* pulls no images */
	table = preflight_layout_text(run);
	printf("%s", table);
	return preflight_run(run, str_eq(what, "join") ? PREFLIGHT_JOIN : PREFLIGHT_INIT, err);
}
