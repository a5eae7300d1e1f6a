/* What a person sees while the program runs. Results go to stdout, warnings to stderr; no function
 * here ever prints a secret, because none is given one. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

void log_verbosity(int level);	  /* 0: plain; -v adds */
void log_phase(const char *name); /* prefix "[name] " of the lines that follow; NULL: none */
void log_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* a step done */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* "warning: " */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_raw(const char *text); /* to stdout as it is: results */
int log_lost(void); /* errno of a result that could not be written; 0: none, or its reader went */

/* For waits: says `what` at once when a wait goes on for 1 s, then every 10 s how long it has
 * waited. Call log_tick, with the struct log_wait, at least every second; cheap, and what a `tick`
 * of others may be. */
struct log_wait {
	const char *what;
	double start_s, said_s;
};
void log_wait_start(struct log_wait *wait, const char *what);
void log_tick(void *wait);

#endif
