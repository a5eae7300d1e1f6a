/* kstrap cni: the CNI plugins of this host, and the manifests of networks that bring their own. */
#include "cmd/cmd.h"

#include "base/str.h"
#include "phases/cni/cni.h"

static int install(struct run *run, struct err *err)
{
	/* Else what was downloaded would seem to have been compared with it. */
	if (run->config->cni_sha256 && !run->config->cni_from)
		return err_set(err, ERR_USAGE, "--sha256 is for an archive that --from names");
	return phases_run(phases_cni_install, run, NULL, err) < 0 ? -1 : cni_wait_runtime(run, err);
}

static int status(struct run *run, struct err *err)
{
	static const char text[] =
		"{.directory} holds the CNI plugins; the image's: {.imageDirectory}\n"
		"container runtime: {.runtime.name} {.runtime.version} {.runtime.binDirs} {.runtime.error}\n"
		"of {.networks.directory} pods get {.networks.first} {.networks.error}\n"
		"IMAGE\tMADE BY\tVERSION\tCNI\tPLUGIN\n"
		"{range .plugins[*]}{.image}\t{.madeBy}\t{.version}\t{.cniVersion}\t{.name} {.error}\n"
		"{end}";
	AUTO(json) json_t *found = NULL;

	return cni_status(run, &found, err) < 0 ? -1 : cmd_print(run->config, found, text, err);
}

static const struct {
	const char *name;
	int (*run)(struct run *run, struct err *err);
} subcommands[] = {
	{ "install", install },
	{ "status", status },
	{ "remove", cni_remove },
};

static int run_one(struct config *config, const json_t *args, struct err *err)
{
	const char *name = json_string_value(json_array_get(args, 0));
	AUTO(run) struct run *run = NULL;
	struct err ignored = ERR_INIT;
	int rc;

	if (str_eq(name, "rewrite"))
		return cmd_cni_rewrite(config, args, err);
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
		if (!str_eq(name, subcommands[i].name))
			continue;
		if (cmd_args("cni", args, 1, err) < 0 || run_open_files(config, &run, err) < 0)
			return -1;
		rc = subcommands[i].run(run, err);
		/* Where nothing of ours is left, the journal goes as well. */
		return run->commit && commit_end(run->commit, rc < 0 ? &ignored : err) < 0 ? -1 : rc;
	}
	return err_set(err, ERR_USAGE, "cni: which of install, status, remove, rewrite?");
}

int cmd_cni(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	int failed;

	if (cmd_begin("cni", CONFIG_CNI, 2, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	failed = run_one(config, args, err);
	return failed && err->code == ERR_USAGE && !*err->next ? err_next(err, "kstrap cni --help") :
								 failed;
}
