/* Child processes: argv without a shell, bounded output, a deadline. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct proc {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in a fixed PATH */
	int program;		 /* > 0: a descriptor that is executed instead; argv[0] is its name */
	const char *const *env;	 /* further NAME=value; NULL: none. PATH and LC_ALL=C are ours */
	const char *in;		 /* standard input's content; NULL: /dev/null */
	size_t in_len;
	int timeout_s; /* the child is killed (its group) after that; must be > 0 */
	size_t max;    /* of each output stream; 0: 1 MiB */
};

struct proc_result {
	int status; /* exit status, or 128 + signal */
	char *out, *err; /* NUL-terminated, never NULL after success of proc_call */
};

/* Runs it and waits. Any exit status is an answer. Errors: ERR_NOT_FOUND (no such program),
 * ERR_TIMEOUT, ERR_HOST. */
int proc_call(const struct proc *proc, struct proc_result *ret, struct err *err);
/* As proc_call, but a status other than 0 is ERR_HOST with the child's last words. */
int proc_run(const struct proc *proc, struct err *err);
void proc_result_clear(struct proc_result *result);
static inline void auto_proc_result_(struct proc_result *r)
{
	proc_result_clear(r);
}
/* Whether `name` is found in the fixed PATH; *ret (may be NULL) is the caller's. */
bool proc_find(const char *name, char **ret);

#endif
