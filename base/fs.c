#include "base/fs.h"

#include "base/label.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fs {
	int fd;
	char *root; /* without a trailing slash; "" for "/" */
	struct labels *labels;
};

int fs_open(const char *root, struct fs **ret, struct err *err)
{
	AUTO(fd) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct fs *fs;
	size_t len = strlen(root);

	if (fd < 0)
		return err_sys(err, "open the root directory %s", root);
	while (len && root[len - 1] == '/')
		len--;
	fs = xcalloc(1, sizeof(*fs));
	fs->root = xstrndup(root, len);
	fs->fd = fd;
	fs->labels = labels_new();
	fd = -1;
	*ret = fs;
	return 0;
}

void fs_close(struct fs *fs)
{
	if (!fs)
		return;
	close(fs->fd);
	labels_free(fs->labels);
	free(fs->root);
	free(fs);
}

const char *fs_root(const struct fs *fs)
{
	return fs->root;
}

bool fs_is_host(const struct fs *fs)
{
	return fs->root[0] == '\0';
}

int fs_rootfd(const struct fs *fs)
{
	return fs->fd;
}

struct labels *fs_labels(const struct fs *fs)
{
	return fs->labels;
}

/* Without a trailing slash: "" for "/", and where /proc is missing. */
static char *path_of(int fd)
{
	AUTO(free) char *self = xasprintf("/proc/self/fd/%d", fd);
	char path[PATH_MAX];
	const ssize_t n = readlink(self, path, sizeof(path));

	return xstrndup(path, n > 1 ? (size_t)n : 0);
}

char *fs_where(const struct fs *fs, int fd, const char *name)
{
	AUTO(free) char *root = path_of(fs->fd);
	AUTO(free) char *path = path_of(fd);
	const char *below = path + (str_starts(path, root) ? strlen(root) : 0);

	if (name)
		return xasprintf("%s/%s", below, name);
	return xstrdup(*below ? below : "/");
}

/*
 * Where the kernel has no openat2 (before 5.6, or a seccomp filter): the path is walked one
 * component at a time, each opened without following links, and links are read and spliced in by
 * us, an absolute one starting again at the root.
 */
enum { DEPTH_MAX = 64, LINKS_MAX = 40 };

struct walk {
	int fds[DEPTH_MAX]; /* fds[0] is the root's, borrowed */
	int depth;
	char rest[PATH_MAX];
	int links;
};

static void walk_up(struct walk *w, int to)
{
	while (w->depth > to)
		close(w->fds[w->depth--]);
}

/* Puts a link's text in front of what is left to walk. */
static int walk_splice(struct walk *w, const char *name, const char *rest)
{
	char text[PATH_MAX], whole[PATH_MAX];
	const ssize_t n = readlinkat(w->fds[w->depth], name, text, sizeof(text) - 1);
	const size_t rest_len = strlen(rest);

	if (n < 0)
		return -1;
	text[n] = '\0';
	errno = ELOOP;
	if (++w->links > LINKS_MAX)
		return -1;
	errno = ENAMETOOLONG;
	if ((size_t)n + 1 + rest_len + 1 > sizeof(whole))
		return -1;
	memcpy(whole, text, (size_t)n);
	whole[n] = '/';
	memcpy(whole + n + 1, rest, rest_len + 1);
	/* "link" as the last component stays last: no slash after its text */
	if (rest_len == 0)
		whole[n] = '\0';
	memcpy(w->rest, whole, strlen(whole) + 1);
	if (text[0] == '/')
		walk_up(w, 0);
	return 0;
}

static int walk_open(struct walk *w, int flags)
{
	for (;;) {
		char name[NAME_MAX + 1];
		const char *p = w->rest + strspn(w->rest, "/");
		const size_t len = strcspn(p, "/");
		const char *rest = p + len;
		const bool last = rest[strspn(rest, "/")] == '\0';
		struct stat st;
		int fd;

		if (len == 0)
			return openat(w->fds[w->depth], ".", flags | O_CLOEXEC);
		if (len > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, p, len);
		name[len] = '\0';
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
			if (name[1] && w->depth > 0)
				walk_up(w, w->depth - 1);
			memmove(w->rest, rest, strlen(rest) + 1);
			continue;
		}
		fd = openat(w->fds[w->depth], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -1;
		if (fstat(fd, &st) < 0) {
			close(fd);
			return -1;
		}
		if (S_ISLNK(st.st_mode) && !(last && *rest == '\0' && (flags & O_NOFOLLOW))) {
			close(fd);
			if (walk_splice(w, name, rest + strspn(rest, "/")) < 0)
				return -1;
			continue;
		}
		if (last && *rest == '\0') {
			close(fd);
			return openat(w->fds[w->depth], name, flags | O_NOFOLLOW | O_CLOEXEC);
		}
		errno = S_ISDIR(st.st_mode) ? ENAMETOOLONG : ENOTDIR;
		if (!S_ISDIR(st.st_mode) || w->depth + 1 >= DEPTH_MAX) {
			const int sys = errno;

			close(fd);
			errno = sys;
			return -1;
		}
		w->fds[++w->depth] = fd;
		memmove(w->rest, rest, strlen(rest) + 1);
	}
}

static int open_by_walk(const struct fs *fs, const char *path, int flags)
{
	struct walk *w = xcalloc(1, sizeof(*w));
	int fd = -1, sys;

	w->fds[0] = fs->fd;
	if (strlen(path) >= sizeof(w->rest)) {
		errno = ENAMETOOLONG;
	} else {
		memcpy(w->rest, path, strlen(path) + 1);
		fd = walk_open(w, flags);
	}
	sys = errno;
	walk_up(w, 0);
	free(w);
	errno = sys;
	return fd;
}

static int open_in_root(const struct fs *fs, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC),
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	const char *rel = path + strspn(path, "/");

	/* EAGAIN: something was renamed while a ".." was being followed. */
	for (int i = 0; i < 8; i++) {
		const long fd = syscall(SYS_openat2, fs->fd, *rel ? rel : ".", &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN)
			break;
	}
	/* EPERM is what container runtimes' filters say for a call they do not know. */
	if (errno != ENOSYS && errno != EPERM && errno != EAGAIN)
		return -1;
	return open_by_walk(fs, path, flags);
}

long fs_mount_id(int fd)
{
	AUTO(free) char *path = xasprintf("/proc/self/fdinfo/%d", fd);
	AUTO(fd) int info = open(path, O_RDONLY | O_CLOEXEC);
	char text[512];
	const ssize_t n = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
	const char *line;

	if (n <= 0)
		return -1;
	text[n] = '\0';
	line = strstr(text, "mnt_id:");
	return line ? atoi(line + strlen("mnt_id:")) : -1;
}

/* Where the kernel has no openat2. */
static int open_below_by_id(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st, up;

	if (fd < 0 || (fstat(fd, &st) == 0 && fstat(dir, &up) == 0 && st.st_dev == up.st_dev &&
		       fs_mount_id(fd) == fs_mount_id(dir)))
		return fd;
	close(fd);
	errno = EXDEV;
	return -1;
}

int fs_open_below(int dir, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
					   RESOLVE_BENEATH };
	int fd;

	do {
		fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_below_by_id(dir, name);
	return fd;
}

int fs_openat(const struct fs *fs, const char *path, int flags, struct err *err)
{
	int fd;

	if ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC | O_APPEND)))
		return err_set(err, ERR_BUG, "open %s: reading is all that is done here", path);
	fd = open_in_root(fs, path, flags);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	return fd;
}

int fs_read(const struct fs *fs, const char *path, size_t max, char **ret, size_t *ret_len,
	    struct err *err)
{
	/* O_NONBLOCK: a FIFO in a file's place must not hold us up before fstat tells */
	AUTO(fd) int fd = fs_openat(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, err);
	struct stat st;
	char *data;
	size_t len = 0, size;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_HOST, "read %s: no regular file", path);
	if (st.st_size > 0 && (uintmax_t)st.st_size > max)
		return err_set(err, ERR_HOST, "read %s: larger than %zu bytes", path, max);
	/* files of /proc and /sys say 0, so the size is a first guess */
	size = (size_t)st.st_size + 2;
	if (size < 4096)
		size = 4096;
	data = xcalloc(size, 1);
	for (;;) {
		ssize_t n;

		if (len + 1 >= size) {
			char *more = xcalloc(size, 2);

			memcpy(more, data, len);
			secret_freen(data, size);
			data = more;
			size *= 2;
		}
		n = read(fd, data + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(err, "read %s", path);
			break;
		}
		if (n == 0) {
			data[len] = '\0';
			*ret = data;
			if (ret_len)
				*ret_len = len;
			return 0;
		}
		len += (size_t)n;
		if (len > max) {
			err_set(err, ERR_HOST, "read %s: larger than %zu bytes", path, max);
			break;
		}
	}
	secret_freen(data, size);
	return -1;
}

int fs_lstat(const struct fs *fs, const char *path, struct stat *ret, struct err *err)
{
	AUTO(fd) int fd = open_in_root(fs, path, O_PATH | O_NOFOLLOW);

	if (fd < 0 || fstat(fd, ret) < 0)
		return err_sys(err, "look at %s", path);
	return 0;
}

static bool follow(const struct fs *fs, const char *path, struct stat *ret)
{
	AUTO(fd) int fd = open_in_root(fs, path, O_PATH);

	return fd >= 0 && fstat(fd, ret) == 0;
}

bool fs_exists(const struct fs *fs, const char *path)
{
	struct stat st;

	return follow(fs, path, &st);
}

bool fs_is_dir(const struct fs *fs, const char *path)
{
	struct stat st;

	return follow(fs, path, &st) && S_ISDIR(st.st_mode);
}

bool fs_is_named(const struct fs *fs, const char *path)
{
	AUTO(fd) int fd = open_in_root(fs, path, O_PATH | O_NOFOLLOW);

	return fd >= 0;
}

int fs_readlink(const struct fs *fs, const char *path, char **ret, struct err *err)
{
	AUTO(fd) int fd = open_in_root(fs, path, O_PATH | O_NOFOLLOW);
	char text[PATH_MAX];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, "read link %s", path);
	n = readlinkat(fd, "", text, sizeof(text));
	/* with an empty path the kernel says ENOENT for what is no link */
	if (n < 0 && errno == ENOENT)
		errno = EINVAL;
	if (n < 0)
		return err_sys(err, "read link %s", path);
	*ret = xstrndup(text, (size_t)n);
	return 0;
}

char *fs_real(const struct fs *fs, const char *path)
{
	AUTO(fd) int fd = open_in_root(fs, path, O_PATH);

	return fd < 0 ? NULL : fs_where(fs, fd, NULL);
}

char *fs_real_above(const struct fs *fs, const char *path)
{
	AUTO(free) char *at = xstrdup(path);
	char *real, *slash;

	while (!(real = fs_real(fs, at)) && (slash = strrchr(at, '/')))
		*slash = '\0';
	return real ? real : xstrdup("/");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int fs_list(const struct fs *fs, const char *path, json_t **ret, struct err *err)
{
	AUTO(json) json_t *names = json_array();
	const int fd = fs_openat(fs, path, O_RDONLY | O_DIRECTORY, err);
	char **list = NULL;
	size_t len = 0;
	DIR *dir;
	const struct dirent *d;
	int sys = 0;

	if (fd < 0)
		return -1;
	dir = fdopendir(fd);
	if (!dir) {
		err_sys(err, "list %s", path);
		close(fd);
		return -1;
	}
	while (errno = 0, (d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (len % 64 == 0)
			list = xrealloc(list, len + 64, sizeof(*list));
		list[len++] = xstrdup(d->d_name);
	}
	sys = errno;
	closedir(dir);
	if (len)
		qsort(list, len, sizeof(*list), by_name);
	for (size_t i = 0; i < len; i++) {
		/* a name that is not UTF-8 cannot be one of ours */
		json_t *name = json_string(list[i]);

		if (name)
			json_array_append_new(names, name);
		free(list[i]);
	}
	free(list);
	if (sys) {
		errno = sys;
		return err_sys(err, "list %s", path);
	}
	*ret = TAKE(names);
	return 0;
}

json_t *fs_list_paths(const struct fs *fs, const char *dir)
{
	struct err ignored = ERR_INIT;
	json_t *list = NULL, *name;
	size_t i;

	(void)fs_list(fs, dir, &list, &ignored);
	json_array_foreach (list, i, name)
		json_array_set_new(list, i, xjson_pack("s++", dir, "/", json_string_value(name)));
	return list;
}

int fs_open_dir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int fs_each_name(int dir, fs_name *what, void *arg)
{
	const int fd = fs_open_dir(dir, ".");
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	int rc = list ? 0 : -1;

	while (rc == 0 && (d = readdir(list)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			rc = what(dir, d->d_name, arg);
	if (list) {
		const int sys = errno;

		closedir(list);
		errno = sys;
	}
	return rc;
}
