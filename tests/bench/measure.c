/* Runs a program and tells what that one process cost: its own CPU time and peak memory, without
 * those of the programs that it starts.
 *
 *   measure RESULT [--note FILE | --until FILE] PROGRAM [ARG...]
 *
 * RESULT gets one line: wall seconds, own CPU seconds, own peak KiB, CPU seconds of the children
 * it waited for, and how many seconds it took until FILE was there (- when it did not come). With
 * --until the program is ended then, and all figures are those of that moment. The exit status is
 * the program's. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 2

static void fail(const char *what)
{
	perror(what);
	_exit(125);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		fail("clock_gettime");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* VmHWM only grows while the program runs and is gone when it has ended, so the last look counts.
 * getrusage(2)'s maximum would be that of the largest child. */
static long peak(int status, long before)
{
	char text[4096];
	ssize_t n = pread(status, text, sizeof(text) - 1, 0);
	const char *line;
	long now;

	if (n <= 0)
		return before;
	text[n] = '\0';
	line = strstr(text, "\nVmHWM:");
	now = line ? strtol(line + strlen("\nVmHWM:"), NULL, 10) : 0;
	return now > before ? now : before;
}

struct watch {
	pid_t pid;
	int ended, status; /* pidfd; /proc/PID/status */
	clockid_t clock;   /* the process's own, all its threads, nobody else's */
	const char *file;
	bool until;
	double begin, wall, own, came; /* came: below 0 when FILE did not */
	long peak;
};

static double of_children(const struct rusage *all, double own)
{
	double sum = (double)(all->ru_utime.tv_sec + all->ru_stime.tv_sec) +
		     (double)(all->ru_utime.tv_usec + all->ru_stime.tv_usec) / 1e6;

	return sum > own ? sum - own : 0;
}

/* Until the program has exec'ed its memory is this one's, which must not count: it waits in a pipe
 * that closes on exec. */
static pid_t start(char **argv)
{
	int gate[2];
	char c;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) < 0)
		fail("pipe2");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		execvp(argv[0], argv);
		fail(argv[0]);
	}
	close(gate[1]);
	while (read(gate[0], &c, 1) < 0 && errno == EINTR)
		;
	close(gate[0]);
	return pid;
}

static void watch_open(struct watch *watch, char **argv)
{
	char path[64];

	watch->came = -1;
	watch->begin = seconds(CLOCK_MONOTONIC);
	watch->pid = start(argv);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)watch->pid);
	watch->ended = (int)syscall(SYS_pidfd_open, watch->pid, 0U);
	watch->status = open(path, O_RDONLY | O_CLOEXEC);
	if (watch->ended < 0 || watch->status < 0 ||
	    clock_getcpuclockid(watch->pid, &watch->clock) != 0)
		fail("watch the program");
}

/* Until the program has ended, or is ended. Its clock still tells the time until it is reaped. */
static void watch_run(struct watch *watch)
{
	struct pollfd ended = { .fd = watch->ended, .events = POLLIN };

	for (;;) {
		watch->peak = peak(watch->status, watch->peak);
		if (watch->file && watch->came < 0 && access(watch->file, F_OK) == 0)
			watch->came = seconds(CLOCK_MONOTONIC) - watch->begin;
		if ((watch->until && watch->came >= 0) || poll(&ended, 1, LOOK_MS) > 0)
			break;
	}
	watch->wall = seconds(CLOCK_MONOTONIC) - watch->begin;
	watch->own = seconds(watch->clock);
	if (watch->until && watch->came >= 0)
		kill(watch->pid, SIGKILL);
}

static void tell(const struct watch *watch, const struct rusage *all, const char *result)
{
	char came[32] = "-";
	FILE *out = fopen(result, "w");

	if (watch->came >= 0)
		snprintf(came, sizeof(came), "%.4f", watch->came);
	if (!out ||
	    fprintf(out, "%.4f %.4f %ld %.4f %s\n", watch->wall, watch->own, watch->peak,
		    of_children(all, watch->own), came) < 0 ||
	    fclose(out) != 0)
		fail(result);
}

int main(int argc, char **argv)
{
	struct watch watch = { .peak = 0 };
	struct rusage all;
	int status, at = 2;

	if (argc > 4 && (strcmp(argv[2], "--until") == 0 || strcmp(argv[2], "--note") == 0)) {
		watch.until = strcmp(argv[2], "--until") == 0;
		watch.file = argv[3];
		at = 4;
	}
	if (argc <= at) {
		fputs("usage: measure RESULT [--note FILE | --until FILE] PROGRAM [ARG...]\n",
		      stderr);
		return 125;
	}
	watch_open(&watch, argv + at);
	watch_run(&watch);
	if (wait4(watch.pid, &status, 0, &all) < 0)
		fail("wait4");
	tell(&watch, &all, argv[1]);
	if (watch.until && watch.came >= 0)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
