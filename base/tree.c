#include "base/tree.h"

#include "base/fs.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct tree {
	struct entry **entries; /* in path order */
	size_t len, size;
	char *phase;
};

struct tree *tree_new(void)
{
	return xcalloc(1, sizeof(struct tree));
}

static char *own(const char *borrowed)
{
	char *p;

	memcpy(&p, &borrowed, sizeof(p)); /* the public struct shows them const */
	return p;
}

static void entry_free(struct entry *e)
{
	free(own(e->path));
	free(own(e->unit));
	free(own(e->phase));
	if (e->kind == ENTRY_COPY)
		close(e->fd);
	if (e->flags & ENTRY_SECRET)
		secret_freen(own(e->data), e->len);
	else
		free(own(e->data));
	free(e);
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->len; i++)
		entry_free(tree->entries[i]);
	free(tree->entries);
	free(tree->phase);
	free(tree);
}

bool tree_takes(const char *path)
{
	const char *p = path;

	if (*p != '/' || !p[1])
		return false;
	while (*p == '/') {
		const size_t len = strcspn(++p, "/");

		if (len == 0 || (len == 1 && p[0] == '.') || (len == 2 && !memcmp(p, "..", 2)))
			return false;
		p += len;
	}
	return true;
}

/* Where `path` is, or where it would go. */
static bool place(const struct tree *tree, const char *path, size_t *ret)
{
	size_t lo = 0, hi = tree->len;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int c = strcmp(tree->entries[mid]->path, path);

		if (c == 0) {
			*ret = mid;
			return true;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = lo;
	return false;
}

static void put(struct tree *tree, const struct entry *from)
{
	struct entry *e = xcalloc(1, sizeof(*e));
	char *data = xcalloc(from->len + 1, 1);
	size_t at;

	if (!tree_takes(from->path)) {
		(void)fprintf(stderr, "kstrap: bug: \"%s\" is not an absolute, normal path\n",
			      from->path);
		abort();
	}
	if (from->len)
		memcpy(data, from->data, from->len);
	*e = *from;
	e->path = xstrdup(from->path);
	e->data = data;
	e->unit = xstrdup(from->unit);
	e->phase = xstrdup(tree->phase);
	if (e->kind == ENTRY_COPY)
		e->fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 3);
	if (place(tree, from->path, &at)) {
		entry_free(tree->entries[at]);
		tree->entries[at] = e;
		return;
	}
	if (tree->len == tree->size) {
		tree->size = tree->size ? tree->size * 2 : 32;
		tree->entries = xrealloc(tree->entries, tree->size, sizeof(*tree->entries));
	}
	memmove(tree->entries + at + 1, tree->entries + at,
		(tree->len - at) * sizeof(*tree->entries));
	tree->entries[at] = e;
	tree->len++;
}

void tree_file(struct tree *tree, const char *path, mode_t mode, const void *data, size_t len,
	       unsigned flags, const char *unit)
{
	put(tree, &(struct entry){ .path = path,
				   .kind = ENTRY_FILE,
				   .mode = mode & 07777,
				   .data = data,
				   .len = len,
				   .flags = flags,
				   .unit = unit });
}

void tree_text(struct tree *tree, const char *path, mode_t mode, const char *text)
{
	tree_file(tree, path, mode, text, strlen(text), 0, NULL);
}

void tree_dir(struct tree *tree, const char *path, mode_t mode)
{
	put(tree, &(struct entry){ .path = path, .kind = ENTRY_DIR, .mode = mode & 07777 });
}

void tree_link(struct tree *tree, const char *path, const char *target)
{
	put(tree,
	    &(struct entry){
		    .path = path, .kind = ENTRY_LINK, .data = target, .len = strlen(target) });
}

void tree_absent(struct tree *tree, const char *path)
{
	put(tree, &(struct entry){ .path = path, .kind = ENTRY_ABSENT });
}

void tree_copy(struct tree *tree, const char *path, mode_t mode, int fd, const char *source)
{
	put(tree, &(struct entry){ .path = path,
				   .kind = ENTRY_COPY,
				   .mode = mode & 07777,
				   .data = source,
				   .len = strlen(source),
				   .flags = ENTRY_SHARED,
				   .fd = fd });
}

void tree_set_phase(struct tree *tree, const char *phase)
{
	char *old = tree->phase;

	tree->phase = xstrdup(phase);
	free(old);
}

const struct entry *tree_find(const struct tree *tree, const char *path)
{
	size_t at;

	return place(tree, path, &at) ? tree->entries[at] : NULL;
}

size_t tree_len(const struct tree *tree)
{
	return tree->len;
}

const struct entry *tree_entry(const struct tree *tree, size_t i)
{
	return i < tree->len ? tree->entries[i] : NULL;
}

int tree_read(const struct tree *tree, const struct fs *fs, const char *path, size_t max,
	      char **ret, size_t *ret_len, struct err *err)
{
	const struct entry *e = tree_find(tree, path);
	char *data;

	if (!e)
		return fs_read(fs, path, max, ret, ret_len, err);
	switch (e->kind) {
	case ENTRY_FILE:
		break;
	case ENTRY_ABSENT:
		return err_set(err, ERR_NOT_FOUND, "read %s: it is about to be removed", path);
	case ENTRY_LINK:
		/* Links that we make lead to what is on the host already (programs, sockets). */
		if (e->data[0] == '/' && !str_eq(e->data, path))
			return tree_find(tree, e->data) &&
					       tree_find(tree, e->data)->kind == ENTRY_LINK
				       ? err_set(err, ERR_HOST, "read %s: a link to a link", path)
				       : tree_read(tree, fs, e->data, max, ret, ret_len, err);
		return err_set(err, ERR_HOST, "read %s: no regular file", path);
	case ENTRY_DIR:
	case ENTRY_COPY: /* never read as a whole */
		return err_set(err, ERR_HOST, "read %s: no regular file", path);
	}
	if (e->len > max)
		return err_set(err, ERR_HOST, "read %s: larger than %zu bytes", path, max);
	data = xcalloc(e->len + 1, 1);
	if (e->len)
		memcpy(data, e->data, e->len);
	*ret = data;
	if (ret_len)
		*ret_len = e->len;
	return 0;
}
