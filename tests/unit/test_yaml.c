#include "tests/unit/base_help.h"

#include "base/clock.h"
#include "base/yaml.h"

static json_t *parse(const char *text)
{
	struct err err = ERR_INIT;
	json_t *docs = NULL;

	if (yaml_parse(text, strlen(text), "test.yaml", &docs, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	return docs;
}

static void assert_refused(const char *text, size_t len, const char *message)
{
	struct err err = ERR_INIT;
	json_t *docs = NULL;

	assert_int_equal(yaml_parse(text, len, "f.yaml", &docs, NULL, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strncmp(err.msg, message, strlen(message)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", err.msg, message);
	assert_null(docs);
}

/* Each row: a plain word, and what it is as JSON. */
static void words_are_typed_as_kubernetes_reads_them(void **state)
{
	static const char *const rows[][2] = {
		{ "yes", "true" },
		{ "No", "false" },
		{ "on", "true" },
		{ "OFF", "false" },
		{ "true", "true" },
		{ "y", "true" },
		{ "~", "null" },
		{ "", "null" },
		{ "Null", "null" },
		{ "0x1F", "31" },
		{ "0o17", "15" },
		{ "017", "15" },
		{ "0b101", "5" },
		{ "1_000", "1000" },
		{ "-5", "-5" },
		{ "+5", "5" },
		{ "1.5", "1.5" },
		{ "1e3", "1000" },
		{ ".5", "0.5" },
		{ "08", "8" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "0x", "\"0x\"" },
		{ "1.2.3.4", "\"1.2.3.4\"" },
		{ "0x0x1", "\"0x0x1\"" },
		{ "tRue", "\"tRue\"" },
		{ "nil", "\"nil\"" },
		{ "-", NULL },
		{ "1e999", "\"1e999\"" },
		{ "0s", "\"0s\"" },
		{ "2026-08-22", "\"2026-08-22\"" },
		{ "12:30:45", "\"12:30:45\"" },
		{ "'yes'", "\"yes\"" },
		{ "\"1\"", "\"1\"" },
		{ "v1.20.2", "\"v1.20.2\"" },
		{ "10.96.0.0/12", "\"10.96.0.0/12\"" },
		{ "_1", "\"_1\"" },
		{ "1.20", "1.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(free) char *text = xasprintf("a: %s\n", rows[i][0]);
		AUTO(json) json_t *docs = NULL;
		AUTO(free) char *got = NULL;
		struct err err = ERR_INIT;

		if (!rows[i][1]) {
			assert_int_equal(yaml_parse(text, strlen(text), "f", &docs, NULL, &err),
					 -1);
			continue;
		}
		docs = parse(text);
		got = json_dumps(json_object_get(json_array_get(docs, 0), "a"),
				 JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		if (strcmp(got, rows[i][1]) != 0)
			fail_msg("%s is read as %s, not %s", rows[i][0], got, rows[i][1]);
	}
}

static void every_document_is_read_and_empty_ones_left_out(void **state)
{
	AUTO(json) json_t *docs = parse("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n");
	AUTO(json) json_t *none = parse("");
	AUTO(json) json_t *json = parse("{\"a\": [1, {\"b\": \"\\u00e9\"}]}");

	(void)state;
	assert_int_equal(json_array_size(docs), 2);
	assert_int_equal(json_array_size(none), 0);
	assert_int_equal(json_array_size(json), 1);
}

static void what_is_refused_says_where_and_why(void **state)
{
	static const char *const rows[][2] = {
		{ "a: &x [1]\nb: *x\n", "f.yaml:1:4: anchors" },
		{ "b: *x\n", "f.yaml:1:4: aliases" },
		{ "a: !!str 1\n", "f.yaml:1:4: tags" },
		{ "a: ! x\n", "f.yaml:1:4: tags" },
		{ "a: !!python/object:os.system {}\n", "f.yaml:1:4: tags" },
		{ "a:\n  b: 1\n  b: 2\n", "f.yaml:3:3: \"b\" stands here a second time" },
		{ "\"a\": 1\n'a': 2\n", "f.yaml:2:1: \"a\"" },
		{ "true: 1\nyes: 2\n", "f.yaml:2:1: \"true\"" },
		{ "[a]: 1\n", "f.yaml:1:1: a key must be a word" },
		{ "? {a: 1}\n: 1\n", "f.yaml:1:3: a key must be a word" },
		{ "<<: {a: 1}\n", "f.yaml:1:1: merge keys" },
		{ "a: .inf\n", "f.yaml:1:4: .inf" },
		{ ": 1\n", "f.yaml:1:1: " },
		{ "{~: 1}\n", "f.yaml:1:2: a key is missing" },
		{ "a: b: c\n", "f.yaml:1:5: " },
		{ "a: [1\nb: 2\n", "f.yaml:2:2: " },
		{ "a:\n\tb: 1\n", "f.yaml:2:1: " },
		{ "a: \"x\\0y\"\n", "f.yaml:1:4: a NUL" },
		{ "ok: 1\nbad: \xff\xfe\n", "f.yaml:2:6: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i][0], strlen(rows[i][0]), rows[i][1]);
}

static void assert_bomb(const char *unit, size_t times, const char *message)
{
	const size_t n = strlen(unit), len = n * times;
	AUTO(free) char *text = xcalloc(len + 1, 1);
	const double start = clock_mono();

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, unit, n);
	assert_refused(text, len, message);
	/* far from what it takes (milliseconds), near to what a quadratic reader would */
	assert_true(clock_mono() - start < 5);
}

static void bombs_are_refused_early(void **state)
{
	(void)state;
	assert_bomb("[", 100000, "f.yaml:1:65: nested more than 64 deep");
	assert_bomb("{a: ", 25000, "f.yaml:1:257: nested");
	assert_bomb("- ", 50000, "f.yaml:1:129: nested");
	assert_bomb("[\n", 50000, "f.yaml:65:1: nested");
	assert_bomb("- 1\n", 110000, "f.yaml:100000:3: more than 100000 values");
	assert_bomb("# 34567\n", 131073, "f.yaml:1:1: larger than 1 MiB");
}

static void values_are_found_again_by_pointer(void **state)
{
	static const char text[] = "a: 1\nnetworking:\n  podSubnet: x\n  list:\n  - q\n  -   r\n"
				   "a/b: {c~d: 1}\n---\nz: 1\n";
	static const struct {
		const char *pointer;
		int line, column;
	} rows[] = { { "0/a", 1, 1 },
		     { "0/networking/podSubnet", 3, 3 },
		     { "0/networking/list/1", 6, 7 },
		     { "0/a~1b/c~0d", 7, 7 },
		     { "1/z", 9, 1 },
		     { "1", 9, 1 },
		     { "0/none", 0, 0 },
		     { "2/z", 0, 0 } };
	AUTO(yaml_source) struct yaml_source *marks = NULL;
	AUTO(json) json_t *docs = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(yaml_parse(text, sizeof(text) - 1, "f", &docs, &marks, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int line, column;

		yaml_mark(marks, rows[i].pointer, &line, &column);
		if (line != rows[i].line || column != rows[i].column)
			fail_msg("%s: %d:%d", rows[i].pointer, line, column);
	}
}

/* As sigs.k8s.io/yaml writes: these texts are read and must come out as they were. */
static void yaml_comes_out_as_kubernetes_writes_it(void **state)
{
	static const char *const rows[] = {
		"a: \"\"\n",
		"a: \"null\"\n",
		"a: \"true\"\n",
		"a: \"123\"\n",
		"a: 0.0.0.0\n",
		"a: 0s\n",
		"a: 'x: y'\n",
		"a: 'x #y'\n",
		"a: '- x'\n",
		"a: '*'\n",
		"a: '%x'\n",
		"a: it's\n",
		"a: ' x'\n",
		"a: 'x '\n",
		"a: \"12:30:45\"\n",
		"a: \"2026-08-22\"\n",
		"a: \"0x1f\"\n",
		"a: \"yes\"\n",
		"a: \"y\"\n",
		"\"y\": 1\n",
		"\"1\": 1\n",
		"a: \"x\\ty\"\n",
		"a: \"x\\e[1m\"\n",
		"a: \xc3\xbcn\xc3\xaf\n",
		"a: 1.5\n",
		"a: {}\nb: []\nc: null\n",
		"a:\n- b\n- c: 1\n  d: 2\n- - 1\n  - 2\n",
		"a: |\n  one\n  two\n",
		"a: |-\n  one\n  two\n",
		"a: |+\n  one\n\nb: 1\n",
		"a: |2\n    one\n  two\n",
		"a: |2-\n\n  one\n",
		"a: |\n  one\n\n  two\n",
		"a: \"one \\ntwo\"\n",
		"a: |+\n  one\n\n",
		"- 1\n- a\n",
		"a: Contains a CA bundle that can be used to verify the kube-apiserver when using internal\n"
		"  endpoints such as the internal service IP\n",
		"a: 'Contains: a CA bundle that can be used to verify the kube-apiserver when using\n"
		"  internal endpoints'\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(json) json_t *docs = parse(rows[i]);
		AUTO(free) char *out = yaml_dump(json_array_get(docs, 0), 0);

		assert_string_equal(out, rows[i]);
	}
}

static void keys_keep_their_order_or_are_sorted_as_go_sorts(void **state)
{
	static const char text[] = "b: 1\na10: 1\na2: 1\nA: 1\na: 1\na.b: 1\na-b: 1\nab: 1\n";
	AUTO(json) json_t *docs = parse(text);
	AUTO(free) char *kept = yaml_dump(json_array_get(docs, 0), 0);
	AUTO(free) char *sorted = yaml_dump(json_array_get(docs, 0), 1);

	(void)state;
	assert_string_equal(kept, text);
	assert_string_equal(sorted, "A: 1\na: 1\na-b: 1\na.b: 1\na2: 1\na10: 1\nab: 1\nb: 1\n");
}

static void whatever_is_written_reads_back_the_same(void **state)
{
	static const char *const evil[] = { "evil\"\n privileged: true",
					    "---",
					    "...",
					    "\n",
					    " \n ",
					    "a\r\nb",
					    "# x",
					    "a: b",
					    "{{x}}",
					    "[",
					    "]",
					    "!x",
					    "&a",
					    "*a",
					    "|",
					    ">",
					    "@",
					    "`",
					    "?",
					    "-",
					    ":",
					    "=",
					    "<<",
					    "~",
					    "0",
					    "-.inf",
					    "1e5",
					    "\xc2\x85",
					    "\xe2\x80\xa8x",
					    "\xef\xbb\xbf",
					    "\x7f",
					    "\t",
					    "x\n\n\n",
					    "\n\nx",
					    "  x\n y",
					    "x\n ",
					    "'",
					    "''",
					    "\\",
					    "\xf0\x9f\x98\x80" };

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		AUTO(json) json_t *value = xjson_pack("{s:[s], s:s}", "l", evil[i], evil[i], "v");
		AUTO(free) char *text = yaml_dump(value, 0);
		AUTO(json) json_t *docs = parse(text);

		if (json_array_size(docs) != 1 || !json_equal(json_array_get(docs, 0), value))
			fail_msg("case %zu comes back different:\n%s", i, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_typed_as_kubernetes_reads_them),
		cmocka_unit_test(every_document_is_read_and_empty_ones_left_out),
		cmocka_unit_test(what_is_refused_says_where_and_why),
		cmocka_unit_test(bombs_are_refused_early),
		cmocka_unit_test(values_are_found_again_by_pointer),
		cmocka_unit_test(yaml_comes_out_as_kubernetes_writes_it),
		cmocka_unit_test(keys_keep_their_order_or_are_sorted_as_go_sorts),
		cmocka_unit_test(whatever_is_written_reads_back_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
