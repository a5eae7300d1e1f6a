#include "base/host_fail.h"

#include "base/pending.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

/* The nearest path above that another file system begins at. */
static char *mount_of(const struct fs *fs, const char *path)
{
	char *at = xstrdup(path);
	struct err err = ERR_INIT;
	struct stat st, up;

	while (strcmp(at, "/") != 0) {
		AUTO(free) char *dir = path_dir(at);

		if (fs_lstat(fs, at, &st, &err) == 0 &&
		    (fs_lstat(fs, dir, &up, &err) < 0 || up.st_dev != st.st_dev))
			break;
		free(at);
		at = TAKE(dir);
	}
	return at;
}

int host_fail(const struct fs *fs, struct err *err, const char *what, const char *path,
	      unsigned long long needed)
{
	const int sys = errno;
	AUTO(free) char *mount = NULL;
	AUTO(fd) int fd = -1;
	struct err none = ERR_INIT;
	struct statvfs vfs;
	unsigned long long have = 0;

	errno = sys;
	err_sys(err, "%s %s%s", what, fs_root(fs), path);
	err->code = ERR_HOST;
	if (sys == EROFS)
		return err_next(err, "choose another place for it in the configuration (paths), or "
				     "make the file system writable");
	if (sys == EACCES || sys == EPERM)
		return err_next(err, "run it as root; if it was, ls -ld and lsattr -d on the path");
	if (sys == ENOTDIR || sys == ELOOP || sys == EISDIR)
		return err_next(err,
				"ls -ld on each part of the path: something stands in the way");
	if (sys != ENOSPC && sys != EDQUOT)
		return -1;
	mount = mount_of(fs, path);
	fd = fs_openat(fs, mount, O_RDONLY | O_DIRECTORY, &none);
	if (fd >= 0 && fstatvfs(fd, &vfs) == 0) {
		have = (unsigned long long)(geteuid() ? vfs.f_bavail : vfs.f_bfree) * vfs.f_frsize;
		if (vfs.f_files > 0 && vfs.f_favail == 0)
			err_wrap(err, "%s%s has no free inodes", fs_root(fs), mount);
	}
	if (needed < have + 4096) /* what the file system itself needs cannot be known */
		needed = have + 4096;
	err_wrap(err, "%s%s is full, %llu KiB more are needed", fs_root(fs), mount,
		 (needed - have + 1023) / 1024);
	return err_next(err, "df -h %s%s; make room and run the same command again", fs_root(fs),
			mount);
}
