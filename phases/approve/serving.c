#include "phases/approve/serving.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/guard.h"
#include "base/net.h"
#include "base/str.h"

/* Addresses are compared as such: an IPv6 address has many spellings. */
static bool same(const char *a, const char *b)
{
	struct net_addr first, second;
	bool is_addr = net_parse_addr(a, &first);

	if (!b || is_addr != net_parse_addr(b, &second))
		return false;
	if (!is_addr)
		return strcasecmp(a, b) == 0;
	return first.family == second.family &&
	       memcmp(first.bytes, second.bytes, first.family == AF_INET ? 4 : 16) == 0;
}

static bool belongs(const char *name, const json_t *node)
{
	const json_t *address;
	size_t i;

	if (same(name, json_string_value(json_at(node, "metadata.name"))))
		return true;
	json_array_foreach (json_at(node, "status.addresses"), i, address)
		if (same(name, json_str(address, "address")))
			return true;
	return false;
}

static bool is_among(const char *name, const json_t *names)
{
	const json_t *one;
	size_t i;

	json_array_foreach (names, i, one)
		if (same(name, json_string_value(one)))
			return true;
	return false;
}

static bool is_control_plane(const json_t *node)
{
	const json_t *labels = json_at(node, "metadata.labels");

	return json_object_get(labels, "node-role.kubernetes.io/control-plane") ||
	       json_object_get(labels, "node-role.kubernetes.io/master");
}

char *serving_fault(const struct request *request, const json_t *node, const json_t *reserved)
{
	const json_t *item;
	size_t i;

	if (!node)
		return xasprintf("there is no node %s", request->node);
	json_array_foreach (request->sans, i, item) {
		const char *name = json_string_value(item);
		char said[128];

		/* It goes to logs and terminals. */
		guard_text(name ? name : "(no text)", said, sizeof(said));
		if (!name || !belongs(name, node))
			return xasprintf("%s is none of node %s's names and addresses", said,
					 request->node);
		if (!is_control_plane(node) && is_among(name, reserved))
			return xasprintf("%s is the API server's", said);
	}
	return NULL;
}
