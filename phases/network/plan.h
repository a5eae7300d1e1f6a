/* The built-in pod network as a pure function of the cluster's Node objects: what routes, firewall
 * rules and network configuration one node should have. */
#ifndef PHASES_NETWORK_PLAN_H
#define PHASES_NETWORK_PLAN_H

#include "base/auto.h"
#include "base/net.h"

#include <stddef.h>

#define NETPLAN_ROUTES_MAX 8192

struct net_route {
	struct net_cidr to;	/* another node's pods */
	struct net_addr via;	/* that node */
};
struct net_routes {
	struct net_route *items;
	size_t n;
};
void net_routes_clear(struct net_routes *routes);
static inline void auto_net_routes_(struct net_routes *routes)
{
	net_routes_clear(routes);
}
/* Adds one unless the list is full. */
void net_routes_add(struct net_routes *routes, const struct net_route *route);

/* `nodes`: {name: Node}. The pod CIDRs of node `name` (strings); empty until it has any. New. */
json_t *netplan_pod_cidrs(const json_t *nodes, const char *name);

/* A route to each pod CIDR of every other node through that node's InternalIP of the same family.
 * Nodes without either are left out, and so are CIDRs that overlap one that was taken before, or
 * this node's own, or hold a node's address. */
void netplan_routes(const json_t *nodes, const char *name, struct net_routes *ret);

/* What must be added to `have` to make it `want`, and what removed. */
void netplan_diff(const struct net_routes *have, const struct net_routes *want,
		  struct net_routes *ret_add, struct net_routes *ret_remove);

/* Input for iptables-restore --noflush (family AF_INET) or ip6tables-restore (AF_INET6): chain
 * KSTRAP-MASQ masquerades what this node's pods send outside the pods' networks, KSTRAP-FORWARD
 * accepts what they send and get. Both are emptied and filled in one step. NULL when this node has
 * no pod CIDR of the family. The caller frees. */
char *netplan_rules(const json_t *nodes, const char *name, int family);

#endif
