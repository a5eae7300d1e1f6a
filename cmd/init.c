/* kstrap init, also called kinit. */
#include "cmd/cmd.h"

#include "base/log.h"
#include "base/str.h"

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

	if (cmd_begin("init", CONFIG_INIT, 9, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
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
