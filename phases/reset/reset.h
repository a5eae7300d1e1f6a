/* What the phases of reset share: which parts of this host kstrap made. */
#ifndef PHASES_RESET_RESET_H
#define PHASES_RESET_RESET_H

#include "base/mounts.h"
#include "phases/phase.h"

/* What the journal says that this host is by our doing. Only that is taken apart. */
struct reset_scope {
	bool any;
	bool node; /* its kubelet was set up by us, and so what it and its pods wrote is ours too */
	bool etcd; /* a local etcd */
	bool network; /* the built-in pod network */
	bool flannel; /* the node's network was flannel, by our doing */
};
struct reset_scope reset_scope(const struct config *config, const json_t *journal);

struct reset_state {
	json_t *journal; /* as it was when the run began */
	struct reset_scope scope;
	char *node;    /* this node's name in the cluster; NULL when it has none */
	bool last;     /* the only member of its etcd: the cluster ends with this host */
	bool told;     /* whether `last` and the quorum were looked at */
	json_t *stays; /* what another changed after us, outside the places that are ours */
};
/* The run's own; made at first use and freed with the run. Errors: ERR_HOST (journal). */
int reset_state(struct run *run, struct reset_state **ret, struct err *err);

/* Whether --ignore-preflight-errors names it; `name` in lower case. */
bool reset_ignores(const struct run *run, const char *name);

/* Whether a path lies in a directory that belongs to Kubernetes: there a file goes even when
 * another changed it, as with the next kubelet it would come to life again. */
bool reset_is_inside(const struct config *config, const char *path);

/* Units (json strings) that the journal knows, kubelet.service last. New. */
json_t *reset_units(const struct reset_scope *scope, const json_t *journal);
/* What kubelet, etcd and CNI plugins wrote at run time: paths that are swept whole, those that
 * exist or not. `etcd_dir` may be NULL. New. */
json_t *reset_written(const struct config *config, const json_t *journal, const char *etcd_dir);
/* etcd's data directory: hostPath of volume etcd-data of the manifest, or what the journal has of
 * phase etcd, or NULL. The caller frees. */
char *reset_etcd_dir(const char *manifest, const json_t *journal);
/* Mount points strictly below `dir`, the latest first. New. */
json_t *reset_mounts(const struct mounts *mounts, const char *dir);

/* The socket of the runtime that runs this node's pods: the one given, else the one that the
 * kubelet was told, else the one that answers. *ret NULL: there is no runtime on this host. The
 * caller frees. Errors: as runtime_find, when there is one and it does not answer. */
int reset_socket(struct run *run, char **ret, struct err *err);

/* Removes the links of the networks that the scope has, by name and kind, and says which. `dry_run`: only
 * says. Errors: ERR_HOST. */
struct route;
int reset_links(struct route *route, const struct reset_scope *scope, bool dry_run, struct err *err);

/* Looks whether etcd may lose this member, and sets state->last. ERR_HOST when the others would
 * have no majority; that nobody answers is no error. */
int reset_etcd_check(struct run *run, struct err *err);

int reset_delete_node(struct run *run, const void *arg, struct err *err);
int reset_etcd_member(struct run *run, const void *arg, struct err *err);
int reset_services(struct run *run, const void *arg, struct err *err);
int reset_pods(struct run *run, const void *arg, struct err *err);
int reset_unmount(struct run *run, const void *arg, struct err *err);
int reset_network(struct run *run, const void *arg, struct err *err);
int reset_runtime_render(struct run *run, const void *arg, struct err *err);
int reset_runtime_restart(struct run *run, const void *arg, struct err *err);
int reset_sweep(struct run *run, const void *arg, struct err *err);
/* `arg`, if not NULL: only files of the phase of that name, as long as nobody changed them, and the
 * directories of its group. */
int reset_files_ask(struct run *run, const void *arg, struct err *err);
int reset_files_render(struct run *run, const void *arg, struct err *err);
/* Warns of what stays, as another changed it. */
void reset_tell_stays(const struct run *run);
int reset_finish(struct run *run, const void *arg, struct err *err);

#endif
