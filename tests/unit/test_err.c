#include "tests/unit/base_help.h"

static void a_failed_call_names_thing_and_reason(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = EACCES;
	assert_int_equal(err_sys(&err, "open %s", "/x"), -1);
	assert_string_equal(err.msg, "open /x: Permission denied");
	assert_int_equal(err.code, ERR_HOST);
	assert_int_equal(err.sys, EACCES);
	errno = ENOENT;
	err_sys(&err, "open %s", "/x");
	assert_int_equal(err.code, ERR_NOT_FOUND);
	errno = EEXIST;
	err_sys(&err, "make %s", "/x");
	assert_int_equal(err.code, ERR_EXISTS);
}

static void context_goes_in_front_and_keeps_the_rest(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = EACCES;
	err_sys(&err, "open /x");
	err_next(&err, "ls %s", "/x");
	assert_int_equal(err_wrap(&err, "%s/%s", "certs", "ca"), -1);
	assert_string_equal(err.msg, "certs/ca: open /x: Permission denied");
	assert_string_equal(err.next, "ls /x");
	assert_int_equal(err.sys, EACCES);
}

static void a_message_may_quote_the_one_before(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_NET, "first");
	err_set(&err, ERR_NET, "second after %s", err.msg);
	assert_string_equal(err.msg, "second after first");
}

static void what_is_too_long_is_cut_off(void **state)
{
	struct err err = ERR_INIT;
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_BUG, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	err_wrap(&err, "%s", text);
	errno = EIO;
	err_sys(&err, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	err_next(&err, "%s", text);
	assert_int_equal(strlen(err.next), sizeof(err.next) - 1);
}

static void a_new_failure_forgets_the_old_advice(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_NET, "first");
	err_next(&err, "do this");
	err_set(&err, ERR_API, "second");
	assert_string_equal(err.next, "");
}

static void every_code_has_an_exit_status(void **state)
{
	(void)state;
	for (int code = ERR_NONE; code <= ERR_TIMEOUT; code++)
		assert_int_equal(err_exit_status((enum err_code)code), code);
	assert_int_equal(err_exit_status(ERR_NOT_FOUND), ERR_HOST);
	assert_int_equal(err_exit_status(ERR_EXISTS), ERR_HOST);
	assert_int_equal(err_exit_status(ERR_CONFLICT), ERR_HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_call_names_thing_and_reason),
		cmocka_unit_test(context_goes_in_front_and_keeps_the_rest),
		cmocka_unit_test(a_message_may_quote_the_one_before),
		cmocka_unit_test(what_is_too_long_is_cut_off),
		cmocka_unit_test(a_new_failure_forgets_the_old_advice),
		cmocka_unit_test(every_code_has_an_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
