#include "base/mounts.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define MOUNTINFO "/proc/self/mountinfo"
#define TEXT_MAX  ((size_t)16 << 20)

/* Blanks, line ends and backslashes stand as three octal digits. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		if (*from == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /root /at options [tag:value ...] - type source super" */
static bool parse_line(char *line, struct mount *ret)
{
	enum { ID, PARENT, DEVICE, ROOT, AT, OPTIONS, DASH, TYPE, SOURCE, SUPER, FIELDS };
	char *fields[FIELDS] = { NULL };
	size_t n = 0;

	for (char *field; n < FIELDS && (field = strsep(&line, " "));)
		if (n != DASH || str_eq(field, "-"))
			fields[n++] = field;
	if (n < FIELDS)
		return false;
	for (size_t i = ROOT; i < FIELDS; i++)
		unescape(fields[i]);
	*ret = (struct mount){ .id = atoi(fields[ID]),
			       .parent = atoi(fields[PARENT]),
			       .root = fields[ROOT],
			       .at = fields[AT],
			       .options = fields[OPTIONS],
			       .type = fields[TYPE],
			       .source = fields[SOURCE],
			       .super = fields[SUPER] };
	return true;
}

void mounts_parse(const char *text, struct mounts *ret)
{
	char *rest;

	*ret = (struct mounts){ .text = xstrdup(text) };
	rest = ret->text;
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (ret->n % 64 == 0)
			ret->items = xrealloc(ret->items, ret->n + 64, sizeof(*ret->items));
		ret->n += parse_line(line, &ret->items[ret->n]);
	}
}

int mounts_read(const struct fs *fs, struct mounts *ret, struct err *err)
{
	AUTO(free) char *text = NULL;

	if (fs_read(fs, MOUNTINFO, TEXT_MAX, &text, NULL, err) < 0)
		return -1;
	mounts_parse(text, ret);
	return 0;
}

void mounts_clear(struct mounts *mounts)
{
	free(mounts->items);
	free(mounts->text);
	*mounts = (struct mounts){ 0 };
}

/* Of the mounts made on `on`, the one that a walk along the path meets first. */
static const struct mount *next_on(const struct mounts *mounts, const struct mount *on,
				   const char *path)
{
	const struct mount *next = NULL;

	for (const struct mount *m = mounts->items; m < mounts->items + mounts->n; m++)
		if (m != on && (on ? m->parent == on->id : str_eq(m->at, "/")) &&
		    path_within(path, m->at) && (!next || strlen(m->at) < strlen(next->at)))
			next = m;
	return next;
}

const struct mount *mounts_find(const struct mounts *mounts, const char *path)
{
	const struct mount *found = NULL, *next;
	size_t steps = 0;

	/* A table of somebody's making may lead in a circle. */
	while (steps++ <= mounts->n && (next = next_on(mounts, found, path)))
		found = next;
	return found;
}

char *mount_option(const struct mount *mount, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = mount->super; *at; at += *at == ',') {
		const size_t n = strcspn(at, ",");

		if (strncmp(at, name, len) == 0 && (n == len || at[len] == '='))
			return xstrndup(at + len + (n > len), n - len - (n > len));
		at += n;
	}
	return NULL;
}

bool mount_is_read_only(const struct mount *mount)
{
	AUTO(free) char *super = mount_option(mount, "ro");

	return super || str_eq(mount->options, "ro") || str_starts(mount->options, "ro,");
}
