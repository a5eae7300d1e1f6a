#include "base/flush.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int flush_write(int fd, const char *data, size_t len)
{
	while (len) {
		const ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int flush_file_systems(const int *fds, size_t len)
{
	dev_t done[FLUSH_FEW];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		struct stat st;
		size_t k = 0;

		if (fstat(fds[i], &st) < 0)
			return -1;
		while (k < n && done[k] != st.st_dev)
			k++;
		if (k < n)
			continue;
		if (syncfs(fds[i]) < 0)
			return -1;
		if (n < FLUSH_FEW)
			done[n++] = st.st_dev;
	}
	return 0;
}

int flush_all(const int *fds, size_t len)
{
	if (len > FLUSH_FEW)
		return flush_file_systems(fds, len);
	for (size_t i = 0; i < len; i++)
		if (fsync(fds[i]) < 0)
			return -1;
	return 0;
}
