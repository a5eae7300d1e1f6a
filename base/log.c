#include "base/log.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The program's one piece of global state: what a person sees is one stream. */
static int verbosity;
static char phase[64];
static int stdout_lost; /* the reason */
static bool result_lost;

/*
 * Before main, because it must come before anything opens a descriptor: with stdout closed by the
 * caller, the next file opened would be number 1 and our own lines would be written into it.
 * A number filled with a read-only /dev/null makes writes fail instead. A reader that goes away
 * (kinit | head) must not kill a run half-way: EPIPE is dealt with below, the signal is not needed.
 */
static void __attribute__((constructor)) stdio_safe(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", O_RDONLY);
	(void)signal(SIGPIPE, SIG_IGN);
}

void log_verbosity(int level)
{
	verbosity = level;
}

void log_phase(const char *name)
{
	(void)snprintf(phase, sizeof(phase), "%s", name ? name : "");
}

static void write_all(int fd, const char *text, size_t len)
{
	while (len) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && fd == STDOUT_FILENO && !stdout_lost) {
			static const char lost[] =
				"warning: standard output is closed; going on without it\n";

			stdout_lost = errno;
			write_all(STDERR_FILENO, lost, sizeof(lost) - 1);
		}
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Text from elsewhere (a child's last words, a server's message) must not drive the terminal. */
static void tame(char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\n' && *s != '\t') || *s == 0x7f)
			*s = '?';
}

static void say(int fd, const char *mark, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static void say(int fd, const char *mark, const char *fmt, va_list ap)
{
	AUTO(free) char *line = NULL;
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	if (phase[0])
		line = xasprintf("%s[%s] %s\n", mark, phase, text);
	else
		line = xasprintf("%s%s\n", mark, text);
	secret_free(text);
	tame(line);
	write_all(fd, line, strlen(line)); /* one write a line: runs that share a log do not mix */
}

void log_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(STDOUT_FILENO, "", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(STDERR_FILENO, "warning: ", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < 1)
		return;
	va_start(ap, fmt);
	say(STDERR_FILENO, "debug: ", fmt, ap);
	va_end(ap);
}

void log_raw(const char *text)
{
	write_all(STDOUT_FILENO, text, strlen(text));
	result_lost |= stdout_lost != 0;
}

int log_lost(void)
{
	return result_lost && stdout_lost != EPIPE ? stdout_lost : 0;
}

void log_wait_start(struct log_wait *wait, const char *what)
{
	wait->what = what;
	wait->start_s = clock_mono();
	wait->said_s = 0;
}

void log_tick(void *arg)
{
	struct log_wait *wait = arg;
	const double now = clock_mono();

	if (wait->said_s <= 0) {
		if (now - wait->start_s < 1)
			return;
		log_say("%s", wait->what);
	} else {
		if (now - wait->said_s < 10)
			return;
		log_say("%s: %.0f s so far", wait->what, now - wait->start_s);
	}
	wait->said_s = now;
}
