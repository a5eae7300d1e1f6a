#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_vset(struct err *err, enum err_code code, const char *fmt, va_list ap)
{
	char msg[sizeof(err->msg)]; /* an argument may point into err->msg */

	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	err->code = code;
	err->sys = 0;
	err->next[0] = '\0';
	memcpy(err->msg, msg, sizeof(msg));
	return -1;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, code, fmt, ap);
	va_end(ap);
	return -1;
}

/* ": why", as far as there is room. */
static void append(struct err *err, const char *why)
{
	size_t len = strlen(err->msg);

	for (const char *p = ": "; *p && len + 1 < sizeof(err->msg); p++)
		err->msg[len++] = *p;
	for (; *why && len + 1 < sizeof(err->msg); why++)
		err->msg[len++] = *why;
	err->msg[len] = '\0';
}

int err_sys(struct err *err, const char *fmt, ...)
{
	const int sys = errno;
	enum err_code code = ERR_HOST;
	va_list ap;

	if (sys == ENOENT)
		code = ERR_NOT_FOUND;
	else if (sys == EEXIST)
		code = ERR_EXISTS;
	va_start(ap, fmt);
	err_vset(err, code, fmt, ap);
	va_end(ap);
	err->sys = sys;
	append(err, strerror(sys));
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char outer[sizeof(err->msg)] = "", inner[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(outer, sizeof(outer), fmt, ap);
	va_end(ap);
	memcpy(inner, err->msg, sizeof(inner));
	memcpy(err->msg, outer, sizeof(outer));
	append(err, inner);
	return -1;
}

int err_next(struct err *err, const char *fmt, ...)
{
	char next[sizeof(err->next)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(next, sizeof(next), fmt, ap);
	va_end(ap);
	memcpy(err->next, next, sizeof(next));
	return -1;
}

int err_exit_status(enum err_code code)
{
	switch (code) {
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_CONFLICT:
		return ERR_HOST;
	case ERR_DIFFERS:
		return 1; /* as diff(1) */
	case ERR_NONE:
	case ERR_BUG:
	case ERR_USAGE:
	case ERR_CONFIG:
	case ERR_HOST:
	case ERR_CRYPTO:
	case ERR_NET:
	case ERR_API:
	case ERR_TIMEOUT:
		return (int)code;
	}
	return ERR_BUG;
}
