/* Waiting before asking again: from 0.1 s, growing by half up to 5 s, each wait drawn between half
 * of that and the whole, so that a thousand clients do not come back together. */
#ifndef API_BACKOFF_H
#define API_BACKOFF_H

struct backoff {
	double next_s;
};
#define BACKOFF_INIT { 0.1 }

/* Waits, but not past `until` (clock_mono). `tick` (may be NULL) is called at least every second. */
void backoff_wait(struct backoff *backoff, double until, void (*tick)(void *), void *arg);

#endif
