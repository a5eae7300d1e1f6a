#include "api/backoff.h"

#include "base/clock.h"

#include <openssl/rand.h>

#define MOST_S 5.0

/* In [0.5, 1): spreads clients, guards nothing. */
static double jitter(void)
{
	unsigned char byte = 0;

	if (RAND_bytes(&byte, 1) != 1)
		byte = 128;
	return 0.5 + byte / 512.0;
}

void backoff_wait(struct backoff *backoff, double until, void (*tick)(void *), void *arg)
{
	double end = clock_mono() + backoff->next_s * jitter();

	if (end > until)
		end = until;
	backoff->next_s = backoff->next_s * 1.5 < MOST_S ? backoff->next_s * 1.5 : MOST_S;
	for (double now = clock_mono(); now < end; now = clock_mono()) {
		if (tick)
			tick(arg);
		clock_sleep(end - now < 0.5 ? end - now : 0.5);
	}
}
