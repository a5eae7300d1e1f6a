#include "api/guard.h"

#include "base_help.h"

#include "base/str.h"

static int read_text(const char *text, json_t **ret, struct err *err)
{
	return guard_json(text, strlen(text), "peer", ret, err);
}

static char *nested(size_t depth)
{
	char *text = xcalloc(2 * depth + 1, 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return text;
}

static void the_deepest_allowed_is_read_and_one_more_is_not(void **state)
{
	AUTO(free) char *most = nested(GUARD_DEPTH);
	AUTO(free) char *over = nested(GUARD_DEPTH + 1);
	AUTO(json) json_t *value = NULL;
	AUTO(json) json_t *none = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text(most, &value, &err), 0);
	assert_int_equal(read_text(over, &none, &err), -1);
	assert_int_equal(err.code, ERR_API);
	assert_null(none);
}

static void brackets_in_strings_do_not_count(void **state)
{
	AUTO(free) char *brackets = xcalloc(1001, 1);
	AUTO(free) char *text = NULL;
	AUTO(json) json_t *value = NULL;
	struct err err = ERR_INIT;

	(void)state;
	memset(brackets, '{', 1000);
	text = xasprintf("{\"a\":\"\\\"%s\\\\\"}", brackets);
	assert_int_equal(read_text(text, &value, &err), 0);
}

static void too_many_values_are_refused_before_they_are_built(void **state)
{
	size_t n = GUARD_VALUES + 10;
	AUTO(free) char *text = xcalloc(n + 1, 1);
	AUTO(json) json_t *value = NULL;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, ',', n);
	assert_int_equal(read_text(text, &value, &err), -1);
	assert_non_null(strstr(err.msg, "500,000"));
}

static void what_is_not_one_clean_value_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "{", "{} {}", "{\"a\":1,\"a\":2}", "nul",
					   "{\"a\":\"\\u0000\"}", "\"\xff\"", "{\"a\":1e999}",
					   "\"\\ud800\"", "{\"\\", "\"\\" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		AUTO(json) json_t *value = NULL;
		struct err err = ERR_INIT;

		if (read_text(bad[i], &value, &err) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, ERR_API);
	}
}

static void words_of_a_server_have_no_control_characters_and_an_end(void **state)
{
	char said[8];

	(void)state;
	guard_text("a\033[1m\n\x7f\tlong", said, sizeof(said));
	assert_string_equal(said, "a [1m  ");
	guard_text(NULL, said, sizeof(said));
	assert_string_equal(said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deepest_allowed_is_read_and_one_more_is_not),
		cmocka_unit_test(brackets_in_strings_do_not_count),
		cmocka_unit_test(too_many_values_are_refused_before_they_are_built),
		cmocka_unit_test(what_is_not_one_clean_value_is_refused),
		cmocka_unit_test(words_of_a_server_have_no_control_characters_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
