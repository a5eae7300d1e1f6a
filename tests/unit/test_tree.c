#include "tests/unit/base_help.h"

#include "base/tree.h"

static void entries_are_copied_sorted_and_replaced(void **state)
{
	AUTO(tree) struct tree *tree = tree_new();
	char data[] = "secret";
	const struct entry *e;

	(void)state;
	tree_set_phase(tree, "certs");
	tree_file(tree, "/b", 0600, data, 6, ENTRY_SECRET, "unit");
	memset(data, 'x', 6);
	tree_dir(tree, "/a", 0755);
	tree_link(tree, "/c", "/a");
	tree_set_phase(tree, NULL);
	tree_absent(tree, "/d");
	assert_int_equal(tree_len(tree), 4);
	assert_string_equal(tree_entry(tree, 0)->path, "/a");
	e = tree_find(tree, "/b");
	assert_memory_equal(e->data, "secret", 6);
	assert_string_equal(e->unit, "unit");
	assert_string_equal(e->phase, "certs");
	assert_null(tree_find(tree, "/d")->phase);
	tree_text(tree, "/b", 0644, "second");
	assert_int_equal(tree_len(tree), 4);
	assert_int_equal(tree_find(tree, "/b")->mode, 0644);
	assert_null(tree_find(tree, "/e"));
	assert_null(tree_entry(tree, 4));
}

static void many_entries_stay_in_order(void **state)
{
	AUTO(tree) struct tree *tree = tree_new();

	(void)state;
	for (int i = 0; i < 500; i++) {
		AUTO(free) char *path = xasprintf("/f%d", (i * 7919) % 500);

		tree_text(tree, path, 0600, "");
	}
	assert_int_equal(tree_len(tree), 500);
	for (size_t i = 1; i < 500; i++)
		assert_true(strcmp(tree_entry(tree, i - 1)->path, tree_entry(tree, i)->path) < 0);
}

static void a_later_phase_reads_what_an_earlier_one_rendered(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct err err = ERR_INIT;
	char *data = NULL;
	size_t len;

	scratch_write(s, "/disk", "disk", 0600);
	scratch_write(s, "/both", "old", 0600);
	scratch_write(s, "/gone", "x", 0600);
	tree_text(tree, "/both", 0600, "new");
	tree_absent(tree, "/gone");
	tree_link(tree, "/link", "/both");
	tree_link(tree, "/ring", "/ring2");
	tree_link(tree, "/ring2", "/ring");
	tree_dir(tree, "/dir", 0755);
	assert_int_equal(tree_read(tree, s->fs, "/disk", 100, &data, &len, &err), 0);
	assert_string_equal(data, "disk");
	free(data);
	assert_int_equal(tree_read(tree, s->fs, "/both", 100, &data, &len, &err), 0);
	assert_string_equal(data, "new");
	free(data);
	assert_int_equal(tree_read(tree, s->fs, "/link", 100, &data, NULL, &err), 0);
	assert_string_equal(data, "new");
	free(data);
	assert_int_equal(tree_read(tree, s->fs, "/gone", 100, &data, &len, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(tree_read(tree, s->fs, "/both", 2, &data, &len, &err), -1);
	assert_int_equal(tree_read(tree, s->fs, "/dir", 100, &data, &len, &err), -1);
	assert_int_equal(tree_read(tree, s->fs, "/ring", 100, &data, &len, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_copied_sorted_and_replaced),
		cmocka_unit_test(many_entries_stay_in_order),
		cmocka_unit_test_setup_teardown(a_later_phase_reads_what_an_earlier_one_rendered,
						scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
