#include "tests/unit/base_help.h"

#include "base/archive.h"
#include "base/library.h"
#include "base/proc.h"

/* libm is with every libc, and no header of it has these. */
struct functions {
	double (*cosine)(double);
	double (*sine)(double);
};

static void a_library_is_opened_when_it_is_needed(void **state)
{
	struct functions math = { NULL, NULL };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(library_open("libm.so.6", "cos sin", &math, "libc6", &err), 0);
	assert_true(math.cosine(0.0) > 0.99 && math.cosine(0.0) < 1.01);
	assert_true(math.sine(0.0) > -0.01 && math.sine(0.0) < 0.01);
}

static void a_missing_library_or_function_says_what_to_install(void **state)
{
	struct functions math = { NULL, NULL };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(library_open("libnowhere.so.9", "cos sin", &math, "package nowhere", &err),
			 -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "libnowhere.so.9"));
	assert_non_null(strstr(err.next, "package nowhere"));
	assert_int_equal(library_open("libm.so.6", "cos kstrap_has_this", &math, "libc6", &err), -1);
	assert_non_null(strstr(err.msg, "kstrap_has_this"));
}

static void only_names_that_plugins_have_are_plain(void **state)
{
	static const struct {
		const char *name;
		bool plain;
	} rows[] = {
		{ "bridge", true },	{ "host-local", true }, { "win.exe", true },
		{ "x", true },		{ "0a_b", true },	{ "", false },
		{ ".", false },		{ "..", false },	{ ".hidden", false },
		{ "-rf", false },	{ "_x", false },	{ "Bridge", false },
		{ "a/b", false },	{ "a b", false },	{ "a\n", false },
		{ "br\xc3\xbc" "cke", false }, { "a\033[31m", false },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (archive_plain(rows[i].name) != rows[i].plain)
			fail_msg("\"%s\"", rows[i].name);
}

/* 512 octets of ustar (POSIX pax, "ustar Interchange Format") for a file of size 0. */
static void put_header(char *block, const char *name, char type)
{
	unsigned sum = 0;

	memset(block, 0, 512);
	(void)snprintf(block, 100, "%s", name);
	memcpy(block + 100, "0000755", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	memcpy(block + 124, "00000000000", 12);
	memcpy(block + 136, "00000000000", 12);
	memcpy(block + 148, "        ", 8);
	block[156] = type;
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	(void)snprintf(block + 148, 8, "%06o", sum);
}

static int unpack(const char *name, char type, struct tree *tree, struct err *err)
{
	char blocks[3 * 512] = "";
	AUTO(fd) int fd = archive_memory();

	put_header(blocks, name, type);
	assert_int_equal(write(fd, blocks, sizeof(blocks)), sizeof(blocks));
	return archive_unpack(fd, "the archive", "/dir", tree, err);
}

static void a_flat_archive_becomes_copies_and_nothing_else_does(void **state)
{
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(tree) struct tree *other = tree_new();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(unpack("./bridge", '0', tree, &err), 0);
	assert_int_equal(tree_len(tree), 1);
	assert_string_equal(tree_entry(tree, 0)->path, "/dir/bridge");
	assert_int_equal(tree_entry(tree, 0)->mode, 0755);
	assert_int_equal(tree_entry(tree, 0)->kind, ENTRY_COPY);

	assert_int_equal(unpack("./LICENSE", '0', other, &err), 0);
	assert_int_equal(unpack("./", '5', other, &err), 0);
	for (char type = '1'; type <= '6'; type++)
		assert_int_equal(unpack("bridge", type, other, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(unpack("../bridge", '0', other, &err), -1);
	assert_int_equal(unpack("/bridge", '0', other, &err), -1);
	assert_int_equal(unpack(".././bridge", '0', other, &err), -1);
	assert_int_equal(unpack("././bridge", '0', other, &err), -1);
	assert_int_equal(tree_len(other), 0);
	assert_int_equal(unpack("bridge", '0', tree, &err), -1);
	assert_non_null(strstr(err.msg, "twice"));
}

/* Not even a name is needed for what is run from memory, and a script's interpreter can read it. */
static void what_is_in_memory_can_be_executed(void **state)
{
	static const char script[] = "#!/bin/sh\necho \"$0 ran\" | sed 's/.*ran/ran/'\n";
	static const char *const argv[] = { "a name", NULL };
	AUTO(proc_result) struct proc_result result = { 0, NULL, NULL };
	AUTO(fd) int fd = archive_memory();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(write(fd, script, sizeof(script) - 1), sizeof(script) - 1);
	if (proc_call(&(struct proc){ .argv = argv, .program = fd, .timeout_s = 30 }, &result,
		      &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "ran\n");
}

static void what_is_no_program_is_named_when_it_is_executed(void **state)
{
	static const char *const argv[] = { "a name", NULL };
	AUTO(proc_result) struct proc_result result = { 0, NULL, NULL };
	AUTO(fd) int fd = archive_memory();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(proc_call(&(struct proc){ .argv = argv, .program = fd, .timeout_s = 30 },
				   &result, &err),
			 -1);
	assert_string_equal(err.msg, "run a name: Exec format error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_is_opened_when_it_is_needed),
		cmocka_unit_test(a_missing_library_or_function_says_what_to_install),
		cmocka_unit_test(only_names_that_plugins_have_are_plain),
		cmocka_unit_test(a_flat_archive_becomes_copies_and_nothing_else_does),
		cmocka_unit_test(what_is_in_memory_can_be_executed),
		cmocka_unit_test(what_is_no_program_is_named_when_it_is_executed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
