/* The kernel's routes over rtnetlink (rtnetlink(7)): those with our own protocol number, and no
 * others. */
#ifndef PHASES_NETWORK_ROUTE_H
#define PHASES_NETWORK_ROUTE_H

#include "base/err.h"
#include "phases/network/plan.h"

/* Free in iproute2's rt_protos; what makes a route ours. */
#define ROUTE_PROTOCOL 107

/* A socket for requests, and one that becomes readable when routes or addresses change. */
struct route;
int route_open(struct route **ret, struct err *err);
void route_close(struct route *route);
AUTO_DEFINE(route, struct route *, route_close);

/* A network that this host has an address in, or a route to. */
struct route_host {
	struct net_cidr to;
	char device[16]; /* IF_NAMESIZE; "" for several */
	bool via;	 /* behind a gateway, not on the device's own segment; or a blackhole */
	bool announced;	 /* by a router's advertisement, which the kernel or a daemon heard */
};
/* Calls `see` for each of every table, default routes (0 bits) included, but for our own routes and
 * what is no global address. A device's network comes before its address. Errors: ERR_HOST. */
int route_hosts(struct route *route, void (*see)(const struct route_host *, void *), void *arg,
		struct err *err);

/* Our routes in the main table. Errors: ERR_HOST. */
int route_list(struct route *route, struct net_routes *ret, struct err *err);
/* Errors: ERR_EXISTS (another's route to the same network stands), ERR_HOST (unreachable
 * gateway and others). */
int route_add(struct route *route, const struct net_route *one, struct err *err);
/* Absent is success. */
int route_remove(struct route *route, const struct net_route *one, struct err *err);
/* Removes a link of that kind ("bridge", "vxlan"); one that is absent is success, another kind of that
 * name stays. *ret_found: whether there was one. `dry_run`: only looks. Errors: ERR_HOST. */
int route_remove_link(struct route *route, const char *name, const char *kind, bool dry_run,
		      bool *ret_found, struct err *err);
/* Whether routes, links or addresses changed since the last call. */
bool route_changed(struct route *route);

#endif
