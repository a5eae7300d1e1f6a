#include "base/commit.h"

#include "base/clock.h"
#include "base/copy.h"
#include "base/flush.h"
#include "base/host_fail.h"
#include "base/job.h"
#include "base/journal.h"
#include "base/label.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#define PENDING STATE_DIR "/pending"

enum {
	PENDING_MAX = 16 << 20,
	TREE_DEPTH_MAX = 64,
};

struct commit {
	const struct fs *fs;
	int state, lock;
	json_t *journal;
};

/* Making -------------------------------------------------------------------------------------- */

static void put_label(const struct fs *fs, int dir, const char *name, const char *label)
{
	AUTO(free) char *path = xasprintf("/proc/self/fd/%d/%s", dir, name);

	if (lsetxattr(path, LABEL_ATTRIBUTE, label, strlen(label) + 1, 0) < 0)
		label_failed(fs);
}

static void mend_label(const struct fs *fs, int dir, const char *name, const char *path)
{
	AUTO(free) char *label = label_wrong(fs, path);

	if (label)
		put_label(fs, dir, name, label);
}

/* Makes `name` in directory `dir`: a directory, a link to `target`, or a file, private until it is
 * given its mode, whose descriptor it returns. Its label is the one that the host's policy has
 * for `path`, which is where it will be. */
static int make(const struct fs *fs, int dir, const char *name, const char *path, mode_t mode,
		const char *target)
{
	AUTO(free) char *label = label_of(fs, path, mode);
	int rc, sys;

	if (label)
		label_next(fs, label);
	if (S_ISDIR(mode))
		rc = mkdirat(dir, name, mode & 07777);
	else if (S_ISLNK(mode))
		rc = symlinkat(target, dir, name);
	else
		rc = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    mode & 0700);
	sys = errno;
	if (label)
		label_next(fs, NULL);
	if (label && rc >= 0 && label_how(fs) == LABEL_WRITTEN)
		put_label(fs, dir, name, label);
	errno = sys;
	return rc;
}

/* Carrying out --------------------------------------------------------------------------- */

/* What is removed with all that is in it. A directory that lies very deep is moved to the top first,
 * so that depth costs neither stack nor descriptors. */
struct discarding {
	int top; /* -1: nothing of ours is so deep */
	int depth;
	unsigned moved;
	char *failed; /* the path that could not be removed */
};

static int not_removed(struct discarding *d, int dir, const char *name, int sys)
{
	AUTO(free) char *self = xasprintf("/proc/self/fd/%d", dir);
	char path[4096];
	const ssize_t n = readlink(self, path, sizeof(path) - 1);

	if (!d->failed)
		d->failed = xasprintf("%.*s/%s", n > 0 ? (int)n : 0, path, name);
	errno = sys;
	return -1;
}

/* Neither a link is followed nor a mount entered. */
static int discard(int dir, const char *name, void *arg)
{
	struct discarding *d = arg;
	AUTO(fd) int fd = -1;
	int rc, sys;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	sys = errno;
	/* A read-only file system refuses before it looks whether there is anything. */
	if (sys == EROFS && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	fd = sys == EISDIR || sys == EPERM ? fs_open_below(dir, name) : -1;
	if (fd < 0)
		return not_removed(d, dir, name, errno == ENOTDIR ? sys : errno);
	if (d->depth >= TREE_DEPTH_MAX) {
		AUTO(free) char *temp = xasprintf(TEMP_PREFIX "%u-%u", (unsigned)getpid(), ++d->moved);

		return renameat(dir, name, d->top, temp) < 0 ? not_removed(d, dir, name, errno) : 0;
	}
	d->depth++;
	rc = fs_each_name(fd, discard, d);
	d->depth--;
	if (rc == 0 && (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT))
		return 0;
	return not_removed(d, dir, name, errno);
}

static int discard_all(int dir, const char *name, char **ret_failed)
{
	AUTO(fd) int top = fs_open_below(dir, name);
	struct discarding d = { .top = top };
	unsigned moved;
	int rc;

	do { /* what was moved to the top may have come too late for this pass */
		moved = d.moved;
		rc = top < 0 ? 0 : fs_each_name(top, discard, &d);
	} while (rc == 0 && d.moved != moved);
	if (rc == 0)
		rc = discard(dir, name, &d);
	if (ret_failed)
		*ret_failed = d.failed;
	else
		free(d.failed);
	return rc;
}

static int merge(int from, const char *name, void *arg)
{
	const int to = *(const int *)arg;
	AUTO(fd) int sub = -1;
	AUTO(fd) int into = -1;

	if (renameat2(from, name, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	sub = fs_open_dir(from, name);
	into = sub < 0 ? -1 : fs_open_dir(to, name);
	if (sub < 0)
		return renameat(from, name, to, name);
	if (into < 0 || fs_each_name(sub, merge, &into) < 0)
		return -1;
	return unlinkat(from, name, AT_REMOVEDIR);
}

/* A directory that was not there when its contents were staged may be there by now (the kubelet
 * makes some): then the contents move into it. */
static int put(int dir, const struct op *op, bool again)
{
	AUTO(fd) int sub = -1;
	AUTO(fd) int into = -1;

	if (renameat(dir, op->temp, dir, op->name) == 0)
		return 0;
	if (errno == ENOENT && again) /* done already, before we were killed */
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
		return -1;
	sub = fs_open_dir(dir, op->temp);
	into = fs_open_dir(dir, op->name);
	if (sub < 0 || into < 0 || fs_each_name(sub, merge, &into) < 0)
		return -1;
	return unlinkat(dir, op->temp, AT_REMOVEDIR);
}

static int mend_dir(const struct fs *fs, int fd, mode_t mode)
{
	AUTO(free) char *path = fs_where(fs, fd, NULL);

	mend_label(fs, fd, ".", path);
	return fchmod(fd, mode);
}

static int carry_out_one(const struct fs *fs, int dir, const struct op *op, const char *path,
			 bool again)
{
	struct err none = ERR_INIT;
	struct stat st;
	AUTO(fd) int sub = -1;

	switch (op->kind) {
	case OP_PUT:
		return put(dir, op, again);
	case OP_MODE:
		sub = fs_openat(fs, path, O_RDONLY | O_DIRECTORY, &none);
		if (sub >= 0)
			return mend_dir(fs, sub, op->mode);
		errno = none.sys;
		return none.sys == ENOENT ? 0 : -1;
	case OP_REMOVE:
		if (fstatat(dir, op->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -1;
		if (st.st_ino != op->ino || st.st_mtim.tv_sec != op->mtime_s ||
		    st.st_mtim.tv_nsec != op->mtime_ns)
			return 0;
		return unlinkat(dir, op->name, 0) < 0 && errno != ENOENT ? -1 : 0;
	case OP_RMDIR:
		if (unlinkat(dir, op->name, AT_REMOVEDIR) < 0 && errno != ENOENT &&
		    errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
			return -1;
		return 0;
	}
	return 0;
}

enum how {
	DO,
	AGAIN, /* after a kill: some are done already */
	UNDO,  /* what was staged is removed, and nothing else happens */
};

static int carry_out(const struct fs *fs, const struct ops *ops, enum how how, struct err *err)
{
	for (size_t i = 0; i < ops->len; i++) {
		const struct op *op = &ops->ops[i];
		struct err why = ERR_INIT;
		AUTO(fd) int dir = -1;
		AUTO(free) char *path = NULL;
		int rc;

		if (how == UNDO && op->kind != OP_PUT)
			continue;
		dir = fs_openat(fs, op->dir, O_RDONLY | O_DIRECTORY, &why);
		if (dir < 0 && why.code == ERR_NOT_FOUND)
			continue;
		if (dir < 0) {
			*err = why;
			return -1;
		}
		path = xasprintf("%s/%s", strcmp(op->dir, "/") ? op->dir : "", op->name);
		rc = how == UNDO ? discard_all(dir, op->temp, NULL)
				 : carry_out_one(fs, dir, op, path, how == AGAIN);
		if (rc == 0)
			continue;
		return host_fail(fs, err,
				 how == UNDO ? "remove what was staged for" : "put in place", path,
				 0);
	}
	return 0;
}

/* The state directory -------------------------------------------------------------------- */

/* Makes `path` and its parents; an fd of it, or -1. */
static int make_dirs(const struct fs *fs, const char *path, mode_t mode, struct err *err)
{
	struct err why = ERR_INIT;
	AUTO(free) char *up = NULL;
	AUTO(free) char *real = NULL;
	AUTO(fd) int dir = -1;
	int fd = fs_openat(fs, path, O_RDONLY | O_DIRECTORY, &why);

	if (fd >= 0)
		return fd;
	if (why.code != ERR_NOT_FOUND) {
		errno = why.sys;
		return host_fail(fs, err, "open the directory", path, 0);
	}
	up = path_dir(path);
	if (strcmp(path, "/") == 0)
		return host_fail(fs, err, "open the directory", path, 0);
	dir = make_dirs(fs, up, 0755, err);
	if (dir < 0)
		return -1;
	real = fs_where(fs, dir, path_name(path));
	if (make(fs, dir, path_name(path), real, S_IFDIR | mode, NULL) < 0 && errno != EEXIST)
		return host_fail(fs, err, "make the directory", path, 4096);
	fd = fs_open_dir(dir, path_name(path));
	if (fd < 0 || fchmod(fd, mode) < 0 || fsync(dir) < 0) {
		host_fail(fs, err, "make the directory", path, 4096);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* 1: whom we waited for removed the directory (commit_end). */
static int take_lock(struct commit *c, double deadline, struct err *err)
{
	char pid[32] = "";
	struct stat st;
	ssize_t n;

	c->lock = openat(c->state, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (c->lock < 0 && errno == ENOENT)
		return 1;
	if (c->lock < 0)
		return host_fail(c->fs, err, "open", STATE_DIR "/lock", 4096);
	while (flock(c->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return host_fail(c->fs, err, "lock", STATE_DIR "/lock", 0);
		if (clock_mono() >= deadline) {
			n = pread(c->lock, pid, sizeof(pid) - 1, 0);
			pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
			err_set(err, ERR_CONFLICT, "another kstrap is at work here (process %s)",
				pid[0] ? pid : "unknown");
			return err_next(err, "wait for it, then run the same command again");
		}
		clock_sleep(0.05);
	}
	if (fstat(c->lock, &st) == 0 && st.st_nlink == 0)
		return 1;
	mend_label(c->fs, c->state, "lock", STATE_DIR "/lock");
	(void)snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (pwrite(c->lock, pid, strlen(pid) + 1, 0) < 0)
		return host_fail(c->fs, err, "write", STATE_DIR "/lock", 4096);
	return 0;
}

static void restore_labels(const struct fs *fs, const struct ops *ops)
{
	AUTO(json) json_t *paths = json_array();

	if (label_how(fs) != LABEL_RESTORED)
		return;
	for (size_t i = 0; i < ops->len; i++)
		if (ops->ops[i].kind == OP_PUT || ops->ops[i].kind == OP_MODE)
			json_array_append_new(paths, xjson_pack("s++", ops->ops[i].dir, "/",
								ops->ops[i].name));
	if (json_array_size(paths) > 0)
		label_restore(fs, paths);
}

static int end_pending(const struct commit *c, struct err *err)
{
	if (unlinkat(c->state, "pending", 0) < 0 && errno != ENOENT)
		return host_fail(c->fs, err, "remove", PENDING, 0);
	return 0;
}

/* What a killed run left: finished when all of it was on the disk, else taken back. */
static int recover(const struct commit *c, struct err *err)
{
	struct err why = ERR_INIT;
	AUTO(free) char *text = NULL;
	struct ops ops;
	bool marked;
	int rc;

	if (fs_read(c->fs, PENDING, PENDING_MAX, &text, NULL, &why) < 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		*err = why;
		return -1;
	}
	if (pending_decode(text, &ops, &marked, err) < 0) {
		err_wrap(err, "%s" PENDING, fs_root(c->fs));
		return err_next(err, "move that file away and run the same command again");
	}
	rc = carry_out(c->fs, &ops, marked ? AGAIN : UNDO, err);
	if (rc == 0 && marked)
		rc = job_flush_dirs(c->fs, &ops, err);
	if (rc == 0 && marked)
		restore_labels(c->fs, &ops);
	if (rc == 0)
		rc = end_pending(c, err);
	ops_clear(&ops);
	return rc;
}

static void close_state(struct commit *c)
{
	if (c->lock >= 0)
		close(c->lock);
	if (c->state >= 0)
		close(c->state);
	c->lock = c->state = -1;
}

int commit_open(struct fs *fs, int timeout_s, struct commit **ret, struct err *err)
{
	AUTO(commit) struct commit *c = xcalloc(1, sizeof(*c));
	const double deadline = clock_mono() + timeout_s;
	int rc = 1;

	c->fs = fs;
	c->lock = c->state = -1;
	while (rc == 1) {
		close_state(c);
		c->state = make_dirs(fs, STATE_DIR, 0700, err);
		if (c->state < 0)
			return -1;
		if (fchmod(c->state, 0700) < 0)
			return host_fail(fs, err, "make private", STATE_DIR, 0);
		mend_label(fs, c->state, ".", STATE_DIR);
		rc = take_lock(c, deadline, err);
	}
	if (rc < 0 || recover(c, err) < 0 || journal_read(fs, &c->journal, err) < 0)
		return -1;
	*ret = TAKE(c);
	return 0;
}

void commit_close(struct commit *c)
{
	if (!c)
		return;
	close_state(c);
	json_decref(c->journal);
	free(c);
}

const json_t *commit_journal(const struct commit *c)
{
	return c->journal;
}

/* One commit ------------------------------------------------------------------------------- */

static int stage_dir(const struct job *j, struct dir *d)
{
	const int up = j->dirs[d->up].fd;
	AUTO(free) char *path = job_where(j, d->up, path_name(d->path));

	if (make(j->fs, up, d->name, path, S_IFDIR | 0700, NULL) < 0)
		return -1;
	d->fd = fs_open_dir(up, d->name);
	return d->fd < 0 ? -1 : 0;
}

static int stage_write(const struct job *j, struct write *w, bool keep)
{
	const int dir = j->dirs[w->dir].fd;
	AUTO(free) char *path = job_where(j, w->dir, path_name(w->path));

	if (w->kind == ENTRY_LINK)
		return make(j->fs, dir, w->name, path, S_IFLNK, w->data);
	w->fd = make(j->fs, dir, w->name, path, S_IFREG | w->mode, NULL);
	if (w->fd < 0)
		return -1;
	if ((w->kind == ENTRY_COPY ? copy_write(w->from, w->fd) :
				     flush_write(w->fd, w->data, w->len)) < 0 ||
	    fchmod(w->fd, w->mode) < 0)
		return -1;
	if (keep)
		return 0;
	if (close(w->fd) < 0) {
		w->fd = -1;
		return -1;
	}
	w->fd = -1;
	return 0;
}

/* On failure errno, and *ret_path is what could not be written. */
static int stage(struct job *j, const char **ret_path)
{
	const bool few = j->writes_len + j->staged <= FLUSH_FEW;

	for (size_t i = 0; i < j->dirs_len; i++) {
		*ret_path = j->dirs[i].path;
		if (j->dirs[i].staged && stage_dir(j, &j->dirs[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < j->writes_len; i++) {
		*ret_path = j->writes[i].path;
		if (stage_write(j, &j->writes[i], few) < 0)
			return -1;
	}
	for (size_t i = 0; i < j->dirs_len; i++) {
		*ret_path = j->dirs[i].path;
		if (j->dirs[i].staged && fchmod(j->dirs[i].fd, j->dirs[i].mode) < 0)
			return -1;
	}
	*ret_path = j->writes_len ? j->writes[0].path : "/";
	return job_flush_staged(j, few);
}

/* The record is on the disk before anything is staged, so that nothing staged is ever lost. */
static int begin_pending(const struct commit *c, const struct ops *ops, int *ret_fd,
			 struct err *err)
{
	AUTO(free) char *text = pending_encode(ops);
	int fd;

	if (!text)
		return err_set(err, ERR_HOST, "a path that is not UTF-8 cannot be recorded");
	fd = openat(c->state, "pending", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return host_fail(c->fs, err, "make", PENDING, 4096);
	if (flush_write(fd, text, strlen(text)) < 0 || fsync(fd) < 0 || fsync(c->state) < 0) {
		const int sys = errno;

		close(fd);
		(void)unlinkat(c->state, "pending", 0);
		errno = sys;
		return host_fail(c->fs, err, "write", PENDING, strlen(text));
	}
	*ret_fd = fd;
	return 0;
}

/* The moment of commit. A mark that may not have reached the disk is taken off again, before
 * anything that it vouches for is. */
static int mark_pending(int fd)
{
	const off_t end = lseek(fd, 0, SEEK_CUR);
	int sys, rc = -1;

	if (end < 0)
		return -1;
	if (flush_write(fd, PENDING_MARK, strlen(PENDING_MARK)) == 0 && fdatasync(fd) == 0)
		return 0;
	sys = errno;
	if (ftruncate(fd, end) < 0)
		rc = 1; /* it stays: what is staged must stay as well */
	errno = sys;
	return rc;
}

static int take_back(const struct commit *c, struct job *j, const char *path, struct err *err)
{
	const int sys = errno;
	struct err ignored = ERR_INIT;

	job_close_files(j);
	if (carry_out(c->fs, &j->ops, UNDO, &ignored) == 0)
		(void)end_pending(c, &ignored);
	errno = sys;
	return host_fail(c->fs, err, "write", path, j->bytes);
}

static int run(const struct commit *c, struct job *j, struct err *err)
{
	AUTO(fd) int pending = -1;
	const char *path;
	int marked;

	if (begin_pending(c, &j->ops, &pending, err) < 0)
		return -1;
	if (stage(j, &path) < 0)
		return take_back(c, j, path, err);
	marked = mark_pending(pending);
	if (marked < 0)
		return take_back(c, j, PENDING, err);
	if (marked > 0)
		return host_fail(c->fs, err, "write", PENDING, 4096);
	/* From here on it is done: if not by us, then by the next run. */
	if (carry_out(c->fs, &j->ops, DO, err) < 0 || job_flush_dirs(c->fs, &j->ops, err) < 0) {
		if (!err->next[0])
			err_next(err, "run the same command again: it finishes what is left");
		return -1;
	}
	restore_labels(c->fs, &j->ops);
	return end_pending(c, err);
}

int commit_tree(struct commit *c, const struct tree *tree, commit_told *told, void *arg,
		struct commit_count *ret, struct err *err)
{
	struct job j = {
		.fs = c->fs, .tree = tree, .old = c->journal, .journal = json_deep_copy(c->journal)
	};
	int rc = job_build(&j, err);

	if (rc == 0 && j.ops.len)
		rc = run(c, &j, err);
	if (rc == 0) {
		json_decref(c->journal);
		c->journal = json_incref(j.journal);
		plan_tell(&j.plan, told, arg);
		if (ret)
			*ret = j.plan.count;
	}
	job_clear(&j);
	return rc;
}

int commit_plan(struct fs *fs, const struct tree *tree, commit_told *told, void *arg,
		struct commit_count *ret, struct err *err)
{
	AUTO(json) json_t *journal = NULL;
	struct plan plan;

	if (journal_read(fs, &journal, err) < 0 || plan_make(fs, tree, journal, &plan, err) < 0)
		return -1;
	plan_tell(&plan, told, arg);
	if (ret)
		*ret = plan.count;
	plan_clear(&plan);
	return 0;
}

/* Taking away --------------------------------------------------------------------------------- */

int commit_sweep(struct commit *c, const char *path, struct err *err)
{
	struct err why = ERR_INIT;
	AUTO(free) char *dir_path = path_dir(path);
	AUTO(fd) int dir = fs_openat(c->fs, dir_path, O_RDONLY | O_DIRECTORY, &why);
	AUTO(free) char *failed = NULL;

	if (dir < 0 && (why.code == ERR_NOT_FOUND || why.sys == ENOTDIR))
		return 0;
	if (dir < 0) {
		*err = why;
		return -1;
	}
	if (discard_all(dir, path_name(path), &failed) == 0) {
		(void)fsync(dir);
		return 0;
	}
	if (errno == EXDEV)
		errno = EBUSY; /* what it means to a person: something is mounted there */
	err_sys(err, "remove %s", failed ? failed : path);
	err->code = ERR_HOST;
	return err_next(err, "findmnt -R %s%s; lsattr -d on the path; then run the same command again",
			fs_root(c->fs), dir_path);
}

int commit_rmdir(struct commit *c, const char *path)
{
	struct err ignored = ERR_INIT;
	AUTO(free) char *dir_path = path_dir(path);
	AUTO(fd) int dir = fs_openat(c->fs, dir_path, O_RDONLY | O_DIRECTORY, &ignored);

	return dir < 0 ? -1 : unlinkat(dir, path_name(path), AT_REMOVEDIR);
}

int commit_unmount(struct commit *c, const char *path, int flags, struct err *err)
{
	(void)c;
	if (umount2(path, flags | UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT)
		return 0;
	err_sys(err, "unmount %s", path);
	err->code = err->sys == EBUSY ? ERR_CONFLICT : ERR_HOST;
	return err_next(err, "fuser -vm %s; end what uses it, then run the same command again", path);
}

int commit_end(struct commit *c, struct err *err)
{
	AUTO(free) char *up = path_dir(STATE_DIR);
	AUTO(fd) int dir = -1;

	if (json_object_size(c->journal) > 0)
		return 0;
	dir = fs_openat(c->fs, up, O_RDONLY | O_DIRECTORY, err);
	if (dir < 0)
		return -1;
	/* The lock last: who waits for it sees that it is no one's any more. */
	if ((unlinkat(c->state, path_name(JOURNAL_PATH), 0) < 0 && errno != ENOENT) ||
	    (unlinkat(c->state, "saved", AT_REMOVEDIR) < 0 && errno != ENOENT &&
	     errno != ENOTEMPTY) ||
	    fsync(c->state) < 0 || (unlinkat(c->state, "lock", 0) < 0 && errno != ENOENT) ||
	    (unlinkat(dir, path_name(STATE_DIR), AT_REMOVEDIR) < 0 && errno != ENOENT &&
	     errno != ENOTEMPTY && errno != EBUSY))
		return host_fail(c->fs, err, "remove", STATE_DIR, 0);
	return 0;
}

int commit_handout(struct fs *fs, const char *prefix, const char *text, char **ret_path,
		   struct err *err)
{
	unsigned long long random = 0;
	AUTO(fd) int dir = -1;
	AUTO(fd) int fd = -1;
	AUTO(free) char *path = NULL;

	if (strchr(prefix, '/'))
		return err_set(err, ERR_BUG, "a handout's name begins with a path: %s", prefix);
	dir = make_dirs(fs, "/run", 0755, err);
	if (dir < 0)
		return -1;
	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return err_set(err, ERR_CRYPTO, "no random bytes");
	path = xasprintf("/run/%s%016llx", prefix, random);
	fd = openat(dir, path_name(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return host_fail(fs, err, "make", path, 4096);
	if (fchmod(fd, 0600) < 0 || flush_write(fd, text, strlen(text)) < 0) {
		host_fail(fs, err, "write", path, strlen(text));
		(void)unlinkat(dir, path_name(path), 0);
		return -1;
	}
	*ret_path = TAKE(path);
	return 0;
}

/* What stands there already: nothing, or a file whose place the new one takes. */
static int result_place(const char *path, struct err *err)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		err_sys(err, "write %s", path);
		err->code = ERR_HOST;
		return -1;
	}
	if (S_ISREG(st.st_mode))
		return 0;
	err_set(err, ERR_HOST, "%s is there and is no file", path);
	return err_next(err, "name another path, or one that does not exist yet");
}

int commit_result(const char *path, mode_t mode, const char *text, struct err *err)
{
	AUTO(free) char *dir_path = str_starts(path, "/") ? path_dir(path) : NULL;
	AUTO(free) char *temp = NULL;
	AUTO(fd) int dir = -1;
	AUTO(fd) int fd = -1;
	unsigned long long random = 0;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		err_set(err, ERR_HOST, "\"%s\" names no file", path);
		return err_next(err, "name the file as well as its directory");
	}
	if (result_place(path, err) < 0)
		return -1;
	if (!dir_path)
		dir_path = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return err_set(err, ERR_CRYPTO, "no random bytes");
	temp = xasprintf(".kstrap-%016llx", random);
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && flush_write(fd, text, strlen(text)) == 0 && fchmod(fd, mode) == 0 &&
	    fsync(fd) == 0 && renameat(dir, temp, dir, name) == 0 && fsync(dir) == 0)
		return 0;
	err_sys(err, "write %s", path);
	err->code = ERR_HOST;
	if (fd >= 0)
		(void)unlinkat(dir, temp, 0);
	return err_next(err, "ls -ld %s; df -h %s", dir_path, dir_path);
}
