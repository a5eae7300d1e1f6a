#include "config/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_MAX 64

void faults_add(struct faults *faults, const char *fmt, ...)
{
	char *line = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&line, fmt, ap);
	va_end(ap);
	faults->count++;
	if (len < 0 || buf_addf(&faults->text, "%s%s", faults->text.len ? "\n" : "", line) < 0)
		faults->untold++;
	if (len >= 0)
		free(line);
}

int faults_raise(const struct faults *faults, enum err_code code, struct err *err)
{
	const char *text = faults->text.data ? faults->text.data : "";

	if (!faults->count)
		return 0;
	if (faults->untold)
		return err_set(err, code, "%s%sand %u more", text, *text ? "\n" : "",
			       faults->untold);
	return err_set(err, code, "%s", text);
}

char *faults_quote(const char *text)
{
	size_t len = strlen(text), shown = len > QUOTE_MAX ? QUOTE_MAX : len;
	char *quoted = xasprintf("\"%.*s%s\"", (int)shown, text, len > shown ? "..." : "");

	for (char *p = quoted; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return quoted;
}
