#include "base_help.h"

#include "phases/ostree/image.h"

#define A      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.0"
#define B      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.0"
#define OS     "/ostree/deploy/os/deploy/"
#define LIE    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ONE    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed" /* of "one" */
#define FILE_  "/usr/lib/cni/bridge"
#define RECORD "/var/lib/kstrap/image.json"

#define MOUNTS(name)                                             \
	"20 1 8:3 " OS name " / rw - xfs /dev/vda3 rw\n"         \
	"21 20 8:3 " OS name "/usr /usr ro - xfs /dev/vda3 rw\n" \
	"22 20 8:3 /ostree/deploy/os/var /var rw - xfs /dev/vda3 rw\n"
#define COMPOSEFS(name)                                        \
	"20 1 0:31 / / ro - overlay composefs ro,lowerdir=x\n" \
	"23 20 8:3 " OS name "/etc /etc rw - xfs /dev/vda3 rw\n"

/* Borrowed until the next call. The record of this call is the next one's. */
static const char *ask(const struct scratch *s, bool live)
{
	static char sum[65];
	AUTO(tree) struct tree *tree = tree_new();
	struct err err = ERR_INIT;
	AUTO(fd) int fd = fs_openat(s->fs, FILE_, O_RDONLY, &err);
	const struct entry *kept;
	struct image image;

	image_open(s->fs, live, &image);
	assert_int_equal(image_sum(&image, FILE_, fd, sum, &err), 0);
	image_keep(&image, tree);
	image_clear(&image);
	kept = tree_find(tree, RECORD);
	if (kept)
		scratch_write(s, RECORD, kept->data, 0600);
	return sum;
}

/* Makes the record say another sum: who answers it has not read the file. */
static void lie(const struct scratch *s)
{
	struct err err = ERR_INIT;
	AUTO(free) char *text = NULL;
	char *sum;

	assert_int_equal(fs_read(s->fs, RECORD, 4096, &text, NULL, &err), 0);
	sum = strstr(text, ONE);
	assert_non_null(sum);
	memcpy(sum, LIE, 64);
	scratch_write(s, RECORD, text, 0600);
}

static void set_up(const struct scratch *s, const char *mounts)
{
	static const char *const dirs[] = { "/proc",    "/proc/self",     "/usr",
					    "/usr/lib", "/usr/lib/cni",   "/var",
					    "/var/lib", "/var/lib/kstrap" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		scratch_mkdir(s, dirs[i]);
	scratch_write(s, "/proc/self/mountinfo", mounts, 0600);
	scratch_write(s, FILE_, "one", 0755);
	assert_string_equal(ask(s, true), ONE);
	lie(s);
}

static void a_deployments_file_is_read_once(void **state)
{
	const struct scratch *s = *state;

	set_up(s, MOUNTS(A));
	assert_string_equal(ask(s, true), LIE);
	assert_string_equal(ask(s, true), LIE); /* and what is known stays known */
	scratch_write(s, "/proc/self/mountinfo", MOUNTS(B), 0600);
	assert_string_equal(ask(s, true), ONE);
}

static void so_is_one_of_a_composefs(void **state)
{
	const struct scratch *s = *state;

	set_up(s, COMPOSEFS(A));
	assert_string_equal(ask(s, true), LIE);
	scratch_write(s, "/proc/self/mountinfo", COMPOSEFS(B), 0600);
	assert_string_equal(ask(s, true), ONE);
}

static void one_that_was_changed_all_the_same_is_read_again(void **state)
{
	const struct scratch *s = *state;
	const struct timespec times[2] = { { 0 }, { 0 } };
	struct stat was, is;

	set_up(s, MOUNTS(A));
	assert_int_equal(stat(scratch_path(s, FILE_), &was), 0);
	do { /* the kernel's clock for files goes in ticks */
		assert_int_equal(utimensat(AT_FDCWD, scratch_path(s, FILE_), times, 0), 0);
		assert_int_equal(stat(scratch_path(s, FILE_), &is), 0);
	} while (was.st_ctim.tv_sec == is.st_ctim.tv_sec &&
		 was.st_ctim.tv_nsec == is.st_ctim.tv_nsec);
	assert_string_equal(ask(s, true), ONE);
}

static void what_is_not_the_deployments_own_is_read_each_time(void **state)
{
	static const char *const over[] = {
		"30 21 0:40 / /usr ro - overlay sysext ro,lowerdir=x\n",
		"30 21 0:40 / /usr rw - overlay overlay rw,upperdir=/var/tmp/ostree-unlock-ovl/upper\n",
		"30 21 8:3 /mine /usr/lib/cni rw - xfs /dev/vda3 rw\n",
	};
	const struct scratch *s = *state;

	set_up(s, MOUNTS(A));
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		AUTO(free) char *mounts = xasprintf("%s%s", MOUNTS(A), over[i]);

		scratch_write(s, "/proc/self/mountinfo", mounts, 0600);
		assert_string_equal(ask(s, true), ONE);
	}
	scratch_write(s, "/proc/self/mountinfo", "20 1 8:3 / / rw - ext4 /dev/vda3 rw\n", 0600);
	assert_string_equal(ask(s, true), ONE);
	scratch_write(s, "/proc/self/mountinfo", "", 0600);
	assert_string_equal(ask(s, true), ONE);
	/* What was known of the deployment is still true of it; --root is another's tree. */
	scratch_write(s, "/proc/self/mountinfo", MOUNTS(A), 0600);
	assert_string_equal(ask(s, true), LIE);
	assert_string_equal(ask(s, false), ONE);
}

static void a_record_that_is_cut_off_is_none(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;
	AUTO(free) char *text = NULL;

	set_up(s, MOUNTS(A));
	assert_int_equal(fs_read(s->fs, RECORD, 4096, &text, NULL, &err), 0);
	memmove(strstr(text, LIE), strstr(text, LIE) + 1, strlen(strstr(text, LIE)));
	scratch_write(s, RECORD, text, 0600);
	assert_string_equal(ask(s, true), ONE);
	scratch_write(s, RECORD, "{\"", 0600);
	assert_string_equal(ask(s, true), ONE);
}

#define t(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		t(a_deployments_file_is_read_once),
		t(so_is_one_of_a_composefs),
		t(one_that_was_changed_all_the_same_is_read_again),
		t(what_is_not_the_deployments_own_is_read_each_time),
		t(a_record_that_is_cut_off_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
