/* kstrap kubeconfig user: a kubeconfig for one more user, on standard output. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/str.h"
#include "phases/certs/certs.h"

static int user(struct config *config, struct err *err)
{
	const struct user_want want = { .name = config->client_name,
					.orgs = config->client_orgs,
					.token = config->client_token,
					.validity_s = config->client_validity_s };
	AUTO(run) struct run *run = NULL;
	AUTO(secret) char *text = NULL;

	if (!config->client_name) {
		err_set(err, ERR_USAGE, "whom is it for? --client-name NAME says so");
		return err_next(err, "kstrap kubeconfig --help");
	}
	if (run_open_files(config, &run, err) < 0 || certs_user(run, &want, &text, err) < 0)
		return -1;
	puts(text);
	return 0;
}

int cmd_kubeconfig(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;

	if (cmd_begin("kubeconfig", CONFIG_USER, 1, argc, argv, &config, &args, err) < 0)
		return -1;
	if (!config)
		return 0;
	if (json_array_size(args) == 1 && str_eq(json_text(args, 0), "user"))
		return user(config, err);
	err_set(err, ERR_USAGE, "kubeconfig: the one command is user");
	return err_next(err, "kstrap kubeconfig --help");
}
