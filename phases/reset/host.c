/* Services, mounts and the built-in network: what a running host holds besides files. */
#include "phases/reset/reset.h"

#include <net/if.h>
#include <string.h>
#include <sys/mount.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/network/firewall.h"
#include "phases/network/route.h"

#define STOP_S       120
#define BUSY_S       5.0
#define NO_SUCH_UNIT 5 /* LSB: not installed */

/* One that was told to end before it was ready counts as failed for systemd, and would be listed.
 */
static void forgive(const char *unit)
{
	const char *const argv[] = { "systemctl", "reset-failed", unit, NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;

	(void)proc_call(&(struct proc){ .argv = argv, .timeout_s = STOP_S }, &result, &ignored);
}

static int stop(const char *unit, struct err *err)
{
	const char *const argv[] = { "systemctl", "stop", unit, NULL };
	const struct proc proc = { .argv = argv, .timeout_s = STOP_S };
	AUTO(proc_result) struct proc_result result = { 0 };

	if (proc_call(&proc, &result, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (result.status == 0 || result.status == NO_SUCH_UNIT) {
		forgive(unit);
		return 0;
	}
	err_set(err, ERR_HOST, "systemctl stop %s: %.300s", unit, result.err);
	return err_next(err, "systemctl status %s", unit);
}

int reset_services(struct run *run, const void *arg, struct err *err)
{
	AUTO(json) json_t *units = NULL;
	struct reset_state *state;
	const json_t *unit;
	size_t i;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	units = reset_units(&state->scope, state->journal);
	json_array_foreach (units, i, unit) {
		if (!run->dry_run && stop(json_string_value(unit), err) < 0)
			return -1;
		log_say("%s %s", run->dry_run ? "would stop" : "stopped", json_string_value(unit));
	}
	return 0;
}

static int flags_of(const json_t *names)
{
	static const struct {
		const char *name;
		int flag;
	} known[] = { { "MNT_FORCE", MNT_FORCE },
		      { "MNT_DETACH", MNT_DETACH },
		      { "MNT_EXPIRE", MNT_EXPIRE },
		      { "UMOUNT_NOFOLLOW", UMOUNT_NOFOLLOW } };
	const json_t *name;
	int flags = 0;
	size_t i;

	json_array_foreach (names, i, name)
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (str_eq(json_string_value(name), known[k].name))
				flags |= known[k].flag;
	return flags;
}

/* What a pod's processes held may be free only a moment after they have ended. */
static int unmount(struct run *run, const char *path, struct err *err)
{
	const int flags = flags_of(run->config->unmount_flags);
	const double until = clock_mono() + BUSY_S;
	struct log_wait wait;

	log_wait_start(&wait, "waiting for a mount to be let go");
	while (commit_unmount(run->commit, path, flags, err) < 0) {
		if (err->code != ERR_CONFLICT || clock_mono() > until)
			return -1;
		log_tick(&wait);
		clock_sleep(0.05);
	}
	return 0;
}

int reset_unmount(struct run *run, const void *arg, struct err *err)
{
	/* It may be reached through a link; the kernel's list has where that leads. */
	AUTO(free) char *dir = fs_real(run->fs, run->config->kubelet_dir);
	AUTO(mounts) struct mounts table = { 0 };
	AUTO(json) json_t *mounts = NULL;
	struct reset_state *state;
	const json_t *mount;
	size_t i;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	if (!state->scope.node || !dir)
		return 0;
	if (mounts_read(run->fs, &table, err) < 0)
		return -1;
	mounts = reset_mounts(&table, dir);
	json_array_foreach (mounts, i, mount) {
		const char *path = json_string_value(mount);

		if (!run->dry_run && unmount(run, path, err) < 0)
			return -1;
		if (run->dry_run)
			log_say("would unmount %s", path);
		else
			log_debug("unmounted %s", path);
	}
	if (!run->dry_run && json_array_size(mounts) > 0)
		log_say("%zu mounts below %s are gone", json_array_size(mounts), dir);
	return 0;
}

static int remove_routes(struct run *run, struct route *route, struct err *err)
{
	AUTO(net_routes) struct net_routes routes = { .n = 0 };

	if (route_list(route, &routes, err) < 0)
		return -1;
	for (size_t i = 0; i < routes.n && !run->dry_run; i++)
		if (route_remove(route, &routes.items[i], err) < 0)
			return -1;
	return (int)routes.n;
}

/* A name that ends in a dot is followed by the network's number. By name alone nobody knows whose
 * it is: so the kind has to be the same. */
static const struct {
	char name[12], kind[8];
} links[] = {
	{ CNI_BRIDGE, "bridge" },
	{ "cni0", "bridge" }, /* from here on flannel's */
	{ "flannel.", "vxlan" },
	{ "flannel-v6.", "vxlan" },
};

static bool is_called(const char *name, const char *begin)
{
	const char *rest = name + strlen(begin);

	return str_starts(name, begin) && !rest[strspn(rest, "0123456789")] &&
	       (*rest != '\0') == str_ends(begin, ".");
}

static int remove_link(struct route *route, const struct reset_scope *scope, const char *name,
		       bool dry_run, struct err *err)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		bool found = false;

		if (!(i == 0 ? scope->network : scope->flannel) || !is_called(name, links[i].name))
			continue;
		if (route_remove_link(route, name, links[i].kind, dry_run, &found, err) < 0)
			return -1;
		if (found)
			log_say("%s the %s %s", dry_run ? "would remove" : "removed", links[i].kind,
				name);
	}
	return 0;
}

int reset_links(struct route *route, const struct reset_scope *scope, bool dry_run, struct err *err)
{
	struct if_nameindex *names = if_nameindex();
	int rc = 0;

	if (!names)
		return err_sys(err, "list links");
	for (size_t i = 0; rc == 0 && names[i].if_name; i++)
		rc = remove_link(route, scope, names[i].if_name, dry_run, err);
	if_freenameindex(names);
	return rc;
}

int reset_network(struct run *run, const void *arg, struct err *err)
{
	AUTO(route) struct route *route = NULL;
	struct reset_state *state;
	int routes, chains;

	(void)arg;
	if (reset_state(run, &state, err) < 0)
		return -1;
	if (!state->scope.network && !state->scope.flannel)
		return 0;
	if (route_open(&route, err) < 0 || reset_links(route, &state->scope, run->dry_run, err) < 0)
		return -1;
	if (!state->scope.network)
		return 0;
	routes = remove_routes(run, route, err);
	if (routes < 0)
		return -1;
	chains = firewall_remove(run->dry_run, err);
	if (chains < 0)
		return err_wrap(err, "rules of the pod network");
	if (routes || chains)
		log_say("%s %d routes and %d iptables chains of the pod network",
			run->dry_run ? "would remove" : "removed", routes, chains);
	return 0;
}
