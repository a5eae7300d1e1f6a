/* kstrap join, also called kjoin. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

static void usage(void)
{
	AUTO(free) char *flags = config_usage(CONFIG_JOIN);
	AUTO(free) char *phases = cmd_phases(phases_join);

	printf("Usage: kjoin --token=TOKEN MASTER[:PORT]... [FLAGS]\n"
	       "       kjoin --token=TOKEN --cluster-name NAME [FLAGS]\n"
	       "       kstrap join MASTER[:PORT] --token TOKEN [FLAGS]\n"
	       "       kstrap join phase NAME MASTER[:PORT] [FLAGS]   (NAME CHILD, NAME/CHILD, NAME all)\n"
	       "\n"
	       "Makes this host a node of the cluster whose control plane is at MASTER (port 6443). Of\n"
	       "several masters each is tried, one that is ready first; with --cluster-name DNS knows them.\n"
	       "With --control-plane and the certificate key that kinit --upload-certs shows it becomes a\n"
	       "further control plane.\n"
	       "\n"
	       "A token is the cluster's invitation: kinit prints one, and\n"
	       "`kstrap token create --print-join-command` on a control plane makes another. It\n"
	       "reads ID.SECRET.PIN: ID names it in the cluster, SECRET proves that the host was\n"
	       "invited and the cluster that it knows the invitation, PIN is the fingerprint of the\n"
	       "cluster's CA, so that nobody in between can pretend to be the cluster. kubeadm's\n"
	       "ID.SECRET with --discovery-token-ca-cert-hash says the same. Tokens end after a day\n"
	       "unless made otherwise; a node that has joined needs none any more.\n"
	       "\n"
	       "Running it again after any failure finishes the job; on a node of that cluster it\n"
	       "changes nothing.\n"
	       "\n"
	       "Flags:\n%s\n"
	       "Phases, in their order (`kstrap explain PHASE` says more):\n%s",
	       flags, phases);
}

static void tell(const struct run *run)
{
	if (run->offline)
		log_say("%s is prepared: %u files made, %u changed, %u as they were; its kubelet "
			"joins when the host starts, for as long as the token is valid",
			fs_root(run->fs), run->count.made, run->count.changed, run->count.kept);
	else
		log_say("node %s has joined the cluster%s; on a control plane: kubectl get nodes",
			run->cluster->node_name,
			run->config->join_control_plane ? " as a control plane" : "");
}

int cmd_join(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *phase = NULL;
	bool help = false;

	if (config_load(CONFIG_JOIN, argc - 1, argv + 1, &config, &args, &help, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap join --help");
	if (help) {
		usage();
		return 0;
	}
	log_verbosity(config->verbosity);
	if (cmd_phase("join", phases_join, args, &phase, err) < 0 || run_open(config, &run, err) < 0 ||
	    phases_run(phases_join, run, phase, err) < 0)
		return -1;
	if (!phase && !run->dry_run)
		tell(run);
	return 0;
}
