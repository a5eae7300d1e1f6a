/* argv to a subcommand, and its error to a person and an exit status. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/packed.h"
#include "base/str.h"

static const struct cmd commands[] = {
	{ "init", cmd_init },
	{ "join", cmd_join },
	{ "reset", cmd_reset },
	{ "preflight", cmd_preflight },
	{ "explain", cmd_explain },
	{ "certs", cmd_certs },
	{ "kubeconfig", cmd_kubeconfig },
	{ "cni", cmd_cni },
	{ "config", cmd_config },
	{ "network", cmd_network },
	{ "approve", cmd_approve },
	{ "boot", cmd_boot },
	{ "upgrade", cmd_upgrade },
	{ "wait-master", cmd_wait_master },
	{ "token", cmd_token },
	{ "version", cmd_version },
	{ 0 },
};

static void usage(FILE *to)
{
	AUTO(free) char *text = packed_part("help.txt", "kstrap");

	fprintf(to, "%s\n", text);
}

static const struct cmd *find(const char *name)
{
	for (const struct cmd *cmd = commands; cmd->name; cmd++)
		if (str_eq(cmd->name, name))
			return cmd;
	return NULL;
}

static int unknown(const char *name, struct err *err)
{
	const char *names[sizeof(commands) / sizeof(commands[0])];
	const char *nearest;
	size_t n = 0;

	for (const struct cmd *cmd = commands; cmd->name; cmd++)
		names[n++] = cmd->name;
	names[n] = NULL;
	nearest = str_nearest(name, names);
	err_set(err, ERR_USAGE, "there is no command \"%s\"", name);
	return nearest ? err_next(err, "kstrap %s --help", nearest)
		       : err_next(err, "kstrap --help");
}

static int dispatch(int argc, char **argv, struct err *err)
{
	const char *slash = strrchr(argv[0], '/');
	const char *self = slash ? slash + 1 : argv[0];
	const struct cmd *cmd;

	if (str_eq(self, "kinit"))
		return cmd_init(argc, argv, err);
	if (str_eq(self, "kjoin"))
		return cmd_join(argc, argv, err);
	if (argc < 2) {
		usage(stderr);
		err_set(err, ERR_USAGE, "no command was given");
		return err_next(err, "kstrap --help");
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h") || str_eq(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	if (str_eq(argv[1], "--version"))
		return cmd_version(1, argv, err);
	cmd = find(argv[1]);
	return cmd ? cmd->run(argc - 1, argv + 1, err) : unknown(argv[1], err);
}

/* A file opened as 0, 1 or 2 would get what is meant for the terminal. True when standard output
 * was closed (or a library of ours has put /dev/null there, for reading, before main): then nobody
 * misses what could not be written to it. */
static bool open_standard_fds(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	bool closed = flags < 0 || (flags & O_ACCMODE) == O_RDONLY;
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY | O_NOCTTY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	return closed;
}

/* Keys and tokens pass through memory: no core dump, and no reading by others of the same user. */
static void keep_memory_private(void)
{
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)prctl(PR_SET_DUMPABLE, 0);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	bool mute = open_standard_fds();

	keep_memory_private();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(022);
	if (argc < 1)
		return err_exit_status(ERR_USAGE);
	if (dispatch(argc, argv, &err) == 0) {
		/* A full disk behind stdout is a failure too: what was asked for is not there. */
		if ((fflush(stdout) == 0 && !ferror(stdout) && (errno = log_lost()) == 0) || mute)
			return 0;
		(void)err_sys(&err, "write to standard output");
	}
	(void)fflush(stdout);
	if (err.code != ERR_DIFFERS)
		fprintf(stderr, "kstrap: error: %s\n", err.msg);
	if (*err.next)
		fprintf(stderr, "  next: %s\n", err.next);
	return err_exit_status(err.code);
}
