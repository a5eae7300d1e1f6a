#include "config/input.h"

#include "base/auto.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
