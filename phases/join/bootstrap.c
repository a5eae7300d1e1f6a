#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/cni/cni.h"
#include "phases/join/join.h"
#include "phases/kubelet.h"
#include "phases/wait.h"

#define EXCHANGE_S 30
#define LOOK_S	   0.5 /* how often systemd is asked after the kubelet */
#define RESCUES	   3
#define DENIED_S   3.0 /* how often its journal is read for a no */

struct bootstrap {
	struct run *run;
	double looked_s, asked_s;
	int rescues;
	bool registered; /* the Node was seen */
	bool denied;	 /* the cluster said no */
	struct log_wait wait;
};

/* A kubelet that ended waits for RestartSec (10 s): one that only came before its runtime need not.
 * After a few times it is left to systemd, and its words are told when the time is over. */
static void look_after(struct bootstrap *bootstrap)
{
	static const char *const argv[] = { "systemctl", "show", "-p", "SubState", "--value",
					    "kubelet.service", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	AUTO(free) char *words = NULL;
	struct err err = ERR_INIT;

	if (clock_mono() - bootstrap->looked_s < LOOK_S || bootstrap->rescues == RESCUES)
		return;
	bootstrap->looked_s = clock_mono();
	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = 10 }, &result, &err) < 0 ||
	    !str_starts(result.out, "auto-restart"))
		return;
	words = kubelet_last_words();
	log_warn("the kubelet ended and is started again%s%s", *words ? "; it said:\n    " : "", words);
	bootstrap->rescues++;
	if (cni_wait_runtime(bootstrap->run, &err) < 0 || kubelet_restart(bootstrap->run, &err) < 0)
		log_warn("%s", err.msg);
}

/* The kubelet's word that the cluster said no, in this run; the caller frees, NULL when there is none.
 * It would go on asking for ever, in some versions with the same key. */
static char *denial(const struct run *run)
{
	AUTO(free) char *since = xasprintf("--since=@%lld", (long long)run->now);
	const char *const argv[] = { "journalctl", "-u", "kubelet.service", since, "-n", "300",
				     "-o", "cat", "--no-pager", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;
	const char *said;

	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = 10 }, &result, &ignored) < 0)
		return NULL;
	said = strstr(result.out, "signing request is denied, ");
	return said ? xstrndup(said, strcspn(said, "\n")) : NULL;
}

static int look_for_denial(struct bootstrap *bootstrap, struct err *err)
{
	struct run *run = bootstrap->run;
	AUTO(free) char *key = kubelet_path(run, "pki/kubelet-client.key.tmp");
	AUTO(free) char *said = NULL;

	if (clock_mono() - bootstrap->asked_s < DENIED_S)
		return 0;
	bootstrap->asked_s = clock_mono();
	said = denial(run);
	if (!said)
		return 0;
	bootstrap->denied = true;
	if (kubelet_stop(run, err) < 0)
		return -1;
	tree_set_phase(run->tree, "kubelet-wait-bootstrap");
	tree_absent(run->tree, key);
	if (run_commit(run, err) < 0)
		return -1;
	err_set(err, ERR_API, "the cluster denied this node its certificate; the kubelet was told: %.400s",
		said);
	return err_next(err, "on a control plane node: kstrap token create --print-join-command");
}

static int has_certificate(void *arg, struct err *err)
{
	struct bootstrap *bootstrap = arg;
	AUTO(credentials) struct credentials own = { .server = NULL };

	if (join_credentials(bootstrap->run, &own, err) == 0 && own.node &&
	    own.not_after > clock_now())
		return 1;
	look_after(bootstrap);
	return look_for_denial(bootstrap, err);
}

static int no_certificate(struct err *err)
{
	AUTO(free) char *words = kubelet_last_words();

	if (*words)
		err_wrap(err, "the kubelet got no certificate; it said:\n    %s\n ", words);
	else
		err_wrap(err, "the kubelet got no certificate");
	return err_next(err, "journalctl -u kubelet -n 50; on a control plane node: kubectl get csr");
}

static int registered(void *arg, const char *type, const json_t *node, struct err *err)
{
	struct bootstrap *bootstrap = arg;

	(void)node, (void)err;
	bootstrap->registered = !str_eq(type, "DELETED");
	return bootstrap->registered;
}

static void watch_tick(void *arg)
{
	struct bootstrap *bootstrap = arg;

	log_tick(&bootstrap->wait);
	look_after(bootstrap);
}

/* kubeadm before 1.34 finds the runtime's socket there. NodeRestriction lets a kubelet write its own
 * Node. */
static int annotate(struct run *run, struct kube *kube, const char *node, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", node);
	AUTO(json) json_t *patch = xjson_pack("{s:{s:{s:s}}}", "metadata", "annotations",
					      "kubeadm.alpha.kubernetes.io/cri-socket",
					      run->cluster->cri_socket);

	return kube_patch(kube, path, "application/merge-patch+json", patch, NULL, err);
}

static int register_node(struct bootstrap *bootstrap, const struct credentials *own,
			 struct err *err)
{
	struct run *run = bootstrap->run;
	AUTO(free) char *list = xasprintf("/api/v1/nodes?fieldSelector=metadata.name%%3D%s", own->node);
	AUTO(kube) struct kube *kube = NULL;

	log_wait_start(&bootstrap->wait, "waiting for the node to register");
	if (credentials_open(own, EXCHANGE_S, &kube, err) < 0 ||
	    kube_watch(kube, list, run->config->timeout_kubelet_s, registered, watch_tick, bootstrap,
		       err) < 0) {
		err_wrap(err, "the node %s did not register", own->node);
		return err_next(err, "journalctl -u kubelet -n 50");
	}
	if (semver_atleast(&run->cluster->kubelet, 1, 34))
		return 0;
	return annotate(run, kube, own->node, err);
}

/* A node that was deleted from the cluster while its kubelet ran registers only at its next start. */
static int registered_before(struct run *run, const struct credentials *own, struct err *err)
{
	AUTO(free) char *path = xasprintf("/api/v1/nodes/%s", own->node);
	AUTO(kube) struct kube *kube = NULL;
	AUTO(json) json_t *node = NULL;

	if (credentials_open(own, EXCHANGE_S, &kube, err) < 0)
		return -1;
	if (kube_get(kube, path, &node, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	log_say("the cluster does not know node %s any more: the kubelet registers it again",
		own->node);
	return kubelet_restart(run, err);
}

int join_wait_bootstrap(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *bootstrap_path = conf_path(run, "bootstrap-kubelet.conf");
	AUTO(credentials) struct credentials own = { .server = NULL };
	struct bootstrap bootstrap = { .run = run, .looked_s = clock_mono(),
				       .asked_s = clock_mono() };
	char until[21];

	(void)arg;
	if (join_state(run)->bootstrapped)
		return 0;
	if (wait_in(run->config->kubernetes_dir, "waiting for the kubelet's certificate",
		    run->config->timeout_tls_bootstrap_s, has_certificate, &bootstrap, err) < 0)
		return bootstrap.denied ? -1 : no_certificate(err);
	if (join_credentials(run, &own, err) < 0)
		return -1;
	clock_rfc3339(own.not_after, until);
	log_say("node %s has its certificate, until %s", own.node, until);

	tree_set_phase(run->tree, "kubelet-wait-bootstrap");
	tree_absent(run->tree, bootstrap_path);
	if (run_commit(run, err) < 0 || cni_wait_runtime(run, err) < 0)
		return -1;
	join_state(run)->bootstrapped = true;
	if (join_state(run)->joined && registered_before(run, &own, err) < 0) {
		log_warn("%s", err->msg); /* without the API server a joined node is still one */
		return 0;
	}
	return register_node(&bootstrap, &own, err);
}
