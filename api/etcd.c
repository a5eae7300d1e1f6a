#include "api/etcd.h"

#include "api/guard.h"
#include "api/http.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

#define MAX_ENDPOINTS 64
#define MAX_MEMBERS   64
/* base64 of "health", the key that etcdctl endpoint health reads: reading it needs a quorum. */
#define ANY_KEY "aGVhbHRo"

struct endpoint {
	char *url;
	struct http *http; /* NULL until it is asked */
};

struct etcd {
	char *ca, *cert, *key;
	long timeout_s;
	void (*tick)(void *);
	void *arg;
	struct endpoint endpoints[MAX_ENDPOINTS];
	size_t len, first; /* first: who answered last time */
	uint64_t cluster;  /* 0 until somebody answered */
};

static void add_endpoint(struct etcd *etcd, const char *url)
{
	for (size_t i = 0; i < etcd->len; i++)
		if (str_eq(etcd->endpoints[i].url, url))
			return;
	if (etcd->len < MAX_ENDPOINTS)
		etcd->endpoints[etcd->len++].url = xstrdup(url);
}

int etcd_open(const struct etcd_peer *peer, const json_t *endpoints, struct etcd **ret,
	      struct err *err)
{
	AUTO(etcd) struct etcd *etcd = xcalloc(1, sizeof(*etcd));
	const json_t *url;
	size_t i;

	etcd->ca = xstrdup(peer->ca);
	etcd->cert = xstrdup(peer->cert);
	etcd->key = xstrdup(peer->key);
	etcd->timeout_s = peer->timeout_s;
	etcd->tick = peer->tick;
	etcd->arg = peer->arg;
	json_array_foreach (endpoints, i, url) {
		const char *text = json_string_value(url);

		if (!text || !str_starts(text, "https://"))
			return err_set(err, ERR_CONFIG, "an endpoint of etcd is no https URL: %s",
				       text ? text : "no string");
		add_endpoint(etcd, text);
	}
	if (!etcd->len)
		return err_set(err, ERR_CONFIG, "no endpoint of etcd is known");
	*ret = TAKE(etcd);
	return 0;
}

void etcd_close(struct etcd *etcd)
{
	if (!etcd)
		return;
	for (size_t i = 0; i < etcd->len; i++) {
		http_close(etcd->endpoints[i].http);
		free(etcd->endpoints[i].url);
	}
	free(etcd->ca);
	free(etcd->cert);
	secret_free(etcd->key);
	free(etcd);
}

/* A number as the gateway writes it: a string, or absent for 0. */
static uint64_t number(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	if (json_is_integer(value))
		return (uint64_t)json_integer_value(value);
	return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10) : 0;
}

/* What etcd's refusals ask of the caller (etcd's api/v3rpc/rpctypes): the gateway's status codes
 * put several of them together, and differ between versions. */
static enum err_code code_of(const char *message)
{
	static const struct {
		const char *text;
		enum err_code code;
	} refusals[] = {
		{ "Peer URLs already exists", ERR_EXISTS },
		{ "member ID already exist", ERR_EXISTS },
		{ "member not found", ERR_NOT_FOUND },
		{ "in sync with leader", ERR_CONFLICT },
		{ "can only promote a learner", ERR_EXISTS },
		{ "too many learner", ERR_CONFLICT },
		{ "not enough started members", ERR_CONFLICT },
		{ "unhealthy cluster", ERR_CONFLICT },
		/* Another member may do what this one cannot. */
		{ "not supported for learner", ERR_NET },
		{ "no leader", ERR_NET },
		{ "not leader", ERR_NET },
		{ "leader changed", ERR_NET },
		{ "timed out", ERR_NET },
		{ "server stopped", ERR_NET },
		{ "too many requests", ERR_NET },
		{ "transport is closing", ERR_NET },
		{ "connection", ERR_NET },
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strstr(message, refusals[i].text))
			return refusals[i].code;
	return ERR_API;
}

static int refused(const struct endpoint *endpoint, const struct http_reply *reply, struct err *err)
{
	AUTO(json) json_t *body = NULL;
	struct err ignored = ERR_INIT;
	const char *message = NULL;
	char said[300] = "";

	if (guard_json(reply->body ? reply->body : "", reply->len, "", &body, &ignored) == 0) {
		message = json_str(body, "message");
		message = message ? message : json_str(body, "error");
	}
	guard_text(message ? message : reply->body, said, sizeof(said));
	return err_set(err, code_of(said), "%s: etcd answered %ld: %s", http_label(endpoint->http),
		       reply->status, said);
}

/* Members of two clusters must never be taken for one's. */
static int check_cluster(struct etcd *etcd, const struct endpoint *endpoint, const json_t *reply,
			 struct err *err)
{
	uint64_t id = number(json_object_get(reply, "header"), "cluster_id");

	if (!id)
		return err_set(err, ERR_API, "%s: its answer is not etcd's",
			       http_label(endpoint->http));
	if (etcd->cluster && id != etcd->cluster)
		return err_set(err, ERR_API,
			       "%s belongs to another etcd cluster (%" PRIx64 ", not %" PRIx64 ")",
			       http_label(endpoint->http), id, etcd->cluster);
	etcd->cluster = id;
	return 0;
}

static int ask(struct etcd *etcd, struct endpoint *endpoint, const char *path, const char *body,
	       json_t **ret, struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };
	AUTO(json) json_t *json = NULL;

	if (!endpoint->http && http_open(&(struct http_peer){ .url = endpoint->url,
							      .ca = etcd->ca,
							      .cert = etcd->cert,
							      .key = etcd->key,
							      .timeout_s = etcd->timeout_s,
							      .tick = etcd->tick,
							      .arg = etcd->arg },
					 &endpoint->http, err) < 0)
		return -1;
	if (http_call(endpoint->http, "POST", path, "application/json", body, strlen(body), &reply,
		      err) < 0) {
		if (err->code == ERR_TIMEOUT)
			err->code = ERR_NET;
		return -1;
	}
	if (reply.status != 200)
		return refused(endpoint, &reply, err);
	if (guard_json(reply.body, reply.len, http_label(endpoint->http), &json, err) < 0 ||
	    check_cluster(etcd, endpoint, json, err) < 0)
		return -1;
	*ret = TAKE(json);
	return 0;
}

struct question {
	const char *path, *body;
	bool behind_quorum; /* only an answer of one who has proved to have a quorum counts */
};

static int ask_question(struct etcd *etcd, struct endpoint *endpoint, const struct question *q,
			json_t **ret, struct err *err)
{
	AUTO(json) json_t *proof = NULL;

	if (q->behind_quorum &&
	    ask(etcd, endpoint, "/v3/kv/range", "{\"key\":\"" ANY_KEY "\",\"keys_only\":true}",
		&proof, err) < 0)
		return -1;
	return ask(etcd, endpoint, q->path, q->body, ret, err);
}

/* Whoever answers; who answered last time is asked first. */
static int ask_any(struct etcd *etcd, const struct question *q, json_t **ret, struct err *err)
{
	AUTO(buf) struct buf why = BUF_INIT(1500);

	for (size_t i = 0; i < etcd->len; i++) {
		size_t at = (etcd->first + i) % etcd->len;
		struct err one = ERR_INIT;

		if (ask_question(etcd, &etcd->endpoints[at], q, ret, &one) == 0) {
			etcd->first = at;
			return 0;
		}
		if (one.code != ERR_NET) {
			*err = one;
			return -1;
		}
		(void)buf_addf(&why, "%s%.400s", why.len ? "; " : "", one.msg);
	}
	err_set(err, ERR_NET, "no member of etcd that has a quorum answers: %s", why.data);
	return err_next(err, "on a control plane node: crictl ps -a --name etcd; crictl logs ID");
}

static json_t *urls(const json_t *obj, const char *key)
{
	json_t *list = json_object_get(obj, key);
	json_t *copy = json_array();
	json_t *url;
	size_t i;

	json_array_foreach (list, i, url)
		if (json_is_string(url))
			json_array_append(copy, url);
	return copy;
}

void etcd_cluster_clear(struct etcd_cluster *cluster)
{
	for (size_t i = 0; i < cluster->len; i++) {
		free(cluster->members[i].name);
		json_decref(cluster->members[i].peer_urls);
		json_decref(cluster->members[i].client_urls);
	}
	free(cluster->members);
	*cluster = (struct etcd_cluster){ 0 };
}

static int read_members(const json_t *reply, struct etcd_cluster *ret, struct err *err)
{
	const json_t *list = json_object_get(reply, "members");
	size_t n = json_array_size(list);

	if (n == 0 || n > MAX_MEMBERS)
		return err_set(err, ERR_API, "etcd names %zu members", n);
	ret->id = number(json_object_get(reply, "header"), "cluster_id");
	ret->members = xcalloc(n, sizeof(*ret->members));
	for (ret->len = 0; ret->len < n; ret->len++) {
		const json_t *item = json_array_get(list, ret->len);
		const char *name = json_str(item, "name");

		ret->members[ret->len] = (struct etcd_member){
			.id = number(item, "ID"),
			.name = xstrdup(name ? name : ""),
			.peer_urls = urls(item, "peerURLs"),
			.client_urls = urls(item, "clientURLs"),
			.learner = json_flag(item, "isLearner"),
		};
	}
	return 0;
}

int etcd_members(struct etcd *etcd, struct etcd_cluster *ret, struct err *err)
{
	const struct question q = { "/v3/cluster/member/list", "{}", true };
	AUTO(json) json_t *reply = NULL;
	AUTO(etcd_cluster) struct etcd_cluster cluster = { 0 };

	if (ask_any(etcd, &q, &reply, err) < 0 || read_members(reply, &cluster, err) < 0)
		return -1;
	for (size_t i = 0; i < cluster.len; i++) {
		const char *url = json_text(cluster.members[i].client_urls, 0);

		if (url && str_starts(url, "https://"))
			add_endpoint(etcd, url);
	}
	etcd_cluster_clear(ret);
	*ret = cluster;
	cluster = (struct etcd_cluster){ 0 };
	return 0;
}

static int change(struct etcd *etcd, const char *path, const json_t *body, json_t **ret,
		  struct err *err)
{
	AUTO(free) char *text = json_dumps(body, JSON_COMPACT);

	return ask_any(etcd, &(struct question){ path, text, false }, ret, err);
}

int etcd_add(struct etcd *etcd, const char *peer_url, bool learner, uint64_t *ret_id,
	     struct err *err)
{
	AUTO(json) json_t *body = xjson_pack("{s:[s]}", "peerURLs", peer_url);
	AUTO(json) json_t *reply = NULL;

	if (learner) /* not known before 3.4 */
		json_object_set_new(body, "isLearner", json_true());
	if (change(etcd, "/v3/cluster/member/add", body, &reply, err) < 0)
		return err_wrap(err, "cannot add %s to etcd", peer_url);
	*ret_id = number(json_object_get(reply, "member"), "ID");
	return *ret_id ? 0 : err_set(err, ERR_API, "etcd does not name the member it added");
}

static int change_member(struct etcd *etcd, const char *path, uint64_t id, struct err *err)
{
	AUTO(free) char *decimal = xasprintf("%" PRIu64, id);
	AUTO(json) json_t *body = xjson_pack("{s:s}", "ID", decimal);
	AUTO(json) json_t *reply = NULL;

	return change(etcd, path, body, &reply, err);
}

int etcd_promote(struct etcd *etcd, uint64_t id, struct err *err)
{
	if (change_member(etcd, "/v3/cluster/member/promote", id, err) < 0)
		return err_wrap(err, "cannot give etcd's member %" PRIx64 " its vote", id);
	return 0;
}

int etcd_remove(struct etcd *etcd, uint64_t id, struct err *err)
{
	if (change_member(etcd, "/v3/cluster/member/remove", id, err) < 0)
		return err_wrap(err, "cannot remove etcd's member %" PRIx64, id);
	return 0;
}

int etcd_status(struct etcd *etcd, const char *url, struct etcd_status *ret, struct err *err)
{
	struct endpoint other = { .url = NULL }, *endpoint = &other;
	AUTO(json) json_t *reply = NULL;
	int status;

	for (size_t i = 0; i < etcd->len; i++)
		if (str_eq(etcd->endpoints[i].url, url))
			endpoint = &etcd->endpoints[i];
	if (endpoint == &other)
		other.url = xstrdup(url);
	status = ask(etcd, endpoint, "/v3/maintenance/status", "{}", &reply, err);
	free(other.url);
	http_close(other.http);
	if (status < 0)
		return -1;
	*ret = (struct etcd_status){
		.cluster = number(json_object_get(reply, "header"), "cluster_id"),
		.member = number(json_object_get(reply, "header"), "member_id"),
		.leader = number(reply, "leader"),
		.learner = json_flag(reply, "isLearner"),
		.alarmed = json_array_size(json_object_get(reply, "errors")) > 0,
	};
	guard_text(json_str(reply, "version"), ret->version, sizeof(ret->version));
	return 0;
}

void etcd_look(struct etcd *etcd, struct etcd_cluster *cluster)
{
	for (size_t i = 0; i < cluster->len; i++) {
		struct etcd_member *member = &cluster->members[i];
		const char *url = json_text(member->client_urls, 0);
		struct etcd_status status = { 0 };
		struct err why = ERR_INIT;

		member->healthy = url && etcd_status(etcd, url, &status, &why) == 0 &&
				  status.member == member->id && status.leader != 0;
	}
}

bool etcd_quorum(const struct etcd_cluster *cluster, uint64_t without)
{
	size_t voters = 0, healthy = 0;

	for (size_t i = 0; i < cluster->len; i++) {
		const struct etcd_member *member = &cluster->members[i];

		if (member->learner || (without && member->id == without))
			continue;
		voters++;
		healthy += member->healthy;
	}
	return healthy > voters / 2;
}

char *etcd_unhealthy(const struct etcd_cluster *cluster)
{
	AUTO(buf) struct buf list = BUF_INIT(1000);

	for (size_t i = 0; i < cluster->len; i++) {
		const struct etcd_member *member = &cluster->members[i];
		const char *url = json_text(member->peer_urls, 0);

		if (!member->healthy)
			(void)buf_addf(&list, "%s%s (%s%s)", list.len ? ", " : "",
				       *member->name ? member->name : "a member",
				       url ? url : "no URL",
				       *member->name ? "" : ", never started");
	}
	return xstrdup(list.data ? list.data : "");
}

const struct etcd_member *etcd_member(const struct etcd_cluster *cluster, uint64_t id)
{
	for (size_t i = 0; i < cluster->len; i++)
		if (cluster->members[i].id == id)
			return &cluster->members[i];
	return NULL;
}

const struct etcd_member *etcd_member_at(const struct etcd_cluster *cluster, const char *peer_url)
{
	for (size_t i = 0; i < cluster->len; i++) {
		const json_t *url;
		size_t at;

		json_array_foreach (cluster->members[i].peer_urls, at, url)
			if (str_eq(json_string_value(url), peer_url))
				return &cluster->members[i];
	}
	return NULL;
}
