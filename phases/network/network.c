#include "phases/network/network.h"

#include <string.h>

#include "base/clock.h"
#include "base/commit.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/credentials.h"
#include "phases/network/firewall.h"
#include "phases/network/plan.h"
#include "phases/network/route.h"
#include "phases/service.h"
#include "phases/wait.h"

#define NODES	     "/api/v1/nodes"
#define EXCHANGE_S   30
#define WATCH_S	     (24 * 3600L)
#define FOREVER_S    (10 * 365 * 24 * 3600L)
#define LOCK_S	     1	  /* an init or join that holds the lock is waited for by coming back */
#define RECHECK_S    10.0 /* routes and rules that others took away */
#define BURST_S	     0.2  /* a list of many nodes is not worked on node by node */
#define SETTLED_S    5.0  /* by then the list has been told, and nodes that it lacks are gone */
#define RETRY_S	     1.0

struct daemon {
	const struct config *config;
	struct fs *fs;
	struct route *route;
	struct firewall firewall;
	struct credentials credentials;
	json_t *nodes;	/* {name: what netplan needs of a Node} */
	json_t *listed; /* of this watch; takes nodes' place when it has settled */
	double watch_s; /* when the watch began; 0: settled */
	double done_s;	/* when all was last looked at */
	bool dirty, trouble;
	bool away;	/* the API server, or what it is asked with */
	json_t *told; /* warnings since all was last well: each is told once */
};

static void complain(struct daemon *daemon, const struct err *err)
{
	AUTO(free) char *status = xasprintf("STATUS=%s", err->msg);

	daemon->trouble = true;
	service_notify(status);
	service_complain(daemon->told, err);
}

/* Packets of pods leave by the devices with this node's addresses: what is larger than the smallest
 * of these would be cut to pieces, or lost where nobody says so. */
static int pod_mtu(const struct daemon *daemon)
{
	const json_t *node = json_object_get(daemon->nodes, daemon->credentials.node);
	const json_t *address;
	int least = 0;
	size_t i;

	if (daemon->config->pod_mtu > 0)
		return daemon->config->pod_mtu;
	json_array_foreach (json_at(node, "status.addresses"), i, address) {
		int mtu = net_mtu(json_string_value(json_object_get(address, "address")));

		if (mtu > 0 && (least == 0 || mtu < least))
			least = mtu;
	}
	return least;
}

/* The runtime reads the directory anew when a file appears in it. */
static int write_conflist(struct daemon *daemon, const json_t *cidrs, struct err *err)
{
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(commit) struct commit *commit = NULL;
	AUTO(free) char *path = xasprintf("%s/" CNI_CONFLIST, daemon->config->cni_conf_dir);
	AUTO(free) char *text = cni_conflist(cidrs, pod_mtu(daemon));
	AUTO(free) char *have = NULL;
	AUTO(free) char *list = json_dumps(cidrs, JSON_COMPACT);
	struct err ignored = ERR_INIT;

	if (fs_read(daemon->fs, path, 1024 * 1024, &have, NULL, &ignored) == 0 &&
	    str_eq(have, text))
		return 0;
	tree_set_phase(tree, "cni/network");
	tree_text(tree, path, 0600, text);
	if (commit_open(daemon->fs, LOCK_S, &commit, err) < 0 ||
	    commit_tree(commit, tree, NULL, NULL, NULL, err) < 0)
		return -1;
	log_say("%s: pods of this node get %s", path, list);
	return 0;
}

static void change_routes(struct daemon *daemon, const struct net_routes *routes, bool add)
{
	for (size_t i = 0; i < routes->n; i++) {
		const struct net_route *one = &routes->items[i];
		AUTO(free) char *to = net_format_cidr(&one->to);
		AUTO(free) char *via = net_format_addr(&one->via);
		struct err err = ERR_INIT;

		if ((add ? route_add(daemon->route, one, &err) :
			   route_remove(daemon->route, one, &err)) < 0) {
			if (add && err.code != ERR_EXISTS)
				err_next(&err, "the built-in network needs the nodes in one network "
					       "segment");
			complain(daemon, &err);
		} else {
			log_say("route %s through %s %s", to, via, add ? "added" : "removed");
		}
	}
}

/* Removed first: a node that got another address keeps its network. */
static int set_routes(struct daemon *daemon, struct err *err)
{
	AUTO(net_routes) struct net_routes have = { .n = 0 };
	AUTO(net_routes) struct net_routes want = { .n = 0 };
	AUTO(net_routes) struct net_routes add = { .n = 0 };
	AUTO(net_routes) struct net_routes gone = { .n = 0 };

	if (route_list(daemon->route, &have, err) < 0)
		return -1;
	netplan_routes(daemon->nodes, daemon->credentials.node, &want);
	netplan_diff(&have, &want, &add, &gone);
	change_routes(daemon, &gone, false);
	change_routes(daemon, &add, true);
	return 0;
}

/* A host that forwards IPv6 forgets the routers that the kernel heard of, unless the device says 2
 * (Linux, ip-sysctl: accept_ra). 0: some daemon listens instead. */
static void keep_router(const struct route_host *host, void *arg)
{
	struct daemon *daemon = arg;
	AUTO(free)
	char *set = xasprintf("net/ipv6/conf/%s/accept_ra=2", host->device);
	AUTO(free) char *path = xasprintf("/proc/sys/%.*s", (int)strlen(set) - 2, set);
	const char *const argv[] = { "sysctl", "-q", "-w", set, NULL };
	AUTO(free) char *value = NULL;
	struct err err = ERR_INIT;

	if (host->announced && host->to.bits == 0 &&
	    fs_read(daemon->fs, path, 16, &value, NULL, &err) == 0 && value[0] == '1' &&
	    proc_run(&(struct proc){ .argv = argv, .timeout_s = 10 }, &err) < 0)
		complain(daemon, &err);
}

/* Only for families that pods have. */
static int forward(struct daemon *daemon, const json_t *cidrs, struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach (cidrs, i, item) {
		bool v6 = strchr(json_string_value(item), ':') != NULL;
		const char *path = v6 ? "/proc/sys/net/ipv6/conf/all/forwarding" :
					"/proc/sys/net/ipv4/ip_forward";
		const char *const argv[] = { "sysctl", "-q", "-w",
					     v6 ? "net.ipv6.conf.all.forwarding=1" :
						  "net.ipv4.ip_forward=1",
					     NULL };
		AUTO(free) char *value = NULL;

		if (fs_read(daemon->fs, path, 16, &value, NULL, err) == 0 && value[0] == '1')
			continue;
		if (v6)
			(void)route_hosts(daemon->route, keep_router, daemon, err);
		if (proc_run(&(struct proc){ .argv = argv, .timeout_s = 10 }, err) < 0)
			return err_next(err, "pods reach no other node until %s is 1", path);
	}
	return 0;
}

static void all_well(struct daemon *daemon, size_t nodes)
{
	AUTO(free) char *text = xasprintf("STATUS=%zu nodes in the pod network", nodes);

	service_notify(text);
	json_object_clear(daemon->told);
}

/* One part's trouble does not keep the others from being done. A lock that another run of ours holds
 * is not worth a word, and is tried again soon; the rest when all is looked at again. */
static void done(struct daemon *daemon, int status, const struct err *err)
{
	if (status < 0 && err->code == ERR_CONFLICT)
		daemon->dirty = daemon->trouble = true;
	else if (status < 0)
		complain(daemon, err);
}

static void reconcile(struct daemon *daemon)
{
	const char *name = daemon->credentials.node;
	AUTO(json) json_t *cidrs = netplan_pod_cidrs(daemon->nodes, name);
	struct err err = ERR_INIT;

	daemon->dirty = daemon->trouble = false;
	daemon->done_s = clock_mono();
	if (json_array_size(cidrs) == 0) {
		service_notify(json_object_size(daemon->nodes) > 0 ?
				       "STATUS=waiting for this node's pod CIDR" :
				       "STATUS=waiting for the API server");
		return;
	}
	done(daemon, write_conflist(daemon, cidrs, &err), &err);
	done(daemon, set_routes(daemon, &err), &err);
	done(daemon, forward(daemon, cidrs, &err), &err);
	done(daemon, firewall_apply(&daemon->firewall, daemon->nodes, name, &err), &err);
	if (!daemon->trouble && !daemon->away)
		all_well(daemon, json_object_size(daemon->nodes));
}

/* What is kept of a Node. */
static json_t *trim(const json_t *node)
{
	return xjson_pack("{s:{s:O*, s:O*}, s:{s:O*}}", "spec", "podCIDR",
			  json_at(node, "spec.podCIDR"), "podCIDRs", json_at(node, "spec.podCIDRs"),
			  "status", "addresses", json_at(node, "status.addresses"));
}

static int seen(void *arg, const char *type, const json_t *node, struct err *err)
{
	struct daemon *daemon = arg;
	const char *name = json_str(json_at(node, "metadata"), "name");
	AUTO(json) json_t *now = NULL;

	(void)err;
	daemon->away = false;
	if (!name)
		return 0;
	if (str_eq(type, "DELETED")) {
		json_object_del(daemon->listed, name);
		daemon->dirty |= json_object_del(daemon->nodes, name) == 0;
	} else {
		now = trim(node);
		json_object_set(daemon->listed, name, now);
		if (!json_equal(json_object_get(daemon->nodes, name), now)) {
			json_object_set(daemon->nodes, name, now);
			daemon->dirty = true;
		}
	}
	if (daemon->dirty && clock_mono() - daemon->done_s > BURST_S)
		reconcile(daemon);
	return 0;
}

static void settle(struct daemon *daemon)
{
	daemon->watch_s = 0;
	if (json_equal(daemon->nodes, daemon->listed))
		return;
	json_decref(daemon->nodes);
	daemon->nodes = json_deep_copy(daemon->listed);
	daemon->dirty = true;
}

static void tick(void *arg)
{
	struct daemon *daemon = arg;
	double now = clock_mono();

	if (daemon->watch_s > 0 && now - daemon->watch_s > SETTLED_S)
		settle(daemon);
	if (route_changed(daemon->route))
		daemon->dirty = true;
	if (now - daemon->done_s > RECHECK_S || (daemon->dirty && now - daemon->done_s > BURST_S))
		reconcile(daemon);
}

static int have_credentials(void *arg, struct err *err)
{
	struct daemon *daemon = arg;
	AUTO(free) char *path = NULL;

	if (daemon->config->kubeconfig)
		path = xstrdup(daemon->config->kubeconfig);
	else
		path = xasprintf("%s/kubelet.conf", daemon->config->kubernetes_dir);
	credentials_clear(&daemon->credentials);
	if (credentials_read(daemon->fs, path, &daemon->credentials, err) < 0)
		return 0; /* whatever it lacks, the kubelet may yet bring it */
	if (daemon->credentials.node)
		return 1;
	return err_set(err, ERR_CONFIG, "%s is not a node's: its certificate names no system:node:",
		       path);
}

/* One stretch with one set of credentials: the kubelet renews its certificate long before its end,
 * and the file is read again whenever a watch ends, be it by 401. */
static int watch(struct daemon *daemon, struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;

	if (wait_in(daemon->config->kubernetes_dir, "waiting for the kubelet's credentials", FOREVER_S,
		    have_credentials, daemon, err) < 0 ||
	    credentials_open(&daemon->credentials, EXCHANGE_S, &kube, err) < 0)
		return -1;
	json_decref(daemon->listed);
	daemon->listed = json_object();
	daemon->watch_s = clock_mono();
	return kube_watch(kube, NODES, WATCH_S, seen, tick, daemon, err);
}

static void daemon_clear(struct daemon *daemon)
{
	credentials_clear(&daemon->credentials);
	firewall_clear(&daemon->firewall);
	json_decref(daemon->nodes);
	json_decref(daemon->listed);
	json_decref(daemon->told);
	if (daemon->route)
		route_close(daemon->route);
	if (daemon->fs)
		fs_close(daemon->fs);
}

int network_run(const struct config *config, struct err *err)
{
	struct daemon daemon = { .config = config,
				 .nodes = json_object(),
				 .listed = json_object(),
				 .told = json_object() };
	int status = fs_open(config->root, &daemon.fs, err);

	if (status == 0)
		status = route_open(&daemon.route, err);
	/* The end of a boot waits for no kinit or kjoin, and for no other machine. */
	if (status == 0)
		service_notify("READY=1\nSTATUS=waiting for the kubelet's credentials");
	while (status == 0) {
		struct err now = ERR_INIT;

		if (watch(&daemon, &now) < 0 && now.code != ERR_TIMEOUT) {
			daemon.away = true;
			complain(&daemon, &now);
		}
		/* Without the API server the routes still hold, and what others took comes back. */
		if (daemon.credentials.node && json_object_size(daemon.nodes) > 0)
			tick(&daemon);
		clock_sleep(RETRY_S);
	}
	daemon_clear(&daemon);
	return status;
}
