#include "phases/network/plan.h"

#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

#define RULES_MAX (1024 * 1024)

void net_routes_clear(struct net_routes *routes)
{
	free(routes->items);
	*routes = (struct net_routes){ .n = 0 };
}

void net_routes_add(struct net_routes *routes, const struct net_route *route)
{
	if (routes->n == NETPLAN_ROUTES_MAX)
		return;
	routes->items = xrealloc(routes->items, routes->n + 1, sizeof(*route));
	routes->items[routes->n++] = *route;
}

/* spec.podCIDRs from 1.16 on; spec.podCIDR is its first. Only what is a network is taken: these
 * strings come from another machine and go into files and rules. */
json_t *netplan_pod_cidrs(const json_t *nodes, const char *name)
{
	const json_t *spec = json_at(json_object_get(nodes, name), "spec");
	const json_t *list = json_object_get(spec, "podCIDRs");
	AUTO(json) json_t *one = NULL;
	json_t *cidrs = json_array();
	const json_t *item;
	size_t i;

	if (json_array_size(list) == 0 && json_str(spec, "podCIDR"))
		list = one = xjson_pack("[s]", json_str(spec, "podCIDR"));
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);
		AUTO(free) char *plain = NULL;
		struct net_cidr cidr;

		if (!text || !net_parse_cidr(text, &cidr) || !net_is_global(&cidr.addr))
			continue;
		plain = net_format_cidr(&cidr);
		json_array_append_new(cidrs, json_string(plain));
	}
	return cidrs;
}

static bool node_address(const json_t *node, int family, struct net_addr *ret)
{
	const json_t *addresses = json_at(node, "status.addresses");
	const json_t *address;
	size_t i;

	json_array_foreach (addresses, i, address) {
		const char *text = json_str(address, "address");

		if (json_str_is(address, "type", "InternalIP") && text &&
		    net_parse_addr(text, ret) && ret->family == family)
			return true;
	}
	return false;
}

static bool overlaps(const struct net_routes *routes, const json_t *own, const struct net_cidr *cidr)
{
	const json_t *item;
	size_t i;

	json_array_foreach (own, i, item) {
		struct net_cidr mine;

		if (net_parse_cidr(json_string_value(item), &mine) && net_overlap(&mine, cidr))
			return true;
	}
	for (i = 0; i < routes->n; i++)
		if (net_overlap(&routes->items[i].to, cidr))
			return true;
	return false;
}

/* Every node's addresses, as routes to them. */
static void node_addresses(const json_t *nodes, struct net_routes *ret)
{
	const char *name;
	json_t *node;

	json_object_foreach ((json_t *)(uintptr_t)nodes, name, node)
		for (int v6 = 0; v6 < 2; v6++) {
			struct net_route one = { .to.bits = v6 ? 128 : 32 };

			if (node_address(node, v6 ? AF_INET6 : AF_INET, &one.to.addr))
				net_routes_add(ret, &one);
		}
}

void netplan_routes(const json_t *nodes, const char *name, struct net_routes *ret)
{
	AUTO(json) json_t *own = netplan_pod_cidrs(nodes, name);
	AUTO(net_routes) struct net_routes hosts = { .n = 0 };
	const char *other;
	const json_t *node;

	node_addresses(nodes, &hosts);
	*ret = (struct net_routes){ .n = 0 };
	/* jansson keeps members in the order they came; the parameter is only read. */
	for (void *at = json_object_iter((json_t *)(uintptr_t)nodes); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)nodes, at)) {
		AUTO(json) json_t *cidrs = NULL;
		const json_t *item;
		size_t i;

		other = json_object_iter_key(at);
		node = json_object_iter_value(at);
		if (str_eq(other, name))
			continue;
		cidrs = netplan_pod_cidrs(nodes, other);
		json_array_foreach (cidrs, i, item) {
			struct net_route route;

			if (net_parse_cidr(json_string_value(item), &route.to) &&
			    node_address(node, route.to.addr.family, &route.via) &&
			    !overlaps(ret, own, &route.to) && !overlaps(&hosts, NULL, &route.to))
				net_routes_add(ret, &route);
		}
	}
}

static bool same_addr(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, a->family == AF_INET ? 4 : 16) == 0;
}

static bool has(const struct net_routes *routes, const struct net_route *wanted)
{
	for (size_t i = 0; i < routes->n; i++) {
		const struct net_route *one = &routes->items[i];

		if (one->to.bits == wanted->to.bits && same_addr(&one->to.addr, &wanted->to.addr) &&
		    same_addr(&one->via, &wanted->via))
			return true;
	}
	return false;
}

void netplan_diff(const struct net_routes *have, const struct net_routes *want,
		  struct net_routes *ret_add, struct net_routes *ret_remove)
{
	*ret_add = *ret_remove = (struct net_routes){ .n = 0 };
	for (size_t i = 0; i < want->n; i++)
		if (!has(have, &want->items[i]))
			net_routes_add(ret_add, &want->items[i]);
	for (size_t i = 0; i < have->n; i++)
		if (!has(want, &have->items[i]))
			net_routes_add(ret_remove, &have->items[i]);
}

static void masquerade(const json_t *nodes, const json_t *own, int family, struct buf *buf)
{
	const json_t *item, *all = nodes;
	size_t i;

	for (void *at = json_object_iter((json_t *)(uintptr_t)all); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)all, at)) {
		AUTO(json) json_t *cidrs = netplan_pod_cidrs(nodes, json_object_iter_key(at));

		json_array_foreach (cidrs, i, item) {
			struct net_cidr cidr;

			if (net_parse_cidr(json_string_value(item), &cidr) &&
			    cidr.addr.family == family)
				buf_addf(buf, "-A KSTRAP-MASQ -d %s -j RETURN\n",
					 json_string_value(item));
		}
	}
	buf_addf(buf, "-A KSTRAP-MASQ -d %s -j RETURN\n",
		 family == AF_INET ? "224.0.0.0/4" : "ff00::/8");
	json_array_foreach (own, i, item)
		buf_addf(buf, "-A KSTRAP-MASQ -s %s -j MASQUERADE\n", json_string_value(item));
}

char *netplan_rules(const json_t *nodes, const char *name, int family)
{
	AUTO(json) json_t *own = netplan_pod_cidrs(nodes, name);
	AUTO(buf) struct buf buf = BUF_INIT(RULES_MAX);
	const json_t *item;
	size_t i;

	for (i = json_array_size(own); i > 0; i--) {
		struct net_cidr cidr;

		if (!net_parse_cidr(json_text(own, i - 1), &cidr) || cidr.addr.family != family)
			json_array_remove(own, i - 1);
	}
	if (json_array_size(own) == 0)
		return NULL;
	buf_addf(&buf, "*nat\n:KSTRAP-MASQ - [0:0]\n");
	masquerade(nodes, own, family, &buf);
	buf_addf(&buf, "COMMIT\n*filter\n:KSTRAP-FORWARD - [0:0]\n");
	json_array_foreach (own, i, item)
		buf_addf(&buf, "-A KSTRAP-FORWARD -s %s -j ACCEPT\n-A KSTRAP-FORWARD -d %s -j ACCEPT\n",
			 json_string_value(item), json_string_value(item));
	return buf_addf(&buf, "COMMIT\n") < 0 ? NULL : xstrdup(buf.data);
}
