/* The one error: filled once where a thing failed, given context on the way up, printed once by
 * main. The storage is the caller's, so an error path neither allocates nor frees. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

enum err_code { /* also the exit status: see EXIT STATUS in the manual page */
	ERR_NONE = 0,
	ERR_BUG = 1,	 /* a broken promise of ours */
	ERR_USAGE = 2,	 /* bad flag or argument */
	ERR_CONFIG = 3,	 /* bad configuration file or value */
	ERR_HOST = 4,	 /* file, process or kernel said no */
	ERR_CRYPTO = 5,	 /* key, certificate or token */
	ERR_NET = 6,	 /* no answer, or not from whom we trust */
	ERR_API = 7,	 /* the API server (or etcd, or the runtime) answered with a failure */
	ERR_TIMEOUT = 8, /* a wait's deadline passed */
	/* Expected outcomes that a caller may act on; they exit as ERR_HOST when nobody does. */
	ERR_NOT_FOUND = 20,
	ERR_EXISTS = 21,
	ERR_CONFLICT = 22,
	ERR_DIFFERS = 23, /* --check found something, and has printed it: exits 1, without a message */
};

struct err {
	enum err_code code;
	int sys;	 /* errno behind ERR_HOST, else 0 */
	char msg[2048];	 /* "what we did: why it failed", no newline */
	char next[512];	 /* the command to run next, or what to do; "" when there is none */
};

/* Designated, so that the compiler clears it instead of copying 2.5 KB of zeros kept in each file. */
#define ERR_INIT { .code = ERR_NONE }

/* Each fills *err and returns -1, so a failure is one line at the call. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, enum err_code code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
/* Reads errno: "fmt: strerror". ENOENT becomes ERR_NOT_FOUND, EEXIST ERR_EXISTS, else ERR_HOST. */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "outer: inner"; keeps code, errno and next. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Says what to do about it; does not change the rest. */
int err_next(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The process's exit status for `code`. */
int err_exit_status(enum err_code code);

#endif
