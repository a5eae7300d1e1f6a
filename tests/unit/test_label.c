/* Labels, with a policy of a few rows in libselinux's place: what the kernel and the policy really
 * say is tests/labels/run's to show. */
#include "tests/unit/base_help.h"

#include "base/commit.h"
#include "base/label.h"
#include "base/library.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#define LABEL(type) "system_u:object_r:" type ":s0"

enum { ASKED_MAX = 200 };

static struct {
	bool absent;		/* there is no libselinux */
	bool spc;		/* the kernel's policy knows the type */
	char asked[ASKED_MAX][128]; /* paths that were looked up */
	size_t n;
	char next[4096]; /* what setfscreatecon was told, one after the other */
} fake;

static void *fake_open(unsigned backend, const void *options, unsigned n)
{
	(void)backend, (void)options, (void)n;
	return &fake;
}

static void fake_close(void *handle)
{
	(void)handle;
}

/* The longest beginning that fits, as in a real policy. */
static int fake_lookup(void *handle, char **ret, const char *path, int mode)
{
	static const struct {
		const char *path, *label;
	} rows[] = {
		{ "/var/lib/none", NULL },
		{ "/var/lib/link", LABEL("lnk_t") },
		{ "/var/lib", LABEL("var_lib_t") },
		{ "/var/opt", LABEL("var_t") },
		{ "/var", LABEL("var_t") },
		{ "/etc/kubernetes", LABEL("kubernetes_file_t") },
		{ "/", LABEL("default_t") },
	};

	assert_ptr_equal(handle, &fake);
	assert_true(mode & S_IFMT);
	assert_true(fake.n < ASKED_MAX);
	(void)snprintf(fake.asked[fake.n++], sizeof(fake.asked[0]), "%s", path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strncmp(path, rows[i].path, strlen(rows[i].path)) != 0)
			continue;
		*ret = xstrdup(rows[i].label);
		errno = ENOENT;
		return rows[i].label ? 0 : -1;
	}
	return -1;
}

static int fake_next(const char *label)
{
	const size_t len = strlen(fake.next);

	(void)snprintf(fake.next + len, sizeof(fake.next) - len, "%s;", label ? label : "-");
	return 0;
}

static int fake_check(const char *label)
{
	return fake.spc && strcmp(label, "system_u:system_r:spc_t:s0") == 0 ? 0 : -1;
}

int __wrap_library_open(const char *soname, const char *names, void *ret, const char *package,
			struct err *err);

int __wrap_library_open(const char *soname, const char *names, void *ret, const char *package,
			struct err *err)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} calls[] = {
		{ "selabel_open", (void (*)(void))fake_open },
		{ "selabel_lookup_raw", (void (*)(void))fake_lookup },
		{ "selabel_close", (void (*)(void))fake_close },
		{ "freecon", (void (*)(void))free },
		{ "setfscreatecon_raw", (void (*)(void))fake_next },
		{ "security_check_context_raw", (void (*)(void))fake_check },
	};
	char *to = ret;

	(void)package;
	assert_string_equal(soname, "libselinux.so.1");
	if (fake.absent)
		return err_set(err, ERR_NOT_FOUND, "libselinux.so.1 is not there");
	for (size_t len; *names; names += len + strspn(names + len, " ")) {
		size_t i = 0;

		len = strcspn(names, " ");
		while (strncmp(calls[i].name, names, len) != 0 || calls[i].name[len])
			assert_true(++i < sizeof(calls) / sizeof(*calls));
		memcpy(to, &calls[i].call, sizeof(calls[i].call));
		to += sizeof(calls[i].call);
	}
	return 0;
}

/* A tree with SELinux and a policy; commits below it are fs's, opened anew. */
static int setup(void **state)
{
	static const char *const dirs[] = { "/etc", "/etc/selinux", "/etc/selinux/mine",
					    "/etc/selinux/mine/contexts",
					    "/etc/selinux/mine/contexts/files", "/var", "/var/opt" };
	struct scratch *s;

	memset(&fake, 0, sizeof(fake));
	if (scratch_setup(state) < 0)
		return -1;
	s = *state;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		scratch_mkdir(s, dirs[i]);
	scratch_write(s, "/etc/selinux/config",
		      "# SELINUX=disabled\nSELINUX=enforcing\nSELINUXTYPE=mine\n", 0644);
	scratch_write(s, "/etc/selinux/mine/contexts/files/file_contexts", "/.* " LABEL("x_t") "\n",
		      0644);
	scratch_write(s, "/etc/selinux/mine/contexts/customizable_types", "chosen_t\nother_t\n",
		      0644);
	return 0;
}

static bool may_label(const struct scratch *s)
{
	const char *path = scratch_path(s, "/var");

	return setxattr(path, LABEL_ATTRIBUTE, "x", 2, 0) == 0 &&
	       removexattr(path, LABEL_ATTRIBUTE) == 0;
}

static void set_label(const struct scratch *s, const char *path, const char *label)
{
	assert_int_equal(lsetxattr(scratch_path(s, path), LABEL_ATTRIBUTE, label,
				   strlen(label) + 1, 0),
			 0);
}

static void assert_label(const struct scratch *s, const char *path, const char *label)
{
	char have[256] = "";

	if (lgetxattr(scratch_path(s, path), LABEL_ATTRIBUTE, have, sizeof(have) - 1) < 0 &&
	    errno != ENODATA)
		fail_msg("%s: %s", path, strerror(errno));
	if (strcmp(have, label) != 0)
		fail_msg("%s has the label \"%s\", not \"%s\"", path, have, label);
}

static struct commit_count commit_it(struct scratch *s, const struct tree *tree)
{
	struct commit_count count = { 0, 0, 0, 0 };
	struct err err = ERR_INIT;
	struct commit *c;

	if (commit_open(s->fs, 0, &c, &err) < 0 ||
	    commit_tree(c, tree, NULL, NULL, &count, &err) < 0)
		fail_msg("%s", err.msg);
	commit_close(c);
	return count;
}

static struct tree *some_tree(void)
{
	struct tree *tree = tree_new();
	AUTO(fd) int fd = memfd_create("copy", MFD_CLOEXEC);

	assert_int_equal(write(fd, "copy", 4), 4);
	tree_dir(tree, "/etc/kubernetes/pki", 0755);
	tree_file(tree, "/etc/kubernetes/pki/ca.key", 0600, "key", 3, 0, NULL);
	tree_text(tree, "/var/lib/kubelet/config.yaml", 0644, "config");
	tree_copy(tree, "/var/lib/copy", 0755, fd, "copy");
	tree_link(tree, "/var/lib/link", "/nowhere");
	return tree;
}

static void assert_labels(const struct scratch *s)
{
	assert_label(s, "/etc/kubernetes", LABEL("kubernetes_file_t"));
	assert_label(s, "/etc/kubernetes/pki", LABEL("kubernetes_file_t"));
	assert_label(s, "/etc/kubernetes/pki/ca.key", LABEL("kubernetes_file_t"));
	assert_label(s, "/var/lib/kubelet", LABEL("var_lib_t"));
	assert_label(s, "/var/lib/kubelet/config.yaml", LABEL("var_lib_t"));
	assert_label(s, "/var/lib/copy", LABEL("var_lib_t"));
	assert_label(s, "/var/lib/link", LABEL("lnk_t"));
	assert_label(s, "/var/lib/kstrap", LABEL("var_lib_t"));
	assert_label(s, "/var/lib/kstrap/journal.json", LABEL("var_lib_t"));
	assert_label(s, "/var/lib/kstrap/lock", LABEL("var_lib_t"));
}

static void what_is_made_below_a_root_gets_the_labels_of_its_final_paths(void **state)
{
	AUTO(tree) struct tree *tree = some_tree();
	struct scratch *s = *state;

	if (!may_label(s))
		skip();
	assert_true(commit_it(s, tree).made > 0);
	assert_labels(s);
	assert_label(s, "/etc", ""); /* not ours */
	assert_string_equal(fake.next, "");
	for (size_t i = 0; i < fake.n; i++)
		if (strstr(fake.asked[i], ".kstrap-") || strstr(fake.asked[i], s->dir))
			fail_msg("the policy was asked for %s", fake.asked[i]);
}

static void a_second_commit_changes_no_label_and_no_file(void **state)
{
	AUTO(tree) struct tree *tree = some_tree();
	struct scratch *s = *state;
	struct commit_count count;

	if (!may_label(s))
		skip();
	(void)commit_it(s, tree);
	count = commit_it(s, tree);
	assert_int_equal(count.made + count.changed + count.removed, 0);
}

static void labels_that_are_wrong_or_missing_are_mended_like_modes(void **state)
{
	AUTO(tree) struct tree *tree = some_tree();
	struct scratch *s = *state;

	if (!may_label(s))
		skip();
	(void)commit_it(s, tree);
	set_label(s, "/etc/kubernetes/pki/ca.key", LABEL("tmp_t"));
	set_label(s, "/etc/kubernetes/pki", LABEL("tmp_t"));
	set_label(s, "/var/lib/link", LABEL("tmp_t"));
	set_label(s, "/var/lib/kstrap/lock", LABEL("tmp_t"));
	assert_int_equal(removexattr(scratch_path(s, "/var/lib/copy"), LABEL_ATTRIBUTE), 0);
	assert_int_equal(commit_it(s, tree).changed, 4);
	assert_labels(s);
}

static void labels_that_somebody_chose_stay(void **state)
{
	AUTO(tree) struct tree *tree = some_tree();
	struct scratch *s = *state;

	if (!may_label(s))
		skip();
	(void)commit_it(s, tree);
	set_label(s, "/etc/kubernetes/pki", LABEL("chosen_t"));
	set_label(s, "/etc/kubernetes/pki/ca.key", LABEL("other_t"));
	set_label(s, "/var/lib/copy", "staff_u:object_r:var_lib_t:s0:c1"); /* the same type */
	assert_int_equal(commit_it(s, tree).changed, 0);
	assert_label(s, "/etc/kubernetes/pki", LABEL("chosen_t"));
	assert_label(s, "/etc/kubernetes/pki/ca.key", LABEL("other_t"));
	assert_label(s, "/var/lib/copy", "staff_u:object_r:var_lib_t:s0:c1");
}

static void the_label_is_that_of_where_links_lead(void **state)
{
	AUTO(tree) struct tree *tree = tree_new();
	struct scratch *s = *state;

	if (!may_label(s))
		skip();
	assert_int_equal(symlink("/var/opt", scratch_path(s, "/opt")), 0);
	tree_text(tree, "/opt/cni/bin/ptp", 0755, "x");
	(void)commit_it(s, tree);
	assert_label(s, "/var/opt/cni", LABEL("var_t"));
	assert_label(s, "/var/opt/cni/bin/ptp", LABEL("var_t"));
	set_label(s, "/var/opt/cni/bin/ptp", LABEL("tmp_t"));
	assert_int_equal(commit_it(s, tree).changed, 1);
	assert_label(s, "/var/opt/cni/bin/ptp", LABEL("var_t"));
}

static void what_the_policy_leaves_alone_is_left_alone(void **state)
{
	AUTO(tree) struct tree *tree = tree_new();
	struct scratch *s = *state;

	if (!may_label(s))
		skip();
	tree_text(tree, "/var/lib/none", 0644, "x");
	(void)commit_it(s, tree);
	assert_label(s, "/var/lib/none", "");
	assert_int_equal(commit_it(s, tree).changed, 0);
}

static void without_selinux_nothing_is_opened_and_nothing_labelled(void **state)
{
	static const char *const texts[] = { "SELINUX=disabled\nSELINUXTYPE=mine\n", "nonsense", "" };
	struct scratch *s = *state;

	for (size_t i = 0; i < 3; i++) {
		AUTO(tree) struct tree *tree = some_tree();
		struct err err = ERR_INIT;

		scratch_write(s, "/etc/selinux/config", texts[i], 0644);
		fs_close(s->fs);
		assert_int_equal(fs_open(s->dir, &s->fs, &err), 0);
		assert_string_equal(label_mode(s->fs, false), "disabled");
		(void)commit_it(s, tree);
		assert_int_equal(label_how(s->fs), LABEL_NOT);
		assert_false(label_knows_spc(s->fs));
		assert_int_equal(fake.n, 0);
	}
	assert_label(s, "/etc/kubernetes/pki/ca.key", "");
}

static void a_root_whose_policy_cannot_be_asked_is_still_prepared(void **state)
{
	AUTO(tree) struct tree *tree = some_tree();
	struct scratch *s = *state;

	fake.absent = true;
	assert_true(commit_it(s, tree).made > 0);
	assert_int_equal(label_how(s->fs), LABEL_NOT);
	assert_file(s, "/etc/kubernetes/pki/ca.key", "key", 0600);
}

/* A FIFO would hold libselinux up for ever, a link would lead it out of the root. */
static void file_contexts_must_be_a_file(void **state)
{
	const char *const path = "/etc/selinux/mine/contexts/files/file_contexts";
	struct scratch *s = *state;
	struct err err = ERR_INIT;

	assert_int_equal(unlink(scratch_path(s, path)), 0);
	assert_int_equal(mkfifo(scratch_path(s, path), 0600), 0);
	assert_int_equal(label_how(s->fs), LABEL_NOT);
	fs_close(s->fs);
	assert_int_equal(fs_open(s->dir, &s->fs, &err), 0);
	assert_int_equal(unlink(scratch_path(s, path)), 0);
	assert_int_equal(symlink("/etc/passwd", scratch_path(s, path)), 0);
	assert_int_equal(label_how(s->fs), LABEL_NOT);
}

static void what_is_wrong_can_be_asked_by_path(void **state)
{
	AUTO(free) char *right = NULL;
	AUTO(free) char *wrong = NULL;
	AUTO(free) char *gone = NULL;
	struct scratch *s = *state;

	if (!may_label(s))
		skip();
	set_label(s, "/var/opt", LABEL("var_t"));
	set_label(s, "/var", LABEL("tmp_t"));
	right = label_wrong(s->fs, "/var/opt");
	wrong = label_wrong(s->fs, "/var");
	gone = label_wrong(s->fs, "/var/nothing");
	assert_null(right);
	assert_null(gone);
	assert_string_equal(wrong, LABEL("var_t"));
}

/* The scratch directory as the running host's root. */
static void as_host(struct scratch *s, int (*what)(struct scratch *s))
{
	int status = -1;
	struct err err = ERR_INIT;
	pid_t pid;

	scratch_mkdir(s, "/sys");
	scratch_mkdir(s, "/sys/fs");
	scratch_mkdir(s, "/sys/fs/selinux");
	scratch_write(s, "/sys/fs/selinux/enforce", "0", 0644);
	scratch_mkdir(s, "/proc");
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("/proc", scratch_path(s, "/proc"), NULL, MS_BIND | MS_REC, NULL) < 0 ||
		    chroot(s->dir) < 0 || chdir("/") < 0)
			_exit(77);
		if (fs_open("/", &s->fs, &err) < 0 || !fs_is_host(s->fs))
			_exit(78);
		_exit(what(s));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static int commit_as_host(struct scratch *s)
{
	static const char once[] = LABEL("kubernetes_file_t") ";-;";
	struct err err = ERR_INIT;
	struct tree *tree = tree_new();
	struct commit *c;
	char have[256];
	const char *at;

	if (strcmp(label_mode(s->fs, true), "permissive") != 0 || label_how(s->fs) != LABEL_BORN)
		return 1;
	if (label_knows_spc(s->fs))
		return 2;
	fake.spc = true;
	if (!label_knows_spc(s->fs))
		return 3;
	tree_text(tree, "/etc/kubernetes/a", 0600, "x");
	tree_link(tree, "/etc/kubernetes/b", "a");
	if (commit_open(s->fs, 0, &c, &err) < 0 ||
	    commit_tree(c, tree, NULL, NULL, NULL, &err) < 0)
		return 4;
	/* a directory, a file and a link, each told before it was made, and the telling taken back */
	at = strstr(fake.next, once);
	for (int i = 0; i < 3; i++, at += strlen(once))
		if (!at || strncmp(at, once, strlen(once)) != 0)
			return 5;
	if (strstr(fake.next, "s0;system_u") || !str_ends(fake.next, ";-;"))
		return 6;
	/* the kernel's part, which there is none of here, is not done for it */
	return lgetxattr("/etc/kubernetes/a", LABEL_ATTRIBUTE, have, sizeof(have)) >= 0 ? 7 : 0;
}

static void on_a_host_the_kernel_is_told_before_each_is_made_and_never_after(void **state)
{
	as_host(*state, commit_as_host);
}

static int without_library(struct scratch *s)
{
	struct err err = ERR_INIT;
	struct tree *tree = some_tree();
	struct commit *c;

	fake.absent = true;
	if (label_how(s->fs) != LABEL_RESTORED)
		return 1;
	if (commit_open(s->fs, 0, &c, &err) < 0 ||
	    commit_tree(c, tree, NULL, NULL, NULL, &err) < 0)
		return 2;
	return fs_exists(s->fs, "/etc/kubernetes/pki/ca.key") ? 0 : 3;
}

static void a_host_without_libselinux_and_restorecon_is_set_up_with_a_warning(void **state)
{
	as_host(*state, without_library);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_made_below_a_root_gets_the_labels_of_its_final_paths),
		T(a_second_commit_changes_no_label_and_no_file),
		T(labels_that_are_wrong_or_missing_are_mended_like_modes),
		T(labels_that_somebody_chose_stay),
		T(the_label_is_that_of_where_links_lead),
		T(what_the_policy_leaves_alone_is_left_alone),
		T(without_selinux_nothing_is_opened_and_nothing_labelled),
		T(a_root_whose_policy_cannot_be_asked_is_still_prepared),
		T(file_contexts_must_be_a_file),
		T(what_is_wrong_can_be_asked_by_path),
		T(on_a_host_the_kernel_is_told_before_each_is_made_and_never_after),
		T(a_host_without_libselinux_and_restorecon_is_set_up_with_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
