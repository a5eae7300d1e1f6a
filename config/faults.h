/* A list of what is wrong with the user's input, so that one run tells all of it. */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include "base/err.h"
#include "base/str.h"

/* Zero-initialise with FAULTS_INIT; one line a fault. */
struct faults {
	struct buf text;
	unsigned count, untold;
};
#define FAULTS_INIT                  \
	{                            \
		BUF_INIT(1800), 0, 0 \
	} /* what struct err can carry, with room for the rest */

void faults_add(struct faults *faults, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* 0 when there are none, else fills *err with all lines and returns -1. */
int faults_raise(const struct faults *faults, enum err_code code, struct err *err);
static inline void auto_faults_(struct faults *faults)
{
	buf_clear(&faults->text);
}

/* The user's text for a message: quoted, cut at 64 bytes, control characters replaced, so that it
 * can neither flood a terminal nor speak to it. The caller frees. */
char *faults_quote(const char *text);

#endif
