#include "phases/servers.h"

#include <stdlib.h>

#include "api/http.h"
#include "base/clock.h"
#include "base/dns.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"

#define API_PORT 6443
#define DNS_S    10.0
#define READY_S  3L
#define TURN_S   0.01

void servers_clear(struct servers *servers)
{
	for (size_t i = 0; i < servers->len; i++) {
		free(servers->list[i].endpoint);
		free(servers->list[i].name);
	}
	free(servers->list);
	*servers = (struct servers){ NULL, 0 };
}

struct servers_want servers_wanted(const struct config *config)
{
	return (struct servers_want){ .endpoint = config->api_server_endpoint,
				      .further = config->further_endpoints,
				      .cluster = config->join_cluster,
				      .suffix = config->cluster_suffix };
}

char *servers_describe(const struct servers_want *want)
{
	if (want->cluster)
		return xasprintf("a master of cluster %s", want->cluster);
	return xasprintf("the API server at %s%s", want->endpoint ? want->endpoint : "?",
			 json_array_size(want->further) ? " and the others" : "");
}

static void add(struct servers *servers, const char *endpoint, const char *name)
{
	for (size_t i = 0; i < servers->len; i++)
		if (str_eq(servers->list[i].endpoint, endpoint))
			return;
	servers->list = xrealloc(servers->list, servers->len + 1, sizeof(*servers->list));
	servers->list[servers->len++] = (struct server){ xstrdup(endpoint), xstrdup(name) };
}

static int find_by_name(const struct servers_want *want, double timeout_s, void (*tick)(void *),
			void *arg, struct servers *ret, struct err *err)
{
	AUTO(free) char *host = xasprintf("masters.%s.%s", want->cluster, want->suffix);
	AUTO(free) char *service = xasprintf("_kubernetes._tcp.%s.%s", want->cluster, want->suffix);
	AUTO(json) json_t *found = NULL;
	const json_t *one;
	size_t i;

	if (dns_find(&(struct dns_want){ .service = service,
					 .host = host,
					 .port = API_PORT,
					 .timeout_s = timeout_s < DNS_S ? timeout_s : DNS_S,
					 .tick = tick,
					 .arg = arg },
		     &found, err) < 0) {
		err_next(err, "getent hosts %s; or give the master's address", host);
		return -1;
	}
	json_array_foreach (found, i, one) {
		int port = (int)json_int(one, "port");
		AUTO(free) char *endpoint = net_join(json_str(one, "address"), port);
		AUTO(free) char *name = net_join(json_str(one, "name"), port);

		log_debug("cluster %s: %s is %s", want->cluster, name, endpoint);
		add(ret, endpoint, name);
	}
	return 0;
}

int servers_find(const struct servers_want *want, double timeout_s, void (*tick)(void *), void *arg,
		 struct servers *ret, struct err *err)
{
	AUTO(servers) struct servers servers = { NULL, 0 };
	const json_t *endpoint;
	size_t i;

	if (want->endpoint)
		add(&servers, want->endpoint, NULL);
	json_array_foreach (want->further, i, endpoint)
		add(&servers, json_string_value(endpoint), NULL);
	if (want->cluster && find_by_name(want, timeout_s, tick, arg, &servers, err) < 0) {
		if (!servers.len)
			return -1;
		log_debug("%s", err->msg);
	}
	*ret = servers;
	servers = (struct servers){ NULL, 0 };
	return 0;
}

int servers_readiness(const char *label, long status, struct err *err)
{
	if (status == 200)
		return 0;
	if (status == 401 || status == 403) /* so also before its own rules are in place */
		return err_set(err, ERR_API,
			       "%s: does not tell strangers whether it is ready (%ld)", label,
			       status);
	return err_set(err, ERR_API, "%s: is not ready (%ld)", label, status);
}

/* One server that is asked. */
struct probe {
	struct http *http;
	struct http_stream *stream;
	size_t rank; /* 0: ready, 1: answered something else, 2: nothing, or nothing yet */
	bool settled;
	struct err why;
};

static void begin(struct probe *probe, const struct server *server)
{
	AUTO(free) char *url = xasprintf("https://%s", server->endpoint);
	const struct http_peer peer = { .url = url, .timeout_s = READY_S };

	probe->rank = 2;
	probe->settled =
		http_open_blind(&peer, &probe->http, &probe->why) < 0 ||
		http_stream_open(probe->http, "/readyz", READY_S, &probe->stream, &probe->why) < 0;
}

static void look(struct probe *probe, const char *label)
{
	AUTO(free) char *line = NULL;
	enum http_got got = HTTP_NOTHING;
	long status;

	if (probe->settled)
		return;
	if (http_stream_next(probe->stream, TURN_S, &got, &line, &probe->why) < 0) {
		probe->settled = true;
		return;
	}
	status = http_stream_status(probe->stream);
	if (got == HTTP_NOTHING || !status)
		return;
	probe->settled = true;
	probe->rank = servers_readiness(label, status, &probe->why) < 0;
}

static bool all_settled(const struct probe *probes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!probes[i].settled)
			return false;
	return true;
}

/* The first of the lowest rank comes first, and so on. Returns which one is in front. */
static size_t sort(struct servers *servers, const struct probe *probes)
{
	struct server *sorted = xcalloc(servers->len, sizeof(*sorted));
	size_t n = 0, front = servers->len;

	for (size_t rank = 0; rank < 3; rank++)
		for (size_t i = 0; i < servers->len; i++)
			if (probes[i].rank == rank) {
				front = front == servers->len ? i : front;
				sorted[n++] = servers->list[i];
			}
	free(servers->list);
	servers->list = sorted;
	return front;
}

bool servers_prefer_ready(struct servers *servers, void (*tick)(void *), void *arg, struct err *why)
{
	struct probe *probes = xcalloc(servers->len, sizeof(*probes));
	const double end = clock_mono() + (double)READY_S + 1;
	bool ready = false;
	size_t front;

	for (size_t i = 0; i < servers->len; i++)
		begin(&probes[i], &servers->list[i]);
	while (!ready && !all_settled(probes, servers->len) && clock_mono() < end) {
		for (size_t i = 0; i < servers->len; i++) {
			look(&probes[i], servers->list[i].endpoint);
			ready |= probes[i].rank == 0;
		}
		if (tick)
			tick(arg);
	}
	front = sort(servers, probes);
	if (!ready && why && front < servers->len)
		*why = probes[front].why;
	for (size_t i = 0; i < servers->len; i++) {
		http_stream_close(probes[i].stream);
		http_close(probes[i].http);
	}
	free(probes);
	return ready;
}
