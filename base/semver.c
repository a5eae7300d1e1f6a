#include "base/semver.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MAX = 999999 };

/* A decimal number without leading zeros (semver.org 2.0.0, item 2). */
static bool take_part(const char **p, int *ret)
{
	const char *s = *p;
	long v = 0;

	if (!isdigit((unsigned char)*s) || (s[0] == '0' && isdigit((unsigned char)s[1])))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		v = v * 10 + (*s - '0');
		if (v > PART_MAX)
			return false;
	}
	*ret = (int)v;
	*p = s;
	return true;
}

static bool suffix_ok(const char *s)
{
	if (!*s)
		return true;
	if ((*s != '-' && *s != '+') || !s[1])
		return false;
	for (s++; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(".-+_", *s))
			return false;
	return true;
}

int semver_parse(const char *text, struct semver *ret, struct err *err)
{
	const char *p = text;
	struct semver v = { 0, 0, 0 };

	if (*p == 'v')
		p++;
	if (!take_part(&p, &v.major) || *p++ != '.' || !take_part(&p, &v.minor))
		goto bad;
	if (*p == '.') {
		p++;
		if (!take_part(&p, &v.patch))
			goto bad;
	}
	if (!suffix_ok(p))
		goto bad;
	*ret = v;
	return 0;
bad:
	return err_set(err, ERR_CONFIG, "\"%.64s\" is no version: expected one such as v1.20.2",
		       text);
}

static int cmp(int a, int b)
{
	return (a > b) - (a < b);
}

int semver_cmp(const struct semver *a, const struct semver *b)
{
	int c = cmp(a->major, b->major);

	if (c == 0)
		c = cmp(a->minor, b->minor);
	return c ? c : cmp(a->patch, b->patch);
}

bool semver_atleast(const struct semver *v, int major, int minor)
{
	return v->major != major ? v->major > major : v->minor >= minor;
}

int semver_number(const char *text)
{
	char *end = NULL;
	long long major = text ? strtoll(text + (*text == 'v'), &end, 10) : 0;

	if (!end || *end != '.' || major < 0 || major > PART_MAX / 1000)
		return 0;
	return (int)(major * 1000 + strtoll(end + 1, NULL, 10) % 1000);
}
