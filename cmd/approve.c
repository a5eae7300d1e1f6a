/* kstrap approve: the approver of nodes' certificates, run by kstrap-approver.service. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "phases/approve/approve.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_OTHER);

	printf("Usage: kstrap approve [FLAGS]\n"
	       "\n"
	       "Decides, for as long as it runs, about two kinds of certificate requests: those of\n"
	       "hosts that join with a token that has limits (kstrap token create --uses, --node),\n"
	       "and those of kubelets for their server, whose names and addresses must be their\n"
	       "Node's. kstrap-approver.service runs it on control planes, with a certificate that\n"
	       "it makes for itself and that has the rights for this alone; with a CA elsewhere it\n"
	       "uses admin.conf, or what --kubeconfig names.\n"
	       "\n"
	       "Flags:\n%s",
	       flags);
}

int cmd_approve(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	bool help = false;

	if (config_load(CONFIG_OTHER, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap approve --help");
	if (help) {
		usage();
		return 0;
	}
	if (json_array_size(args) > 0) {
		err_set(err, ERR_USAGE, "approve takes no argument \"%s\"",
			json_string_value(json_array_get(args, 0)));
		return err_next(err, "kstrap approve --help");
	}
	log_verbosity(config->verbosity);
	return approve_run(config, err);
}
