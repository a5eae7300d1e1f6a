/* The pods of this node, through the runtime's own socket. */
#include "phases/reset/reset.h"

#include <string.h>

#include "api/cri.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/runtime/runtime.h"

#define FLAG     "--container-runtime-endpoint="
#define FILE_MAX 65536
#define CALL_S   60
#define START_S  30
#define TRIES    5

/* The kubelet was told in its flags or, from 1.34 on, in a file. */
static char *told_socket(const struct run *run)
{
	AUTO(free) char *env = kubelet_path(run, "kubeadm-flags.env");
	AUTO(free) char *file = kubelet_path(run, "instance-config.yaml");
	AUTO(free) char *text = NULL;
	AUTO(json) json_t *documents = NULL;
	struct err ignored = ERR_INIT;
	const char *at;
	size_t len;

	if (fs_read(run->fs, env, FILE_MAX, &text, NULL, &ignored) == 0 &&
	    (at = strstr(text, FLAG)))
		return xstrndup(at + strlen(FLAG), strcspn(at + strlen(FLAG), " \"\n"));
	free(TAKE(text));
	if (fs_read(run->fs, file, FILE_MAX, &text, &len, &ignored) < 0 ||
	    yaml_parse(text, len, file, &documents, NULL, &ignored) < 0)
		return NULL;
	return xstrdup(json_str(json_array_get(documents, 0), "containerRuntimeEndpoint"));
}

/* Whether systemd runs or starts it: a kinit that was killed while it restarted the runtime leaves
 * one that answers only in a while. */
static bool is_up(struct run *run, const char *socket)
{
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;
	const char *argv[] = { "systemctl", "show", "-p", "ActiveState", "-p", "Job", NULL, NULL };

	if (!socket || runtime_find(run->fs, socket, false, &runtime, &ignored) < 0)
		return false;
	argv[6] = runtime_unit(&runtime);
	if (!argv[6] ||
	    proc_call(&(struct proc){ .argv = argv, .timeout_s = CALL_S }, &result, &ignored) < 0)
		return false;
	/* Between stop and start it is inactive, with the job of the restart. */
	return strstr(result.out, "ActiveState=active\n") || strstr(result.out, "activating\n") ||
	       (strstr(result.out, "Job=") && !strstr(result.out, "Job=0\n"));
}

static int find_runtime(struct run *run, const char *told, struct runtime *ret, struct err *err)
{
	const double until = clock_mono() + START_S;
	struct log_wait wait;

	log_wait_start(&wait, "waiting for the container runtime");
	while (runtime_find(run->fs, told, true, ret, err) < 0) {
		if (clock_mono() > until || !is_up(run, told))
			return -1;
		log_tick(&wait);
		clock_sleep(0.1);
	}
	return 0;
}

int reset_socket(struct run *run, char **ret, struct err *err)
{
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	AUTO(free)
	char *told = run->config->cri_socket ? xstrdup(run->config->cri_socket) : told_socket(run);
	struct err why = ERR_INIT;

	*ret = NULL;
	if (find_runtime(run, told, &runtime, &why) == 0) {
		*ret = xstrdup(runtime.socket);
		return 0;
	}
	if (why.code == ERR_NOT_FOUND && !told)
		return 0;
	*err = why;
	return -1;
}

static int remove_one(struct cri *cri, const json_t *pod, struct err *err)
{
	for (int i = 1; cri_remove_pod(cri, json_str(pod, "id"), err) < 0; i++)
		if (i == TRIES || err->code == ERR_NET)
			return -1;
	return 0;
}

/* A network plugin that cannot take its share back any more is no reason to stop: the containers
 * have ended by then. */
int reset_pods(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *socket = NULL;
	AUTO(cri) struct cri *cri = NULL;
	AUTO(json) json_t *pods = NULL;
	struct reset_state *state;
	size_t i, failed = 0;
	struct log_wait wait;
	const json_t *pod;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	if (!state->scope.node)
		return 0;
	if (reset_socket(run, &socket, err) < 0) {
		if (!reset_ignores(run, "cri"))
			return -1;
		log_warn("pods may run on: %s", err->msg);
		return 0;
	}
	if (!socket)
		return 0;
	if (cri_open(socket, CALL_S, &cri, err) < 0 || cri_pods(cri, &pods, err) < 0) {
		if (!runtime_is_dockershim(socket))
			return -1;
		log_warn("docker still runs the pods: docker rm -f $(docker ps -aqf "
			 "label=io.kubernetes.pod.uid)");
		return 0;
	}
	log_wait_start(&wait, "ending the pods");
	json_array_foreach (pods, i, pod) {
		const char *space = json_str(pod, "namespace"), *name = json_str(pod, "pod");
		struct err why = ERR_INIT;

		log_tick(&wait);
		if (run->dry_run) {
			log_say("would remove pod %s/%s", space, name);
		} else if (remove_one(cri, pod, &why) < 0) {
			log_warn("pod %s/%s: %s", space, name, why.msg);
			failed++;
		} else {
			log_debug("removed pod %s/%s", space, name);
		}
	}
	if (!run->dry_run && json_array_size(pods) > failed)
		log_say("%zu pods are ended and removed", json_array_size(pods) - failed);
	return 0;
}
