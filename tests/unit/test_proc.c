#include "tests/unit/base_help.h"

#include "base/clock.h"
#include "base/proc.h"

#include <signal.h>

static void sh(const char *script, const char **argv)
{
	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[3] = NULL;
}

static void output_and_status_come_back(void **state)
{
	const char *argv[4];
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;

	(void)state;
	sh("echo out; echo err >&2; exit 3", argv);
	assert_int_equal(proc_call(&(struct proc){ .argv = argv, .timeout_s = 30 }, &r, &err), 0);
	assert_int_equal(r.status, 3);
	assert_string_equal(r.out, "out\n");
	assert_string_equal(r.err, "err\n");
}

static void input_arrives_whole(void **state)
{
	static const char *const argv[] = { "cat", NULL };
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;
	const size_t len = 300000;
	AUTO(free) char *in = xcalloc(len + 1, 1);

	(void)state;
	memset(in, 'i', len);
	assert_int_equal(
		proc_call(&(struct proc){ .argv = argv, .in = in, .in_len = len, .timeout_s = 30 },
			  &r, &err),
		0);
	assert_int_equal(strlen(r.out), len);
}

static void the_environment_is_ours_alone(void **state)
{
	const char *argv[4];
	static const char *const more[] = { "KSTRAP_X=1", NULL };
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;

	(void)state;
	setenv("LEAKED", "yes", 1);
	sh("echo \"$PATH,$LC_ALL,$KSTRAP_X,${LEAKED-no}\"", argv);
	assert_int_equal(
		proc_call(&(struct proc){ .argv = argv, .env = more, .timeout_s = 30 }, &r, &err),
		0);
	assert_string_equal(
		r.out, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin,C,1,no\n");
}

static void no_descriptor_of_ours_is_inherited(void **state)
{
	const char *argv[4];
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;
	AUTO(fd) int leak = dup2(2, 77); /* without CLOEXEC */

	(void)state;
	assert_int_equal(leak, 77);
	sh("ls /proc/$$/fd", argv);
	assert_int_equal(proc_call(&(struct proc){ .argv = argv, .timeout_s = 30 }, &r, &err), 0);
	assert_null(strstr(r.out, "77"));
}

static void a_child_that_hangs_is_killed_with_its_children(void **state)
{
	const char *argv[4];
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;
	const double start = clock_mono();

	(void)state;
	sh("echo last words >&2; sleep 600 & wait", argv);
	assert_int_equal(proc_call(&(struct proc){ .argv = argv, .timeout_s = 1 }, &r, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_contains(err.msg, "last words");
	assert_true(clock_mono() - start < 60);
}

static void a_grandchild_that_keeps_the_streams_holds_nobody_up(void **state)
{
	const char *argv[4];
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;
	const double start = clock_mono();
	pid_t pid;

	(void)state;
	sh("sleep 300 & echo $!", argv);
	assert_int_equal(proc_call(&(struct proc){ .argv = argv, .timeout_s = 200 }, &r, &err), 0);
	assert_true(clock_mono() - start < 100);
	pid = atoi(r.out);
	assert_true(pid > 1);
	kill(pid, SIGKILL);
}

static void too_much_output_is_refused(void **state)
{
	const char *argv[4];
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;

	(void)state;
	sh("while :; do echo 0123456789; done", argv);
	assert_int_equal(
		proc_call(&(struct proc){ .argv = argv, .timeout_s = 60, .max = 4096 }, &r, &err),
		-1);
	assert_int_equal(err.code, ERR_HOST);
	assert_contains(err.msg, "4096");
}

static void of_a_long_complaint_the_end_is_kept(void **state)
{
	const char *argv[4];
	struct err err = ERR_INIT;

	(void)state;
	sh("i=0; while [ $i -lt 2000 ]; do echo noise $i >&2; i=$((i+1)); done;"
	   "echo the reason >&2; exit 1",
	   argv);
	assert_int_equal(
		proc_run(&(struct proc){ .argv = argv, .timeout_s = 60, .max = 4096 }, &err), -1);
	assert_int_equal(err.code, ERR_HOST);
	assert_contains(err.msg, "exit status 1");
	assert_contains(err.msg, "the reason");
}

static void what_does_not_exist_is_not_found(void **state)
{
	static const char *const argv[] = { "kstrap-no-such-program", NULL };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(proc_run(&(struct proc){ .argv = argv, .timeout_s = 5 }, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_false(proc_find("kstrap-no-such-program", NULL));
	assert_false(proc_find("", NULL));
	assert_false(proc_find("/etc", NULL));
	assert_true(proc_find("sh", NULL));
}

static void a_signal_is_128_and_its_number(void **state)
{
	const char *argv[4];
	AUTO(proc_result) struct proc_result r = { 0, NULL, NULL };
	struct err err = ERR_INIT;

	(void)state;
	sh("kill -TERM $$", argv);
	assert_int_equal(proc_call(&(struct proc){ .argv = argv, .timeout_s = 30 }, &r, &err), 0);
	assert_int_equal(r.status, 128 + SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_come_back),
		cmocka_unit_test(input_arrives_whole),
		cmocka_unit_test(the_environment_is_ours_alone),
		cmocka_unit_test(no_descriptor_of_ours_is_inherited),
		cmocka_unit_test(a_child_that_hangs_is_killed_with_its_children),
		cmocka_unit_test(a_grandchild_that_keeps_the_streams_holds_nobody_up),
		cmocka_unit_test(too_much_output_is_refused),
		cmocka_unit_test(of_a_long_complaint_the_end_is_kept),
		cmocka_unit_test(what_does_not_exist_is_not_found),
		cmocka_unit_test(a_signal_is_128_and_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
