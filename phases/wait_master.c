#include "phases/wait_master.h"

#include "api/backoff.h"
#include "api/kube.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/credentials.h"
#include "phases/discovery.h"

#define ASK_S    10L
#define SILENT_S 1.0

struct waiting {
	const struct config *config;
	double start, until;
	struct kube *kube; /* verified; NULL: whoever answers */
	struct log_wait told;
};

static void tick(void *arg)
{
	struct waiting *waiting = arg;

	log_tick(&waiting->told);
}

static int ask_verified(struct waiting *waiting, char **ret_who, struct err *err)
{
	long status;

	if (kube_probe(waiting->kube, "/readyz", &status, NULL, err) < 0)
		return -1;
	*ret_who = xstrdup(kube_label(waiting->kube));
	return servers_readiness(*ret_who, status, err);
}

static int ask_anybody(struct waiting *waiting, char **ret_who, struct err *err)
{
	const struct servers_want want = servers_wanted(waiting->config);
	AUTO(servers) struct servers servers = { NULL, 0 };

	double left_s = waiting->until - clock_mono();

	if (servers_find(&want, left_s > 1 ? left_s : 1, tick, waiting, &servers, err) < 0 ||
	    !servers_prefer_ready(&servers, tick, waiting, err))
		return -1;
	*ret_who = xstrdup(servers.list[0].endpoint);
	return 0;
}

/* Whatever the reason was in the end, what happened is that the time is over. */
static int is_over(const struct waiting *waiting, struct err *err)
{
	err->code = ERR_TIMEOUT;
	return err_wrap(err, "no master was ready within %ld s",
			waiting->config->timeout_discovery_s);
}

static int go_round(struct waiting *waiting, struct err *err)
{
	struct backoff backoff = BACKOFF_INIT;
	struct err told = ERR_INIT;

	for (;;) {
		AUTO(free) char *who = NULL;
		struct err now = ERR_INIT;

		if ((waiting->kube ? ask_verified : ask_anybody)(waiting, &who, &now) == 0) {
			log_say("%s is ready", who);
			return 0;
		}
		if (clock_mono() >= waiting->until) {
			*err = now;
			return is_over(waiting, err);
		}
		if (clock_mono() - waiting->start >= SILENT_S && !str_eq(told.msg, now.msg)) {
			told = now;
			log_say("%s; asking again", now.msg);
		}
		backoff_wait(&backoff, waiting->until, tick, waiting);
	}
}

static int open_discovered(struct waiting *waiting, struct err *err)
{
	const struct config *config = waiting->config;
	AUTO(discovery) struct discovery found = { .server = NULL };
	const struct discovery_want want = { .servers = servers_wanted(config),
					     .token = config->join_token,
					     .ca_hashes = config->ca_cert_hashes,
					     .timeout_s = config->timeout_discovery_s,
					     .tick = tick,
					     .arg = waiting };

	if (discovery_by_token(&want, &found, err) < 0)
		return clock_mono() >= waiting->until ? is_over(waiting, err) : -1;
	return kube_open(&(struct http_peer){ .url = found.server,
					      .ca = found.ca_pem,
					      .timeout_s = ASK_S,
					      .tick = tick,
					      .arg = waiting },
			 &waiting->kube, err);
}

/* The master of which this host is a node. */
static int open_own(struct waiting *waiting, struct err *err)
{
	const struct config *config = waiting->config;
	AUTO(free) char *path = xasprintf("%s/kubelet.conf", config->kubernetes_dir);
	AUTO(credentials) struct credentials own = { .server = NULL };
	AUTO(fs) struct fs *fs = NULL;

	if (fs_open(config->root, &fs, err) < 0)
		return -1;
	if (credentials_read(fs, path, &own, err) == 0)
		return credentials_open(&own, ASK_S, &waiting->kube, err);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_set(err, ERR_USAGE, "which master? none was named, and this host is no node yet");
	return err_next(err, "kstrap wait-master MASTER-IP, or --cluster-name NAME");
}

int wait_master(const struct config *config, struct err *err)
{
	const bool named = config->api_server_endpoint || config->join_cluster;
	struct waiting waiting = { .config = config, .start = clock_mono() };
	int rc = 0;

	if (config->join_token && !named) {
		err_set(err, ERR_USAGE, "which master? there is a token, and no address");
		return err_next(err, "kstrap wait-master MASTER-IP, or --cluster-name NAME");
	}
	waiting.until = waiting.start + (double)config->timeout_discovery_s;
	log_wait_start(&waiting.told, "waiting for a master that is ready");
	if (config->join_token)
		rc = open_discovered(&waiting, err);
	else if (!named)
		rc = open_own(&waiting, err);
	if (rc == 0)
		rc = go_round(&waiting, err);
	kube_close(waiting.kube);
	return rc;
}
