#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "phases/runtime/toml.h"

static const char *const cni[] = { "plugins", "io.containerd.grpc.v1.cri", "cni", NULL };
static const char *const top[] = { NULL };

#define HEADER "[plugins.\"io.containerd.grpc.v1.cri\".cni]\n"

struct edit {
	const char *what, *before, *after;
};

/* clang-format off */
static const struct edit edits[] = {
	{ "an empty file", "",
	  HEADER "  bin_dir = \"/b\"\n" },
	{ "the value where it stands, with its comment",
	  "version = 2\n" HEADER "  bin_dir = \"/opt/cni/bin\" # theirs\n  conf_dir = \"/etc/cni/net.d\"\n",
	  "version = 2\n" HEADER "  bin_dir = \"/b\" # theirs\n  conf_dir = \"/etc/cni/net.d\"\n" },
	{ "a table that lacks the key, indented as containerd does",
	  "# kept\n    " HEADER "      conf_dir = \"/x\"\n[debug]\n",
	  "# kept\n    " HEADER "      bin_dir = \"/b\"\n      conf_dir = \"/x\"\n[debug]\n" },
	{ "a file without the table, and without a last line end",
	  "version = 2\n[debug]\n  level = \"info\"",
	  "version = 2\n[debug]\n  level = \"info\"\n\n" HEADER "  bin_dir = \"/b\"\n" },
	{ "literal keys and blanks in the header",
	  "[ plugins . 'io.containerd.grpc.v1.cri' . cni ]\nbin_dir='/x'\n",
	  "[ plugins . 'io.containerd.grpc.v1.cri' . cni ]\nbin_dir=\"/b\"\n" },
	{ "a dotted key that is the value itself",
	  "[plugins.\"io.containerd.grpc.v1.cri\"]\ncni.bin_dir = \"/x\"\n",
	  "[plugins.\"io.containerd.grpc.v1.cri\"]\ncni.bin_dir = \"/b\"\n" },
	{ "a list over several lines",
	  HEADER "bin_dir = [ # one\n  \"]\", # two\n  '#']\nx = 1\n",
	  HEADER "bin_dir = \"/b\"\nx = 1\n" },
	{ "the header's look-alike inside a string",
	  "note = \"\"\"\n" HEADER "bin_dir = 1\n\"\"\"\n",
	  "note = \"\"\"\n" HEADER "bin_dir = 1\n\"\"\"\n\n" HEADER "  bin_dir = \"/b\"\n" },
	{ "another plugin's setting of the same name",
	  "[plugins.\"other\".cni]\n  bin_dir = \"/x\"\n",
	  "[plugins.\"other\".cni]\n  bin_dir = \"/x\"\n\n" HEADER "  bin_dir = \"/b\"\n" },
	{ "line ends of another system",
	  HEADER "bin_dir = \"/x\"\r\nx = 1\r\n", HEADER "bin_dir = \"/b\"\r\nx = 1\r\n" },
	{ "a mark of byte order",
	  "\xef\xbb\xbf" HEADER "bin_dir = \"/x\"\n", "\xef\xbb\xbf" HEADER "bin_dir = \"/b\"\n" },
	{ "a comment that looks like the setting",
	  HEADER "# bin_dir = \"/x\"\n", HEADER "  bin_dir = \"/b\"\n# bin_dir = \"/x\"\n" },
};
/* clang-format on */

static void one_value_changes_and_every_other_byte_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		AUTO(free) char *got = NULL;
		AUTO(free) char *again = NULL;
		struct err err = ERR_INIT;

		if (toml_set(edits[i].before, "f", cni, "bin_dir", "\"/b\"", &got, &err) < 0)
			fail_msg("%s: %s", edits[i].what, err.msg);
		if (!str_eq(got, edits[i].after))
			fail_msg("%s:\n%s\nis not\n%s", edits[i].what, got, edits[i].after);
		assert_int_equal(toml_set(got, "f", cni, "bin_dir", "\"/b\"", &again, &err), 0);
		assert_string_equal(again, got);
	}
}

static void what_was_set_is_what_is_got(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		AUTO(free) char *raw = NULL;
		AUTO(free) char *text = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(toml_get(edits[i].after, "f", cni, "bin_dir", &raw, &err), 0);
		assert_non_null(raw);
		text = toml_unquote(raw);
		assert_string_equal(text, "/b");
	}
}

static void a_key_at_the_top_is_found_only_at_the_top(void **state)
{
	AUTO(free) char *raw = NULL;
	AUTO(free) char *none = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(toml_get("a = 1\nversion = 3 # x\n[t]\nversion = 2\n", "f", top, "version",
				  &raw, &err), 0);
	assert_string_equal(raw, "3");
	assert_int_equal(toml_get("[t]\nversion = 2\n", "f", top, "version", &none, &err), 0);
	assert_null(none);
}

static void what_cannot_be_edited_safely_is_refused_by_its_line(void **state)
{
	static const char *const bad[][2] = {
		{ "\n[plugins.\"io.containerd.grpc.v1.cri\"]\ncni = { bin_dir = \"/x\" }\n", "f:3: " },
		{ "plugins = {}\n", "f:1: " },
		{ "\n[plugins.\"io.containerd.grpc.v1.cri\"]\n\ncni.conf_dir = \"/x\"\n", "f:4: " },
		{ "\n\n[[plugins]]\n", "f:3: " },
		{ HEADER "bin_dir\n", "f:2: " },
		{ HEADER "bin_dir = \n", "f:2: " },
		{ HEADER "bin_dir = \"/x\n", "f:2: " },
		{ HEADER "bin_dir = [ \"/x\"\n", "f:" },
		{ "[plugins\n", "f:1: " },
		{ "[plugins] x = 1\n", "f:1: " },
		{ "a = ]\n", "f:1: " },
		{ "= 1\n", "f:1: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *got = NULL;
		struct err err = ERR_INIT;

		if (toml_set(bad[i][0], "f", cni, "bin_dir", "\"/b\"", &got, &err) == 0)
			fail_msg("accepted: %s", bad[i][0]);
		assert_null(got);
		assert_int_equal(err.code, ERR_CONFIG);
		if (!str_starts(err.msg, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], err.msg);
	}
}

static void a_quoted_string_comes_back(void **state)
{
	static const char *const texts[] = { "", "/var/lib/cni/bin", "a\"b\\c", "#[]" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(free) char *raw = toml_quote(texts[i]);
		AUTO(free) char *text = toml_unquote(raw);

		assert_string_equal(text, texts[i]);
	}
	assert_null(toml_unquote("12"));
	assert_null(toml_unquote("\"a\"b"));
	assert_null(toml_unquote("\"a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value_changes_and_every_other_byte_stays),
		cmocka_unit_test(what_was_set_is_what_is_got),
		cmocka_unit_test(a_key_at_the_top_is_found_only_at_the_top),
		cmocka_unit_test(what_cannot_be_edited_safely_is_refused_by_its_line),
		cmocka_unit_test(a_quoted_string_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
