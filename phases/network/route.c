#include "phases/network/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/str.h"

#define REPLY_SIZE (64 * 1024)
#define REPLY_S	   5

struct route {
	int fd;	    /* requests */
	int events; /* RTMGRP_* notifications */
	uint32_t seq;
	char *reply; /* REPLY_SIZE */
};

static int netlink(unsigned groups, int flags, struct err *err)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	struct timeval limit = { .tv_sec = REPLY_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);

	if (fd < 0)
		return err_sys(err, "open a netlink socket");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0) {
		err_sys(err, "bind a netlink socket");
		close(fd);
		return -1;
	}
	return fd;
}

int route_open(struct route **ret, struct err *err)
{
	AUTO(route) struct route *route = xcalloc(1, sizeof(*route));

	route->reply = xcalloc(1, REPLY_SIZE);
	route->fd = route->events = -1;
	route->fd = netlink(0, 0, err);
	if (route->fd < 0)
		return -1;
	route->events = netlink(RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_LINK |
					RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
				SOCK_NONBLOCK, err);
	if (route->events < 0)
		return -1;
	*ret = TAKE(route);
	return 0;
}

void route_close(struct route *route)
{
	if (route->fd >= 0)
		close(route->fd);
	if (route->events >= 0)
		close(route->events);
	free(route->reply);
	free(route);
}

bool route_changed(struct route *route)
{
	bool changed = false;

	/* An overflow (ENOBUFS) means that there was more to tell than the socket holds. */
	for (;;) {
		ssize_t len = recv(route->events, route->reply, REPLY_SIZE, 0);

		if (len <= 0 && (len == 0 || errno != ENOBUFS))
			return changed;
		changed = true;
	}
}

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	char attributes[128];
};

static void attribute(struct request *request, unsigned short type, const void *data, size_t len)
{
	struct rtattr *attr = (void *)((char *)request + NLMSG_ALIGN(request->head.nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	request->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->head.nlmsg_len) +
					     RTA_ALIGN(attr->rta_len));
}

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

static void fill(struct request *request, unsigned short type, unsigned short flags,
		 const struct net_route *one)
{
	size_t len = addr_len(one->to.addr.family);

	*request = (struct request){
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			  .nlmsg_type = type,
			  .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags) },
		.route = { .rtm_family = (unsigned char)one->to.addr.family,
			   .rtm_dst_len = (unsigned char)one->to.bits,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = ROUTE_PROTOCOL,
			   .rtm_scope = RT_SCOPE_UNIVERSE,
			   .rtm_type = RTN_UNICAST },
	};
	attribute(request, RTA_DST, one->to.addr.bytes, len);
	attribute(request, RTA_GATEWAY, one->via.bytes, len);
}

static int send_request(struct route *route, struct nlmsghdr *head)
{
	head->nlmsg_seq = ++route->seq;
	return send(route->fd, head, head->nlmsg_len, 0) < 0 ? -1 : 0;
}

/* Calls `each` for every message that answers the last request. Returns 0 or an errno value. */
static int answers(struct route *route, void (*each)(const struct nlmsghdr *, void *), void *arg)
{
	for (;;) {
		ssize_t got = recv(route->fd, route->reply, REPLY_SIZE, 0);
		unsigned len = got > 0 ? (unsigned)got : 0;

		if (got <= 0)
			return got < 0 ? errno : EIO;
		for (struct nlmsghdr *head = (void *)route->reply; NLMSG_OK(head, len);
		     head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_seq != route->seq)
				continue;
			if (head->nlmsg_type == NLMSG_DONE)
				return 0;
			if (head->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(head))->error;
			if (each)
				each(head, arg);
		}
	}
}

/* What a message says of a route; false when it is of none. *ret_index: the device's number. */
static bool read_route(const struct nlmsghdr *head, struct net_route *ret, int *ret_index)
{
	const struct rtmsg *msg = NLMSG_DATA(head);
	unsigned len = (unsigned)RTM_PAYLOAD(head);
	size_t size = addr_len(msg->rtm_family);

	*ret_index = 0;
	*ret = (struct net_route){ .to = { .addr.family = msg->rtm_family,
					   .bits = msg->rtm_dst_len } };
	for (const struct rtattr *attr = RTM_RTA(msg); RTA_OK(attr, len);
	     attr = RTA_NEXT(attr, len)) {
		size_t has = RTA_PAYLOAD(attr);

		if (attr->rta_type == RTA_OIF && has == sizeof(*ret_index))
			memcpy(ret_index, RTA_DATA(attr), has);
		if (attr->rta_type == RTA_DST && has == size)
			memcpy(ret->to.addr.bytes, RTA_DATA(attr), size);
		if (attr->rta_type == RTA_MULTIPATH || attr->rta_type == RTA_VIA)
			ret->via.family = msg->rtm_family; /* several, or of the other family */
		if (attr->rta_type != RTA_GATEWAY || has != size)
			continue;
		ret->via.family = msg->rtm_family;
		memcpy(ret->via.bytes, RTA_DATA(attr), size);
	}
	return head->nlmsg_type == RTM_NEWROUTE;
}

static void collect(const struct nlmsghdr *head, void *arg)
{
	const struct rtmsg *msg = NLMSG_DATA(head);
	struct net_route one;
	int index;

	if (read_route(head, &one, &index) && msg->rtm_protocol == ROUTE_PROTOCOL &&
	    msg->rtm_table == RT_TABLE_MAIN)
		net_routes_add(arg, &one);
}

struct seer {
	void (*see)(const struct route_host *, void *);
	void *arg;
};

static void see_host(const struct nlmsghdr *head, void *arg)
{
	const struct rtmsg *msg = NLMSG_DATA(head);
	const struct seer *seer = arg;
	struct route_host host = { .via = false };
	const bool refuses = msg->rtm_type >= RTN_BLACKHOLE && msg->rtm_type <= RTN_PROHIBIT;
	struct net_route one;
	int index;

	if (!read_route(head, &one, &index) || msg->rtm_protocol == ROUTE_PROTOCOL ||
	    (msg->rtm_type != RTN_UNICAST && msg->rtm_type != RTN_LOCAL && !refuses) ||
	    (msg->rtm_flags & RTM_F_CLONED) || (one.to.bits > 0 && !net_is_global(&one.to.addr)))
		return;
	host.to = one.to;
	host.via = one.via.family != 0 || refuses;
	host.announced = msg->rtm_protocol == RTPROT_RA;
	if (index == 0 || !if_indextoname((unsigned)index, host.device))
		host.device[0] = '\0';
	seer->see(&host, seer->arg);
}

/* Every route of both families. Sets errno. */
static int dump(struct route *route, void (*each)(const struct nlmsghdr *, void *), void *arg)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct request request = {
			.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
				  .nlmsg_type = RTM_GETROUTE,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
			.route = { .rtm_family = v6 ? AF_INET6 : AF_INET },
		};

		if (send_request(route, &request.head) < 0)
			return -1;
		errno = answers(route, each, arg);
		if (errno != 0 && (!v6 || errno != EOPNOTSUPP)) /* a kernel without IPv6 */
			return -1;
	}
	return 0;
}

int route_list(struct route *route, struct net_routes *ret, struct err *err)
{
	*ret = (struct net_routes){ .n = 0 };
	if (dump(route, collect, ret) == 0)
		return 0;
	err_sys(err, "list routes");
	net_routes_clear(ret);
	return -1;
}

int route_hosts(struct route *route, void (*see)(const struct route_host *, void *), void *arg,
		struct err *err)
{
	struct seer seer = { see, arg };

	return dump(route, see_host, &seer) < 0 ? err_sys(err, "list routes") : 0;
}

static int change(struct route *route, unsigned short type, unsigned short flags,
		  const struct net_route *one, struct err *err)
{
	AUTO(free) char *to = net_format_cidr(&one->to);
	AUTO(free) char *via = net_format_addr(&one->via);
	struct request request;

	fill(&request, type, flags, one);
	if (send_request(route, &request.head) == 0)
		errno = answers(route, NULL, NULL);
	if (errno == 0 || (type == RTM_DELROUTE && errno == ESRCH))
		return 0;
	return err_sys(err, "route to %s through %s", to, via);
}

int route_add(struct route *route, const struct net_route *one, struct err *err)
{
	return change(route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, one, err);
}

int route_remove(struct route *route, const struct net_route *one, struct err *err)
{
	return change(route, RTM_DELROUTE, 0, one, err);
}

struct kind {
	const char *name;
	bool *seen;
};

/* Whether the link that is told of is of that kind. */
static void see_kind(const struct nlmsghdr *head, void *arg)
{
	const struct ifinfomsg *link = NLMSG_DATA(head);
	unsigned len = (unsigned)IFLA_PAYLOAD(head);
	const struct kind *kind = arg;
	const size_t size = strlen(kind->name) + 1;

	if (head->nlmsg_type != RTM_NEWLINK)
		return;
	for (const struct rtattr *attr = IFLA_RTA(link); RTA_OK(attr, len);
	     attr = RTA_NEXT(attr, len)) {
		unsigned inner = (unsigned)RTA_PAYLOAD(attr);

		if ((attr->rta_type & NLA_TYPE_MASK) != IFLA_LINKINFO)
			continue;
		for (const struct rtattr *info = RTA_DATA(attr); RTA_OK(info, inner);
		     info = RTA_NEXT(info, inner))
			if (info->rta_type == IFLA_INFO_KIND && RTA_PAYLOAD(info) == size &&
			    memcmp(RTA_DATA(info), kind->name, size) == 0)
				*kind->seen = true;
	}
}

/* `arg` as for answers(); errno. The kernel ends the answer to a question with an acknowledgement. */
static int ask_link(struct route *route, unsigned short type, int index,
		    void (*each)(const struct nlmsghdr *, void *), void *arg)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} request = { .head = { .nlmsg_len = sizeof(request),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		      .link = { .ifi_family = AF_UNSPEC, .ifi_index = index } };

	if (send_request(route, &request.head) < 0)
		return errno;
	return answers(route, each, arg);
}

int route_remove_link(struct route *route, const char *name, const char *kind, bool dry_run,
		      bool *ret_found, struct err *err)
{
	const int index = (int)if_nametoindex(name);
	struct kind wanted = { kind, ret_found };

	*ret_found = false;
	errno = index > 0 ? ask_link(route, RTM_GETLINK, index, see_kind, &wanted) : ENODEV;
	if (errno == 0 && *ret_found && !dry_run)
		errno = ask_link(route, RTM_DELLINK, index, NULL, NULL);
	if (errno == 0 || errno == ENODEV)
		return 0;
	return err_sys(err, "remove the %s %s", kind, name);
}
