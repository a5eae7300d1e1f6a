/* Phases: rows of a table, a runner that walks them, and the run that they are given. */
#ifndef PHASES_PHASE_H
#define PHASES_PHASE_H

#include "api/kube.h"
#include "base/commit.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/tree.h"
#include "config/config.h"
#include "phases/cluster.h"
#include "phases/layout.h"

#include <stdbool.h>
#include <time.h>

/* Everything a phase may know. Renderers read config, cluster, facts and the tree; they touch no
 * disk, network or clock: what they need of the host is in `facts`, gathered by `ask` before. */
struct run {
	const struct config *config;
	struct cluster *cluster;  /* derived values */
	struct fs *fs;
	struct tree *tree;	  /* rendered and not yet committed */
	json_t *objects;	  /* rendered and not yet applied */
	struct commit *commit;	  /* NULL in a dry run */
	struct kube *kube;	  /* opened by the first phase that acts on the API */
	json_t *facts;		  /* what `ask` found: versions, addresses (phases/host.h) */
	struct layout layout;	  /* what is writable on this host, and what lasts */
	struct tree *seen;	  /* files that `ask` read or run_commit wrote: as the disk has them */
	time_t now;
	bool dry_run, offline;	  /* offline: --root of another host */
	bool alone; /* one phase or group, not the whole command */
	char *certificate_key; /* of upload-certs, secret */
	char *token, *token_expires; /* id.secret of the token in use, secret; RFC 3339 or NULL */
	struct commit_count count; /* of all commits of this run */
	unsigned applied, unchanged; /* objects of the API */
	struct tree *plugins;	  /* of phase cni: opened and proven by its ask; or NULL */
	void *state;		  /* the command's own (struct join_state) */
	void (*state_free)(void *);
};

enum phase_kind {
	PHASE_RENDERS, /* pure: config and facts in, tree entries and objects out */
	PHASE_ACTS,    /* one effect; everything rendered before is committed first */
};

enum phase_flags {
	PHASE_EVEN_DRY = 1 << 0,     /* acts without changing anything: runs in a dry run as well */
	PHASE_EVEN_OFFLINE = 1 << 1, /* acts on the tree or --root only */
	PHASE_HIDDEN = 1 << 2,	     /* not run by the whole command, only by name */
	PHASE_OBJECTS = 1 << 3,	     /* renders objects of the API: left out under --root */
};

struct phase {
	const char *name;
	const char *doc; /* one line, for --help; phases/explain.txt says more */
	enum phase_kind kind;
	unsigned flags;
	/* Reads the host (disk, runtime, network) and puts what it finds into run->facts. May be NULL. */
	int (*ask)(struct run *run, const void *arg, struct err *err);
	/* PHASE_RENDERS: fills run->tree or run->objects. */
	int (*render)(struct run *run, const void *arg, struct err *err);
	/* PHASE_ACTS. */
	int (*act)(struct run *run, const void *arg, struct err *err);
	/* PHASE_ACTS: 1 when the effect already holds, 0 when not, -1 error. NULL: always act. */
	int (*holds)(struct run *run, const void *arg, struct err *err);
	const void *arg;
	const struct phase *children; /* run after it; ends with {0} */
};

extern const struct phase phases_init[]; /* end with {0} */
extern const struct phase phases_join[];
extern const struct phase phases_reset[];

/* Runs the table (--root: what needs no running host), or only `only` ("certs", "certs/apiserver", "certs/all"; NULL: all), leaving out
 * config->skip_phases. Errors get the phase's path in front. */
int phases_run(const struct phase *table, struct run *run, const char *only, struct err *err);
/* The phase of a path, NULL when there is none. */
const struct phase *phase_find(const struct phase *table, const char *path);

/* A run for a command: opens fs, asks the host, derives the cluster, and completes `config` with
 * what the host answered (version, names, addresses); it is read-only from then on. Lock and journal
 * are opened by phases_run. The caller closes. */
int run_open(struct config *config, struct run **ret, struct err *err);
/* A run for a command that only looks after files: nothing is asked of the host, and there is no
 * cluster. */
int run_open_files(struct config *config, struct run **ret, struct err *err);
void run_close(struct run *run);
AUTO_DEFINE(run, struct run *, run_close);

/* Paths below the directory of Kubernetes' files ("admin.conf"), below the kubelet's
 * ("config.yaml"), and of a static pod's manifest; the caller frees. */
char *conf_path(const struct run *run, const char *name);
char *kubelet_path(const struct run *run, const char *name);
char *manifest_path(const struct run *run, const char *pod);

/* Takes the lock and opens the journal; phases_run does it. */
int run_lock(struct run *run, struct err *err);
/* What the journal says of a path; borrowed, NULL when it is not ours. Also without the lock. */
const json_t *run_made(struct run *run, const char *path);

/* For `ask`: reads a file of at most 1 MiB into run->seen; one that is absent is noted as such. */
int run_see(struct run *run, const char *path, struct err *err);
/* For renderers: a file as it will be, from run->tree, else run->seen. NULL when there is none;
 * borrowed until the tree changes. A path that no ask has seen is a bug and aborts. */
const struct entry *run_file(const struct run *run, const char *path);

/* Commits run->tree (tells each change in one line) and empties it. In a dry run: prints the plan,
 * keeps the tree. */
int run_commit(struct run *run, struct err *err);
/* A client with admin.conf (or --kubeconfig); connects to nobody yet. The caller closes. */
int run_connect(struct run *run, long timeout_s, struct kube **ret, struct err *err);
/* The same, but to this host's own API server (unless --kubeconfig says otherwise). */
int run_connect_local(struct run *run, long timeout_s, struct kube **ret, struct err *err);
/* Opens run->kube, and from 1.29 sees to admin.conf's rights (with super-admin.conf). */
int run_kube(struct run *run, struct err *err);
/* Applies run->objects by server-side apply and empties it; in a dry run prints them. */
int run_apply(struct run *run, struct err *err);

#endif
