/* Waiting for files: by inotify, with a deadline, never silently. */
#ifndef PHASES_WAIT_H
#define PHASES_WAIT_H

#include "base/err.h"

/* 1: it is there; 0: not yet; -1: it cannot come any more, with the error. */
typedef int wait_ready(void *arg, struct err *err);

/* Calls `ready` at once, after each change in directory `dir` (which may not exist yet) and at
 * least ten times a second, until it returns other than 0. `what` says it ("waiting for ...").
 * Errors: ready's, or ERR_TIMEOUT after timeout_s ("<what>: nothing within N s"). */
int wait_in(const char *dir, const char *what, long timeout_s, wait_ready *ready, void *arg,
	    struct err *err);

#endif
