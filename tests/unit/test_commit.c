#include "tests/unit/base_help.h"

#include "base/commit.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

static struct commit *open_commit(const struct scratch *s)
{
	struct err err = ERR_INIT;
	struct commit *c;

	if (commit_open(s->fs, 0, &c, &err) < 0)
		fail_msg("%s", err.msg);
	return c;
}

static struct commit_count commit_once(const struct scratch *s, const struct tree *tree)
{
	AUTO(commit) struct commit *c = open_commit(s);
	struct commit_count count = { 0, 0, 0, 0 };
	struct err err = ERR_INIT;

	if (commit_tree(c, tree, NULL, NULL, &count, &err) < 0)
		fail_msg("%s", err.msg);
	return count;
}

static struct err refused(const struct scratch *s, const struct tree *tree)
{
	AUTO(commit) struct commit *c = open_commit(s);
	struct err err = ERR_INIT;

	assert_int_equal(commit_tree(c, tree, NULL, NULL, NULL, &err), -1);
	return err;
}

static int found_temp;

static int look_for_temp(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type;
	if (strncmp(path + ftw->base, ".kstrap-", 8) == 0 ||
	    strcmp(path + ftw->base, "pending") == 0)
		found_temp++;
	return 0;
}

static void assert_clean(const struct scratch *s)
{
	found_temp = 0;
	assert_int_equal(nftw(s->dir, look_for_temp, 16, FTW_PHYS), 0);
	assert_int_equal(found_temp, 0);
}

static const char *note(const struct commit *c, const char *path, const char *key)
{
	return json_str(json_object_get(commit_journal(c), path), key);
}

static void a_tree_becomes_files(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct commit_count n;
	char target[16] = "";
	struct stat st;
	const mode_t mask = umask(077);
	tree_set_phase(tree, "certs");
	tree_file(tree, "/etc/k/pki/ca.key", 0600, "key", 3, ENTRY_SECRET, "ca");
	tree_text(tree, "/etc/k/pki/ca.crt", 0644, "crt");
	tree_dir(tree, "/etc/k/pki", 0711);
	tree_dir(tree, "/var/lib/empty", 02750);
	tree_link(tree, "/usr/local/bin/x", "/var/x");
	n = commit_once(s, tree);
	umask(mask);
	assert_int_equal(n.made, 5);
	assert_int_equal(n.changed + n.kept + n.removed, 0);
	assert_file(s, "/etc/k/pki/ca.key", "key", 0600);
	assert_file(s, "/etc/k/pki/ca.crt", "crt", 0644);
	assert_int_equal(stat(scratch_path(s, "/etc/k"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(scratch_path(s, "/etc/k/pki"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_int_equal(stat(scratch_path(s, "/var/lib/empty"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	assert_int_equal(stat(scratch_path(s, "/var/lib/kstrap"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(readlink(scratch_path(s, "/usr/local/bin/x"), target, 15), 6);
	assert_string_equal(target, "/var/x");
	assert_clean(s);
}

static void a_second_run_changes_nothing(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct commit_count n;
	struct stat before, after;

	tree_text(tree, "/etc/x", 0640, "x");
	tree_link(tree, "/etc/l", "x");
	tree_dir(tree, "/etc/d", 0700);
	commit_once(s, tree);
	assert_int_equal(stat(scratch_path(s, "/etc/x"), &before), 0);
	n = commit_once(s, tree);
	assert_int_equal(n.kept, 3);
	assert_int_equal(n.made + n.changed + n.removed, 0);
	assert_int_equal(stat(scratch_path(s, "/etc/x"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));
}

static void content_mode_and_target_are_each_a_change(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct commit_count n;

	scratch_write(s, "/content", "old", 0600);
	scratch_write(s, "/mode", "same", 0644);
	scratch_mkdir(s, "/dir");
	assert_int_equal(symlink("old", scratch_path(s, "/link")), 0);
	tree_text(tree, "/content", 0600, "new");
	tree_text(tree, "/mode", 0600, "same");
	tree_dir(tree, "/dir", 0700);
	tree_link(tree, "/link", "new");
	n = commit_once(s, tree);
	assert_int_equal(n.changed, 4);
	assert_file(s, "/content", "new", 0600);
	assert_file(s, "/mode", "same", 0600);
	assert_clean(s);
}

static void tell(void *arg, const struct entry *entry, const char *what)
{
	(void)buf_addf(arg, "%s %s\n", what, entry->path);
}

static void a_plan_says_the_same_and_touches_nothing(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(buf) struct buf planned = BUF_INIT(1000);
	AUTO(buf) struct buf done = BUF_INIT(1000);
	struct commit_count n, m;
	struct err err = ERR_INIT;
	struct commit *c;

	scratch_write(s, "/old", "old", 0600);
	scratch_write(s, "/gone", "x", 0600);
	tree_text(tree, "/old", 0600, "new");
	tree_text(tree, "/etc/made", 0600, "x");
	tree_absent(tree, "/gone");
	assert_int_equal(commit_plan(s->fs, tree, tell, &planned, &n, &err), 0);
	assert_gone(s, "/var");
	assert_gone(s, "/etc");
	assert_file(s, "/old", "old", 0600);
	c = open_commit(s);
	assert_int_equal(commit_tree(c, tree, tell, &done, &m, &err), 0);
	commit_close(c);
	assert_string_equal(planned.data, "create /etc/made\nremove /gone\nchange /old\n");
	assert_string_equal(planned.data, done.data);
	assert_memory_equal(&n, &m, sizeof(n));
}

/* Evil twins: what stands in a file's place is not what it seems. */
static void what_is_in_the_way_is_named_and_left_alone(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = NULL;
	struct err err;

	scratch_write(s, "/victim", "untouched", 0600);
	scratch_mkdir(s, "/etc");
	assert_int_equal(symlink("/victim", scratch_path(s, "/etc/x")), 0);
	tree = tree_new();
	tree_text(tree, "/etc/a", 0600, "a");
	tree_text(tree, "/etc/x", 0600, "x");
	err = refused(s, tree);
	assert_int_equal(err.code, ERR_HOST);
	assert_contains(err.msg, "/etc/x: a symbolic link");
	assert_contains(err.next, "/etc/x");
	assert_file(s, "/victim", "untouched", 0600);
	assert_gone(s, "/etc/a"); /* nothing of the tree */
	tree_free(TAKE(tree));

	tree = tree_new();
	scratch_mkdir(s, "/etc/d");
	tree_text(tree, "/etc/d", 0600, "x");
	err = refused(s, tree);
	assert_contains(err.msg, "/etc/d: a directory");
	tree_free(TAKE(tree));

	tree = tree_new();
	tree_dir(tree, "/victim", 0700);
	err = refused(s, tree);
	assert_contains(err.msg, "/victim: a file");
	tree_free(TAKE(tree));

	tree = tree_new();
	tree_link(tree, "/victim", "x");
	err = refused(s, tree);
	assert_contains(err.msg, "/victim: a file");
	tree_free(TAKE(tree));

	tree = tree_new();
	tree_text(tree, "/victim/below", 0600, "x");
	err = refused(s, tree);
	assert_contains(err.msg, "Not a directory");
	assert_file(s, "/victim", "untouched", 0600);
	assert_clean(s);
}

static void no_link_leads_a_write_out_of_the_root(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(free) char *root = xasprintf("%s/root", s->dir);
	struct scratch inner = { .fs = NULL };
	struct err err = ERR_INIT;

	scratch_mkdir(s, "/root");
	scratch_mkdir(s, "/outside");
	assert_int_equal(fs_open(root, &inner.fs, &err), 0);
	assert_int_equal(symlink("../outside", scratch_path(s, "/root/up")), 0);
	assert_int_equal(symlink(scratch_path(s, "/outside"), scratch_path(s, "/root/abs")), 0);
	tree_text(tree, "/up/x", 0600, "x");
	err = refused(&inner, tree);
	assert_contains(err.msg, "/up");
	tree_absent(tree, "/up/x");
	tree_text(tree, "/abs/x", 0600, "x");
	err = refused(&inner, tree);
	assert_gone(s, "/outside/x");
	fs_close(inner.fs);
}

static void a_linked_parent_inside_the_root_is_fine(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();

	scratch_mkdir(s, "/var");
	scratch_mkdir(s, "/var/opt");
	assert_int_equal(symlink("/var/opt", scratch_path(s, "/opt")), 0);
	tree_text(tree, "/opt/cni/bin/x", 0755, "x");
	tree_dir(tree, "/opt", 0755);
	commit_once(s, tree);
	assert_file(s, "/var/opt/cni/bin/x", "x", 0755);
}

static void the_original_is_kept_once_and_comes_back(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct commit *c;
	AUTO(free) char *saved = NULL;

	scratch_write(s, "/config", "theirs", 0604);
	tree_file(tree, "/config", 0640, "v1", 2, ENTRY_SHARED, NULL);
	tree_file(tree, "/ours", 0640, "v1", 2, ENTRY_SHARED, NULL);
	commit_once(s, tree);
	tree_file(tree, "/config", 0640, "v2", 2, ENTRY_SHARED, NULL);
	tree_file(tree, "/ours", 0640, "v2", 2, ENTRY_SHARED, NULL);
	commit_once(s, tree);
	c = open_commit(s);
	saved = xstrdup(note(c, "/config", "saved"));
	assert_null(note(c, "/ours", "saved"));
	commit_close(c);
	assert_non_null(saved);
	assert_file(s, saved, "theirs", 0604);
	tree_absent(tree, "/config");
	tree_absent(tree, "/ours");
	commit_once(s, tree);
	assert_file(s, "/config", "theirs", 0604);
	assert_gone(s, saved);
	assert_gone(s, "/ours");
}

static void the_journal_notes_what_was_made_and_only_that(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct commit *c;

	scratch_mkdir(s, "/etc");
	scratch_write(s, "/etc/theirs", "same", 0600);
	tree_set_phase(tree, "certs");
	tree_text(tree, "/etc/theirs", 0600, "same");
	tree_text(tree, "/etc/k/x", 0600, "x");
	commit_once(s, tree);
	c = open_commit(s);
	assert_int_equal(json_object_size(commit_journal(c)), 2);
	assert_string_equal(note(c, "/etc/k", "kind"), "dir");
	assert_string_equal(note(c, "/etc/k/x", "kind"), "file");
	assert_string_equal(note(c, "/etc/k/x", "phase"), "certs");
	assert_string_equal(note(c, "/etc/k/x", "sha256"),
			    "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
	commit_close(c);
}

static void only_our_own_empty_directories_are_removed(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct commit_count n;

	scratch_mkdir(s, "/theirs");
	scratch_mkdir(s, "/theirs/empty");
	tree_text(tree, "/ours/a/x", 0600, "x");
	tree_text(tree, "/ours/b/y", 0600, "y");
	commit_once(s, tree);
	scratch_write(s, "/ours/b/foreign", "keep", 0600);
	tree_absent(tree, "/ours");
	tree_absent(tree, "/ours/a");
	tree_absent(tree, "/ours/a/x");
	tree_absent(tree, "/ours/b");
	tree_absent(tree, "/ours/b/y");
	tree_absent(tree, "/theirs/empty");
	tree_absent(tree, "/never/was");
	n = commit_once(s, tree);
	assert_int_equal(n.removed, 3);
	assert_gone(s, "/ours/a");
	assert_gone(s, "/ours/b/y");
	assert_file(s, "/ours/b/foreign", "keep", 0600);
	assert_int_equal(access(scratch_path(s, "/theirs/empty"), F_OK), 0);
}

static void a_second_run_waits_for_the_lock_and_then_says_whose_it_is(void **state)
{
	const struct scratch *s = *state;
	AUTO(commit) struct commit *first = open_commit(s);
	struct commit *second = NULL;
	struct err err = ERR_INIT;
	char pid[32];

	(void)snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	assert_int_equal(commit_open(s->fs, 0, &second, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_contains(err.msg, pid);
}

static void damaged_records_are_refused_and_not_obeyed(void **state)
{
	static const char *const evil[] = {
		"x\n",
		"{}\n",
		"[{\"op\":\"put\",\"dir\":\"/\",\"name\":\"a\"}]\ncommit\n",
		"[{\"op\":\"put\",\"dir\":\"/\",\"name\":\"a\",\"temp\":\"victim\"}]\n",
		"[{\"op\":\"put\",\"dir\":\"/\",\"name\":\"../a\",\"temp\":\".kstrap-1\"}]\n",
		"[{\"op\":\"erase\",\"dir\":\"/\",\"name\":\"victim\"}]\ncommit\n",
	};
	const struct scratch *s = *state;

	commit_close(open_commit(s));
	scratch_write(s, "/victim", "untouched", 0600);
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		struct err err = ERR_INIT;
		struct commit *c;

		scratch_write(s, "/var/lib/kstrap/pending", evil[i], 0600);
		assert_int_equal(commit_open(s->fs, 0, &c, &err), -1);
		assert_contains(err.msg, "damaged");
		assert_contains(err.next, "move that file away");
		assert_file(s, "/victim", "untouched", 0600);
	}
	/* one that was cut off in the middle is of a run that had staged nothing yet */
	scratch_write(s, "/var/lib/kstrap/pending", "[{\"op\":\"pu", 0600);
	commit_close(open_commit(s));
	assert_gone(s, "/var/lib/kstrap/pending");
}

static void what_a_killed_run_staged_is_finished_or_taken_back(void **state)
{
	static const char record[] =
		"[{\"op\":\"put\",\"dir\":\"/etc\",\"name\":\"x\",\"temp\":\".kstrap-1\"},"
		"{\"op\":\"put\",\"dir\":\"/etc\",\"name\":\"d\",\"temp\":\".kstrap-2\"}]\n";
	const struct scratch *s = *state;
	AUTO(free) char *marked = xasprintf("%scommit\n", record);

	commit_close(open_commit(s));
	scratch_mkdir(s, "/etc");
	for (int commit = 0; commit < 2; commit++) {
		scratch_write(s, "/etc/x", "old", 0600);
		scratch_write(s, "/etc/.kstrap-1", "new", 0600);
		scratch_mkdir(s, "/etc/.kstrap-2");
		scratch_mkdir(s, "/etc/.kstrap-2/sub");
		scratch_write(s, "/etc/.kstrap-2/sub/y", "y", 0600);
		scratch_write(s, "/var/lib/kstrap/pending", commit ? marked : record, 0600);
		if (commit) { /* somebody made that directory meanwhile */
			scratch_mkdir(s, "/etc/d");
			scratch_mkdir(s, "/etc/d/sub");
			scratch_write(s, "/etc/d/sub/z", "z", 0600);
		}
		commit_close(open_commit(s));
		assert_clean(s);
		assert_file(s, "/etc/x", commit ? "new" : "old", 0600);
		if (!commit)
			assert_gone(s, "/etc/d");
	}
	assert_file(s, "/etc/d/sub/y", "y", 0600);
	assert_file(s, "/etc/d/sub/z", "z", 0600);
}

static void expect(bool holds, const char *what, const char *msg)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, msg);
	_exit(1);
}

/* Mounts a small file system of its own for a child, or skips where that is not allowed. */
static void on_small_disk(struct scratch *s, void (*what)(struct scratch *))
{
	struct err err = ERR_INIT;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		scratch_mkdir(s, "/disk");
		if (mount("none", scratch_path(s, "/disk"), "tmpfs", 0, "size=256k") < 0)
			_exit(77);
		/* the old root's descriptor belongs to the mounts of before */
		expect(fs_open(s->dir, &s->fs, &err) == 0, "open", err.msg);
		what(s);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void fill_disk(struct scratch *s)
{
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(free) char *big = xcalloc(1, 400000);
	struct err err = ERR_INIT;
	struct commit *c;
	struct stat st;

	expect(commit_open(s->fs, 0, &c, &err) == 0, "open", err.msg);
	tree_text(tree, "/disk/small", 0600, "x");
	tree_file(tree, "/disk/sub/big", 0600, big, 400000, 0, NULL);
	expect(commit_tree(c, tree, NULL, NULL, NULL, &err) == -1, "a full disk",
	       "was not noticed");
	expect(err.code == ERR_HOST && strstr(err.msg, "/disk is full, ") &&
		       strstr(err.msg, "KiB more are needed") && strstr(err.next, "df -h"),
	       "message", err.msg);
	expect(lstat(scratch_path(s, "/disk/small"), &st) < 0, "small", "was renamed");
	expect(lstat(scratch_path(s, "/disk/sub"), &st) < 0, "sub", "was renamed");
	found_temp = 0;
	(void)nftw(s->dir, look_for_temp, 16, FTW_PHYS);
	expect(found_temp == 0, "staged files", "were left");
	commit_close(c);
	tree_free(TAKE(tree));
}

static void a_full_disk_says_how_much_is_missing_and_where(void **state)
{
	on_small_disk(*state, fill_disk);
}

static void write_read_only(struct scratch *s)
{
	AUTO(tree) struct tree *tree = tree_new();
	struct err err = ERR_INIT;
	struct commit *c;

	expect(mount(NULL, scratch_path(s, "/disk"), NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0,
	       "remount", strerror(errno));
	expect(commit_open(s->fs, 0, &c, &err) == 0, "open", err.msg);
	tree_text(tree, "/disk/x", 0600, "x");
	tree_text(tree, "/etc/x", 0600, "x");
	expect(commit_tree(c, tree, NULL, NULL, NULL, &err) == -1, "commit", "went through");
	expect(err.code == ERR_HOST && strstr(err.msg, "/disk/x: Read-only file system") &&
		       err.next[0],
	       "message", err.msg);
	expect(!fs_exists(s->fs, "/etc"), "/etc", "was made");
	commit_close(c);
	tree_free(TAKE(tree));
	/* Nothing was staged there, so nothing is left to be taken back before the next run. */
	expect(commit_open(s->fs, 0, &c, &err) == 0, "the next run", err.msg);
	commit_close(c);
}

static void a_read_only_place_is_named_and_keeps_no_later_run_from_another(void **state)
{
	on_small_disk(*state, write_read_only);
}

static void a_handout_is_private_and_new_each_time(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;
	AUTO(free) char *a = NULL;
	AUTO(free) char *b = NULL;

	assert_int_equal(commit_handout(s->fs, "kstrap-join.", "line\n", &a, &err), 0);
	assert_int_equal(commit_handout(s->fs, "kstrap-join.", "line\n", &b, &err), 0);
	assert_true(str_starts(a, "/run/kstrap-join."));
	assert_string_not_equal(a, b);
	assert_file(s, a, "line\n", 0600);
}

/* The file would lie elsewhere than the message says. */
static void a_handout_has_a_name_and_no_path(void **state)
{
	const struct scratch *s = *state;
	static const char *const bad[] = { "/run/kstrap/join-", "kstrap/join-", "../join-" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		char *path = NULL;

		assert_int_equal(commit_handout(s->fs, bad[i], "line\n", &path, &err), -1);
		assert_int_equal(err.code, ERR_BUG);
		assert_null(path);
	}
}

static struct err result_refused(const char *path)
{
	struct err err = ERR_INIT;

	assert_int_equal(commit_result(path, 0600, "new", &err), -1);
	assert_int_equal(err.code, ERR_HOST);
	assert_true(err.next[0]);
	return err;
}

static void a_named_result_is_the_old_file_or_the_new_one(void **state)
{
	const struct scratch *s = *state;
	struct err err = ERR_INIT;
	const mode_t mask = umask(0);

	assert_int_equal(commit_result(scratch_path(s, "/new.yaml"), 0600, "new", &err), 0);
	assert_file(s, "/new.yaml", "new", 0600);
	scratch_write(s, "/old.yaml", "something older and longer", 0644);
	assert_int_equal(commit_result(scratch_path(s, "/old.yaml"), 0600, "new", &err), 0);
	assert_file(s, "/old.yaml", "new", 0600);
	assert_gone(s, "/var"); /* no journal, no lock */
	assert_clean(s);
	umask(mask);
}

static void a_named_result_takes_the_place_of_files_only(void **state)
{
	const struct scratch *s = *state;
	AUTO(free) char *here = getcwd(NULL, 0);
	struct err err = ERR_INIT;

	scratch_write(s, "/victim", "untouched", 0600);
	assert_int_equal(symlink("victim", scratch_path(s, "/link")), 0);
	err = result_refused(scratch_path(s, "/link"));
	assert_contains(err.msg, "is no file");
	assert_file(s, "/victim", "untouched", 0600);
	scratch_mkdir(s, "/dir");
	err = result_refused(scratch_path(s, "/dir"));
	err = result_refused(scratch_path(s, "/none/x"));
	assert_contains(err.msg, "No such file");
	err = result_refused(scratch_path(s, "/dir/"));
	assert_clean(s);

	assert_int_equal(chdir(s->dir), 0);
	assert_int_equal(commit_result("plain", 0640, "x", &err), 0);
	assert_int_equal(commit_result("dir/below", 0640, "x", &err), 0);
	assert_int_equal(chdir(here), 0);
	assert_file(s, "/plain", "x", 0640);
	assert_file(s, "/dir/below", "x", 0640);
	assert_clean(s);
}

#define SUM_B "627412b367fcb7e9f0d83c6af0eaae2bbb34704b2541a1cdaa373957467330b8"
/* Larger than any piece that it is copied in, and not a multiple of one. */
#define PROGRAM_SIZE ((size_t)(3 << 20) + 77)

static void write_program(const struct scratch *s, const char *path, char last)
{
	AUTO(free) char *data = xcalloc(1, PROGRAM_SIZE + 1);

	memset(data, 'p', PROGRAM_SIZE);
	data[PROGRAM_SIZE - 1] = last;
	scratch_write(s, path, data, 0755);
}

static void assert_program(const struct scratch *s, const char *path, char last)
{
	AUTO(free) char *data = NULL;
	struct err err = ERR_INIT;
	struct stat st;
	size_t len;

	assert_int_equal(fs_read(s->fs, path, PROGRAM_SIZE, &data, &len, &err), 0);
	assert_int_equal(len, PROGRAM_SIZE);
	assert_int_equal(data[0], 'p');
	assert_int_equal(data[len - 1], last);
	assert_int_equal(lstat(scratch_path(s, path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void copy_from(const struct scratch *s, struct tree *tree, const char *path, const char *source)
{
	AUTO(fd) int fd = open(scratch_path(s, source), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	tree_copy(tree, path, 0755, fd, source);
}

static void a_copy_holds_what_its_source_holds(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	AUTO(commit) struct commit *c = NULL;
	struct commit_count n;

	write_program(s, "/bridge", 'a');
	copy_from(s, tree, "/var/lib/cni/bin/bridge", "/bridge");
	n = commit_once(s, tree);
	assert_int_equal(n.made, 1);
	assert_program(s, "/var/lib/cni/bin/bridge", 'a');
	n = commit_once(s, tree);
	assert_int_equal(n.made + n.changed, 0);
	assert_int_equal(n.kept, 1);

	/* the image brings another one of the same size */
	write_program(s, "/bridge", 'b');
	n = commit_once(s, tree);
	assert_int_equal(n.changed, 1);
	assert_program(s, "/var/lib/cni/bin/bridge", 'b');

	c = open_commit(s);
	assert_string_equal(note(c, "/var/lib/cni/bin/bridge", "kind"), "file");
	assert_string_equal(note(c, "/var/lib/cni/bin/bridge", "sha256"), SUM_B);
	assert_clean(s);
}

static void a_copy_that_cannot_be_read_changes_nothing(void **state)
{
	const struct scratch *s = *state;
	AUTO(tree) struct tree *tree = tree_new();
	struct err err;

	scratch_mkdir(s, "/dir");
	copy_from(s, tree, "/bin/bridge", "/dir");
	tree_text(tree, "/etc/other", 0644, "x");
	err = refused(s, tree);
	assert_contains(err.msg, "/dir");
	assert_gone(s, "/bin");
	assert_gone(s, "/etc");
	assert_clean(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
		T(a_tree_becomes_files),
		T(a_copy_holds_what_its_source_holds),
		T(a_copy_that_cannot_be_read_changes_nothing),
		T(a_second_run_changes_nothing),
		T(content_mode_and_target_are_each_a_change),
		T(a_plan_says_the_same_and_touches_nothing),
		T(what_is_in_the_way_is_named_and_left_alone),
		T(no_link_leads_a_write_out_of_the_root),
		T(a_linked_parent_inside_the_root_is_fine),
		T(the_original_is_kept_once_and_comes_back),
		T(the_journal_notes_what_was_made_and_only_that),
		T(only_our_own_empty_directories_are_removed),
		T(a_second_run_waits_for_the_lock_and_then_says_whose_it_is),
		T(damaged_records_are_refused_and_not_obeyed),
		T(what_a_killed_run_staged_is_finished_or_taken_back),
		T(a_full_disk_says_how_much_is_missing_and_where),
		T(a_read_only_place_is_named_and_keeps_no_later_run_from_another),
		T(a_handout_is_private_and_new_each_time),
		T(a_handout_has_a_name_and_no_path),
		T(a_named_result_is_the_old_file_or_the_new_one),
		T(a_named_result_takes_the_place_of_files_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
