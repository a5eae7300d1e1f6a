#include "tests/unit/base_help.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { MAX = 4096 };

static void assert_reads(const struct scratch *s, const char *path, const char *text)
{
	struct err err = ERR_INIT;
	AUTO(free) char *data = NULL;
	size_t len;

	if (fs_read(s->fs, path, MAX, &data, &len, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(data, text);
	assert_int_equal(len, strlen(text));
}

static void assert_refuses(const struct scratch *s, const char *path, enum err_code code)
{
	struct err err = ERR_INIT;
	AUTO(free) char *data = NULL;

	assert_int_equal(fs_read(s->fs, path, MAX, &data, NULL, &err), -1);
	if (err.code != code)
		fail_msg("%s: code %d: %s", path, err.code, err.msg);
	assert_contains(err.msg, path);
}

static void files_are_read_below_the_root(void **state)
{
	const struct scratch *s = *state;

	scratch_mkdir(s, "/etc");
	scratch_write(s, "/etc/x", "inside", 0600);
	assert_reads(s, "/etc/x", "inside");
	assert_reads(s, "/etc/../etc/./x", "inside");
	assert_refuses(s, "/etc/none", ERR_NOT_FOUND);
	assert_refuses(s, "/etc", ERR_HOST);
	assert_refuses(s, "/etc/x/y", ERR_HOST);
}

/* The evil twins: each link leads to a file of the same name outside of the root. */
static void no_link_leads_out_of_the_root(void **state)
{
	const struct scratch *s = *state;
	AUTO(free) char *outside = xasprintf("%s.outside", s->dir);
	AUTO(free) char *root = xasprintf("%s/root", s->dir);
	struct scratch inner = { .fs = NULL };
	struct err err = ERR_INIT;

	(void)outside;
	scratch_write(s, "/secret", "outside", 0600);
	scratch_mkdir(s, "/root");
	scratch_mkdir(s, "/root/dir");
	assert_int_equal(fs_open(root, &inner.fs, &err), 0);
	assert_int_equal(symlink("../secret", scratch_path(s, "/root/up")), 0);
	assert_int_equal(symlink("../../../../../../../secret", scratch_path(s, "/root/dir/far")),
			 0);
	assert_int_equal(symlink(scratch_path(s, "/secret"), scratch_path(s, "/root/absolute")), 0);
	assert_int_equal(symlink("..", scratch_path(s, "/root/parent")), 0);
	assert_refuses(&inner, "/up", ERR_NOT_FOUND);
	assert_refuses(&inner, "/dir/far", ERR_NOT_FOUND);
	assert_refuses(&inner, "/absolute", ERR_NOT_FOUND);
	assert_refuses(&inner, "/parent/secret", ERR_NOT_FOUND);
	assert_refuses(&inner, "/../secret", ERR_NOT_FOUND);
	scratch_write(s, "/root/secret", "inside", 0600);
	assert_reads(&inner, "/up", "inside");
	assert_reads(&inner, "/dir/far", "inside");
	assert_reads(&inner, "/parent/secret", "inside");
	assert_reads(&inner, "/../secret", "inside");
	fs_close(inner.fs);
}

static void links_inside_are_followed_as_the_node_would(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;
	AUTO(free) char *target = NULL;
	struct stat st;

	scratch_mkdir(s, "/var");
	scratch_mkdir(s, "/var/opt");
	scratch_write(s, "/var/opt/x", "there", 0644);
	assert_int_equal(symlink("/var/opt", scratch_path(s, "/opt")), 0);
	assert_int_equal(symlink("var/./opt/../opt/", scratch_path(s, "/opt2")), 0);
	assert_int_equal(symlink("loop", scratch_path(s, "/loop")), 0);
	assert_reads(s, "/opt/x", "there");
	assert_reads(s, "/opt2/x", "there");
	assert_true(fs_is_dir(s->fs, "/opt"));
	assert_true(fs_exists(s->fs, "/opt/x"));
	assert_false(fs_exists(s->fs, "/opt/y"));
	assert_refuses(s, "/loop", ERR_HOST);
	assert_int_equal(fs_lstat(s->fs, "/opt", &st, &err), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(fs_readlink(s->fs, "/opt", &target, &err), 0);
	assert_string_equal(target, "/var/opt");
	assert_int_equal(fs_readlink(s->fs, "/var/opt/x", &target, &err), -1);
}

static void a_file_too_large_is_refused(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;
	AUTO(free) char *data = NULL;

	scratch_write(s, "/x", "12345", 0600);
	assert_int_equal(fs_read(s->fs, "/x", 4, &data, NULL, &err), -1);
	assert_int_equal(err.code, ERR_HOST);
	assert_int_equal(fs_read(s->fs, "/x", 5, &data, NULL, &err), 0);
}

static void a_pipe_in_a_files_place_does_not_hold_us_up(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(mkfifo(scratch_path(s, "/pipe"), 0600), 0);
	assert_refuses(s, "/pipe", ERR_HOST);
}

static void names_come_sorted(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;
	AUTO(json) json_t *names = NULL;

	scratch_write(s, "/b", "", 0600);
	scratch_write(s, "/a", "", 0600);
	scratch_write(s, "/.c", "", 0600);
	assert_int_equal(fs_list(s->fs, "/", &names, &err), 0);
	assert_int_equal(json_array_size(names), 3);
	assert_string_equal(json_string_value(json_array_get(names, 0)), ".c");
	assert_string_equal(json_string_value(json_array_get(names, 2)), "b");
	AUTO(json) json_t *paths = fs_list_paths(s->fs, "/.");

	assert_int_equal(json_array_size(paths), 3);
	assert_string_equal(json_string_value(json_array_get(paths, 1)), "/./a");
	assert_null(fs_list_paths(s->fs, "/none"));
	assert_int_equal(fs_list(s->fs, "/none", &names, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void nothing_is_opened_for_writing(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;

	scratch_write(s, "/x", "", 0600);
	assert_int_equal(fs_openat(s->fs, "/x", O_WRONLY, &err), -1);
	assert_int_equal(fs_openat(s->fs, "/y", O_RDONLY | O_CREAT, &err), -1);
	assert_int_equal(fs_openat(s->fs, "/x", O_RDONLY | O_TRUNC, &err), -1);
	assert_int_equal(err.code, ERR_BUG);
	assert_gone(s, "/y");
}

static void a_root_that_is_not_there_is_named(void **state)
{
	struct err err = ERR_INIT;
	struct fs *fs;

	(void)state;
	assert_int_equal(fs_open("/tmp/kstrap-unit-none/none", &fs, &err), -1);
	assert_contains(err.msg, "/tmp/kstrap-unit-none/none");
}

static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
	T(files_are_read_below_the_root),
	T(no_link_leads_out_of_the_root),
	T(links_inside_are_followed_as_the_node_would),
	T(a_file_too_large_is_refused),
	T(a_pipe_in_a_files_place_does_not_hold_us_up),
	T(names_come_sorted),
	T(nothing_is_opened_for_writing),
	T(a_root_that_is_not_there_is_named),
};

/* An older kernel: openat2 answers `error`. */
static int without_openat2(unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0;
}

static int run_without(unsigned error, const char *name)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (without_openat2(error) || syscall(SYS_openat2, -1, "", NULL, 0) != -1 ||
		    errno != (int)error)
			_exit(99);
		_exit(cmocka_run_group_tests_name(name, tests, NULL, NULL) ? 1 : 0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

int main(void)
{
	int failed = cmocka_run_group_tests_name("fs", tests, NULL, NULL);

	(void)fflush(NULL);
	failed |= run_without(ENOSYS, "fs without openat2");
	failed |= run_without(EPERM, "fs with openat2 forbidden");
	return failed;
}
