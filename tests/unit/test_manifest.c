#include "base/packed.h"
#include "tests/unit/manifest_help.h"

/* Templates of the test's own, in place of those that are compiled in. */
static const struct packed files[] = {
	{ "holes.yaml", "number: '{{num}}'\n"
			"truth: '{{sure}}'\n"
			"list: '{{items}}'\n"
			"text: a {{num}} b {{name}} c {{sure}}\n"
			"'{{name}}': key\n" },
	{ "splice.yaml", "items:\n- first\n- '{{*more}}'\n- last\n" },
	{ "optional.yaml", "always: 1\nmaybe: '{{?x}}'\n" },
	{ "guards.yaml", "'{{<1.22}} old': 1\n"
			 "'{{>=1.22}} new': 2\n"
			 "'{{>=1.21}} {{<1.23}} between': 3\n"
			 "'{{>=1.22.5}} patched': 4\n"
			 "list:\n"
			 "- '{{<1.22}} old'\n"
			 "- '{{>=1.22}} {{name}}'\n"
			 "- '{{>=1.22}}': {a: b}\n"
			 "- '{{<1.22}}':\n    c: d\n" },
	{ "if.yaml",
	  "'{{if x}} with': '{{?x}}'\n'{{if !x}} without': 1\nlist:\n- '{{if x}} item'\n" },
	{ "documents.yaml", "a: 1\n---\n'{{>=1.22}}':\n  b: 2\n---\nc: 3\n" },
	{ "twice.yaml", "a: 1\n'{{if x}} a': 2\n" },
	{ "badguard.yaml", "'{{>=one}} a': 2\n" },
	{ "unit.service", "[Unit]\n\tquoted \"text\" \\ kept\n" },
	{ 0, 0 },
};

const struct packed *packed_files(void)
{
	return files;
}

/* Fills for `v` with `values` (YAML) and compares with `wanted` (YAML documents). */
static void check(const char *name, const char *v, const char *values, const char *wanted)
{
	struct semver at = version(v);
	AUTO(json) json_t *given = parse(values), *result = parse(wanted), *docs = NULL;
	AUTO(free) char *ours = NULL, *theirs = NULL;

	assert_ok(manifest_fill(name, &at, json_array_get(given, 0), &docs, e));
	ours = yaml_dump(docs, 0);
	theirs = yaml_dump(result, 0);
	assert_string_equal(ours, theirs);
}

static void refuse(const char *name, const char *v, const char *values, const char *part)
{
	struct semver at = version(v);
	AUTO(json) json_t *given = parse(values);
	json_t *docs = NULL;

	assert_refused(manifest_fill(name, &at, json_array_get(given, 0), &docs, e), ERR_BUG, part);
	assert_null(docs);
}

static void a_hole_alone_takes_its_values_type_and_inside_text_its_text(void **state)
{
	(void)state;
	check("holes", "1.20.0", "{num: 7, sure: true, items: [a, {b: c}], name: x}",
	      "number: 7\ntruth: true\nlist: [a, {b: c}]\ntext: a 7 b x c true\nx: key");
}

static void a_value_never_becomes_syntax(void **state)
{
	(void)state;
	check("holes", "1.20.0",
	      "{num: 7, sure: true, items: '{{num}}', name: \"x: [y]\\n- {{num}} # z\"}",
	      "number: 7\ntruth: true\nlist: '{{num}}'\n"
	      "text: \"a 7 b x: [y]\\n- {{num}} # z c true\"\n\"x: [y]\\n- {{num}} # z\": key");
}

static void a_list_is_spliced_between_its_neighbours(void **state)
{
	(void)state;
	check("splice", "1.20.0", "{more: [a, {b: c}]}", "items: [first, a, {b: c}, last]");
	check("splice", "1.20.0", "{more: []}", "items: [first, last]");
}

static void an_optional_value_goes_with_its_key(void **state)
{
	(void)state;
	check("optional", "1.20.0", "{x: 2}", "always: 1\nmaybe: 2");
	check("optional", "1.20.0", "{x: null}", "always: 1");
	check("optional", "1.20.0", "{}", "always: 1");
	/* Empty is a value. */
	check("optional", "1.20.0", "{x: ''}", "always: 1\nmaybe: ''");
}

static void guards_keep_what_is_of_the_version(void **state)
{
	(void)state;
	check("guards", "1.20.0", "{name: x}", "old: 1\nlist: [old, {c: d}]");
	check("guards", "1.21.9", "{name: x}", "old: 1\nbetween: 3\nlist: [old, {c: d}]");
	check("guards", "1.22.0", "{name: x}", "new: 2\nbetween: 3\nlist: [x, {a: b}]");
	check("guards", "1.22.5", "{name: x}", "new: 2\nbetween: 3\npatched: 4\nlist: [x, {a: b}]");
	check("guards", "1.23.0", "{name: x}", "new: 2\npatched: 4\nlist: [x, {a: b}]");
}

static void guards_hold_for_documents_as_well(void **state)
{
	(void)state;
	check("documents", "1.21.0", "{}", "a: 1\n---\nc: 3");
	check("documents", "1.22.0", "{}", "a: 1\n---\nb: 2\n---\nc: 3");
}

static void conditions_follow_values(void **state)
{
	(void)state;
	check("if", "1.20.0", "{x: yes}", "with: true\nlist: [item]");
	check("if", "1.20.0", "{x: text}", "with: text\nlist: [item]");
	check("if", "1.20.0", "{x: ''}", "without: 1\nlist: []");
	check("if", "1.20.0", "{x: []}", "without: 1\nlist: []");
	check("if", "1.20.0", "{x: no}", "without: 1\nlist: []");
	check("if", "1.20.0", "{}", "without: 1\nlist: []");
}

static void a_hole_and_a_value_that_do_not_meet_are_bugs(void **state)
{
	(void)state;
	refuse("holes", "1.20.0", "{num: 7, sure: true, items: []}", "no value for {{name}}");
	refuse("holes", "1.20.0", "{num: [7], sure: true, items: [], name: x}", "{{num}}");
	refuse("splice", "1.20.0", "{more: text}", "{{more}}");
	refuse("splice", "1.20.0", "{}", "{{more}}");
	refuse("optional", "1.20.0", "{x: 1, other: 2}", "nothing takes the value other");
	refuse("twice", "1.20.0", "{x: 1}", "key a stands twice");
	refuse("nowhere", "1.20.0", "{}", "no template nowhere");
	/* A value that only another version's branch takes is in its place. */
	check("guards", "1.20.0", "{name: x}", "old: 1\nlist: [old, {c: d}]");
}

static void texts_are_found_by_name(void **state)
{
	(void)state;
	assert_string_equal(manifest_text("unit.service"), "[Unit]\n\tquoted \"text\" \\ kept\n");
	assert_non_null(manifest_text("if"));
	assert_non_null(manifest_text("if.yaml"));
	assert_null(manifest_text("i"));
	assert_null(manifest_text("unit"));
}

static void a_malformed_guard_is_told(void **state)
{
	struct semver v = version("1.20.0");
	json_t *docs = NULL;

	(void)state;
	assert_refused(manifest_fill("badguard", &v, NULL, &docs, e), ERR_CONFIG, "badguard");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_alone_takes_its_values_type_and_inside_text_its_text),
		cmocka_unit_test(a_value_never_becomes_syntax),
		cmocka_unit_test(a_list_is_spliced_between_its_neighbours),
		cmocka_unit_test(an_optional_value_goes_with_its_key),
		cmocka_unit_test(guards_keep_what_is_of_the_version),
		cmocka_unit_test(guards_hold_for_documents_as_well),
		cmocka_unit_test(conditions_follow_values),
		cmocka_unit_test(a_hole_and_a_value_that_do_not_meet_are_bugs),
		cmocka_unit_test(texts_are_found_by_name),
		cmocka_unit_test(a_malformed_guard_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
