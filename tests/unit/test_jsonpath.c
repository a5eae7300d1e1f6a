#include "base/jsonpath.h"

#include "base_help.h"

static json_t *sample(void)
{
	return xjson_pack(
		"{s:s, s:i, s:b, s:n, s:[s,s,s], s:[{s:s, s:[s,s]}, {s:s, s:[]}], s:{s:s}}",
		"token", "abcdef.0123456789abcdef", "n", 7, "yes", 1, "nothing", "groups", "a", "b",
		"c", "items", "x", "1", "list", "p", "q", "x", "2", "list", "map", "a.b/c d",
		"deep");
}

static int print(const char *template, bool missing_ok, struct buf *out, struct err *err)
{
	AUTO(json) json_t *value = sample();

	return jsonpath_print(template, value, missing_ok, out, err);
}

static void templates_print_what_kubectl_prints(void **state)
{
	static const struct {
		const char *template, *wanted;
	} rows[] = {
		{ "{.token}", "abcdef.0123456789abcdef" },
		{ "{ .token }", "abcdef.0123456789abcdef" },
		{ "{$.token}{@.n}", "abcdef.01234567"
				    "89abcdef7" },
		{ "text only", "text only" },
		{ "{.n} and {.yes}", "7 and true" },
		{ "{.nothing}", "null" },
		{ "{\"a\\n\\t\"}{'b\\'\"'}", "a\n\tb'\"" },
		{ "{.groups[*]}", "a b c" },
		{ "{.groups[0]}-{.groups[-1]}", "a-c" },
		{ "{.groups}", "[\"a\",\"b\",\"c\"]" },
		{ "{.items[*].x}", "1 2" },
		{ "{.items[0].list[1]}", "q" },
		{ "{.map.a\\.b/c\\ d}", "deep" },
		{ "{.map['a.b/c d']}", "deep" },
		{ "{range .groups[*]}<{@}>{end}", "<a><b><c>" },
		{ "{range .groups[*]}<{.}>{end}", "<a><b><c>" },
		{ "{range .items[*]}{.x}:{range .list[*]}{@}{$.n}{end};{end}!", "1:p7q7;2:;!" },
		{ "{range .gone[*]}{.x}{range .y[*]}z{end}{end}left", "left" },
		{ "{.gone}{.token.gone}{.map.gone.more}", "" },
		{ "{}", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(buf) struct buf out = BUF_INIT(1000);
		struct err err = ERR_INIT;

		if (jsonpath_check(rows[i].template, &err) < 0 ||
		    print(rows[i].template, true, &out, &err) < 0)
			fail_msg("%s: %s", rows[i].template, err.msg);
		assert_string_equal(out.data ? out.data : "", rows[i].wanted);
	}
}

static void what_is_not_understood_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *template, *part;
	} rows[] = {
		{ "", "no template" },
		{ "{.token", "character 8: a } belongs here" },
		{ "a{", "character 3: neither" },
		{ "{token}", "character 2: neither" },
		{ "{..token}", ".. and .*" },
		{ "{.*}", ".. and .*" },
		{ "{.groups[0:2]}", "slices" },
		{ "{.groups[0,1]}", "unions" },
		{ "{.items[?(@.x==\"1\")].x}", "no filter" },
		{ "{.groups[]}", "[N]" },
		{ "{.groups[99999999999]}", "[N]" },
		{ "{.groups[*}", "a ] belongs" },
		{ "{.a, .b}", "a } belongs" },
		{ "{range .groups[*]}{@}", "no {end}" },
		{ "{range .gone[*]}{@}", "no {end}" },
		{ "{end}", "without a range" },
		{ "{range}{end}", "neither" },
		{ "{\"abc}", "does not end" },
		{ "{\"\\u0041\"}", "no escape" },
		{ "{range .a[*]}{range .a[*]}{range .a[*]}{range .a[*]}{range .a[*]}{end}{end}{end}{end}{end}",
		  "too many ranges" },
	};
	AUTO(free) char *huge = xcalloc(1, JSONPATH_MAX + 2);
	struct err err = ERR_INIT;

	(void)state;
	memset(huge, 'x', JSONPATH_MAX);
	assert_int_equal(jsonpath_check(huge, &err), 0);
	huge[JSONPATH_MAX] = 'x';
	assert_int_equal(jsonpath_check(huge, &err), -1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(buf) struct buf out = BUF_INIT(1000);

		err = (struct err)ERR_INIT;
		if (jsonpath_check(rows[i].template, &err) == 0)
			fail_msg("taken: %s", rows[i].template);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_contains(err.msg, rows[i].part);
		assert_int_equal(print(rows[i].template, true, &out, &err), -1);
	}
}

static void what_is_missing_is_an_error_when_asked_for(void **state)
{
	AUTO(buf) struct buf out = BUF_INIT(1000);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(print("{.gone}", false, &out, &err), -1);
	assert_contains(err.msg, "gone is not found");
	assert_int_equal(print("{.items[*].x}", false, &out, &err), 0);
	assert_int_equal(print("{.groups[3]}", true, &out, &err), -1);
	assert_contains(err.msg, "[3] of a list of 3");
	assert_int_equal(print("{.token[0]}", true, &out, &err), -1);
	assert_contains(err.msg, "no list");
}

static void what_is_printed_has_a_limit(void **state)
{
	AUTO(buf) struct buf out = BUF_INIT(20);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(print("{.token}", true, &out, &err), -1);
	assert_contains(err.msg, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_print_what_kubectl_prints),
		cmocka_unit_test(what_is_not_understood_is_refused_with_its_place),
		cmocka_unit_test(what_is_missing_is_an_error_when_asked_for),
		cmocka_unit_test(what_is_printed_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
