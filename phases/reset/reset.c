/* reset: kubeadm's phases, delete-node before them, and cleanup-node in parts. */
#include "phases/reset/reset.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/journal.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/cni/cni.h"

#define ANSWER_S 600

static void state_free(void *arg)
{
	struct reset_state *state = arg;

	json_decref(state->journal);
	json_decref(state->stays);
	free(state->node);
	free(state);
}

int reset_state(struct run *run, struct reset_state **ret, struct err *err)
{
	struct reset_state *state = run->state;
	json_t *journal = NULL;

	if (!state) {
		if (run->commit)
			journal = json_deep_copy(commit_journal(run->commit));
		else if (journal_read(run->fs, &journal, err) < 0)
			return -1;
		state = xcalloc(1, sizeof(*state));
		state->journal = journal;
		state->scope = reset_scope(run->config, journal);
		state->stays = json_array();
		run->state = state;
		run->state_free = state_free;
	}
	*ret = state;
	return 0;
}

bool reset_ignores(const struct run *run, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (run->config->ignore_preflight, i, item)
		if (strcasecmp(json_string_value(item), name) == 0 ||
		    strcasecmp(json_string_value(item), "all") == 0)
			return true;
	return false;
}

/* A y or yes on standard input, as kubeadm takes it: from a person, or from `yes |`. */
static int read_answer(char *ret, size_t size, struct err *err)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		int ready = poll(&in, 1, ANSWER_S * 1000);
		ssize_t n;
		char c;

		if (ready == 0) {
			err_set(err, ERR_TIMEOUT,
				"nobody answered within %d s; nothing was changed", ANSWER_S);
			return err_next(err, "kstrap reset --force");
		}
		n = ready < 0 ? -1 : read(STDIN_FILENO, &c, 1);
		if (n <= 0 || c == '\n')
			break;
		if (len + 1 < size)
			ret[len++] = c;
	}
	ret[len] = '\0';
	return 0;
}

static int confirm(struct run *run, const struct reset_state *state, struct err *err)
{
	char answer[8] = "";

	if (run->config->force || run->dry_run || !state->scope.any)
		return 0;
	log_say("what kinit or kjoin made on this host is taken away again: pods are ended, "
		"certificates and keys%s are removed",
		state->scope.etcd ? ", and etcd's data," : "");
	log_raw("Go on? [y/N]: ");
	(void)fflush(stdout);
	if (read_answer(answer, sizeof(answer), err) < 0)
		return -1;
	if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
		return 0;
	err_set(err, ERR_USAGE, "reset was not confirmed%s; nothing was changed",
		isatty(STDIN_FILENO) ? ""
				     : ", and standard input is no terminal where it could be");
	return err_next(err,
			"kstrap reset --force, which does not ask; --dry-run lists what it does");
}

static int check_root(const struct run *run, struct err *err)
{
	if (run->offline || run->dry_run || geteuid() == 0 ||
	    reset_ignores(run, "isprivilegeduser"))
		return 0;
	err_set(err, ERR_HOST, "only root can take a node apart");
	return err_next(err, "run it as root: sudo kstrap reset");
}

/* A node without a journal is another tool's: what is on it cannot be told from what was before. */
static int check_maker(const struct run *run, const struct reset_state *state, struct err *err)
{
	AUTO(free) char *kubelet = conf_path(run, "kubelet.conf");

	if (state->scope.any || !fs_exists(run->fs, kubelet))
		return 0;
	err_set(err, ERR_HOST,
		"kstrap did not make this node: there is a %s%s, and no journal of ours",
		fs_root(run->fs), kubelet);
	return err_next(err, "kubeadm reset");
}

/* What would stop a reset half-way is told before it begins. */
static int look_ahead(struct run *run, const struct reset_state *state, struct err *err)
{
	AUTO(free) char *socket = NULL;

	if (reset_etcd_check(run, err) < 0)
		return -1;
	if (!state->scope.node || reset_ignores(run, "cri") || reset_socket(run, &socket, err) == 0)
		return 0;
	err_wrap(err, "the pods cannot be ended");
	return err_next(err,
			"start the container runtime; or, to leave its containers as they are: "
			"kstrap reset --ignore-preflight-errors=CRI");
}

static int preflight(struct run *run, const void *arg, struct err *err)
{
	struct reset_state *state;

	(void)arg;
	if (check_root(run, err) < 0 || reset_state(run, &state, err) < 0 ||
	    check_maker(run, state, err) < 0)
		return -1;
	if (!state->scope.any)
		log_say("kstrap made nothing on this host, or it is gone already");
	else if (!run->offline && look_ahead(run, state, err) < 0)
		return -1;
	return confirm(run, state, err);
}

static const struct phase cleanup[] = {
	{ .name = "services",
	  .doc = "Stop the kubelet and kstrap's own services",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = reset_services },
	{ .name = "pods",
	  .doc = "End and remove the pods",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = reset_pods },
	{ .name = "mounts",
	  .doc = "Unmount what pods left mounted below /var/lib/kubelet",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = reset_unmount },
	{ .name = "network",
	  .doc = "Take the pod network away",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = reset_network },
	{ .name = "runtime",
	  .doc = "Give the container runtime its own settings back",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY | PHASE_EVEN_OFFLINE,
	  .render = reset_runtime_render,
	  .act = reset_runtime_restart },
	{ .name = "data",
	  .doc = "Remove what kubelet, etcd and CNI plugins wrote",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY | PHASE_EVEN_OFFLINE,
	  .act = reset_sweep },
	{ .name = "files",
	  .doc = "Remove the files that the journal has, and put originals back",
	  .kind = PHASE_RENDERS,
	  .ask = reset_files_ask,
	  .render = reset_files_render },
	{ .name = "finish",
	  .doc = "Tell systemd, and say what stays",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY | PHASE_EVEN_OFFLINE,
	  .act = reset_finish },
	{ .name = NULL },
};

const struct phase phases_reset[] = {
	{ .name = "preflight",
	  .doc = "Ask whether it is meant, and look whether it can be done",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY | PHASE_EVEN_OFFLINE,
	  .act = preflight },
	{ .name = "delete-node",
	  .doc = "Delete this host's Node from the cluster",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = reset_delete_node },
	{ .name = "remove-etcd-member",
	  .doc = "Remove this host's etcd from its members",
	  .kind = PHASE_ACTS,
	  .flags = PHASE_EVEN_DRY,
	  .act = reset_etcd_member },
	{ .name = "cleanup-node",
	  .doc = "Take away from this host what kstrap made",
	  .kind = PHASE_RENDERS,
	  .children = cleanup },
	{ .name = NULL },
};
