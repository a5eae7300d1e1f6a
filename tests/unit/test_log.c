#include "tests/unit/base_help.h"

#include "base/log.h"

#include <sys/wait.h>

static void say_all(void)
{
	log_debug("hidden");
	log_say("plain");
	log_phase("certs");
	log_say("made %d", 3);
	log_warn("careful");
	log_verbosity(1);
	log_debug("shown");
	log_phase(NULL);
	log_say("evil \033[2J\rtext");
	log_raw("raw\n");
}

/* Runs `what` in a child with its streams in files; its exit status. */
static int in_child(const struct scratch *s, void (*what)(void))
{
	int status = -1;
	pid_t pid;

	scratch_write(s, "/out", "", 0600);
	scratch_write(s, "/err", "", 0600);
	pid = fork();
	if (pid == 0) {
		int out = open(scratch_path(s, "/out"), O_WRONLY | O_CLOEXEC);
		int err = open(scratch_path(s, "/err"), O_WRONLY | O_CLOEXEC);

		if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(99);
		what();
		_exit(7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void lines_go_where_they_belong(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(in_child(s, say_all), 7);
	assert_file(s, "/out", "plain\n[certs] made 3\nevil ?[2J?text\nraw\n", 0600);
	assert_file(s, "/err", "warning: [certs] careful\ndebug: [certs] shown\n", 0600);
}

static void say_to_nobody(void)
{
	int ends[2];

	if (pipe(ends) < 0 || dup2(ends[1], 1) < 0)
		_exit(98);
	close(ends[0]);
	close(ends[1]);
	log_say("one");
	log_say("two");
}

static void a_reader_that_went_away_kills_nothing_and_is_told_once(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(in_child(s, say_to_nobody), 7);
	assert_file(s, "/err", "warning: standard output is closed; going on without it\n", 0600);
}

static void wait_long(void)
{
	struct log_wait wait;

	log_wait_start(&wait, "waiting for the kubelet");
	log_tick(&wait);
	wait.start_s -= 1.5;
	log_tick(&wait);
	log_tick(&wait);
	wait.said_s -= 10.5;
	wait.start_s -= 10.5;
	log_tick(&wait);
}

static void a_wait_speaks_after_a_second_and_then_every_ten(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(in_child(s, wait_long), 7);
	assert_file(s, "/out", "waiting for the kubelet\nwaiting for the kubelet: 12 s so far\n",
		    0600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
		T(lines_go_where_they_belong),
		T(a_reader_that_went_away_kills_nothing_and_is_told_once),
		T(a_wait_speaks_after_a_second_and_then_every_ten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
