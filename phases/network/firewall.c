#include "phases/network/firewall.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/network/plan.h"

#define AGAIN_S	   20.0 /* with RECHECK_S of network.c: within half a minute */
#define IPTABLES_S 15
#define JUMPS_MAX  16 /* somebody may have restored a saved set twice */

static const struct family {
	int family;
	const char *iptables, *restore;
} families[] = {
	{ AF_INET, "iptables", "iptables-restore" },
	{ AF_INET6, "ip6tables", "ip6tables-restore" },
};

static const struct {
	const char *table, *how, *from, *name;
} chains[] = {
	{ "nat", "-A", "POSTROUTING", "KSTRAP-MASQ" },
	{ "filter", "-I", "FORWARD", "KSTRAP-FORWARD" },
};

void firewall_clear(struct firewall *firewall)
{
	free(firewall->applied[0]);
	free(firewall->applied[1]);
	*firewall = (struct firewall){ .set_s = 0 };
}

/* `how`: "-A" at the end, "-I" in front. -C tells whether the jump is there already. */
static int jump(const char *iptables, const char *table, const char *how, const char *chain,
		const char *to, struct err *err)
{
	const char *argv[] = { iptables, "-w", "5", "-t", table, "-C", chain, "-j", to, NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct proc proc = { .argv = argv, .timeout_s = IPTABLES_S };

	if (proc_call(&proc, &result, err) < 0)
		return -1;
	if (result.status == 0)
		return 0;
	argv[5] = how;
	return proc_run(&proc, err);
}

static int set(const struct family *family, const char *rules, struct err *err)
{
	const char *const argv[] = { family->restore, "-w", "5", "--noflush", NULL };
	const struct proc proc = { .argv = argv,
				   .in = rules,
				   .in_len = strlen(rules),
				   .timeout_s = IPTABLES_S };

	int rc = proc_run(&proc, err);

	for (size_t i = 0; rc == 0 && i < sizeof(chains) / sizeof(chains[0]); i++)
		rc = jump(family->iptables, chains[i].table, chains[i].how, chains[i].from,
			  chains[i].name, err);
	if (rc < 0) {
		err_wrap(err, "rules of the pod network");
		return err_next(err, FIREWALL_FIX);
	}
	return 0;
}

int firewall_apply(struct firewall *firewall, const json_t *nodes, const char *name,
		   struct err *err)
{
	bool old = clock_mono() - firewall->set_s > AGAIN_S;

	for (size_t i = 0; i < 2; i++) {
		AUTO(free) char *rules = netplan_rules(nodes, name, families[i].family);

		if (!rules || (!old && str_eq(rules, firewall->applied[i])))
			continue;
		if (set(&families[i], rules, err) < 0)
			return -1;
		free(firewall->applied[i]);
		firewall->applied[i] = TAKE(rules);
	}
	if (old)
		firewall->set_s = clock_mono();
	return 0;
}

/* Whether the chain is there; without the program nothing of ours can be. */
static bool has_chain(const char *iptables, const char *table, const char *chain)
{
	const char *const argv[] = { iptables, "-w", "5", "-t", table, "-n", "-L", chain, NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;

	return proc_call(&(struct proc){ .argv = argv, .timeout_s = IPTABLES_S }, &result,
			 &ignored) == 0 &&
	       result.status == 0;
}

static int take_chain(const char *iptables, const char *table, const char *from, const char *chain,
		      struct err *err)
{
	const char *const jump[] = { iptables, "-w", "5", "-t", table, "-D", from, "-j", chain, NULL };
	const char *const empty[] = { iptables, "-w", "5", "-t", table, "-F", chain, NULL };
	const char *const gone[] = { iptables, "-w", "5", "-t", table, "-X", chain, NULL };
	struct proc proc = { .argv = jump, .timeout_s = IPTABLES_S };

	for (int i = 0; i < JUMPS_MAX; i++) {
		AUTO(proc_result) struct proc_result result = { 0 };

		if (proc_call(&proc, &result, err) < 0)
			return -1;
		if (result.status != 0)
			break;
	}
	proc.argv = empty;
	if (proc_run(&proc, err) < 0)
		return -1;
	proc.argv = gone;
	return proc_run(&proc, err);
}

int firewall_remove(bool dry_run, struct err *err)
{
	int found = 0;

	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < sizeof(chains) / sizeof(chains[0]); k++) {
			if (!has_chain(families[i].iptables, chains[k].table, chains[k].name))
				continue;
			if (!dry_run && take_chain(families[i].iptables, chains[k].table,
						   chains[k].from, chains[k].name, err) < 0)
				return -1;
			found++;
		}
	}
	return found;
}
