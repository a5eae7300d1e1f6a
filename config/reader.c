#include "config/reader.h"

#include "base/auto.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* RFC 6901 section 4: "~1" is "/", "~0" is "~". */
static char *escape(const char *key)
{
	struct buf out = BUF_INIT(3 * strlen(key) + 1);

	(void)buf_addf(&out, "%s", "");
	for (; *key; key++)
		(void)buf_addf(&out, *key == '~' ? "~0" : *key == '/' ? "~1" : "%c", *key);
	return out.data ? out.data : xstrdup("");
}

static char *pointer(const struct place *at)
{
	AUTO(free) char *up = at->up ? pointer(at->up) : NULL;
	AUTO(free) char *key = at->key ? escape(at->key) : xasprintf("%zu", at->index);

	return up ? xasprintf("%s/%s", up, key) : TAKE(key);
}

char *reader_path(const struct place *at)
{
	AUTO(free) char *up = NULL;

	if (!at->up)
		return xstrdup("");
	up = reader_path(at->up);
	if (!at->key)
		return xasprintf("%s[%zu]", up, at->index);
	return xasprintf("%s%s%s", up, *up ? "." : "", at->key);
}

char *reader_mark(const struct reader *r, const struct place *at)
{
	AUTO(free) char *where = pointer(at);
	int line, column;

	yaml_mark(r->marks, where, &line, &column);
	if (!line)
		return xasprintf("%s: ", r->name);
	return xasprintf("%s:%d:%d: ", r->name, line, column);
}

void reader_fault(const struct reader *r, const struct place *at, const char *fmt, ...)
{
	AUTO(free) char *mark = NULL;
	char *text = NULL;
	va_list ap;
	int len;

	if (r->faults->count >= READER_TOLD) {
		r->faults->count++;
		r->faults->untold++;
		return;
	}
	mark = reader_mark(r, at);
	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	faults_add(r->faults, "%s%s", mark, len < 0 ? "out of memory" : text);
	if (len >= 0)
		free(text);
}
