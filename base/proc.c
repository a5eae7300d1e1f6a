#include "base/proc.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Not the caller's PATH: what runs as root must not depend on it. */
static const char *const path[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
				    "/usr/bin",        "/sbin",          "/bin" };
static const char path_env[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static bool is_program(const char *file)
{
	struct stat st;

	return fstatat(AT_FDCWD, file, &st, 0) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0;
}

bool proc_find(const char *name, char **ret)
{
	if (strchr(name, '/')) {
		if (!is_program(name))
			return false;
		if (ret)
			*ret = xstrdup(name);
		return true;
	}
	for (size_t i = 0; *name && i < sizeof(path) / sizeof(path[0]); i++) {
		AUTO(free) char *file = xasprintf("%s/%s", path[i], name);

		if (!is_program(file))
			continue;
		if (ret)
			*ret = TAKE(file);
		return true;
	}
	return false;
}

struct pipes {
	int in, out[2], err[2], failed[2];
};

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void pipes_close(struct pipes *p)
{
	close_one(&p->in);
	for (int i = 0; i < 2; i++) {
		close_one(&p->out[i]);
		close_one(&p->err[i]);
		close_one(&p->failed[i]);
	}
}

/* The input goes through memory that is a file to the child: nothing to feed while it runs. */
static int open_input(const struct proc *proc)
{
	size_t done = 0;
	int fd;

	if (!proc->in)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("stdin", MFD_CLOEXEC);
	while (fd >= 0 && done < proc->in_len) {
		const ssize_t n = write(fd, proc->in + done, proc->in_len - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		if (n > 0)
			done += (size_t)n;
	}
	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static void close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
		return;
#endif
	for (int fd = first; fd < (int)sysconf(_SC_OPEN_MAX) && fd < 65536; fd++)
		close(fd);
}

/* After fork: only what is safe between fork and exec. Never returns. */
static void __attribute__((noreturn))
child(const struct pipes *p, const char *file, int program, char *const *argv, char *const *env)
{
	sigset_t none;
	int fds[5] = { p->in, p->out[1], p->err[1], p->failed[1], program };
	int sys;

	(void)setpgid(0, 0);
	for (int i = 0; i < (file ? 4 : 5); i++) { /* out of the way of 0 to 4 */
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
		if (fds[i] < 0)
			_exit(127);
	}
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(127);
	if (dup3(fds[3], 3, O_CLOEXEC) < 0)
		_exit(127);
	/* A script's interpreter reads it through the descriptor, so it stays open. */
	if (!file && dup2(fds[4], 4) < 0)
		_exit(127);
	close_from(file ? 4 : 5);
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (file)
		(void)execve(file, argv, env);
	else
		(void)fexecve(4, argv, env);
	sys = errno;
	(void)!write(3, &sys, sizeof(sys));
	_exit(127);
}

static char **make_env(const char *const *more)
{
	char **env;
	size_t n = 0;

	while (more && more[n])
		n++;
	env = xcalloc(n + 3, sizeof(*env));
	env[0] = xstrdup(path_env);
	env[1] = xstrdup("LC_ALL=C");
	for (size_t i = 0; i < n; i++)
		env[2 + i] = xstrdup(more[i]);
	return env;
}

static void free_env(char **env)
{
	for (size_t i = 0; env[i]; i++)
		secret_free(env[i]);
	free(env);
}

/* Starts it; *ret_pid and the reading ends in p are the caller's. */
static int start(const struct proc *proc, struct pipes *p, pid_t *ret_pid, struct err *err)
{
	AUTO(free) char *file = NULL;
	const char *name = proc->argv[0];
	char *const *argv;
	char **env;
	int sys = 0;
	ssize_t n;
	pid_t pid;

	if (proc->program <= 0 && !proc_find(name, &file))
		return err_set(err, ERR_NOT_FOUND, "run %s: no such program in %s", name,
			       strchr(name, '/') ? "that place" : path_env);
	p->in = open_input(proc);
	if (p->in < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0 ||
	    pipe2(p->failed, O_CLOEXEC) < 0)
		return err_sys(err, "run %s", name);
	memcpy(&argv, &proc->argv, sizeof(argv)); /* execve does not write to it */
	env = make_env(proc->env);
	pid = fork();
	if (pid == 0)
		child(p, file, proc->program, argv, env);
	sys = errno;
	free_env(env);
	errno = sys;
	if (pid < 0)
		return err_sys(err, "run %s", name);
	(void)setpgid(pid, pid); /* whichever of the two comes first */
	close_one(&p->in);
	close_one(&p->out[1]);
	close_one(&p->err[1]);
	close_one(&p->failed[1]);
	sys = 0;
	do
		n = read(p->failed[0], &sys, sizeof(sys));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(sys)) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		errno = sys;
		return err_sys(err, "run %s", file ? file : name);
	}
	*ret_pid = pid;
	return 0;
}

/* What was said last matters most: of too much, the first half goes. */
static void keep_tail(struct buf *buf, const char *data, size_t len)
{
	if (buf_add(buf, data, len) == 0)
		return;
	if (len > buf->max / 2) {
		data += len - buf->max / 2;
		len = buf->max / 2;
	}
	if (buf->len > buf->max / 2) {
		const size_t drop = buf->len - buf->max / 2;

		memmove(buf->data, buf->data + drop, buf->len - drop);
		buf->len -= drop;
		buf->data[buf->len] = '\0';
	}
	(void)buf_add(buf, data, len);
}

/* Reads what is there. False at the end of the stream. */
static bool drain(int fd, struct buf *buf, bool tail, bool *ret_full)
{
	char chunk[8192];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	if (tail)
		keep_tail(buf, chunk, (size_t)n);
	else if (buf_add(buf, chunk, (size_t)n) < 0)
		*ret_full = true;
	explicit_bzero(chunk, sizeof(chunk));
	return true;
}

struct run {
	pid_t pid;
	int pidfd; /* -1 where the kernel has none: then the child is asked every 20 ms */
	bool exited, full;
	int status;
	struct buf out, err;
};

static void reap(struct run *run, int flags)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(run->pid, &status, flags);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return;
	run->exited = true;
	if (pid < 0)
		run->status = 255; /* somebody else reaped it */
	else
		run->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Until both streams end, the child exits or the deadline passes. A grandchild may keep the
 * streams open for ever, so what counts is the child. True when the deadline passed. */
static bool attend(struct run *run, struct pipes *p, double deadline)
{
	while (!run->exited && !run->full) {
		struct pollfd fds[3] = { { p->out[0], POLLIN, 0 },
					 { p->err[0], POLLIN, 0 },
					 { run->pidfd, POLLIN, 0 } };
		const double left = deadline - clock_mono();
		int ms = left > 3600 ? 3600000 : (int)(left * 1000) + 1;

		if (left <= 0)
			return true;
		if (run->pidfd < 0 && ms > 20)
			ms = 20;
		if (poll(fds, 3, ms) < 0 && errno != EINTR)
			return true;
		if (fds[0].revents && !drain(p->out[0], &run->out, false, &run->full))
			close_one(&p->out[0]);
		if (fds[1].revents && !drain(p->err[0], &run->err, true, &run->full))
			close_one(&p->err[0]);
		if (run->pidfd < 0 || fds[2].revents)
			reap(run, WNOHANG);
	}
	return false;
}

static void drain_rest(int fd, struct buf *buf, bool tail, bool *ret_full)
{
	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		errno = 0;
		if (!drain(fd, buf, tail, ret_full) || *ret_full || errno == EAGAIN)
			return;
	}
}

static const char *or_empty(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

/* The last lines that say something, for a message. Borrows from the buffer. */
static const char *last_words(const char *text, int *ret_len)
{
	const char *end = text + strlen(text);
	const char *p;

	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	p = end;
	while (p > text && end - p < 600)
		p--;
	if (p > text) { /* begin with a whole line, if there is one */
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (nl && nl + 1 < end)
			p = nl + 1;
	}
	*ret_len = (int)(end - p);
	return p;
}

int proc_call(const struct proc *proc, struct proc_result *ret, struct err *err)
{
	const size_t max = proc->max ? proc->max : (size_t)1 << 20;
	struct pipes p = { -1, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct run run = { .pidfd = -1, .out = BUF_INIT(max), .err = BUF_INIT(max) };
	const double deadline = clock_mono() + proc->timeout_s;
	bool late;
	int rc = 0;

	if (proc->timeout_s <= 0)
		return err_set(err, ERR_BUG, "run %s: without a deadline", proc->argv[0]);
	if (start(proc, &p, &run.pid, err) < 0) {
		pipes_close(&p);
		return -1;
	}
#ifdef SYS_pidfd_open
	run.pidfd = (int)syscall(SYS_pidfd_open, run.pid, 0U);
#endif
	late = attend(&run, &p, deadline);
	if (!run.exited) {
		(void)kill(-run.pid, SIGKILL);
		(void)kill(run.pid, SIGKILL);
		reap(&run, 0);
	}
	drain_rest(p.out[0], &run.out, false, &run.full);
	drain_rest(p.err[0], &run.err, true, &run.full);
	if (late) {
		int len;
		const char *words = last_words(or_empty(&run.err), &len);

		rc = err_set(err, ERR_TIMEOUT, "%s: not done after %d s, killed%s%.*s",
			     proc->argv[0], proc->timeout_s, len ? ": " : "", len, words);
	} else if (run.full) {
		rc = err_set(err, ERR_HOST, "%s: printed more than %zu bytes, killed",
			     proc->argv[0], max);
	} else {
		ret->status = run.status;
		ret->out = xstrndup(or_empty(&run.out), run.out.len);
		ret->err = xstrndup(or_empty(&run.err), run.err.len);
	}
	pipes_close(&p);
	close_one(&run.pidfd);
	buf_clear(&run.out);
	buf_clear(&run.err);
	return rc;
}

int proc_run(const struct proc *proc, struct err *err)
{
	AUTO(proc_result) struct proc_result result = { 0, NULL, NULL };
	const char *words;
	int len;

	if (proc_call(proc, &result, err) < 0)
		return -1;
	if (result.status == 0)
		return 0;
	words = last_words(result.err[strspn(result.err, " \t\r\n")] ? result.err : result.out,
			   &len);
	if (result.status > 128)
		return err_set(err, ERR_HOST, "%s: killed by signal %d%s%.*s", proc->argv[0],
			       result.status - 128, len ? ": " : "", len, words);
	return err_set(err, ERR_HOST, "%s: exit status %d%s%.*s", proc->argv[0], result.status,
		       len ? ": " : "", len, words);
}

void proc_result_clear(struct proc_result *result)
{
	secret_free(result->out);
	secret_free(result->err);
	result->out = result->err = NULL;
}
