/* Bytes to a descriptor, and from there to the disk with as few flushes as will do. */
#ifndef BASE_FLUSH_H
#define BASE_FLUSH_H

#include <stddef.h>

#define FLUSH_FEW 8 /* up to here each is flushed by itself, beyond that the file system */

/* All of them return -1 with errno when they fail. */
int flush_write(int fd, const char *data, size_t len);
/* Each by itself, or their file systems where they are many. */
int flush_all(const int *fds, size_t len);
int flush_file_systems(const int *fds, size_t len);

#endif
