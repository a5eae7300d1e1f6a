#include "phases/ostree/image.h"

#include <string.h>

#include "base/commit.h"
#include "base/copy.h"
#include "base/str.h"
#include "phases/ostree/deployment.h"

#define RECORD     STATE_DIR "/image.json"
#define RECORD_MAX ((size_t)1 << 20)

void image_open(const struct fs *fs, bool live, struct image *ret)
{
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;

	*ret = (struct image){ .fs = fs, .sums = json_object() };
	if (live && mounts_read(fs, &ret->mounts, &ignored) == 0 &&
	    fs_read(fs, RECORD, RECORD_MAX, &text, NULL, &ignored) == 0)
		ret->known = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
}

void image_clear(struct image *image)
{
	mounts_clear(&image->mounts);
	json_decref(image->known);
	json_decref(image->sums);
}

/* ostree keeps no files' times (its documentation, Anatomy of a repository), but the deployment's
 * name has the commit's checksum, and so tells images apart. ctime, which nobody can set, shows
 * what was changed behind ostree's back on a file system that has one. NULL: nothing is sure. */
static char *state(const struct image *image, int fd)
{
	AUTO(free) char *real = fs_where(image->fs, fd, NULL);
	char deployment[DEPLOYMENT_MAX];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	deployment_of(&image->mounts, real, deployment);
	return *deployment ? xasprintf("%s %lld %lld.%09ld ", deployment, (long long)st.st_size,
				       (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec)
			   : NULL;
}

int image_sum(struct image *image, const char *path, int fd, char ret[static 65], struct err *err)
{
	const char *known = json_str(image->known, path);
	AUTO(free) char *now = state(image, fd);
	size_t size;

	if (now && known && str_starts(known, now) && strlen(known) == strlen(now) + 64)
		memcpy(ret, known + strlen(now), 65);
	else if (copy_sum(fd, path, &size, ret, err) < 0)
		return -1;
	if (now)
		json_object_set_new(image->sums, path, xjson_pack("s+", now, ret));
	return 0;
}

void image_keep(const struct image *image, struct tree *tree)
{
	AUTO(free) char *text = json_dumps(image->sums, JSON_INDENT(1) | JSON_SORT_KEYS);

	if (text && json_object_size(image->sums) > 0)
		tree_text(tree, RECORD, 0600, text);
}
