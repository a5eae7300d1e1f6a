#include "base/job.h"

#include "base/copy.h"
#include "base/flush.h"
#include "base/host_fail.h"
#include "base/journal.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void job_close_files(struct job *j)
{
	for (size_t i = 0; i < j->writes_len; i++) {
		if (j->writes[i].fd >= 0)
			close(j->writes[i].fd);
		j->writes[i].fd = -1;
	}
}

void job_clear(struct job *j)
{
	job_close_files(j);
	for (size_t i = 0; i < j->dirs_len; i++) {
		if (j->dirs[i].fd >= 0)
			close(j->dirs[i].fd);
		free(j->dirs[i].path);
	}
	free(j->dirs);
	free(j->writes);
	free(j->journal_text);
	json_decref(j->journal);
	ops_clear(&j->ops);
	plan_clear(&j->plan);
}

static size_t dir_add(struct job *j, const char *path, int fd)
{
	j->dirs = xrealloc(j->dirs, j->dirs_len + 1, sizeof(*j->dirs));
	j->dirs[j->dirs_len] = (struct dir){ .path = xstrdup(path), .fd = fd };
	return j->dirs_len++;
}

/* The directory `path` as it is or will be; `for_entry` is what needs it. */
static int dir_get(struct job *j, const char *path, const struct entry *for_entry, size_t *ret,
		   struct err *err)
{
	const struct entry *own = tree_find(j->tree, path);
	AUTO(free) char *up_path = NULL;
	struct err why = ERR_INIT;
	struct stat st;
	size_t up, d;
	int fd;

	for (size_t i = j->dirs_len; i-- > 0;) {
		if (strcmp(j->dirs[i].path, path) == 0) {
			*ret = i;
			return 0;
		}
	}
	fd = fs_openat(j->fs, path, O_RDONLY | O_DIRECTORY, &why);
	if (fd >= 0) {
		*ret = dir_add(j, path, fd);
		return 0;
	}
	errno = why.sys;
	if (errno != ENOENT || strcmp(path, "/") == 0)
		return host_fail(j->fs, err, "open the directory", path, 0);
	up_path = path_dir(path);
	if (dir_get(j, up_path, for_entry, &up, err) < 0)
		return -1;
	if (!j->dirs[up].staged &&
	    fstatat(j->dirs[up].fd, path_name(path), &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = ENOTDIR; /* a link that leads nowhere */
		return host_fail(j->fs, err, "make the directory", path, 0);
	}
	d = dir_add(j, path, -1);
	j->dirs[d].staged = true;
	j->dirs[d].up = up;
	j->dirs[d].mode = own && own->kind == ENTRY_DIR ? own->mode : 0755;
	if (str_starts(path, STATE_DIR "/"))
		j->dirs[d].mode = 0700;
	j->dirs[d].loose = for_entry->flags & ENTRY_VOLATILE;
	j->dirs[d].name = strrchr(j->dirs[d].path, '/') + 1;
	if (!j->dirs[up].staged) {
		struct op *op = ops_add(&j->ops, OP_PUT, path);

		op->loose = j->dirs[d].loose;
		j->dirs[d].name = op->temp;
	}
	j->bytes += 4096;
	j->staged++;
	if (!str_starts(path, STATE_DIR "/"))
		journal_note(j->journal, path, own ? own : for_entry, NULL);
	*ret = d;
	return 0;
}

char *job_where(const struct job *j, size_t dir, const char *name)
{
	const struct dir *d = &j->dirs[dir];
	AUTO(free) char *up = NULL;

	if (!d->staged)
		return fs_where(j->fs, d->fd, name);
	up = job_where(j, d->up, path_name(d->path));
	return xasprintf("%s/%s", up, name);
}

/* `data` is borrowed until the job is cleared. */
static int add_write(struct job *j, const char *path, const struct write *from,
		     const struct entry *for_entry, struct err *err)
{
	AUTO(free) char *dir = path_dir(path);
	struct write w = *from;

	if (dir_get(j, dir, for_entry, &w.dir, err) < 0)
		return -1;
	w.path = path;
	w.name = path_name(path);
	w.fd = -1;
	w.loose = for_entry->flags & ENTRY_VOLATILE;
	if (!j->dirs[w.dir].staged) {
		struct op *op = ops_add(&j->ops, OP_PUT, path);

		op->loose = w.loose;
		w.name = op->temp;
	}
	j->bytes += (w.len + 4095) / 4096 * 4096;
	j->writes = xrealloc(j->writes, j->writes_len + 1, sizeof(*j->writes));
	j->writes[j->writes_len++] = w;
	return 0;
}

static int add_original(struct job *j, const struct change *change, struct err *err)
{
	const struct entry kept = { .path = "", .kind = ENTRY_FILE };
	const struct write w = { .kind = ENTRY_FILE,
				 .mode = change->original_mode,
				 .data = change->original,
				 .len = change->original_len };
	const json_t *note = json_object_get(j->journal, change->entry->path);

	/* the path's text lives in the journal, which outlives the write */
	return add_write(j, json_str(note, "saved"), &w, &kept, err);
}

/* Its length is the source's, and so is the sum that the journal has. */
static int note_copy(struct job *j, const struct entry *e, struct write *w, struct err *err)
{
	char sum[65];

	w->from = e->fd;
	if (copy_sum(e->fd, e->data, &w->len, sum, err) < 0)
		return err_wrap(err, "%s", e->path);
	json_put_str(json_object_get(j->journal, e->path), "sha256", sum);
	return 0;
}

static int add_change(struct job *j, const struct change *change, struct err *err)
{
	const struct entry *e = change->entry;
	struct write w = { .kind = e->kind, .mode = e->mode, .data = e->data, .len = e->len };
	AUTO(free) char *saved = NULL;
	struct op *op;
	size_t dir;

	switch (change->kind) {
	case CHANGE_MAKE:
	case CHANGE_REPLACE:
		if (e->kind == ENTRY_DIR)
			return dir_get(j, e->path, e, &dir, err);
		if (change->original)
			saved = journal_saved_path(e->path);
		if (!(e->flags & ENTRY_FOREIGN))
			journal_note(j->journal, e->path, e, saved);
		if (change->mixed) /* so that it stays when ours is taken away */
			json_put_str(json_object_get(j->journal, e->path), "sha256", "mixed");
		if (e->kind == ENTRY_COPY && note_copy(j, e, &w, err) < 0)
			return -1;
		if (saved && add_original(j, change, err) < 0)
			return -1;
		return add_write(j, e->path, &w, e, err);
	case CHANGE_MODE:
		op = ops_add(&j->ops, OP_MODE, e->path);
		op->mode = e->mode;
		return 0;
	case CHANGE_RESTORE:
		w = (struct write){ .kind = ENTRY_FILE,
				    .mode = change->original_mode,
				    .data = change->original,
				    .len = change->original_len };
		json_object_del(j->journal, e->path);
		return add_write(j, e->path, &w, e, err);
	case CHANGE_REMOVE:
	case CHANGE_RMDIR:
		json_object_del(j->journal, e->path);
		return 0;
	}
	return 0;
}

static void add_removal(struct job *j, const char *path, const struct stat *st)
{
	struct op *op = ops_add(&j->ops, OP_REMOVE, path);

	op->ino = st->st_ino;
	op->mtime_s = st->st_mtim.tv_sec;
	op->mtime_ns = st->st_mtim.tv_nsec;
}

/* Removals come last, and a directory after what is in it. */
static void add_removals(struct job *j)
{
	for (size_t i = j->plan.len; i-- > 0;) {
		const struct change *change = &j->plan.changes[i];
		const char *path = change->entry->path;
		const char *saved = json_str(json_object_get(j->old, path), "saved");
		struct err none = ERR_INIT;
		struct stat st;

		if (change->kind == CHANGE_RMDIR)
			(void)ops_add(&j->ops, OP_RMDIR, path);
		else if (change->kind == CHANGE_REMOVE)
			add_removal(j, path, &change->was);
		else if (change->kind == CHANGE_RESTORE && saved &&
			 fs_lstat(j->fs, saved, &st, &none) == 0)
			add_removal(j, saved, &st);
	}
}

/* What is to be absent and still has its note after all changes is gone already, or is a directory
 * in which others keep something: either way it is not ours any more. */
static void forget(struct job *j)
{
	for (size_t i = 0; i < tree_len(j->tree); i++)
		if (tree_entry(j->tree, i)->kind == ENTRY_ABSENT)
			json_object_del(j->journal, tree_entry(j->tree, i)->path);
}

static int add_journal(struct job *j, struct err *err)
{
	const struct entry e = { .path = JOURNAL_PATH, .kind = ENTRY_FILE };
	AUTO(free) char *text = json_dumps(j->journal, JSON_INDENT(1) | JSON_SORT_KEYS);
	struct write w = { .kind = ENTRY_FILE, .mode = 0600 };

	if (!text)
		return err_set(err, ERR_HOST, "out of memory");
	if (json_equal(j->journal, j->old))
		return 0;
	j->journal_text = xasprintf("%s\n", text);
	w.data = j->journal_text;
	w.len = strlen(w.data);
	return add_write(j, JOURNAL_PATH, &w, &e, err);
}

int job_build(struct job *j, struct err *err)
{
	if (plan_make(j->fs, j->tree, j->old, &j->plan, err) < 0)
		return -1;
	for (size_t i = 0; i < j->plan.len; i++)
		if (add_change(j, &j->plan.changes[i], err) < 0)
			return -1;
	forget(j);
	if (add_journal(j, err) < 0)
		return -1;
	add_removals(j);
	return 0;
}

int job_flush_dirs(const struct fs *fs, const struct ops *ops, struct err *err)
{
	int *fds = xcalloc(ops->len, sizeof(*fds));
	size_t len = 0;
	int rc = 0;

	for (size_t i = 0; i < ops->len; i++) {
		struct err none = ERR_INIT;
		size_t k = 0;

		while (k < i && (ops->ops[k].loose || strcmp(ops->ops[k].dir, ops->ops[i].dir)))
			k++;
		if (k < i || ops->ops[i].loose)
			continue;
		fds[len] = fs_openat(fs, ops->ops[i].dir, O_RDONLY | O_DIRECTORY, &none);
		if (fds[len] >= 0)
			len++;
	}
	if (flush_all(fds, len) < 0)
		rc = host_fail(fs, err, "flush to disk what is below", "/", 0);
	for (size_t i = 0; i < len; i++)
		close(fds[i]);
	free(fds);
	return rc;
}

int job_flush_staged(struct job *j, bool few)
{
	int *fds = xcalloc(j->dirs_len + j->writes_len, sizeof(*fds));
	size_t len = 0;
	int rc = 0;

	for (size_t i = 0; i < j->writes_len && few && rc == 0; i++) {
		const struct write *w = &j->writes[i];

		if (!w->loose) /* a link has no flush of its own, but its directory has */
			rc = fsync(w->kind == ENTRY_LINK ? j->dirs[w->dir].fd : w->fd);
	}
	for (size_t i = 0; i < j->dirs_len; i++)
		if (!j->dirs[i].loose && (!few || j->dirs[i].staged))
			fds[len++] = j->dirs[i].fd;
	if (rc == 0)
		rc = few ? flush_all(fds, len) : flush_file_systems(fds, len);
	free(fds);
	return rc;
}
