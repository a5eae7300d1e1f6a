/* Which of this host's addresses is the node's: the one that the route to the master has. */
#include "phases/join/join.h"

#include <string.h>

#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "phases/kubelet.h"

/* The kubelet would say so only once it runs. kubeletExtraArgs may have two addresses, which are
 * its own to judge. */
static int check_given(const struct run *run, struct err *err)
{
	const char *address = run->config->node_ip;

	if (!address || net_addr_is_local(address))
		return 0;
	err_set(err, ERR_HOST, "--node-ip %s is no address of this host", address);
	return err_next(err, "ip -brief address; without --node-ip it is the one with the route to "
			     "the master");
}

int join_find_address(struct run *run, const char *server, struct err *err)
{
	AUTO(free) char *host = NULL;
	AUTO(free) char *source = NULL;
	int port;

	if (run->offline || !server)
		return 0;
	if (check_given(run, err) < 0)
		return -1;
	if (!net_split(server + strlen("https://"), &host, &port) ||
	    net_source(host, &source, err) < 0)
		return -1;
	json_put_str(run->facts, "route", source);
	if (kubelet_node_ip(run->config) || !net_has_others(source))
		return 0;
	json_object_set_new(run->facts, "several", json_true());
	log_say("this node's address is %s, by the route to %s (--node-ip chooses another)", source,
		host);
	return 0;
}
