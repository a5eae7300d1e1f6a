/* kstrap certs: kubeadm's commands for certificates that are there already. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "config/flags.h"
#include "phases/certs/certs.h"
#include "pki/certcrypt.h"

struct certs_call {
	struct config *config;
	bool algorithm_is_asked; /* by a flag or a file, so that it is not the old keys' */
};

static int renew(const void *certs_call, const json_t *args, struct err *err)
{
	const struct certs_call *call = certs_call;
	const char *name = json_text(args, 1);
	const char *algorithm = call->algorithm_is_asked ? call->config->key_algorithm : NULL;
	AUTO(run) struct run *run = NULL;

	if (!name) {
		err_set(err, ERR_USAGE, "which certificate? all, or one name");
		return err_next(err, "kstrap certs renew all");
	}
	if (run_open_files(call->config, &run, err) < 0)
		return -1;
	return certs_renew(run, str_eq(name, "all") ? NULL : name, algorithm, err);
}

static int check_expiration(const void *certs_call, const json_t *args, struct err *err)
{
	const struct certs_call *call = certs_call;
	AUTO(run) struct run *run = NULL;
	AUTO(json) json_t *info = NULL;
	AUTO(free) char *text = NULL;

	(void)args;
	if (run_open_files(call->config, &run, err) < 0 || certs_expiration(run, &info, err) < 0)
		return -1;
	if (!str_eq(call->config->output, "text"))
		return cmd_print(call->config, info, NULL, err);
	text = certs_expiration_text(info);
	log_raw(text);
	return 0;
}

static int generate_csr(const void *certs_call, const json_t *args, struct err *err)
{
	const struct certs_call *call = certs_call;
	AUTO(run) struct run *run = NULL;

	(void)args;
	if (run_open(call->config, &run, err) < 0)
		return -1;
	return certs_requests(run, call->config->kubeconfig_dir, err);
}

static int certificate_key(const void *certs_call, const json_t *args, struct err *err)
{
	AUTO(secret) char *text = NULL;
	struct certcrypt_key key;

	(void)certs_call;
	(void)args;
	if (certcrypt_key_generate(&key, err) < 0)
		return -1;
	text = certcrypt_key_format(&key);
	certcrypt_key_clear(&key);
	puts(text);
	return 0;
}

static const struct subcommand subcommands[] = {
	{ "renew", 1, renew },
	{ "check-expiration", 0, check_expiration },
	{ "generate-csr", 0, generate_csr },
	{ "certificate-key", 0, certificate_key },
	{ 0 },
};

/* Before config_load, which tells what a value is, but not whether anybody gave it. */
static bool asks_for_algorithm(int argc, char **argv)
{
	AUTO(faults) struct faults ignored = FAULTS_INIT;
	AUTO(argv_read) struct argv_read read = { 0 };

	flags_read(CONFIG_CERTS, argc, argv, &read, &ignored);
	return flags_text(&read, "config") || flags_text(&read, "key-algorithm");
}

int cmd_certs(int argc, char **argv, struct err *err)
{
	struct certs_call call = { .algorithm_is_asked = asks_for_algorithm(argc - 1, argv + 1) };
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	bool help = false;

	if (config_load(CONFIG_CERTS, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap certs --help");
	if (help) {
		AUTO(free) char *names = certs_names();

		cmd_help("certs", CONFIG_CERTS);
		printf("\nCertificates that renew knows:\n%s", names);
		return 0;
	}
	log_verbosity(config->verbosity);
	call.config = config;
	if (cmd_run("certs", subcommands, &call, args, err) == 0)
		return 0;
	return *err->next || err->code != ERR_USAGE ? -1 : err_next(err, "kstrap certs --help");
}
