/* Addresses and the host's network, read-only. */
#ifndef BASE_NET_H
#define BASE_NET_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct net_addr {
	int family; /* AF_INET or AF_INET6 */
	uint8_t bytes[16];
};
struct net_cidr {
	struct net_addr addr; /* the network's first address */
	int bits;
};

bool net_parse_addr(const char *text, struct net_addr *ret);
bool net_parse_cidr(const char *text, struct net_cidr *ret); /* host bits are cleared */
/* How many there are in a list "CIDR[,CIDR]", one for each family at the most (NULL or "": none).
 * -1 when it is no such list. */
#define NET_FAMILIES 2
int net_parse_cidrs(const char *list, struct net_cidr ret[static NET_FAMILIES]);
char *net_format_addr(const struct net_addr *addr);	     /* the caller frees */
char *net_format_cidr(const struct net_cidr *cidr);
/* The n-th address of a network (0: its first). False when outside it. */
bool net_nth(const struct net_cidr *cidr, uint64_t n, struct net_addr *ret);
bool net_contains(const struct net_cidr *cidr, const struct net_addr *addr);
/* Neither loopback, link-local, multicast nor unspecified: what Kubernetes takes for a node. */
bool net_is_global(const struct net_addr *addr);
bool net_overlap(const struct net_cidr *a, const struct net_cidr *b);
/* "host:port" or "[v6]:port", brackets as needed; the caller frees. */
char *net_join(const char *host, int port);
/* Splits "host[:port]", "[v6][:port]" or a bare v6 address; *ret_port is 0 when absent.
 * False when it is none. *ret_host is the caller's. */
bool net_split(const char *text, char **ret_host, int *ret_port);

/* The source address for packets to `dst` (NULL: the default route, then the first global address
 * of an interface that is up and no loopback). The caller frees. Errors: ERR_HOST. */
int net_source(const char *dst, char **ret, struct err *err);
/* The MTU of the device that has this address; 0 when none has. */
int net_mtu(const char *text);
bool net_addr_is_local(const char *text);
/* Whether this host has a further address of that family, neither loopback nor link-local. */
bool net_has_others(const char *text);
/* Whether something listens on TCP `port` of any or the given local address. */
bool net_port_in_use(int port);
/* Whether a TCP connection to an address of this host is refused at once: much cheaper than asking
 * by HTTPS whether nobody is there. False for all else, doubt included. */
bool net_refused(const char *address, int port);
char *net_hostname(void); /* lower-cased; the caller frees */

#endif
