/* kstrap preflight: the checks of init (or, with "join", of join) alone. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "phases/preflight.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_INIT);

	printf("Usage: kstrap preflight [init|join] [FLAGS]\n"
	       "\n"
	       "Shows the host's layout and the paths used on it; checks whether it can become a\n"
	       "control plane (init, the default) or a node (join), tells everything that is in the\n"
	       "way, each with what to run, and changes nothing.\n"
	       "\n"
	       "Flags, as for init:\n%s",
	       flags);
}

int cmd_preflight(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *table = NULL;
	const char *what = "init";
	bool help = false;

	/* What it is for stands before the flags; of those init takes no argument. */
	if (argc > 1 && (str_eq(argv[1], "init") || str_eq(argv[1], "join"))) {
		what = argv[1];
		argc--;
		argv++;
	}
	if (config_load(CONFIG_INIT, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap preflight --help");
	if (help) {
		usage();
		return 0;
	}
	if (json_array_size(args) > 0) {
		err_set(err, ERR_USAGE, "preflight checks for init or for join");
		return err_next(err, "kstrap preflight --help");
	}
	log_verbosity(config->verbosity);
	if (run_open(config, &run, err) < 0)
		return -1;
	run->dry_run = true; /* pulls no images */
	table = preflight_layout_text(run);
	printf("%s", table);
	return preflight_run(run, str_eq(what, "join") ? PREFLIGHT_JOIN : PREFLIGHT_INIT, err);
}
