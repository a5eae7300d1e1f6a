#include "phases/phase.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

/* One walk over a table: what is wanted, and how far down it is. */
struct walk {
	const char *only; /* without a trailing "/all"; NULL: everything */
};

static bool below(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	return strncmp(path, parent, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static const struct phase *find_child(const struct phase *table, const char *name, size_t len)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

const struct phase *phase_find(const struct phase *table, const char *path)
{
	const struct phase *phase = NULL;

	while (*path) {
		size_t len = strcspn(path, "/");

		if (phase && phase->children && strcmp(path, "all") == 0)
			return phase;
		phase = find_child(table, path, len);
		if (!phase)
			return NULL;
		table = phase->children;
		path += len;
		path += *path == '/';
	}
	return phase;
}

/* Collects every path of the table, for the nearest one to a mistyped name. */
static size_t collect(const struct phase *table, const char *prefix, char **names, size_t n,
		      size_t max)
{
	for (; table && table->name && n < max; table++) {
		names[n] = xasprintf("%s%s", prefix, table->name);
		n++;
		if (table->children) {
			AUTO(free) char *deeper = xasprintf("%s/", names[n - 1]);

			n = collect(table->children, deeper, names, n, max);
		}
	}
	return n;
}

static int no_such_phase(const struct phase *table, const char *path, struct err *err)
{
	char *names[64] = { NULL };
	size_t n = collect(table, "", names, 0, 63);
	const char *nearest = str_nearest(path, (const char *const *)names);

	err_set(err, ERR_USAGE, "there is no phase \"%s\"", path);
	if (nearest)
		err_next(err, "did you mean \"%s\"? `kstrap explain` lists the phases", nearest);
	else
		err_next(err, "kstrap explain");
	while (n > 0)
		free(names[--n]);
	return -1;
}

static bool skipped(const struct run *run, const char *path)
{
	const json_t *name;
	size_t i;

	json_array_foreach (run->config->skip_phases, i, name)
		if (str_eq(json_string_value(name), path))
			return true;
	return false;
}

/* What is put on disk and into the cluster here are several phases' works: told under no name. */
static int flush(struct run *run, struct err *err)
{
	log_phase(NULL);
	if (tree_len(run->tree) > 0 && run_commit(run, err) < 0)
		return -1;
	if (json_array_size(run->objects) > 0)
		return run_apply(run, err);
	return 0;
}

static int act(struct run *run, const struct phase *phase, struct err *err)
{
	int holds;

	if (run->dry_run && !(phase->flags & PHASE_EVEN_DRY)) {
		log_say("would do: %s", phase->doc);
		return 0;
	}
	holds = phase->holds ? phase->holds(run, phase->arg, err) : 0;
	if (holds != 0)
		return holds < 0 ? -1 : 0;
	return phase->act(run, phase->arg, err);
}

static bool acts_here(const struct run *run, const struct phase *phase)
{
	return !phase->act || !run->offline || phase->flags & PHASE_EVEN_OFFLINE;
}

static bool left_out(const struct run *run, const struct phase *phase)
{
	return run->offline && !run->config->print_manifest &&
	       (phase->flags & PHASE_OBJECTS || (!acts_here(run, phase) && !phase->render));
}

static int run_phase(struct run *run, const struct phase *phase, const char *path, bool whole,
		     struct err *err)
{
	AUTO(free) char *top = xstrndup(path, strcspn(path, "/"));

	log_phase(top);
	if (left_out(run, phase)) {
		log_debug("%s: left out, %s is no running host", path, fs_root(run->fs));
		return 0;
	}
	if (phase->ask && phase->ask(run, phase->arg, err) < 0)
		return err_wrap(err, "%s", path);
	if (!whole)
		return 0;
	tree_set_phase(run->tree, path);
	if (phase->render && phase->render(run, phase->arg, err) < 0)
		return err_wrap(err, "%s", path);
	if (!phase->act || !acts_here(run, phase))
		return 0;
	if (!run->dry_run && flush(run, err) < 0)
		return -1;
	log_phase(top);
	return act(run, phase, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

static int walk_table(const struct phase *table, struct run *run, struct walk *walk,
		      const char *prefix, struct err *err)
{
	for (const struct phase *phase = table; phase && phase->name; phase++) {
		AUTO(free) char *path = xasprintf("%s%s", prefix, phase->name);
		AUTO(free) char *deeper = xasprintf("%s/", path);
		bool whole = !walk->only || below(path, walk->only);

		if (!whole && !below(walk->only, path))
			continue;
		if ((phase->flags & PHASE_HIDDEN) && !str_eq(walk->only, path))
			continue;
		if (skipped(run, path)) {
			log_phase(phase->name);
			log_say("%s left out by --skip-phases", path);
			continue;
		}
		if (run_phase(run, phase, path, whole, err) < 0)
			return -1;
		if (phase->children && walk_table(phase->children, run, walk, deeper, err) < 0)
			return -1;
	}
	return 0;
}

static int check_names(const struct phase *table, const struct run *run, const char *only,
		       struct err *err)
{
	const json_t *name;
	size_t i;

	if (only && !phase_find(table, only))
		return no_such_phase(table, only, err);
	json_array_foreach (run->config->skip_phases, i, name)
		if (!phase_find(table, json_string_value(name)))
			return no_such_phase(table, json_string_value(name), err);
	return 0;
}

int phases_run(const struct phase *table, struct run *run, const char *only, struct err *err)
{
	AUTO(free) char *path = only ? xstrdup(only) : NULL;
	struct walk walk = { .only = path };
	int status;

	run->alone = only != NULL;
	if (check_names(table, run, only, err) < 0)
		return -1;
	if (path && str_ends(path, "/all"))
		path[strlen(path) - strlen("/all")] = '\0';
	/* Without the rights the lock cannot be taken; preflight says so better, so it goes first. */
	if (!run->dry_run && (run->offline || geteuid() == 0) && run_lock(run, err) < 0)
		return -1;

	status = walk_table(table, run, &walk, "", err);
	log_phase(NULL);
	if (status == 0)
		status = flush(run, err);
	log_phase(NULL);
	return status;
}
