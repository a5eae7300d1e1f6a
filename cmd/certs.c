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
	const char *name;        /* of the certificate; NULL when none was given */
	bool algorithm_is_asked; /* by a flag or a file, so that it is not the old keys' */
};

static int renew(const struct certs_call *call, struct err *err)
{
	const char *algorithm = call->algorithm_is_asked ? call->config->key_algorithm : NULL;
	AUTO(run) struct run *run = NULL;

	if (!call->name) {
		err_set(err, ERR_USAGE, "which certificate? all, or one name");
		return err_next(err, "kstrap certs renew all");
	}
	if (run_open_files(call->config, &run, err) < 0)
		return -1;
	return certs_renew(run, str_eq(call->name, "all") ? NULL : call->name, algorithm, err);
}

static int check_expiration(const struct certs_call *call, struct err *err)
{
	AUTO(run) struct run *run = NULL;
	AUTO(json) json_t *info = NULL;
	AUTO(free) char *text = NULL;

	if (run_open_files(call->config, &run, err) < 0 || certs_expiration(run, &info, err) < 0)
		return -1;
	if (!str_eq(call->config->output, "text"))
		return cmd_print(call->config, info, NULL, err);
	text = certs_expiration_text(info);
	log_raw(text);
	return 0;
}

static int generate_csr(const struct certs_call *call, struct err *err)
{
	AUTO(run) struct run *run = NULL;

	if (run_open(call->config, &run, err) < 0)
		return -1;
	return certs_requests(run, call->config->kubeconfig_dir, err);
}

static int certificate_key(const struct certs_call *call, struct err *err)
{
	AUTO(secret) char *text = NULL;
	struct certcrypt_key key;

	(void)call;
	if (certcrypt_key_generate(&key, err) < 0)
		return -1;
	text = certcrypt_key_format(&key);
	certcrypt_key_clear(&key);
	puts(text);
	return 0;
}

static const struct {
	const char *name, *args, *doc;
	size_t args_max;
	int (*run)(const struct certs_call *call, struct err *err);
} subcommands[] = {
	{ "renew", "NAME|all", "make certificates anew, and restart what uses them", 1, renew },
	{ "check-expiration", "", "say when which certificate ends", 0, check_expiration },
	{ "generate-csr", "", "write keys and requests for a CA elsewhere", 0, generate_csr },
	{ "certificate-key", "", "print a key for --upload-certs", 0, certificate_key },
};
#define SUBCOMMANDS (sizeof(subcommands) / sizeof(*subcommands))

static void usage(void)
{
	AUTO(free) char *flags_text_ = config_usage(CONFIG_CERTS);
	AUTO(free) char *names = certs_names();

	puts("Usage: kstrap certs COMMAND [FLAGS]\n\n"
	     "A cluster's parts know each other by certificates, which end after a year. These\n"
	     "commands look after them without the API server, so also when all have ended.\n\n"
	     "Commands:");
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		printf("  %-16s %-9s %s\n", subcommands[i].name, subcommands[i].args,
		       subcommands[i].doc);
	printf("\nCertificates that renew knows:\n%s\n"
	       "A new certificate has its predecessor's names and kind of key (another kind with\n"
	       "--key-algorithm or --config).\n\nFlags:\n%s",
	       names, flags_text_);
}

static int run_command(struct certs_call *call, const json_t *args, struct err *err)
{
	const char *name = json_string_value(json_array_get(args, 0));
	const char *names[SUBCOMMANDS + 1] = { NULL }, *near;

	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		names[i] = subcommands[i].name;
		if (!str_eq(name, names[i]))
			continue;
		if (cmd_args("certs", args, subcommands[i].args_max + 1, err) < 0)
			return -1;
		call->name = json_string_value(json_array_get(args, 1));
		return subcommands[i].run(call, err);
	}
	near = name ? str_nearest(name, names) : NULL;
	if (near)
		return err_set(err, ERR_USAGE, "certs: unknown command \"%s\": did you mean %s?",
			       name, near);
	return err_set(err, ERR_USAGE,
		       "certs: which of renew, check-expiration, generate-csr, certificate-key?");
}

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
		usage();
		return 0;
	}
	log_verbosity(config->verbosity);
	call.config = config;
	if (run_command(&call, args, err) == 0)
		return 0;
	return *err->next || err->code != ERR_USAGE ? -1 : err_next(err, "kstrap certs --help");
}
