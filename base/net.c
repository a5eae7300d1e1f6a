#include "base/net.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>

static int addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

bool net_parse_addr(const char *text, struct net_addr *ret)
{
	struct net_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr.family, text, addr.bytes) != 1)
		return false;
	*ret = addr;
	return true;
}

static void clear_host_bits(struct net_cidr *cidr)
{
	const int len = addr_len(cidr->addr.family);

	for (int i = 0; i < len; i++) {
		const int keep = cidr->bits - i * 8;

		if (keep <= 0)
			cidr->addr.bytes[i] = 0;
		else if (keep < 8)
			cidr->addr.bytes[i] &= (uint8_t)(0xff << (8 - keep));
	}
}

bool net_parse_cidr(const char *text, struct net_cidr *ret)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	const char *p;
	struct net_cidr cidr;
	int bits = 0;

	if (!slash || (size_t)(slash - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (!net_parse_addr(host, &cidr.addr))
		return false;
	p = slash + 1;
	if (!*p || strlen(p) > 3 || (p[0] == '0' && p[1]))
		return false;
	for (; *p; p++) {
		if (!isdigit((unsigned char)*p))
			return false;
		bits = bits * 10 + (*p - '0');
	}
	if (bits > addr_len(cidr.addr.family) * 8)
		return false;
	cidr.bits = bits;
	clear_host_bits(&cidr);
	*ret = cidr;
	return true;
}

int net_parse_cidrs(const char *list, struct net_cidr ret[static NET_FAMILIES])
{
	AUTO(free) char *copy = xstrdup(list && *list ? list : NULL);
	char *rest = copy, *one;
	int n = 0;

	while ((one = strsep(&rest, ",")))
		if (n == NET_FAMILIES || !net_parse_cidr(one, &ret[n++]))
			return -1;
	return n;
}

char *net_format_addr(const struct net_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(addr->family, addr->bytes, text, sizeof(text)))
		return xstrdup("?");
	return xstrdup(text);
}

char *net_format_cidr(const struct net_cidr *cidr)
{
	AUTO(free) char *addr = net_format_addr(&cidr->addr);

	return xasprintf("%s/%d", addr, cidr->bits);
}

bool net_nth(const struct net_cidr *cidr, uint64_t n, struct net_addr *ret)
{
	const int len = addr_len(cidr->addr.family), host = len * 8 - cidr->bits;
	struct net_addr addr = cidr->addr;

	if (host < 64 && n >> host)
		return false;
	for (int i = len - 1; i >= 0 && n; i--) {
		n += addr.bytes[i];
		addr.bytes[i] = (uint8_t)n;
		n >>= 8;
	}
	*ret = addr;
	return true;
}

bool net_contains(const struct net_cidr *cidr, const struct net_addr *addr)
{
	struct net_cidr other = { *addr, cidr->bits };

	if (addr->family != cidr->addr.family)
		return false;
	clear_host_bits(&other);
	return memcmp(other.addr.bytes, cidr->addr.bytes, (size_t)addr_len(addr->family)) == 0;
}

bool net_overlap(const struct net_cidr *a, const struct net_cidr *b)
{
	return a->bits <= b->bits ? net_contains(a, &b->addr) : net_contains(b, &a->addr);
}

char *net_join(const char *host, int port)
{
	return xasprintf(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}

static bool parse_port(const char *text, int *ret)
{
	int port = 0;

	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		port = port * 10 + (*text - '0');
	}
	if (port < 1 || port > 65535)
		return false;
	*ret = port;
	return true;
}

/* RFC 1123 2.1; a trailing dot is allowed, an all-numeric last label would be a bad address. */
static bool is_hostname(const char *s, size_t len)
{
	size_t label = 0, last = 0;

	if (len > 0 && s[len - 1] == '.')
		len--;
	if (len == 0 || len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.') {
			if (label == 0 || s[i - 1] == '-')
				return false;
			label = 0;
			last = i + 1;
			continue;
		}
		if (!isalnum((unsigned char)s[i]) && !(s[i] == '-' && label > 0))
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0 && s[len - 1] != '-' && strspn(s + last, "0123456789") < len - last;
}

bool net_split(const char *text, char **ret_host, int *ret_port)
{
	AUTO(free) char *host = NULL;
	const char *colon = strchr(text, ':');
	const char *end;
	struct net_addr addr;
	int port = 0;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && (end[1] != ':' || !parse_port(end + 2, &port))))
			return false;
		host = xstrndup(text + 1, (size_t)(end - text - 1));
		if (!net_parse_addr(host, &addr) || addr.family != AF_INET6)
			return false;
	} else if (colon && strchr(colon + 1, ':')) {
		host = xstrdup(text);
		if (!net_parse_addr(host, &addr))
			return false;
	} else {
		if (colon && !parse_port(colon + 1, &port))
			return false;
		host = xstrndup(text, colon ? (size_t)(colon - text) : strlen(text));
		if (!net_parse_addr(host, &addr) && !is_hostname(host, strlen(host)))
			return false;
	}
	*ret_host = TAKE(host);
	*ret_port = port;
	return true;
}

static void from_sockaddr(const struct sockaddr *sa, struct net_addr *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->family = sa->sa_family;
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		memcpy(ret->bytes, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(ret->bytes, &in6.sin6_addr, 16);
	}
}

bool net_is_global(const struct net_addr *addr)
{
	static const char *const not_global[] = {
		"127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "0.0.0.0/8", "255.255.255.255/32",
		"::1/128",     "::/128",         "fe80::/10",   "ff00::/8"
	};
	struct net_cidr cidr;

	for (size_t i = 0; i < sizeof(not_global) / sizeof(not_global[0]); i++)
		if (net_parse_cidr(not_global[i], &cidr) && net_contains(&cidr, addr))
			return false;
	return true;
}

/* A UDP socket's connect asks the routing table and sends nothing. */
static bool source_by_route(const struct sockaddr *to, socklen_t len, struct net_addr *ret)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	AUTO(fd) int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, to, len) < 0)
		return false;
	if (getsockname(fd, (struct sockaddr *)&from, &from_len) < 0)
		return false;
	from_sockaddr((const struct sockaddr *)&from, ret);
	return true;
}

static bool source_for(const char *host, int flags, struct net_addr *ret)
{
	const struct addrinfo hints = { .ai_flags = flags, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	bool found = false;

	if (getaddrinfo(host, "9", &hints, &list) != 0)
		return false;
	for (const struct addrinfo *ai = list; ai && !found; ai = ai->ai_next)
		found = source_by_route(ai->ai_addr, ai->ai_addrlen, ret);
	freeaddrinfo(list);
	return found;
}

static bool first_global(struct net_addr *ret)
{
	struct ifaddrs *list = NULL;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return false;
	/* IPv4 first, as kubeadm chooses */
	for (int pass = 0; pass < 2 && !found; pass++) {
		for (const struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
			struct net_addr addr;

			if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
			    (i->ifa_flags & IFF_LOOPBACK) ||
			    i->ifa_addr->sa_family != (pass ? AF_INET6 : AF_INET))
				continue;
			from_sockaddr(i->ifa_addr, &addr);
			if (net_is_global(&addr)) {
				*ret = addr;
				found = true;
			}
		}
	}
	freeifaddrs(list);
	return found;
}

int net_source(const char *dst, char **ret, struct err *err)
{
	/* Networks for documentation (RFC 5737, RFC 3849): only the default route leads there. */
	static const char *const anywhere[] = { "192.0.2.1", "2001:db8::1" };
	struct net_addr addr;

	if (dst) {
		if (!source_for(dst, 0, &addr)) {
			err_set(err, ERR_HOST, "no route to %s", dst);
			return err_next(err, "ip route get %s", dst);
		}
		*ret = net_format_addr(&addr);
		return 0;
	}
	for (size_t i = 0; i < 2; i++) {
		if (source_for(anywhere[i], AI_NUMERICHOST, &addr) && net_is_global(&addr)) {
			*ret = net_format_addr(&addr);
			return 0;
		}
	}
	if (!first_global(&addr)) {
		err_set(err, ERR_HOST, "this host has no address besides loopback and link-local");
		return err_next(err, "ip address; then name the address to use");
	}
	*ret = net_format_addr(&addr);
	return 0;
}

/* The device that has the address; false when none has. */
static bool device_of(const char *text, char ret[static IF_NAMESIZE])
{
	struct ifaddrs *list = NULL;
	struct net_addr want, have;
	bool found = false;

	if (!net_parse_addr(text, &want) || getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != want.family)
			continue;
		from_sockaddr(i->ifa_addr, &have);
		found = memcmp(&have, &want, sizeof(have)) == 0;
		if (found)
			snprintf(ret, IF_NAMESIZE, "%s", i->ifa_name);
	}
	freeifaddrs(list);
	return found;
}

bool net_addr_is_local(const char *text)
{
	char device[IF_NAMESIZE];

	return device_of(text, device);
}

int net_mtu(const char *text)
{
	AUTO(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ask = { .ifr_mtu = 0 };

	return fd >= 0 && device_of(text, ask.ifr_name) && ioctl(fd, SIOCGIFMTU, &ask) == 0 ?
		       ask.ifr_mtu :
		       0;
}

bool net_has_others(const char *text)
{
	struct ifaddrs *list = NULL;
	struct net_addr own, one;
	bool found = false;

	if (!net_parse_addr(text, &own) || getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
		    i->ifa_addr->sa_family != own.family)
			continue;
		from_sockaddr(i->ifa_addr, &one);
		found = net_is_global(&one) && memcmp(&one, &own, sizeof(one)) != 0;
	}
	freeifaddrs(list);
	return found;
}

/* With SO_REUSEADDR a bind to every address is refused by a listener on any of them, and not by
 * connections that linger in TIME_WAIT. */
static bool bind_refused(const struct sockaddr *sa, socklen_t len)
{
	const int on = 1;
	AUTO(fd) int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa->sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return bind(fd, sa, len) < 0 && errno == EADDRINUSE;
}

bool net_port_in_use(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	in.sin_port = htons((uint16_t)port);
	in6.sin6_port = htons((uint16_t)port);
	return bind_refused((const struct sockaddr *)&in, sizeof(in)) ||
	       bind_refused((const struct sockaddr *)&in6, sizeof(in6));
}

#define REFUSED_MS 10 /* a host's own answer is there at once */

bool net_refused(const char *address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(int);
	struct net_addr addr;
	int rc, error;

	if (!net_parse_addr(address, &addr))
		return false;
	AUTO(fd) int fd = socket(addr.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	in.sin_port = in6.sin6_port = htons((uint16_t)port);
	memcpy(&in.sin_addr, addr.bytes, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, addr.bytes, sizeof(in6.sin6_addr));
	if (fd < 0)
		return false;
	rc = addr.family == AF_INET ? connect(fd, (const struct sockaddr *)&in, sizeof(in)) :
				      connect(fd, (const struct sockaddr *)&in6, sizeof(in6));
	if (rc == 0)
		return false;
	error = errno;
	if (error == EINPROGRESS &&
	    (poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, REFUSED_MS) <= 0 ||
	     getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0))
		return false;
	return error == ECONNREFUSED;
}

char *net_hostname(void)
{
	struct utsname host;

	if (uname(&host) < 0)
		return xstrdup("localhost");
	for (char *p = host.nodename; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return xstrdup(host.nodename);
}
