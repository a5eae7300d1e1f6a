#include "base_help.h"

#include "base/mounts.h"

static const char table[] =
	"1 0 0:2 / / rw shared:1 - rootfs rootfs rw\n"
	"20 1 0:31 / / ro,relatime shared:1 - overlay composefs ro,lowerdir+=/run/a\\054b,upperdir=/up\n"
	"21 20 8:3 /ostree/deploy/os/var /var rw,nodev,noexec shared:2 master:7 - xfs /dev/vda3 rw,quota\n"
	"22 20 0:40 / /usr/local rw - overlay overlay rw,upperdir=/var/ostree/state-overlays/usr-local/upper\n"
	"23 20 0:41 / /usr ro - overlay sysext ro\n"
	"24 21 0:42 / /var/a\\040blank\\134 rw - tmpfs  ro\n";

static const char *at(const struct mounts *mounts, const char *path)
{
	const struct mount *mount = mounts_find(mounts, path);

	return mount ? mount->source : "nothing";
}

static void a_path_lies_on_the_mount_that_a_walk_to_it_ends_on(void **state)
{
	AUTO(mounts) struct mounts mounts = { 0 };

	(void)state;
	mounts_parse(table, &mounts);
	assert_int_equal(mounts.n, 6);
	assert_string_equal(at(&mounts, "/"), "composefs");
	assert_string_equal(at(&mounts, "/opt"), "composefs");
	assert_string_equal(at(&mounts, "/var"), "/dev/vda3");
	assert_string_equal(at(&mounts, "/var/lib/kubelet"), "/dev/vda3");
	assert_string_equal(at(&mounts, "/variable"), "composefs");
	assert_string_equal(at(&mounts, "/var/a blank\\/x"), "");
}

static void a_later_mount_hides_what_is_mounted_below_it(void **state)
{
	AUTO(mounts) struct mounts mounts = { 0 };

	(void)state;
	mounts_parse(table, &mounts);
	assert_string_equal(at(&mounts, "/usr/local/bin"), "sysext");
}

static void options_are_of_the_mount_or_of_the_file_system(void **state)
{
	AUTO(mounts) struct mounts mounts = { 0 };
	AUTO(free) char *upper = NULL, *none = NULL, *prefix = NULL;

	(void)state;
	mounts_parse(table, &mounts);
	assert_true(mount_is_read_only(mounts_find(&mounts, "/")));
	assert_false(mount_is_read_only(mounts_find(&mounts, "/var")));
	assert_true(mount_is_read_only(mounts_find(&mounts, "/var/a blank\\")));
	upper = mount_option(mounts_find(&mounts, "/"), "upperdir");
	assert_string_equal(upper, "/up");
	none = mount_option(mounts_find(&mounts, "/var"), "quota");
	assert_string_equal(none, "");
	prefix = mount_option(mounts_find(&mounts, "/"), "upper");
	assert_null(prefix);
}

static void lines_that_are_no_mounts_are_left_out(void **state)
{
	static const char *const texts[] = {
		"", "\n", "36", "36 35 0:1 /", "36 35 0:1 / /a rw", "36 35 0:1 / /a rw shared:1",
		"36 35 0:1 / /a rw - tmpfs", "36 35 0:1 / /a rw - tmpfs tmpfs",
		"36 35 0:1 / /a rw shared:1 tmpfs tmpfs rw", "\\ \\0 \\04 - - - -",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		AUTO(mounts) struct mounts mounts = { 0 };

		mounts_parse(texts[i], &mounts);
		if (mounts.n)
			fail_msg("\"%s\" counts as a mount", texts[i]);
		assert_null(mounts_find(&mounts, "/a"));
	}
}

static void a_table_that_leads_in_a_circle_ends(void **state)
{
	AUTO(mounts) struct mounts mounts = { 0 };

	(void)state;
	mounts_parse("1 2 0:1 / / rw - a a rw\n2 1 0:1 / / rw - b b rw\n3 3 0:1 / / rw - c c rw\n",
		     &mounts);
	assert_non_null(mounts_find(&mounts, "/x"));
}

static void a_table_that_is_too_large_is_refused(void **state)
{
	const struct scratch *s = *state;
	AUTO(mounts) struct mounts mounts = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(mounts_read(s->fs, &mounts, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	scratch_mkdir(s, "/proc");
	scratch_mkdir(s, "/proc/self");
	scratch_write(s, "/proc/self/mountinfo", table, 0600);
	assert_int_equal(mounts_read(s->fs, &mounts, &err), 0);
	assert_int_equal(mounts.n, 6);
	mounts_clear(&mounts);
	assert_int_equal(truncate(scratch_path(s, "/proc/self/mountinfo"), (16 << 20) + 1), 0);
	assert_int_equal(mounts_read(s->fs, &mounts, &err), -1);
	assert_int_equal(err.code, ERR_HOST);
}

static void a_path_below_is_told_from_one_that_begins_alike(void **state)
{
	(void)state;
	assert_true(path_within("/var/lib", "/var"));
	assert_true(path_within("/var", "/var"));
	assert_true(path_within("/var", "/var/"));
	assert_true(path_within("/var", "/"));
	assert_false(path_within("/variable", "/var"));
	assert_false(path_within("/", "/var"));
}

static void what_a_path_leads_to_is_told_as_the_node_sees_it(void **state)
{
	const struct scratch *s = *state;
	AUTO(free) char *real = NULL, *none = NULL, *above = NULL, *root = NULL;

	scratch_mkdir(s, "/var");
	scratch_mkdir(s, "/var/opt");
	assert_int_equal(symlink("/var/opt", scratch_path(s, "/opt")), 0);
	real = fs_real(s->fs, "/opt");
	assert_string_equal(real, "/var/opt");
	none = fs_real(s->fs, "/opt/cni");
	assert_null(none);
	above = fs_real_above(s->fs, "/opt/cni/bin");
	assert_string_equal(above, "/var/opt");
	root = fs_real_above(s->fs, "/x/y");
	assert_string_equal(root, "/");
}

#define t(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		t(a_path_lies_on_the_mount_that_a_walk_to_it_ends_on),
		t(a_later_mount_hides_what_is_mounted_below_it),
		t(options_are_of_the_mount_or_of_the_file_system),
		t(lines_that_are_no_mounts_are_left_out),
		t(a_table_that_leads_in_a_circle_ends),
		t(a_table_that_is_too_large_is_refused),
		t(a_path_below_is_told_from_one_that_begins_alike),
		t(what_a_path_leads_to_is_told_as_the_node_sees_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
