/* Time and deadlines. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <time.h>

double clock_mono(void);      /* seconds, monotonic */
time_t clock_now(void);	      /* wall clock */
void clock_sleep(double s);
/* "2026-08-22T10:00:00Z"; `ret` has room for 21 bytes. */
void clock_rfc3339(time_t t, char ret[static 21]);
/* Reads RFC 3339; -1 when it is not. */
int clock_parse_rfc3339(const char *text, time_t *ret);
/* Go's durations ("24h0m0s", "1h30m", "0s"): seconds, a part of one counting
 * as a whole one; -1 when it is not one or is negative. */
int clock_parse_duration(const char *text, long *ret_s);
char *clock_format_duration(long s); /* "24h0m0s"; the caller frees */

#endif
