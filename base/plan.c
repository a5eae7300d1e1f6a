#include "base/plan.h"

#include "base/copy.h"
#include "base/journal.h"
#include "base/label.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ORIGINAL_MAX = 64 << 20 }; /* a program's */

/* The state of one run of plan_make. */
struct planner {
	const struct fs *fs;
	const struct tree *tree;
	const json_t *journal;
	struct plan *plan;
	struct err *err;
};

static const char *kind_name(mode_t mode)
{
	if (S_ISLNK(mode))
		return "a symbolic link";
	if (S_ISDIR(mode))
		return "a directory";
	return S_ISREG(mode) ? "a file" : "a special file";
}

static int in_the_way(const struct planner *p, const struct entry *e, mode_t mode)
{
	err_set(p->err, ERR_HOST, "%s: %s that kstrap did not make is in the way", e->path,
		kind_name(mode));
	return err_next(p->err, "ls -ld %s%s; move it away and run the same command again",
			fs_root(p->fs), e->path);
}

static struct change *add(struct planner *p, const struct entry *e, enum change_kind kind,
			  const struct stat *was)
{
	struct plan *plan = p->plan;
	struct change *change;

	plan->changes = xrealloc(plan->changes, plan->len + 1, sizeof(*plan->changes));
	change = &plan->changes[plan->len++];
	memset(change, 0, sizeof(*change));
	change->entry = e;
	change->kind = kind;
	if (was)
		change->was = *was;
	switch (kind) {
	case CHANGE_MAKE:
		plan->count.made++;
		break;
	case CHANGE_REPLACE:
	case CHANGE_MODE:
	case CHANGE_RESTORE:
		plan->count.changed++;
		break;
	case CHANGE_REMOVE:
	case CHANGE_RMDIR:
		plan->count.removed++;
		break;
	}
	return change;
}

/* *ret stays as it is when the sizes tell already. */
static int same_content(const struct planner *p, const struct entry *e, const struct stat *was,
			bool *ret)
{
	char *data;
	size_t len;

	if (e->kind == ENTRY_COPY)
		return copy_same(p->fs, e->fd, e->path, ret, p->err);
	if ((size_t)was->st_size != e->len)
		return 0;
	if (fs_read(p->fs, e->path, e->len, &data, &len, p->err) < 0)
		return -1;
	*ret = len == e->len && (len == 0 || memcmp(data, e->data, len) == 0);
	secret_freen(data, len);
	return 0;
}

static bool label_fits(const struct planner *p, const char *path)
{
	AUTO(free) char *wrong = label_wrong(p->fs, path);

	return !wrong;
}

/* What another made and we replace is kept once, the first time. What somebody has written since
 * would be lost if that were put back. */
static int keep_original(const struct planner *p, struct change *change)
{
	const struct entry *e = change->entry;
	const json_t *note = json_object_get(p->journal, e->path);
	bool same = true;

	if (!(e->flags & ENTRY_SHARED))
		return 0;
	if (note) {
		if (e->kind == ENTRY_FILE && journal_same(p->fs, e->path, note, &same, p->err) < 0)
			return -1;
		change->mixed = !same;
		return 0;
	}
	change->original_mode = change->was.st_mode & 07777;
	return fs_read(p->fs, e->path, ORIGINAL_MAX, &change->original, &change->original_len,
		       p->err);
}

static int plan_file(struct planner *p, const struct entry *e, const struct stat *was)
{
	bool same = false;

	if (!was) {
		add(p, e, CHANGE_MAKE, NULL);
		return 0;
	}
	if (!S_ISREG(was->st_mode))
		return in_the_way(p, e, was->st_mode);
	if ((was->st_mode & 07777) == e->mode && was->st_uid == geteuid() &&
	    same_content(p, e, was, &same) < 0)
		return -1;
	if (same && label_fits(p, e->path)) {
		p->plan->count.kept++;
		return 0;
	}
	return keep_original(p, add(p, e, CHANGE_REPLACE, was));
}

static int plan_dir(struct planner *p, const struct entry *e, const struct stat *was)
{
	AUTO(fd) int fd = -1;
	AUTO(free) char *real = NULL;
	struct stat st;

	if (!was) {
		add(p, e, CHANGE_MAKE, NULL);
		return 0;
	}
	if (!fs_is_dir(p->fs, e->path)) /* a link to a directory is one */
		return in_the_way(p, e, was->st_mode);
	fd = fs_openat(p->fs, e->path, O_RDONLY | O_DIRECTORY, p->err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(p->err, "look at %s", e->path);
	real = fs_where(p->fs, fd, NULL);
	if ((st.st_mode & 07777) == e->mode && label_fits(p, real))
		p->plan->count.kept++;
	else
		add(p, e, CHANGE_MODE, &st);
	return 0;
}

static int plan_link(struct planner *p, const struct entry *e, const struct stat *was)
{
	AUTO(free) char *target = NULL;

	if (!was) {
		add(p, e, CHANGE_MAKE, NULL);
		return 0;
	}
	if (S_ISREG(was->st_mode) && (e->flags & ENTRY_SHARED))
		return keep_original(p, add(p, e, CHANGE_REPLACE, was));
	if (!S_ISLNK(was->st_mode))
		return in_the_way(p, e, was->st_mode);
	if (fs_readlink(p->fs, e->path, &target, p->err) < 0)
		return -1;
	if (strcmp(target, e->data) == 0 && label_fits(p, e->path))
		p->plan->count.kept++;
	else
		add(p, e, CHANGE_REPLACE, was);
	return 0;
}

/* Whether only what this tree removes stands in the directory, which is one that we made. */
static bool will_be_empty(const struct planner *p, const char *path)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *children = NULL;
	json_t *item;
	size_t i;

	if (json_str_is(json_object_get(p->journal, path), "kind", "dir"))
		children = fs_list_paths(p->fs, path);
	json_array_foreach (children, i, item) {
		const char *child = json_string_value(item);
		const struct entry *e = tree_find(p->tree, child);
		struct stat st;

		if (!e || e->kind != ENTRY_ABSENT || fs_lstat(p->fs, child, &st, &err) < 0 ||
		    json_str(json_object_get(p->journal, child), "saved") ||
		    (S_ISDIR(st.st_mode) && !will_be_empty(p, child)))
			return false;
	}
	return children != NULL;
}

static int plan_absent(struct planner *p, const struct entry *e, const struct stat *was)
{
	const json_t *note = json_object_get(p->journal, e->path);
	const char *saved = json_str(note, "saved");
	struct stat st;
	struct change *change;

	if (saved && fs_lstat(p->fs, saved, &st, p->err) < 0) {
		if (p->err->code != ERR_NOT_FOUND)
			return -1;
		saved = NULL; /* somebody took the original away: ours goes all the same */
	}
	/* A link to where somebody has moved a directory of ours is theirs. */
	if (was ? !S_ISDIR(was->st_mode) && json_str_is(note, "kind", "dir") : !saved) {
		p->plan->count.kept++;
		return 0;
	}
	if (was && S_ISDIR(was->st_mode)) {
		if (will_be_empty(p, e->path))
			add(p, e, CHANGE_RMDIR, was);
		else
			p->plan->count.kept++;
		return 0;
	}
	if (!saved) {
		add(p, e, CHANGE_REMOVE, was);
		return 0;
	}
	change = add(p, e, CHANGE_RESTORE, was);
	change->original_mode = st.st_mode & 07777;
	return fs_read(p->fs, saved, ORIGINAL_MAX, &change->original, &change->original_len,
		       p->err);
}

static int plan_entry(struct planner *p, const struct entry *e)
{
	struct stat st;
	const struct stat *was = &st;

	if (fs_lstat(p->fs, e->path, &st, p->err) < 0) {
		/* a file where a directory is wanted: for what is to be absent, that is absent */
		if (p->err->code != ERR_NOT_FOUND &&
		    !(p->err->sys == ENOTDIR && e->kind == ENTRY_ABSENT))
			return -1;
		was = NULL;
	}
	switch (e->kind) {
	case ENTRY_FILE:
	case ENTRY_COPY:
		return plan_file(p, e, was);
	case ENTRY_DIR:
		return plan_dir(p, e, was);
	case ENTRY_LINK:
		return plan_link(p, e, was);
	case ENTRY_ABSENT:
		return plan_absent(p, e, was);
	}
	return err_set(p->err, ERR_BUG, "%s: an entry of no kind", e->path);
}

int plan_make(const struct fs *fs, const struct tree *tree, const json_t *journal, struct plan *ret,
	      struct err *err)
{
	struct err why = ERR_INIT; /* *err stays untouched where a missing file is no failure */
	struct planner p = { fs, tree, journal, ret, &why };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < tree_len(tree); i++) {
		if (plan_entry(&p, tree_entry(tree, i)) < 0) {
			plan_clear(ret);
			if (why.code == ERR_NOT_FOUND)
				why.code = ERR_HOST;
			*err = why;
			return -1;
		}
	}
	return 0;
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->len; i++)
		secret_freen(plan->changes[i].original, plan->changes[i].original_len);
	free(plan->changes);
	plan->changes = NULL;
	plan->len = 0;
}

void plan_tell(const struct plan *plan, commit_told *told, void *arg)
{
	static const char *const what[] = {
		[CHANGE_MAKE] = "create",  [CHANGE_REPLACE] = "change",
		[CHANGE_MODE] = "change",  [CHANGE_REMOVE] = "remove",
		[CHANGE_RMDIR] = "remove", [CHANGE_RESTORE] = "change",
	};

	for (size_t i = 0; told && i < plan->len; i++)
		told(arg, plan->changes[i].entry, what[plan->changes[i].kind]);
}
