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
#include "base/str.h"

static const struct cmd commands[] = {
	{ "init", "make this host a Kubernetes control plane (also called kinit)", cmd_init },
	{ "join", "make this host a node of a cluster (also called kjoin)", cmd_join },
	{ "reset", "take away from this host what init or join made", cmd_reset },
	{ "preflight", "check this host and change nothing", cmd_preflight },
	{ "explain", "say what a phase of init, join or reset does, and why", cmd_explain },
	{ "certs", "renew certificates, and say when they end", cmd_certs },
	{ "kubeconfig", "print a kubeconfig for a further user", cmd_kubeconfig },
	{ "cni", "install CNI plugins, compare them with the image's, take them away", cmd_cni },
	{ "config", "print, check and explain configuration files", cmd_config },
	{ "cni", "the network's plugins, and manifests that bring others", cmd_cni },
	{ "network", "keep the routes between the nodes' pods (run by kstrap-network.service)",
	  cmd_network },
	{ "approve", "approve nodes' certificates (run by kstrap-approver.service)", cmd_approve },
	{ "boot", "mend what a rollback took back (run by kstrap-boot.service)", cmd_boot },
	{ "upgrade", "see whether the system that boots next fits the cluster", cmd_upgrade },
	{ "wait-master", "wait until a master is ready, for a unit that needs one", cmd_wait_master },
	{ "token", "make, list and delete the tokens with which hosts join", cmd_token },
	{ "version", "print the version", cmd_version },
	{ 0 },
};

static void usage(FILE *to)
{
	fputs("Usage: kstrap COMMAND [FLAGS]\n"
	      "\n"
	      "Makes Linux hosts, those with a read-only /usr too, a Kubernetes cluster:\n"
	      "  master# kinit                      (kstrap init)\n"
	      "  worker# kjoin --token=T MASTER-IP  (kstrap join; kinit prints the line)\n"
	      "\n"
	      "Commands:\n",
	      to);
	for (const struct cmd *cmd = commands; cmd->name; cmd++)
		fprintf(to, "  %-12s %s\n", cmd->name, cmd->doc);
	fputs("\n`kstrap COMMAND --help` says more. Exit status: 0 success, 1 a bug of kstrap, "
	      "2 wrong flag\nor argument, 3 wrong configuration, 4 this host, 5 key, certificate "
	      "or token, 6 network,\n7 the API server or the runtime answered with a failure, 8 a "
	      "wait took too long.\n",
	      to);
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
	return nearest ? err_next(err, "kstrap %s --help", nearest) :
			 err_next(err, "kstrap --help");
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
