/* The SHA-256 of files of the image, looked at once for each deployment: they are large, are asked
 * about at each boot, and change with the deployment only. */
#ifndef PHASES_OSTREE_IMAGE_H
#define PHASES_OSTREE_IMAGE_H

#include "base/fs.h"
#include "base/mounts.h"
#include "base/tree.h"

struct image {
	const struct fs *fs;  /* borrowed */
	struct mounts mounts; /* none under --root: then each file is read */
	json_t *known; /* {path: "DEPLOYMENT SIZE CTIME SHA256"}, of before */
	json_t *sums;  /* to be kept */
};

/* What is known from earlier boots; nothing where that cannot be read. `live`: fs is the host that
 * runs. The caller clears. */
void image_open(const struct fs *fs, bool live, struct image *ret);
void image_clear(struct image *image);

/* The SHA-256, in hex, of the file at `path`, open as `fd`. It is read unless it is sure to be what
 * it was when it was read last. Errors: ERR_HOST. */
int image_sum(struct image *image, const char *path, int fd, char ret[static 65], struct err *err);
/* Puts what was asked about into the tree, for the next boot. */
void image_keep(const struct image *image, struct tree *tree);

#endif
