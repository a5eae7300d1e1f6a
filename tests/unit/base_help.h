/* A scratch directory for each test, and short ways to look into it. */
#ifndef TESTS_UNIT_BASE_HELP_H
#define TESTS_UNIT_BASE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct scratch {
	char dir[64];
	struct fs *fs;
};

static inline int scratch_rm_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int scratch_setup(void **state)
{
	struct scratch *s = xcalloc(1, sizeof(*s));
	struct err err = ERR_INIT;

	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/kstrap-unit-XXXXXX");
	if (!mkdtemp(s->dir) || fs_open(s->dir, &s->fs, &err) < 0)
		return -1;
	*state = s;
	return 0;
}

static inline int scratch_teardown(void **state)
{
	struct scratch *s = *state;

	fs_close(s->fs);
	if (strncmp(s->dir, "/tmp/kstrap-unit-", 17) == 0)
		(void)nftw(s->dir, scratch_rm_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(s);
	return 0;
}

/* Borrowed until the fourth call after. */
static inline const char *scratch_path(const struct scratch *s, const char *path)
{
	static char paths[4][512];
	static unsigned next;
	char *ret = paths[next++ % 4];

	(void)snprintf(ret, 512, "%s%s", s->dir, path);
	return ret;
}

static inline void scratch_write(const struct scratch *s, const char *path, const char *text,
				 mode_t mode)
{
	const char *file = scratch_path(s, path);
	AUTO(fd) int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
}

static inline void scratch_mkdir(const struct scratch *s, const char *path)
{
	assert_int_equal(mkdir(scratch_path(s, path), 0755), 0);
}

/* Without the code under test. */
static inline void assert_file(const struct scratch *s, const char *path, const char *text,
			       mode_t mode)
{
	char data[4096] = "";
	struct stat st;
	AUTO(fd) int fd = open(scratch_path(s, path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(read(fd, data, sizeof(data) - 1) >= 0);
	assert_string_equal(data, text);
	assert_int_equal(st.st_mode & 07777, mode);
}

static inline void assert_gone(const struct scratch *s, const char *path)
{
	struct stat st;

	assert_int_equal(lstat(scratch_path(s, path), &st), -1);
	assert_int_equal(errno, ENOENT);
}

#define assert_contains(text, part)                                             \
	do {                                                                    \
		if (!strstr(text, part))                                        \
			fail_msg("\"%s\" does not contain \"%s\"", text, part); \
	} while (0)

#endif
