/* The pod network's rules, in two iptables chains of our own and one jump to each. */
#ifndef PHASES_NETWORK_FIREWALL_H
#define PHASES_NETWORK_FIREWALL_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>

/* What to do where a host has no iptables. */
#define FIREWALL_FIX                                                                               \
	"install iptables in the image; until then pods reach no address outside the cluster"

struct firewall {
	char *applied[2]; /* the rules as last set, IPv4 and IPv6 */
	double set_s;	  /* when */
};
void firewall_clear(struct firewall *firewall);

/* Sets what netplan_rules wants for node `name`: at once when that changed, and again every half
 * minute in case somebody flushed it. Chains and jumps of others are not touched.
 * Errors: ERR_HOST with iptables' own words. */
int firewall_apply(struct firewall *firewall, const json_t *nodes, const char *name,
		   struct err *err);

/* Takes both chains and the jumps to them away, IPv4's and IPv6's; `dry_run`: only looks. How many
 * chains there were; none is fine. Errors: ERR_HOST. */
int firewall_remove(bool dry_run, struct err *err);

#endif
