/* Waiting for the API server, never silently, and telling what is wrong when it does not come. */
#include "phases/init/init.h"

#include "api/cri.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "phases/diagnose.h"

#define POLL_S   0.05
#define PROBE_S  2
#define THOROUGH 20 /* one of so many */
#define ASK_S    5
#define SAY_S    1.8 /* nobody should have to wonder for 2 s whether it hangs */
/* As long as a healthy control plane takes on a slow machine: after it, say what it is doing. */
#define PATIENCE_S 30

/* What keeps /livez from being 200, for the person waiting. */
static void note_why(char *ret, size_t len, long status, const char *body, const struct err *err)
{
	if (status == 0)
		snprintf(ret, len, "%.500s", err->msg);
	else
		snprintf(ret, len, "/livez answers %ld: %.300s", status, body ? body : "");
	for (char *c = ret; *c; c++)
		if (*c == '\n')
			*c = ' ';
}

static int give_up(struct run *run, double waited_s, const char *why, struct err *err)
{
	AUTO(free) char *found = diagnose_control_plane(run);

	err_set(err, ERR_TIMEOUT, "the API server at %s was not healthy within %.0f s (%.300s)%s",
		run->cluster->local_server, waited_s, why, found);
	return err_next(err, "mend what the lines above say, then run the same command again; all "
			     "of the kubelet's log: journalctl -xeu kubelet");
}

/* When the manifest was written in this run, in ns of the wall clock; 0 when it was not. */
static int64_t written(const struct run *run, const char *component)
{
	AUTO(free) char *path = manifest_path(run, component);
	struct err ignored = ERR_INIT;
	struct stat st;

	if (fs_lstat(run->fs, path, &st, &ignored) < 0 || st.st_mtim.tv_sec < run->now)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static bool runs_since(const json_t *containers, const char *component, int64_t since)
{
	const json_t *container;
	size_t i;

	json_array_foreach (containers, i, container)
		if (json_str_is(container, "name", component) &&
		    json_str_is(container, "state", "running") &&
		    json_int(container, "createdAt") >= since)
			return true;
	return false;
}

/* Where manifests were changed below a control plane that runs, the kubelet takes its time to
 * replace it: what answers until then is the old one, about to go. A runtime that does not tell
 * holds nobody up. */
static bool pods_are_new(const struct run *run)
{
	static const char *const serving[] = { "etcd", "kube-apiserver", NULL };
	AUTO(json) json_t *containers = NULL;
	AUTO(cri) struct cri *cri = NULL;
	struct err ignored = ERR_INIT;

	if (!run->cluster->cri_socket ||
	    cri_open(run->cluster->cri_socket, ASK_S, &cri, &ignored) < 0 ||
	    cri_containers(cri, &containers, &ignored) < 0)
		return true;
	for (const char *const *component = serving; *component; component++) {
		int64_t since = written(run, *component);

		if (since && !runs_since(containers, *component, since))
			return false;
	}
	return true;
}

/* Most of the time nobody is there yet, which one system call tells. Every so often it is asked
 * thoroughly all the same, for the words. */
static long probe_server(const struct run *run, struct kube *kube, unsigned n, char **ret_body,
			 struct err *err)
{
	long status = 0;

	if (n % THOROUGH != 0 && *err->msg && !run->config->kubeconfig &&
	    net_refused(run->cluster->advertise_address, run->config->bind_port))
		return 0;
	*err = (struct err)ERR_INIT;
	return kube_probe(kube, "/livez", &status, ret_body, err) < 0 ? 0 : status;
}

int wait_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;
	double start = clock_mono(), told = start, said = start;
	char why[700] = "";
	bool current = false;
	struct err probe = ERR_INIT;

	(void)arg;
	if (run_connect_local(run, PROBE_S, &kube, err) < 0)
		return -1;
	for (unsigned n = 0;; n++) {
		AUTO(free) char *body = NULL;
		long status = probe_server(run, kube, n, &body, &probe);
		double now = clock_mono();

		if (status == 200 && !current) {
			current = pods_are_new(run);
			if (current)
				continue; /* it may have answered before it was replaced */
			snprintf(why, sizeof(why), "the kubelet has not replaced it yet");
		} else if (status == 200) {
			log_say("the API server is healthy after %.1f s", now - start);
			return 0;
		}
		if (status != 200)
			note_why(why, sizeof(why), status, body, &probe);
		if (now - start > (double)run->config->timeout_control_plane_s)
			return give_up(run, now - start, why, err);
		if (now - told > PATIENCE_S) {
			AUTO(free) char *found = diagnose_control_plane(run);

			log_warn("still no API server after %.0f s (%s)%s", now - start, why,
				 found);
			told = now;
		}
		if (now - said > SAY_S) {
			AUTO(free) char *state = diagnose_summary(run);

			log_say("%.0f s: %s", now - start, state);
			said = now;
		}
		clock_sleep(POLL_S);
	}
}
