/* kstrap cni: the network's plugins, and the manifests of networks that bring their own. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_CNI);

	printf("Usage: kstrap cni rewrite FILE|- [FLAGS]\n"
	       "\n"
	       "rewrite prints a network's manifest with the host's /opt/cni/bin and flexvolume\n"
	       "directory moved to those below, all else as it is, to the byte. --check exits with 0\n"
	       "when there is nothing to move, and with 1 when there is.\n"
	       "\n"
	       "Flags:\n%s",
	       flags);
}

static const struct {
	const char *name;
	size_t args_max;
	int (*run)(const struct config *config, const json_t *args, struct err *err);
} subcommands[] = {
	{ "rewrite", 1, cmd_cni_rewrite },
};
#define SUBCOMMANDS (sizeof(subcommands) / sizeof(*subcommands))

static int run(const struct config *config, const json_t *args, struct err *err)
{
	const char *name = json_string_value(json_array_get(args, 0));

	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		if (!str_eq(name, subcommands[i].name))
			continue;
		if (json_array_size(args) > subcommands[i].args_max + 1)
			return err_set(err, ERR_USAGE, "cni %s: too many arguments", name);
		return subcommands[i].run(config, args, err);
	}
	return err_set(err, ERR_USAGE, "cni: what? rewrite");
}

int cmd_cni(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	bool help = false;
	int failed = config_load(CONFIG_CNI, argc - 1, argv + 1, &config, &args, &help, err);

	if (failed == 0 && help)
		usage();
	else if (failed == 0) {
		log_verbosity(config->verbosity);
		failed = run(config, args, err);
	}
	return failed && err->code == ERR_USAGE ? err_next(err, "kstrap cni --help") : failed;
}
