#include "base/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"

#define ANSWER_MAX 65535
#define TRY_S      2 /* for one server of resolv.conf, asked twice */
#define LOOK_S     0.01
#define TICK_S     0.5

/* Shared by the thread and by whoever waits for it; the last of the two frees it. */
struct lookup {
	pthread_mutex_t lock;
	int users;
	bool done;
	char *service, *host;
	int port;
	json_t *found;
	char why[256];
};

struct target {
	char name[NS_MAXDNAME];
	unsigned priority, weight, port;
};

static void leave(struct lookup *lookup)
{
	bool last;

	pthread_mutex_lock(&lookup->lock);
	last = --lookup->users == 0;
	pthread_mutex_unlock(&lookup->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&lookup->lock);
	json_decref(lookup->found);
	free(lookup->service);
	free(lookup->host);
	free(lookup);
}

static void add(json_t *found, const char *name, const char *address, int port)
{
	const json_t *one;
	size_t i;

	json_array_foreach (found, i, one)
		if (json_str_is(one, "address", address) && json_int(one, "port") == port)
			return;
	if (json_array_size(found) < DNS_MOST)
		json_array_append_new(found, xjson_pack("{s:s, s:s, s:i}", "name", name, "address",
							address, "port", port));
}

static void find_addresses(struct lookup *lookup, const char *name, int port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(name, NULL, &hints, &list);

	if (rc != 0) {
		snprintf(lookup->why, sizeof(lookup->why), "%.150s: %s", name, gai_strerror(rc));
		return;
	}
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		char text[INET6_ADDRSTRLEN];

		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) == 0)
			add(lookup->found, name, text, port);
	}
	freeaddrinfo(list);
}

static int by_preference(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->weight == y->weight ? 0 : x->weight > y->weight ? -1 : 1;
}

/* RFC 2782: priority, weight, port, target; the target "." says that there is no such service. */
static bool read_target(ns_msg *msg, int i, struct target *ret)
{
	const unsigned char *data;
	ns_rr rr;

	if (ns_parserr(msg, ns_s_an, i, &rr) < 0 || ns_rr_type(rr) != ns_t_srv ||
	    ns_rr_rdlen(rr) < 7)
		return false;
	data = ns_rr_rdata(rr);
	ret->priority = ns_get16(data);
	ret->weight = ns_get16(data + 2);
	ret->port = ns_get16(data + 4);
	return ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg), data + 6, ret->name,
				  sizeof(ret->name)) > 0 &&
	       *ret->name && !str_eq(ret->name, ".") && ret->port;
}

static size_t read_targets(const unsigned char *answer, int len, struct target *ret)
{
	size_t n = 0;
	ns_msg msg;

	if (ns_initparse(answer, len, &msg) < 0)
		return 0;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an) && n < DNS_MOST; i++)
		n += read_target(&msg, i, &ret[n]);
	qsort(ret, n, sizeof(*ret), by_preference);
	return n;
}

static void find_services(struct lookup *lookup)
{
	AUTO(free) char *answer = xcalloc(1, ANSWER_MAX);
	struct target *targets = xcalloc(DNS_MOST, sizeof(*targets));
	struct __res_state state = { 0 };
	size_t n = 0;
	int len = -1;

	if (res_ninit(&state) == 0) {
		state.retrans = TRY_S;
		state.retry = 2;
		len = res_nquery(&state, lookup->service, ns_c_in, ns_t_srv,
				 (unsigned char *)answer, ANSWER_MAX);
		res_nclose(&state);
	}
	if (len > 0)
		n = read_targets((const unsigned char *)answer, len < ANSWER_MAX ? len : ANSWER_MAX,
				 targets);
	for (size_t i = 0; i < n; i++)
		find_addresses(lookup, targets[i].name, (int)targets[i].port);
	free(targets);
}

static void *work(void *arg)
{
	struct lookup *lookup = arg;

	if (lookup->service)
		find_services(lookup);
	if (lookup->host)
		find_addresses(lookup, lookup->host, lookup->port);
	pthread_mutex_lock(&lookup->lock);
	lookup->done = true;
	pthread_mutex_unlock(&lookup->lock);
	leave(lookup);
	return NULL;
}

static int start(struct lookup *lookup, struct err *err)
{
	pthread_t thread;
	int rc;

	lookup->users = 2;
	rc = pthread_create(&thread, NULL, work, lookup);
	if (rc == 0) {
		pthread_detach(thread);
		return 0;
	}
	lookup->users = 1;
	return err_set(err, ERR_HOST, "start a thread: %s", strerror(rc));
}

static bool is_done(struct lookup *lookup)
{
	bool done;

	pthread_mutex_lock(&lookup->lock);
	done = lookup->done;
	pthread_mutex_unlock(&lookup->lock);
	return done;
}

static bool await(struct lookup *lookup, const struct dns_want *want)
{
	const double end = clock_mono() + want->timeout_s;
	double ticked = clock_mono();

	while (!is_done(lookup)) {
		const double now = clock_mono();

		if (now >= end)
			return false;
		if (want->tick && now - ticked >= TICK_S) {
			want->tick(want->arg);
			ticked = now;
		}
		clock_sleep(LOOK_S);
	}
	return true;
}

int dns_find(const struct dns_want *want, json_t **ret, struct err *err)
{
	struct lookup *lookup = xcalloc(1, sizeof(*lookup));
	const char *name = want->host ? want->host : want->service;
	int rc = -1;

	pthread_mutex_init(&lookup->lock, NULL);
	lookup->service = xstrdup(want->service);
	lookup->host = xstrdup(want->host);
	lookup->port = want->port;
	lookup->found = json_array();
	if (start(lookup, err) < 0)
		;
	else if (!await(lookup, want))
		err_set(err, ERR_TIMEOUT, "%s: the name service did not answer within %.0f s", name,
			want->timeout_s);
	else if (json_array_size(lookup->found) == 0)
		err_set(err, ERR_NET, "%s%s%s", *lookup->why ? lookup->why : name,
			*lookup->why ? "" : ": no address",
			want->service ? ", and no SRV record" : "");
	else
		rc = 0;
	if (rc == 0)
		*ret = TAKE(lookup->found);
	leave(lookup);
	return rc;
}
