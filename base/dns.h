/* What DNS and the host's other name services say of a name: addresses, and SRV records (RFC 2782).
 */
#ifndef BASE_DNS_H
#define BASE_DNS_H

#include "base/auto.h"
#include "base/err.h"

#define DNS_MOST 32 /* addresses of one answer; what is beyond is left out */

struct dns_want {
	const char *service; /* of SRV records, "_kubernetes._tcp.example.org"; NULL: none */
	const char *host;    /* whose addresses are asked for; NULL: none */
	int port;            /* goes with host's addresses */
	double timeout_s;
	void (*tick)(void *); /* called at least every second; may be NULL */
	void *arg;
};

/* *ret: a new array of {"name","address","port"}, each address and port once: first the targets of
 * the SRV records, the lowest priority and then the highest weight in front, then the addresses of
 * `host`. The resolver, which knows no deadline of ours, works in a thread that is left to itself
 * when the time is over. Errors: ERR_NET (there is none: says why), ERR_TIMEOUT. */
int dns_find(const struct dns_want *want, json_t **ret, struct err *err);

#endif
