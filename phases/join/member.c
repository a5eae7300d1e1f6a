/* This host's member of etcd: added as a learner, started by its manifest, given its vote when it
 * has what the others have, and taken out again when it never gets that far. Each step looks at
 * what etcd says, so that a run that was killed anywhere is finished by the next one. */
#include "phases/join/plane.h"

#include <inttypes.h>
#include <string.h>

#include "api/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "phases/diagnose.h"
#include "phases/etcd_client.h"
#include "phases/init/init.h"

#define POLL_S     0.25
#define EXCHANGE_S 30
/* etcd itself says that it has no quorum after 7 s (5 s and two elections): its words are worth
 * waiting for. */
#define ASK_S      8
#define PORT_S     60 /* for the pod of a failed attempt to end */

struct joining {
	struct run *run;
	struct etcd *etcd;
	struct etcd_cluster cluster;
	char *peer_url, *client_url, *manifest;
	uint64_t id; /* this host's member; 0: not yet */
	struct log_wait wait;
};

static void auto_joining_(struct joining *joining)
{
	etcd_close(joining->etcd);
	etcd_cluster_clear(&joining->cluster);
	free(joining->peer_url);
	free(joining->client_url);
	free(joining->manifest);
}

static void tick(void *arg)
{
	log_tick(&((struct joining *)arg)->wait);
}

static char *url(const struct run *run, int port)
{
	AUTO(free) char *authority = net_join(run->cluster->advertise_address, port);

	return xasprintf("https://%s", authority);
}

static bool is_external(const struct run *run)
{
	return json_object_size(run->config->etcd_external) > 0;
}

/* Before 1.22 the cluster's configuration lists its control planes. */
static void from_status(struct run *run, json_t *endpoints)
{
	json_t *nodes = json_object_get(join_state(run)->cluster_status, "apiEndpoints");
	const char *name;
	json_t *node;

	json_object_foreach (nodes, name, node)
		if (json_str(node, "advertiseAddress"))
			etcd_client_add(endpoints, json_str(node, "advertiseAddress"));
}

/* What a node may see of the others with its own identity. */
static void from_nodes(struct run *run, json_t *endpoints)
{
	AUTO(credentials) struct credentials own = { .server = NULL };
	AUTO(kube) struct kube *kube = NULL;
	AUTO(json) json_t *nodes = NULL;
	struct err ignored = ERR_INIT;
	const json_t *node, *address;
	size_t i, j;

	if (join_credentials(run, &own, &ignored) < 0 ||
	    credentials_open(&own, EXCHANGE_S, &kube, &ignored) < 0 ||
	    kube_get(kube, "/api/v1/nodes?labelSelector=node-role.kubernetes.io%2Fcontrol-plane",
		     &nodes, &ignored) < 0)
		return;
	json_array_foreach (json_object_get(nodes, "items"), i, node)
		json_array_foreach (json_at(node, "status.addresses"), j, address)
			if (json_str_is(address, "type", "InternalIP"))
				etcd_client_add(endpoints, json_str(address, "address"));
}

/* Where we were sent: a control plane, unless it is a load balancer. */
static void from_server(struct run *run, json_t *endpoints)
{
	const char *server = join_state(run)->discovery.server;
	AUTO(free) char *host = NULL;
	int port;

	if (server && str_starts(server, "https://") &&
	    net_split(server + strlen("https://"), &host, &port))
		etcd_client_add(endpoints, host);
}

static json_t *find_endpoints(struct run *run)
{
	json_t *endpoints = json_array();
	struct err why = ERR_INIT;

	if ((plane_wanted(run) || run->config->kubeconfig) &&
	    (run_kube(run, &why) < 0 || etcd_client_pods(run->kube, endpoints, &why) < 0))
		log_warn("etcd's pods are not known: %s", why.msg);
	from_status(run, endpoints);
	if (json_array_size(endpoints) == 0) {
		from_nodes(run, endpoints);
		from_server(run, endpoints);
	}
	return endpoints;
}

static int open_etcd(struct joining *joining, struct err *err)
{
	struct run *run = joining->run;
	AUTO(json) json_t *endpoints = find_endpoints(run);

	joining->peer_url = url(run, 2380);
	joining->client_url = url(run, 2379);
	joining->manifest = manifest_path(run, "etcd");
	log_wait_start(&joining->wait, "asking etcd");
	if (etcd_client_open(run, endpoints, ASK_S, tick, joining, &joining->etcd, err) < 0 ||
	    etcd_members(joining->etcd, &joining->cluster, err) < 0) {
		if (!plane_wanted(run) && !run->config->kubeconfig)
			err_next(err,
				 "give --kubeconfig FILE of an administrator, with which etcd's "
				 "members can be found");
		return -1;
	}
	return 0;
}

/* A name or an address of ours that is another's already. */
static int check_own(const struct joining *joining, struct err *err)
{
	const char *name = joining->run->cluster->node_name;
	const struct etcd_member *own = etcd_member_at(&joining->cluster, joining->peer_url);

	if (own && *own->name && !str_eq(own->name, name)) {
		err_set(err, ERR_HOST, "%s is the address of etcd's member %s, and this host is %s",
			joining->peer_url, own->name, name);
		return err_next(err,
				"is --apiserver-advertise-address this host's own? if %s is gone: "
				"etcdctl member remove %" PRIx64,
				own->name, own->id);
	}
	for (size_t i = 0; i < joining->cluster.len; i++) {
		const struct etcd_member *member = &joining->cluster.members[i];

		if (member == own || !str_eq(member->name, name))
			continue;
		err_set(err, ERR_HOST,
			"etcd has a member called %s already, at another address (%s)", name,
			json_text(member->peer_urls, 0));
		return err_next(err,
				"give this host another --node-name; or, if that one is gone: "
				"etcdctl member remove %" PRIx64,
				member->id);
	}
	return 0;
}

int member_ask(struct run *run, const void *arg, struct err *err)
{
	AUTO(joining) struct joining joining = { .run = run };

	(void)arg;
	if (!plane_wanted(run) || is_external(run))
		return 0;
	if (open_etcd(&joining, err) < 0)
		return err_wrap(err, "nothing was changed");
	return check_own(&joining, err);
}

static int not_now(struct joining *joining, struct err *err)
{
	AUTO(free) char *unhealthy = NULL;

	err->code = ERR_API;
	if (etcd_members(joining->etcd, &joining->cluster, &(struct err)ERR_INIT) < 0)
		return -1;
	etcd_look(joining->etcd, &joining->cluster);
	unhealthy = etcd_unhealthy(&joining->cluster);
	if (*unhealthy)
		err_wrap(err, "etcd takes no further member while one is not healthy: %s",
			 unhealthy);
	return err_next(err, "bring it back, or take it out for good (etcdctl member list; etcdctl "
			     "member remove ID); then run this again");
}

/* etcd takes one learner at a time, and none while a member was away a moment ago. */
static int add(struct joining *joining, struct err *err)
{
	double until = clock_mono() + (double)joining->run->config->timeout_etcd_s;
	struct backoff backoff = BACKOFF_INIT;
	bool told = false;

	log_wait_start(&joining->wait, "waiting for etcd to take this host's member");
	for (;;) {
		const struct etcd_member *own;
		struct err why = ERR_INIT;

		if (etcd_add(joining->etcd, joining->peer_url, true, &joining->id, &why) == 0)
			return etcd_members(joining->etcd, &joining->cluster, err);
		if (why.code == ERR_NET || why.code == ERR_EXISTS) {
			/* It may have been added all the same, by us or by a run before. */
			if (etcd_members(joining->etcd, &joining->cluster, err) < 0)
				return -1;
			own = etcd_member_at(&joining->cluster, joining->peer_url);
			joining->id = own ? own->id : 0;
			if (own)
				return check_own(joining, err);
		}
		if ((why.code != ERR_CONFLICT && why.code != ERR_NET) || clock_mono() > until) {
			*err = why;
			return why.code == ERR_CONFLICT ? not_now(joining, err) : -1;
		}
		if (!told)
			log_say("%s; asking again", why.msg);
		told = true;
		backoff_wait(&backoff, until, tick, joining);
	}
}

/* As kubeadm writes it: each member with its name, or its number until it has one. */
static char *initial_cluster(const struct joining *joining)
{
	AUTO(buf) struct buf list = BUF_INIT(8192);

	for (size_t i = 0; i < joining->cluster.len; i++) {
		const struct etcd_member *member = &joining->cluster.members[i];
		AUTO(free) char *number = xasprintf("%" PRIx64, member->id);
		const char *name = *member->name ? member->name : number;
		const json_t *peer;
		size_t j;

		if (member->id == joining->id)
			name = joining->run->cluster->node_name;
		json_array_foreach (member->peer_urls, j, peer)
			(void)buf_addf(&list, "%s%s=%s", list.len ? "," : "", name,
				       json_string_value(peer));
	}
	return xstrdup(list.data ? list.data : "");
}

static void drop_below(struct run *run, const char *dir)
{
	AUTO(json) json_t *list = fs_list_paths(run->fs, dir);
	struct err ignored = ERR_INIT;
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *path = json_string_value(item);
		struct stat st;

		if (fs_lstat(run->fs, path, &st, &ignored) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			drop_below(run, path);
		else
			tree_absent(run->tree, path);
	}
}

/* A member that has never started has no data: what lies there is of one that was taken out, with
 * which etcd would not start again. */
static int drop_stale(struct joining *joining, struct err *err)
{
	struct run *run = joining->run;
	const char *dir = run->config->etcd_data_dir;
	AUTO(free) char *data = xasprintf("%s/member", dir);
	double until = clock_mono() + PORT_S;

	if (!fs_exists(run->fs, data))
		return 0;
	if (!run_made(run, dir)) {
		err_set(err, ERR_HOST, "%s has another etcd's data in it", dir);
		return err_next(err, "move it away; it may be the only copy of a cluster");
	}
	log_wait_start(&joining->wait, "waiting for the etcd of an earlier attempt to end");
	while (net_port_in_use(2380)) {
		if (clock_mono() > until)
			return err_set(err, ERR_TIMEOUT,
				       "an etcd still runs here, without a manifest "
				       "(port 2380 is taken)");
		tick(joining);
		clock_sleep(POLL_S);
	}
	log_say("removes what an earlier attempt left in %s", dir);
	drop_below(run, data);
	return run_commit(run, err);
}

static int write_manifest(struct joining *joining, struct err *err)
{
	struct run *run = joining->run;
	AUTO(free) char *members = initial_cluster(joining);

	json_put_str(run->facts, "etcdInitialCluster", members);
	tree_set_phase(run->tree, "etcd-join");
	if (control_plane_render(run, "etcd", err) < 0)
		return -1;
	return run_commit(run, err);
}

static const struct etcd_member *own_member(const struct joining *joining)
{
	return etcd_member(&joining->cluster, joining->id);
}

static int gone(struct joining *joining, struct err *err)
{
	return err_set(err, ERR_API,
		       "etcd's member %" PRIx64 " of this host was removed by somebody",
		       joining->id);
}

static int wait_started(struct joining *joining, struct err *err)
{
	double until = clock_mono() + (double)joining->run->config->timeout_control_plane_s;

	log_wait_start(&joining->wait, "waiting for this host's etcd to start");
	for (;;) {
		struct err why = ERR_INIT;
		bool known = etcd_members(joining->etcd, &joining->cluster, &why) == 0;
		const struct etcd_member *own = known ? own_member(joining) : NULL;

		if (known && !own)
			return gone(joining, err);
		if (own && *own->name)
			return 0;
		if (!known && why.code != ERR_NET) {
			*err = why;
			return -1;
		}
		if (clock_mono() > until) {
			AUTO(free) char *found = diagnose_control_plane(joining->run);

			return err_set(err, ERR_TIMEOUT,
				       "this host's etcd did not start within %ld s%s%s%s",
				       joining->run->config->timeout_control_plane_s,
				       known ? "" : ": ", known ? "" : why.msg, found);
		}
		tick(joining);
		clock_sleep(POLL_S);
	}
}

/* Its vote: refused until it has nearly all that the leader has. */
static int promote(struct joining *joining, struct err *err)
{
	double until = clock_mono() + (double)joining->run->config->timeout_etcd_s;

	log_wait_start(&joining->wait, "waiting for this host's etcd to catch up");
	for (;;) {
		const struct etcd_member *own = own_member(joining);
		struct err why = ERR_INIT;

		if (!own)
			return gone(joining, err);
		if (!own->learner)
			return 0;
		if (etcd_promote(joining->etcd, joining->id, &why) < 0) {
			if (why.code != ERR_CONFLICT && why.code != ERR_NET &&
			    why.code != ERR_EXISTS && why.code != ERR_NOT_FOUND) {
				*err = why;
				return -1;
			}
			if (clock_mono() > until) {
				*err = why;
				err->code = ERR_TIMEOUT;
				return err_wrap(err, "not in %ld s",
						joining->run->config->timeout_etcd_s);
			}
			tick(joining);
			clock_sleep(POLL_S);
		}
		if (etcd_members(joining->etcd, &joining->cluster, err) < 0)
			return -1;
	}
}

static int wait_healthy(struct joining *joining, struct err *err)
{
	double until = clock_mono() + (double)joining->run->config->timeout_etcd_s;

	log_wait_start(&joining->wait, "waiting for this host's etcd to be healthy");
	for (;;) {
		struct etcd_status status = { 0 };
		struct err why = ERR_INIT;

		if (etcd_status(joining->etcd, joining->client_url, &status, &why) == 0 &&
		    status.member == joining->id && status.leader && !status.learner)
			return 0;
		if (clock_mono() > until)
			return err_set(err, ERR_TIMEOUT, "this host's etcd is not healthy: %s",
				       why.code ? why.msg : "it knows no leader");
		tick(joining);
		clock_sleep(POLL_S);
	}
}

/* Takes back a member that has no vote or never ran, which is no loss to the others. One that votes
 * stays: running the command again goes on from there. */
static void undo(struct joining *joining)
{
	struct run *run = joining->run;
	const struct etcd_member *own;
	struct err why = ERR_INIT;

	if (!joining->id)
		return;
	if (etcd_members(joining->etcd, &joining->cluster, &why) < 0) {
		log_warn("this host's member stays in etcd: %s", why.msg);
		return;
	}
	own = own_member(joining);
	if (own && !own->learner && *own->name)
		return;
	if (own && etcd_remove(joining->etcd, joining->id, &why) < 0 && why.code != ERR_NOT_FOUND) {
		log_warn("this host's member stays in etcd: %s", why.msg);
		return;
	}
	tree_absent(run->tree, joining->manifest);
	if (run_commit(run, &why) < 0)
		log_warn("%s", why.msg);
	else
		log_say("took this host's member %" PRIx64 " out of etcd again", joining->id);
}

/* A member that etcd knew nothing of cannot run yet: a manifest that is here is of one that was
 * taken out. */
static int make_room(struct joining *joining, struct err *err)
{
	tree_absent(joining->run->tree, joining->manifest);
	return run_commit(joining->run, err);
}

/* From the manifest on: everything that needs the member to run. */
static int start(struct joining *joining, bool added, struct err *err)
{
	const struct etcd_member *own = own_member(joining);
	bool ran = own && *own->name;

	if (added && make_room(joining, err) < 0)
		return -1;
	if (!fs_exists(joining->run->fs, joining->manifest) &&
	    ((!ran && drop_stale(joining, err) < 0) || write_manifest(joining, err) < 0))
		return -1;
	if (wait_started(joining, err) < 0 || promote(joining, err) < 0)
		return -1;
	return wait_healthy(joining, err);
}

static int take_part(struct joining *joining, struct err *err)
{
	const struct etcd_member *own;
	bool added;

	if (open_etcd(joining, err) < 0 || check_own(joining, err) < 0)
		return -1;
	own = etcd_member_at(&joining->cluster, joining->peer_url);
	added = !own;
	if (own) {
		joining->id = own->id;
		log_say("etcd has this host's member already: goes on from there");
	} else if (add(joining, err) < 0) {
		return -1;
	} else {
		log_say("etcd took this host's member, %" PRIx64 ", without a vote for now",
			joining->id);
	}
	if (start(joining, added, err) < 0)
		return -1;
	log_say("etcd has %zu members, and this host's votes", joining->cluster.len);
	return 0;
}

int member_join(struct run *run, const void *arg, struct err *err)
{
	AUTO(joining) struct joining joining = { .run = run };

	if (!member_wanted(run))
		return 0;
	if (is_external(run)) {
		log_say("etcd is external: nothing to join");
		return 0;
	}
	/* Without an API server of its own the kubelet can have its certificate first, and with it
	 * see where the others are. */
	if (!plane_wanted(run) && join_wait_bootstrap(run, arg, err) < 0)
		return -1;
	if (take_part(&joining, err) < 0) {
		undo(&joining);
		return -1;
	}
	return 0;
}
