/* kstrap cni remove: exactly what kstrap put there, by the journal. What pods use at run time
 * (host-local's leases in /var/lib/cni/networks) no journal knows, and it stays. */
#include "phases/cni/cni.h"

#include "base/log.h"
#include "base/str.h"
#include "phases/reset/reset.h"

/* With the plugins gone no pod of a node starts or ends properly any more, whoever made the node. */
static int check_unused(const struct run *run, struct err *err)
{
	AUTO(free) char *kubelet = conf_path(run, "kubelet.conf");

	if (run->config->force || !fs_exists(run->fs, kubelet))
		return 0;
	err_set(err, ERR_CONFLICT, "%s%s: this host is a node, and its pods need the CNI plugins",
		fs_root(run->fs), kubelet);
	return err_next(err, "kstrap reset, which takes the node away; or kstrap cni remove --force");
}

int cni_remove(struct run *run, struct err *err)
{
	if (check_unused(run, err) < 0 || (!run->dry_run && run_lock(run, err) < 0) ||
	    reset_files_ask(run, "cni/plugins", err) < 0 ||
	    reset_files_render(run, NULL, err) < 0 || reset_runtime_render(run, NULL, err) < 0)
		return -1;
	if (tree_len(run->tree) == 0)
		log_say("there is no CNI plugin of kstrap's making");
	reset_tell_stays(run);
	return run_commit(run, err) < 0 ? -1 : reset_runtime_restart(run, NULL, err);
}
