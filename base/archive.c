#include "base/archive.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/flush.h"
#include "base/library.h"
#include "base/str.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3, include/uapi/linux/memfd.h */
#endif

enum { ENTRIES_MAX = 128, FILE_MAX = 64 << 20, TOTAL_MAX = 512 << 20, PIECE = 64 << 10 };

/* What is used of libarchive, as its archive.h and archive_entry.h declare it (versions 3.x). */
struct libarchive {
	void *(*new)(void);
	int (*free)(void *archive);
	int (*gzip)(void *archive);
	int (*xz)(void *archive);
	int (*tar)(void *archive);
	int (*open_fd)(void *archive, int fd, size_t block);
	int (*next)(void *archive, void **ret_entry);
	ssize_t (*data)(void *archive, void *ret, size_t len);
	const char *(*error)(void *archive);
	const char *(*pathname)(void *entry);
	const char *(*hardlink)(void *entry);
	mode_t (*mode)(void *entry);
	int64_t (*size)(void *entry);
	int (*xattrs)(void *entry);
};
static const char functions[] =
	"archive_read_new archive_read_free archive_read_support_filter_gzip "
	"archive_read_support_filter_xz archive_read_support_format_tar archive_read_open_fd "
	"archive_read_next_header archive_read_data archive_error_string archive_entry_pathname "
	"archive_entry_hardlink archive_entry_mode archive_entry_size archive_entry_xattr_count";

enum { LIBARCHIVE_EOF = 1 }; /* archive.h; OK is 0, and all else a warning at least */

struct unpack {
	struct libarchive lib;
	void *archive;
	const char *label, *dir;
	struct tree *tree;
	int64_t total;
	struct err *err;
};

bool archive_plain(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const size_t len = strspn(name, allowed);

	return len > 0 && len <= 64 && !name[len] && !strchr("._-", *name);
}

int archive_memory(void)
{
	int fd = memfd_create("kstrap", MFD_CLOEXEC | MFD_EXEC);

	return fd < 0 && errno == EINVAL ? memfd_create("kstrap", MFD_CLOEXEC) : fd;
}

/* The name is anybody's text, and goes to a terminal. */
static int refuse(const struct unpack *u, const char *name, const char *why)
{
	AUTO(free) char *shown = xstrndup(name, 128);

	for (char *c = shown; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return err_set(u->err, ERR_CONFIG, "%s is refused: \"%s\" in it %s", u->label, shown, why);
}

static int broken(const struct unpack *u)
{
	const char *why = u->lib.error(u->archive);

	return err_set(u->err, ERR_CONFIG, "%s is refused: %s", u->label,
		       why ? why : "it cannot be read");
}

static const char *fault(const struct unpack *u, void *entry, const char *name)
{
	const mode_t mode = u->lib.mode(entry);

	if (!S_ISREG(mode) || u->lib.hardlink(entry))
		return "is no regular file";
	if (mode & 07000)
		return "has a set-id or sticky bit";
	if (u->lib.xattrs(entry))
		return "has extended attributes";
	if (u->lib.size(entry) > FILE_MAX || u->total > TOTAL_MAX)
		return "is too large: 64 MiB each, 512 MiB in all are allowed";
	if (!archive_plain(name) && !str_eq(name, "LICENSE") && !str_eq(name, "README.md"))
		return "has a name that no plugin has: [a-z0-9][a-z0-9._-]*";
	return NULL;
}

static int unpack_data(const struct unpack *u, int64_t size, const char *path)
{
	AUTO(free) char *piece = xcalloc(1, PIECE);
	AUTO(fd) int fd = archive_memory();
	int64_t got = 0;
	ssize_t n;

	do {
		n = u->lib.data(u->archive, piece, PIECE);
		if (n < 0)
			return broken(u);
		got += n;
		if (got > size)
			break;
		if (fd < 0 || flush_write(fd, piece, (size_t)n) < 0)
			return err_sys(u->err, "unpack %s into memory", u->label);
	} while (n > 0);
	if (got != size)
		return refuse(u, strrchr(path, '/') + 1, "is longer or shorter than it says");
	tree_copy(u->tree, path, 0755, fd, u->label);
	return 0;
}

static int unpack_entry(struct unpack *u, void *entry)
{
	const char *name = u->lib.pathname(entry);
	AUTO(free) char *path = NULL;
	const char *why;

	if (!name)
		return broken(u);
	name += str_starts(name, "./") ? 2 : 0;
	if (!*name && S_ISDIR(u->lib.mode(entry)))
		return 0;
	u->total += u->lib.size(entry);
	why = fault(u, entry, name);
	if (why)
		return refuse(u, name, why);
	if (!archive_plain(name))
		return 0;
	path = xasprintf("%s/%s", u->dir, name);
	if (tree_find(u->tree, path))
		return refuse(u, name, "is there twice");
	return unpack_data(u, u->lib.size(entry), path);
}

static int unpack_all(struct unpack *u)
{
	void *entry;
	int rc;

	for (int n = 0; n <= ENTRIES_MAX; n++) {
		rc = u->lib.next(u->archive, &entry);
		if (rc == LIBARCHIVE_EOF)
			return 0;
		if (rc != 0)
			return broken(u);
		if (unpack_entry(u, entry) < 0)
			return -1;
	}
	return err_set(u->err, ERR_CONFIG, "%s is refused: it has more than %d entries", u->label,
		       ENTRIES_MAX);
}

int archive_unpack(int fd, const char *label, const char *dir, struct tree *ret, struct err *err)
{
	struct unpack u = { .label = label, .dir = dir, .tree = ret, .err = err };
	int rc;

	if (library_open("libarchive.so.13", functions, &u.lib,
			 "libarchive (Fedora), libarchive13 (Debian)", err) < 0)
		return err_wrap(err, "unpack %s", label);
	(void)lseek(fd, 0, SEEK_SET);
	u.archive = u.lib.new();
	if (!u.archive)
		return err_set(err, ERR_HOST, "unpack %s: out of memory", label);
	if (u.lib.gzip(u.archive) || u.lib.xz(u.archive) || u.lib.tar(u.archive) ||
	    u.lib.open_fd(u.archive, fd, PIECE))
		rc = broken(&u);
	else
		rc = unpack_all(&u);
	(void)u.lib.free(u.archive);
	return rc;
}
