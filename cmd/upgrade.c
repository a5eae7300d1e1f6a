/* kstrap upgrade. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/str.h"
#include "phases/ostree/skew.h"

static void print(json_t *report)
{
	const char *key;
	json_t *value;

	json_object_foreach (report, key, value)
		if (json_is_string(value))
			printf("%-10s %s\n", key, json_string_value(value));
}

static int check_host(struct config *config, struct err *err)
{
	AUTO(run) struct run *run = NULL;
	AUTO(json) json_t *report = NULL;

	if (run_open_files(config, &run, err) < 0 || skew_look(run, &report, err) < 0)
		return -1;
	if (str_eq(config->output, "text"))
		print(report);
	else if (cmd_print(config, report, "", err) < 0)
		return -1;
	if (json_flag(report, "fits"))
		return 0;
	err_set(err, ERR_HOST, "kubelet %s of %s does not fit API server %s: %s",
		json_str(report, "kubelet"), json_str(report, "system"),
		json_str(report, "apiserver"), json_str(report, "reason"));
	return err_next(err, "do not boot it: rpm-ostree cleanup -p (ostree admin undeploy 0); bring the "
			     "control planes and the hosts closer first, one minor version at a time");
}

int cmd_upgrade(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;

	if (cmd_begin("upgrade", CONFIG_UPGRADE, 1, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	if (str_eq(json_text(args, 0), "check-host"))
		return check_host(config, err);
	err_set(err, ERR_USAGE, "upgrade: the one command is check-host");
	return err_next(err, "kstrap upgrade --help");
}
