#include "config/input.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX    4096
#define SECRET_WAIT_S 60

static int read_all(int fd, size_t max, struct buf *buf)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (buf->len + (size_t)n > max) {
			errno = EFBIG;
			return -1;
		}
		if (buf_add(buf, chunk, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

int input_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *err)
{
	bool std = strcmp(path, "-") == 0;
	AUTO(fd) int fd = std ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	AUTO(buf) struct buf buf = BUF_INIT(max + 1);

	if (!std && fd < 0)
		return err_sys(err, "open %s", path);
	if (read_all(std ? STDIN_FILENO : fd, max, &buf) < 0) {
		if (errno == EFBIG)
			return err_set(err, ERR_CONFIG, "%s: larger than %zu bytes", path, max);
		return err_sys(err, "read %s", path);
	}
	if (ret_len)
		*ret_len = buf.len;
	*ret = buf.data ? buf.data : xstrdup("");
	buf.data = NULL;
	return 0;
}

/* Up to the first line's end: whoever writes to a pipe may keep it open. */
static int read_line(int fd, const char *name, char line[static SECRET_MAX], struct err *err)
{
	double until = clock_mono() + SECRET_WAIT_S;
	size_t len = 0;

	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		double left_s = until - clock_mono();
		ssize_t n = poll(&ready, 1, left_s > 0 ? (int)(left_s * 1000) + 1 : 0);

		if (n == 0)
			return err_set(err, ERR_TIMEOUT, "%s: nothing came within %d s", name,
				       SECRET_WAIT_S);
		if (n > 0)
			n = read(fd, line + len, SECRET_MAX - len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_sys(err, "read %s", name);
		len += (size_t)n;
		if (len == SECRET_MAX)
			return err_set(err, ERR_CONFIG, "%s: longer than a secret is (%d bytes)", name,
				       SECRET_MAX - 1);
		line[len] = '\0';
		if (n == 0 || memchr(line, '\n', len))
			break;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

static void look_at_mode(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		log_warn("%s has a secret in it and mode %03o: chmod 600 %s", path,
			 (unsigned)st.st_mode & 0777, path);
}

int input_secret(const char *path, int fd, char **ret, struct err *err)
{
	bool std = path && strcmp(path, "-") == 0;
	AUTO(free) char *name = path ? xstrdup(path) : xasprintf("descriptor %d", fd);
	AUTO(fd) int own = std ? -1 : fd;
	char line[SECRET_MAX];
	int failed;

	if (path && !std) {
		/* A pipe that nobody has opened yet shall not hold us without a deadline. */
		own = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (own < 0)
			return err_sys(err, "open %s", path);
		look_at_mode(own, path);
	}
	failed = read_line(std ? STDIN_FILENO : own, name, line, err);
	if (failed == 0)
		*ret = xstrdup(line);
	explicit_bzero(line, sizeof(line));
	if (!path && fd <= STDERR_FILENO)
		own = -1; /* the next file to be opened must not take its place */
	return failed;
}
