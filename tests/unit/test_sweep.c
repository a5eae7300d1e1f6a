/* Taking away: what was swept is gone and nothing else is, mounts and links notwithstanding. */
#include "tests/unit/base_help.h"

#include "base/commit.h"
#include "base/journal.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct commit *open_commit(const struct scratch *s)
{
	struct err err = ERR_INIT;
	struct commit *c;

	if (commit_open(s->fs, 0, &c, &err) < 0)
		fail_msg("%s", err.msg);
	return c;
}

static void sweep(struct commit *c, const char *path)
{
	struct err err = ERR_INIT;

	if (commit_sweep(c, path, &err) < 0)
		fail_msg("%s", err.msg);
}

static void all_that_is_in_it_goes_and_no_link_is_followed(void **state)
{
	const struct scratch *s = *state;
	AUTO(commit) struct commit *c = open_commit(s);

	scratch_mkdir(s, "/out");
	scratch_write(s, "/out/victim", "mine", 0600);
	scratch_mkdir(s, "/k");
	scratch_write(s, "/k/other", "mine", 0600);
	scratch_mkdir(s, "/k/pods");
	scratch_mkdir(s, "/k/pods/a");
	scratch_write(s, "/k/pods/a/f", "x", 0);
	assert_int_equal(symlink("/out", scratch_path(s, "/k/pods/absolute")), 0);
	assert_int_equal(symlink("../../../out", scratch_path(s, "/k/pods/a/relative")), 0);
	assert_int_equal(symlink(scratch_path(s, "/out"), scratch_path(s, "/k/pods/real")), 0);
	assert_int_equal(symlink("/out", scratch_path(s, "/k/link")), 0);
	sweep(c, "/k/pods");
	sweep(c, "/k/link");
	assert_gone(s, "/k/pods");
	assert_gone(s, "/k/link");
	assert_file(s, "/out/victim", "mine", 0600);
	assert_file(s, "/k/other", "mine", 0600);
	sweep(c, "/k/pods");
	sweep(c, "/none/at/all");
	sweep(c, "/k/other/below-a-file");
}

static void the_place_itself_may_be_behind_a_link(void **state)
{
	const struct scratch *s = *state;
	AUTO(commit) struct commit *c = open_commit(s);

	scratch_mkdir(s, "/data");
	scratch_mkdir(s, "/data/member");
	scratch_write(s, "/data/member/db", "x", 0600);
	scratch_write(s, "/data/mine", "x", 0600);
	assert_int_equal(symlink("/data", scratch_path(s, "/etcd")), 0);
	sweep(c, "/etcd/member");
	assert_gone(s, "/data/member");
	assert_file(s, "/data/mine", "x", 0600);
}

/* Deeper than descriptors reach; a pod may make that. */
static void depth_is_no_obstacle(void **state)
{
	const struct scratch *s = *state;
	AUTO(commit) struct commit *c = open_commit(s);
	const struct rlimit few = { 200, 200 };
	int dir;

	scratch_mkdir(s, "/deep");
	dir = open(scratch_path(s, "/deep"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1500; i++) {
		int next;

		assert_int_equal(mkdirat(dir, "d", 0700), 0);
		next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(dir);
		dir = next;
	}
	close(dir);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	sweep(c, "/deep");
	assert_gone(s, "/deep");
}

/* Of the same file system, so that only the mount itself tells it apart. */
static int with_a_mount(const struct scratch *s)
{
	AUTO(commit) struct commit *c = open_commit(s);
	AUTO(free) char *at = xstrdup(scratch_path(s, "/k/pods/volume"));
	AUTO(free) char *source = xstrdup(scratch_path(s, "/volume"));
	struct err err = ERR_INIT;

	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(source, at, NULL, MS_BIND, NULL) < 0)
		return 2;
	if (commit_sweep(c, "/k/pods", &err) == 0 || err.code != ERR_HOST ||
	    !strstr(err.msg, "/k/pods/volume") || !strstr(err.next, "findmnt") ||
	    access(scratch_path(s, "/volume/data"), F_OK) < 0)
		return 3;
	if (commit_unmount(c, at, 0, &err) < 0 || commit_unmount(c, at, 0, &err) < 0 ||
	    commit_sweep(c, "/k/pods", &err) < 0)
		return 4;
	return access(scratch_path(s, "/volume/data"), F_OK) == 0 && access(at, F_OK) < 0 ? 0 : 5;
}

static void a_mount_is_not_entered(void **state)
{
	const struct scratch *s = *state;
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	scratch_mkdir(s, "/volume");
	scratch_write(s, "/volume/data", "the user's", 0600);
	scratch_mkdir(s, "/k");
	scratch_mkdir(s, "/k/pods");
	scratch_mkdir(s, "/k/pods/volume");
	pid = fork();
	if (pid == 0)
		_exit(with_a_mount(s));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_file(s, "/volume/data", "the user's", 0600);
}

static void commit_of(struct commit *c, const struct tree *tree)
{
	struct err err = ERR_INIT;

	if (commit_tree(c, tree, NULL, NULL, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

/* Two files that we made, one of them over another's; then all of it is to go. */
static void make(const struct scratch *s)
{
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(commit) struct commit *c = open_commit(s);

	scratch_mkdir(s, "/etc");
	scratch_write(s, "/etc/shared", "theirs", 0640);
	tree_file(tree, "/etc/shared", 0644, "ours", 4, ENTRY_SHARED, NULL);
	tree_text(tree, "/etc/k/pki/ca.crt", 0644, "crt");
	tree_link(tree, "/etc/k/link", "target");
	commit_of(c, tree);
}

static void take(const struct scratch *s)
{
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(commit) struct commit *c = open_commit(s);
	struct err err = ERR_INIT;
	const char *path;
	json_t *note;

	json_object_foreach ((json_t *)(uintptr_t)commit_journal(c), path, note)
		tree_absent(tree, path);
	commit_of(c, tree);
	assert_int_equal(json_object_size(commit_journal(c)), 0);
	assert_int_equal(commit_end(c, &err), 0);
}

static void what_was_made_goes_and_what_was_there_comes_back(void **state)
{
	const struct scratch *s = *state;

	for (int i = 0; i < 3; i++) {
		if (i > 0)
			assert_int_equal(remove(scratch_path(s, "/etc/shared")) +
						 rmdir(scratch_path(s, "/etc")),
					 0);
		make(s);
		assert_file(s, "/etc/shared", "ours", 0644);
		take(s);
		assert_file(s, "/etc/shared", "theirs", 0640);
		assert_gone(s, "/etc/k");
		assert_gone(s, "/var/lib/kstrap");
		take(s);
		assert_gone(s, "/var/lib/kstrap");
	}
}

static void the_original_comes_back_when_ours_was_removed(void **state)
{
	const struct scratch *s = *state;

	make(s);
	assert_int_equal(unlink(scratch_path(s, "/etc/shared")), 0);
	assert_int_equal(unlink(scratch_path(s, "/etc/k/pki/ca.crt")), 0);
	take(s);
	assert_file(s, "/etc/shared", "theirs", 0640);
	assert_gone(s, "/etc/k");
	assert_gone(s, "/var/lib/kstrap");
}

static void a_directory_with_anothers_file_stays_and_is_not_ours_any_more(void **state)
{
	const struct scratch *s = *state;

	make(s);
	scratch_write(s, "/etc/k/mine", "mine", 0600);
	take(s);
	assert_file(s, "/etc/k/mine", "mine", 0600);
	assert_gone(s, "/etc/k/pki");
	assert_gone(s, "/var/lib/kstrap");
}

static void the_state_stays_while_the_journal_has_something(void **state)
{
	const struct scratch *s = *state;
	AUTO(commit) struct commit *c = NULL;
	struct err err = ERR_INIT;

	make(s);
	c = open_commit(s);
	assert_int_equal(commit_end(c, &err), 0);
	assert_int_equal(access(scratch_path(s, "/var/lib/kstrap/journal.json"), F_OK), 0);
}

/* Who waits for the lock of a directory that goes makes a new one. */
static void one_who_waited_gets_a_lock_that_counts(void **state)
{
	const struct scratch *s = *state;
	struct commit *c = open_commit(s), *other = NULL;
	struct err err = ERR_INIT;
	int ready[2], status = -1;
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		commit_close(c); /* its copy of the lock; the parent has it still */
		if (write(ready[1], "x", 1) != 1 || commit_open(s->fs, 30, &other, &err) < 0)
			_exit(1);
		_exit(access(scratch_path(s, "/var/lib/kstrap/lock"), F_OK) == 0 ? 0 : 2);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)usleep(100000); /* it waits by now, or comes later: both must do */
	assert_int_equal(commit_end(c, &err), 0);
	commit_close(c);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(ready[0]);
	close(ready[1]);
}

static bool same(const struct scratch *s, const struct commit *c, const char *path)
{
	struct err err = ERR_INIT;
	bool ret = false;

	if (journal_same(s->fs, path, json_object_get(commit_journal(c), path), &ret, &err) < 0)
		fail_msg("%s", err.msg);
	return ret;
}

static void what_another_changed_is_told_apart(void **state)
{
	const struct scratch *s = *state;
	AUTO(commit) struct commit *c = NULL;

	make(s);
	c = open_commit(s);
	assert_true(same(s, c, "/etc/shared"));
	assert_true(same(s, c, "/etc/k/link"));
	assert_true(same(s, c, "/etc/k/pki"));
	scratch_write(s, "/etc/shared", "edited", 0644);
	assert_false(same(s, c, "/etc/shared"));
	assert_int_equal(unlink(scratch_path(s, "/etc/k/link")), 0);
	assert_int_equal(symlink("elsewhere", scratch_path(s, "/etc/k/link")), 0);
	assert_false(same(s, c, "/etc/k/link"));
	assert_int_equal(unlink(scratch_path(s, "/etc/k/link")), 0);
	scratch_write(s, "/etc/k/link", "target", 0644);
	assert_false(same(s, c, "/etc/k/link"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(all_that_is_in_it_goes_and_no_link_is_followed),
		T(the_place_itself_may_be_behind_a_link),
		T(a_mount_is_not_entered),
		T(what_was_made_goes_and_what_was_there_comes_back),
		T(the_original_comes_back_when_ours_was_removed),
		T(a_directory_with_anothers_file_stays_and_is_not_ours_any_more),
		T(the_state_stays_while_the_journal_has_something),
		T(one_who_waited_gets_a_lock_that_counts),
		T(what_another_changed_is_told_apart),
		T(depth_is_no_obstacle), /* last: it lowers the limit of descriptors */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
