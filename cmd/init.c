/* kstrap init, also called kinit. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_INIT);
	AUTO(free) char *phases = cmd_phases(phases_init);

	printf("Usage: kinit [FLAGS]\n"
	       "       kstrap init [FLAGS]\n"
	       "       kstrap init phase NAME [FLAGS]   (NAME CHILD, NAME/CHILD, NAME all)\n"
	       "\n"
	       "Makes this host a Kubernetes control plane: the machine that runs the cluster's\n"
	       "brain, that is etcd (its memory), the API server (its front door), the controllers\n"
	       "and the scheduler. Other machines join it as nodes with the line printed at the\n"
	       "end. Running it again after any failure finishes the job; running it on a\n"
	       "finished control plane changes nothing.\n"
	       "\n"
	       "Flags:\n%s\n"
	       "Phases, in their order (`kstrap explain PHASE` says more):\n%s",
	       flags, phases);
}

/* Flags that kubeadm has for one phase only. */
static int check_flags(const struct config *config, const char *phase, struct err *err)
{
	const struct {
		bool given;
		const char *name, *phase;
	} rows[] = {
		{ !str_eq(config->kubeconfig_dir, config->kubernetes_dir), "kubeconfig-dir",
		  "kubeconfig" },
		{ config->print_manifest, "print-manifest", "addon" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].given || (phase && str_starts(phase, rows[i].phase)))
			continue;
		err_set(err, ERR_USAGE, "--%s is for `init phase %s` alone", rows[i].name,
			rows[i].phase);
		return err_next(err, "kstrap init phase %s all --%s ...", rows[i].phase,
				rows[i].name);
	}
	return 0;
}

int cmd_init(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *phase = NULL;
	bool help = false;

	if (config_load(CONFIG_INIT, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap init --help");
	if (help) {
		usage();
		return 0;
	}
	log_verbosity(config->verbosity);
	config->dry_run |= config->print_manifest; /* which has nothing to do with this host */
	if (cmd_phase("init", phases_init, args, &phase, err) < 0 ||
	    check_flags(config, phase, err) < 0 || run_open(config, &run, err) < 0)
		return -1;
	if (!phase)
		log_say("Kubernetes %s, node %s, API server at %s", run->cluster->version_text,
			run->cluster->node_name, run->cluster->server);
	if (phases_run(phases_init, run, phase, err) < 0)
		return -1;
	if (run->offline && !run->dry_run)
		log_say("%s is prepared: %u files made, %u changed, %u as they were",
			fs_root(run->fs), run->count.made, run->count.changed, run->count.kept);
	return 0;
}
