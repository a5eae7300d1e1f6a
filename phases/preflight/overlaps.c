/* Preflight: the cluster's networks beside those that this host is in or knows a way to. */
#include "phases/preflight/preflight.h"

#include <string.h>

#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/network/route.h"

#define NAME "NetworkOverlap"

struct overlaps {
	struct preflight *preflight;
	bool joins;
	size_t n;
	struct {
		const char *what, *flag;
		struct net_cidr cidr;
		char told[16]; /* the device that was named last ("": none, or several) */
	} net[2 * NET_FAMILIES]; /* pods and services */
};

static void add(struct overlaps *overlaps, const char *what, const char *flag, const char *list)
{
	struct net_cidr cidrs[NET_FAMILIES];
	const int n = net_parse_cidrs(list, cidrs);

	for (int i = 0; i < n; i++) {
		overlaps->net[overlaps->n].cidr = cidrs[i];
		overlaps->net[overlaps->n].told[0] = '/'; /* no device yet */
		overlaps->net[overlaps->n].what = what;
		overlaps->net[overlaps->n++].flag = flag;
	}
}

/* The more specific route wins. A wide one behind a gateway, such as a company's 10.0.0.0/8, goes
 * on leading everywhere else, and is worth a word; what stands on this host's own segments does not
 * get through to itself any more. */
static void see(const struct route_host *host, void *arg)
{
	struct overlaps *overlaps = arg;
	AUTO(free) char *theirs = net_format_cidr(&host->to);

	/* VPNs make a default route of two halves. */
	if (host->to.bits <= 1 || str_eq(host->device, CNI_BRIDGE))
		return;
	for (size_t i = 0; i < overlaps->n; i++) {
		const struct net_cidr *cidr = &overlaps->net[i].cidr;
		const char *flag = overlaps->net[i].flag;
		AUTO(free) char *ours = net_format_cidr(cidr);
		AUTO(free) char *fix = NULL;
		bool wide = host->via && host->to.bits < cidr->bits;

		if (!net_overlap(cidr, &host->to) ||
		    (!wide && str_eq(overlaps->net[i].told, host->device)))
			continue;
		fix = xasprintf(
			overlaps->joins
				? "take the address or route away here (ip route show table all "
				  "%s), or make the cluster with another %s"
				: "ip route show table all %s tells more; give %s a network that "
				  "is free here",
			theirs, flag);
		if (!wide)
			snprintf(overlaps->net[i].told, sizeof(overlaps->net[i].told), "%s",
				 host->device);
		(wide ? preflight_warn : preflight_fail)(
			overlaps->preflight, NAME, fix, "the %s' network %s overlaps %s%s%s, %s",
			overlaps->net[i].what, ours, theirs, *host->device ? " on " : "",
			host->device,
			wide	  ? "and hides a part of it from this host" :
			host->via ? "to which this host has a route" :
				    "which this host is in");
	}
}

void preflight_overlaps(struct preflight *preflight, struct run *run)
{
	const json_t *found = json_object_get(run->facts, "networking");
	struct overlaps overlaps = { .preflight = preflight,
				     .joins = run->config->kind == CONFIG_JOIN };
	AUTO(free) char *kubelet = kubelet_path(run, "config.yaml");
	AUTO(route) struct route *route = NULL;
	struct err err = ERR_INIT;

	/* A node's network plugin has by now made devices and routes of its own. */
	if (run_made(run, kubelet))
		return;
	add(&overlaps, "pods", "--pod-network-cidr",
	    overlaps.joins ? json_str(found, "podSubnet") : run->cluster->pod_subnet);
	add(&overlaps, "services", "--service-cidr",
	    overlaps.joins ? json_str(found, "serviceSubnet") : run->config->service_subnet);
	if (overlaps.n > 0 &&
	    (route_open(&route, &err) < 0 || route_hosts(route, see, &overlaps, &err) < 0))
		preflight_warn(preflight, NAME, NULL, "%s", err.msg);
}
