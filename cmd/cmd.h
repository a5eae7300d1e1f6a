/* The program's face: one function for each subcommand, and what they share. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/err.h"
#include "config/config.h"
#include "phases/phase.h"

struct cmd {
	const char *name;
	/* argv[0] is the command's name, after it what follows on the command line. 0 or -1 with
	 * err filled, which main prints and turns into the exit status. --help prints to stdout and
	 * returns 0, and needs neither root nor host. */
	int (*run)(int argc, char **argv, struct err *err);
};

int cmd_approve(int argc, char **argv, struct err *err);
int cmd_boot(int argc, char **argv, struct err *err);
int cmd_init(int argc, char **argv, struct err *err);
int cmd_join(int argc, char **argv, struct err *err);
int cmd_preflight(int argc, char **argv, struct err *err);
int cmd_explain(int argc, char **argv, struct err *err);
int cmd_cni(int argc, char **argv, struct err *err);
int cmd_config(int argc, char **argv, struct err *err);
int cmd_certs(int argc, char **argv, struct err *err);
int cmd_kubeconfig(int argc, char **argv, struct err *err);
int cmd_network(int argc, char **argv, struct err *err);
int cmd_reset(int argc, char **argv, struct err *err);
int cmd_token(int argc, char **argv, struct err *err);
int cmd_upgrade(int argc, char **argv, struct err *err);
int cmd_wait_master(int argc, char **argv, struct err *err);
int cmd_version(int argc, char **argv, struct err *err);

/* kstrap cni's, as rows of cmd/cni.c; args[0] is its name. Errors: ERR_DIFFERS (--check), others. */
int cmd_cni_rewrite(const struct config *config, const json_t *args, struct err *err);

/* One of a command's own commands (`kstrap token create`). `call` is what its command hands to
 * cmd_run, args[0] its name. */
struct subcommand {
	const char *name;
	size_t args_max; /* after the name */
	int (*run)(const void *call, const json_t *args, struct err *err);
};
/* Runs the one that args[0] names; `rows` end with a NULL name.
 * Errors: ERR_USAGE, without err_next; what the row's function says. */
int cmd_run(const char *command, const struct subcommand *rows, const void *call,
	    const json_t *args, struct err *err);

/* Prints help.txt's part of that name, with the flags and the phases. */
void cmd_help(const char *name, enum config_for kind);
/* How most commands begin: reads the flags, prints the help when --help is among them (*ret is NULL
 * then), refuses more than `args_max` arguments, sets the verbosity. Errors: as config_load;
 * ERR_USAGE. */
int cmd_begin(const char *name, enum config_for kind, size_t args_max, int argc, char **argv,
	      struct config **ret, json_t **ret_args, struct err *err);
/* Refuses more than `max` arguments. Errors: ERR_USAGE. */
int cmd_args(const char *command, const json_t *args, size_t max, struct err *err);
/* "phase" and what follows it among a command's arguments, as a path for phases_run
 * ("certs/apiserver"); *ret NULL without "phase". Checks that the phase exists. The caller frees.
 * Errors: ERR_USAGE. */
int cmd_phase(const char *command, const struct phase *table, json_t *args, char **ret,
	      struct err *err);
/* The phases of a table, indented, for --help and explain; the caller frees. */
char *cmd_phases(const struct phase *table);

/* A result as --output wants it; "text" is what the jsonpath `text` makes of it.
 * Errors: ERR_CONFIG (a jsonpath's). */
int cmd_print(const struct config *config, const json_t *value, const char *text, struct err *err);

#endif
