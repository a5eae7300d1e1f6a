#include "base/copy.h"

#include "base/flush.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#define PIECE ((size_t)64 << 10)

AUTO_DEFINE(digest, EVP_MD_CTX *, EVP_MD_CTX_free);

static int open_source(const struct fs *fs, const char *source, struct err *err)
{
	int fd = fs_openat(fs, source, O_RDONLY | O_NONBLOCK | O_NOCTTY, err);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	if (fd >= 0) {
		close(fd);
		err_set(err, ERR_HOST, "copy %s: no regular file", source);
		err->sys = EINVAL;
	}
	return -1;
}

/* As much as fits, unless the file ends before. */
static ssize_t read_piece(int fd, char *piece)
{
	size_t len = 0;

	while (len < PIECE) {
		ssize_t n = read(fd, piece + len, PIECE - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int copy_sum(int fd, const char *name, size_t *ret_size, char ret_sum[static 65], struct err *err)
{
	AUTO(digest) EVP_MD_CTX *digest = EVP_MD_CTX_new();
	AUTO(free) char *piece = xcalloc(1, PIECE);
	unsigned char sum[32];
	size_t size = 0;
	ssize_t n = 1;
	int good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;

	(void)lseek(fd, 0, SEEK_SET);
	while (n > 0 && good) {
		n = read_piece(fd, piece);
		if (n < 0)
			return err_sys(err, "read %s", name);
		size += (size_t)n;
		good = EVP_DigestUpdate(digest, piece, (size_t)n) == 1;
	}
	if (!good || EVP_DigestFinal_ex(digest, sum, NULL) != 1)
		return err_set(err, ERR_CRYPTO, "no SHA-256");
	hex_put(sum, sizeof(sum), ret_sum);
	*ret_size = size;
	return 0;
}

int copy_look(const struct fs *fs, const char *source, size_t *ret_size, char ret_sum[static 65],
	      struct err *err)
{
	AUTO(fd) int fd = open_source(fs, source, err);

	return fd < 0 ? -1 : copy_sum(fd, source, ret_size, ret_sum, err);
}

int copy_same(const struct fs *fs, int fd, const char *path, bool *ret, struct err *err)
{
	AUTO(fd) int b = open_source(fs, path, err);
	AUTO(free) char *one = xcalloc(1, PIECE);
	AUTO(free) char *two = xcalloc(1, PIECE);
	ssize_t n, m;

	if (b < 0)
		return -1;
	(void)lseek(fd, 0, SEEK_SET);
	do {
		n = read_piece(fd, one);
		m = read_piece(b, two);
		if (n < 0 || m < 0)
			return err_sys(err, "read %s%s", n < 0 ? "what is to be in " : "", path);
	} while (n > 0 && n == m && memcmp(one, two, (size_t)n) == 0);
	*ret = n == 0 && m == 0;
	return 0;
}

int copy_write(int from, int fd)
{
	AUTO(free) char *piece = xcalloc(1, PIECE);
	ssize_t n;

	(void)lseek(from, 0, SEEK_SET);
	do {
		n = read_piece(from, piece);
		if (n < 0 || flush_write(fd, piece, (size_t)n) < 0)
			return -1;
	} while (n > 0);
	return 0;
}
