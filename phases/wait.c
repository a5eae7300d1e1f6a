#include "phases/wait.h"

#include <poll.h>
#include <sys/inotify.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"

#define POLL_MS 100

static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

int wait_in(const char *dir, const char *what, long timeout_s, wait_ready *ready, void *arg,
	    struct err *err)
{
	AUTO(fd) int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	double deadline = clock_mono() + (double)timeout_s;
	bool watched = false;
	struct log_wait told;
	int status;

	log_wait_start(&told, what);
	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		/* Watched before it is looked at, so that no change falls between. */
		if (fd >= 0 && !watched)
			watched = inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO |
							     IN_CLOSE_WRITE | IN_ONLYDIR) >= 0;
		status = ready(arg, err);
		if (status != 0)
			return status < 0 ? -1 : 0;
		if (clock_mono() >= deadline)
			return err_set(err, ERR_TIMEOUT, "%s: nothing within %ld s", what,
				       timeout_s);
		poll(&poll_fd, 1, POLL_MS); /* a negative descriptor only sleeps */
		if (fd >= 0)
			drain(fd);
		log_tick(&told);
	}
}
