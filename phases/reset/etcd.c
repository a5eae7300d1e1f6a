/* This host's member of etcd. */
#include "phases/reset/reset.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/etcd_client.h"

#define LOCAL    "https://127.0.0.1:2379"
#define FILE_MAX ((size_t)1 << 20)
#define ASK_S    3
#define LEADER_S 15.0 /* one that has just started has its leader by then */

/* What the local manifest says of itself and of those it began with. */
struct local {
	char *peer_url;
	json_t *endpoints;
};

static void auto_local_(struct local *local)
{
	free(local->peer_url);
	json_decref(local->endpoints);
}

static const char *flag(const json_t *command, const char *name)
{
	const json_t *word;
	size_t i;

	json_array_foreach (command, i, word)
		if (str_starts(json_string_value(word), name))
			return json_string_value(word) + strlen(name);
	return "";
}

/* "n1=https://10.0.0.1:2380,...": each serves clients beside its peers (kubeadm's ports). */
static void add_peers(json_t *endpoints, const char *text)
{
	AUTO(free) char *copy = xstrdup(text);
	char *save = NULL;

	for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		const char *url = strstr(one, "=https://");
		AUTO(free) char *host = NULL;
		int port = 0;

		if (!url || !net_split(url + strlen("=https://"), &host, &port))
			continue;
		etcd_client_add(endpoints, host);
	}
}

static bool read_local(struct run *run, struct local *ret)
{
	AUTO(free) char *path = manifest_path(run, "etcd");
	AUTO(free) char *text = NULL;
	AUTO(json) json_t *documents = NULL;
	struct err ignored = ERR_INIT;
	const json_t *command;
	size_t len;

	if (fs_read(run->fs, path, FILE_MAX, &text, &len, &ignored) < 0 ||
	    yaml_parse(text, len, path, &documents, NULL, &ignored) < 0)
		return false;
	command = json_object_get(
		json_array_get(json_at(json_array_get(documents, 0), "spec.containers"), 0),
		"command");
	ret->peer_url = xstrdup(flag(command, "--initial-advertise-peer-urls="));
	ret->endpoints = xjson_pack("[s]", LOCAL);
	add_peers(ret->endpoints, flag(command, "--initial-cluster="));
	return true;
}

/* A member that runs without a leader has lost the others: its data may be all there is. */
static int no_leader(struct etcd *etcd, struct err *err)
{
	const double until = clock_mono() + LEADER_S;
	struct etcd_status status;
	struct err ignored = ERR_INIT;
	struct log_wait wait;

	log_wait_start(&wait, "waiting for etcd on this host to find its leader");
	for (;;) {
		if (etcd_status(etcd, LOCAL, &status, &ignored) < 0 || status.leader != 0)
			return 0;
		if (clock_mono() > until)
			break;
		log_tick(&wait);
		clock_sleep(0.1);
	}
	err_set(err, ERR_HOST,
		"etcd on this host runs and has no leader: the other members do not answer, "
		"and what is here may be the last copy");
	return err_next(err, "bring another control plane up first, or, to give the cluster up: "
			     "kstrap reset --ignore-preflight-errors=EtcdQuorum");
}

/* NULL in *ret_own: not a member, or nobody answers. */
static int look(struct run *run, struct etcd *etcd, const struct local *local,
		struct etcd_cluster *cluster, const struct etcd_member **ret_own, struct err *err)
{
	struct err why = ERR_INIT;
	AUTO(free) char *bad = NULL;

	*ret_own = NULL;
	if (etcd_members(etcd, cluster, &why) < 0) {
		log_debug("%s", why.msg);
		return reset_ignores(run, "etcdquorum") ? 0 : no_leader(etcd, err);
	}
	*ret_own = etcd_member_at(cluster, local->peer_url);
	if (!*ret_own || cluster->len == 1)
		return 0;
	etcd_look(etcd, cluster);
	if ((*ret_own)->learner || reset_ignores(run, "etcdquorum") ||
	    etcd_quorum(cluster, (*ret_own)->id))
		return 0;
	bad = etcd_unhealthy(cluster);
	err_set(err, ERR_HOST,
		"without this host's member etcd would lose its majority: %s not healthy", bad);
	return err_next(err, "mend or remove those first, or, to give the cluster up: "
			     "kstrap reset --ignore-preflight-errors=EtcdQuorum");
}

struct asked {
	struct local local;
	struct etcd *etcd;
	struct etcd_cluster cluster;
	const struct etcd_member *own;
};

static void auto_asked_(struct asked *asked)
{
	auto_local_(&asked->local);
	etcd_close(asked->etcd);
	etcd_cluster_clear(&asked->cluster);
}

/* False in *ret: there is no etcd here, or it never came so far. */
static int ask(struct run *run, const struct reset_state *state, struct asked *asked, bool *ret,
	       struct err *err)
{
	struct err why = ERR_INIT;

	*ret = state->scope.etcd && read_local(run, &asked->local) &&
	       etcd_client_open(run, asked->local.endpoints, ASK_S, NULL, NULL, &asked->etcd,
				&why) == 0;
	return *ret ? look(run, asked->etcd, &asked->local, &asked->cluster, &asked->own, err) : 0;
}

int reset_etcd_check(struct run *run, struct err *err)
{
	AUTO(asked) struct asked asked = { .own = NULL };
	struct reset_state *state;
	bool here;

	if (reset_state(run, &state, err) < 0)
		return -1;
	state->told = true;
	if (ask(run, state, &asked, &here, err) < 0)
		return -1;
	if (here)
		state->last = asked.own && asked.cluster.len == 1;
	return 0;
}

int reset_etcd_member(struct run *run, const void *arg, struct err *err)
{
	AUTO(asked) struct asked asked = { .own = NULL };
	struct reset_state *state;
	bool here;

	(void)arg;
	if (reset_state(run, &state, err) < 0 || ask(run, state, &asked, &here, err) < 0)
		return -1;
	if (here && asked.cluster.len == 0)
		log_warn("etcd does not answer: if it has further members, remove this one there "
			 "(etcdctl member remove)");
	if (!asked.own || asked.cluster.len == 1)
		return 0;
	if (!run->dry_run && etcd_remove(asked.etcd, asked.own->id, err) < 0 &&
	    err->code != ERR_NOT_FOUND)
		return err_next(
			err,
			"run the same command again, or remove it by etcdctl member remove and "
			"give --skip-phases remove-etcd-member");
	log_say("etcd's member %s %s removed", asked.own->name, run->dry_run ? "would be" : "is");
	return 0;
}
