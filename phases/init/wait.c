/* Waiting for the API server, never silently, and telling what is wrong when it does not come. */
#include "phases/init/init.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/diagnose.h"

#define POLL_S	0.05
#define PROBE_S 2
#define SAY_S	1.8 /* nobody should have to wonder for 2 s whether it hangs */
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

int wait_act(struct run *run, const void *arg, struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;
	double start = clock_mono(), told = start, said = start;
	char why[700] = "";

	(void)arg;
	if (run_connect(run, PROBE_S, &kube, err) < 0)
		return -1;
	for (;;) {
		AUTO(free) char *body = NULL;
		struct err probe = ERR_INIT;
		long status = 0;
		double now;

		if (kube_probe(kube, "/livez", &status, &body, &probe) < 0)
			status = 0;
		now = clock_mono();
		if (status == 200) {
			log_say("the API server is healthy after %.1f s", now - start);
			return 0;
		}
		note_why(why, sizeof(why), status, body, &probe);
		if (now - start > (double)run->config->timeout_control_plane_s)
			return give_up(run, now - start, why, err);
		if (now - told > PATIENCE_S) {
			AUTO(free) char *found = diagnose_control_plane(run);

			log_warn("still no API server after %.0f s (%s)%s", now - start, why, found);
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
