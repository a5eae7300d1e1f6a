#include "base_help.h"

#include "phases/layout.h"

static struct err err;

static void make(const struct scratch *s, const char *path)
{
	AUTO(free) char *copy = xstrdup(scratch_path(s, path));

	for (char *c = copy + strlen(s->dir) + 1; *c; c++)
		if (*c == '/') {
			*c = '\0';
			assert_true(mkdir(copy, 0755) == 0 || errno == EEXIST);
			*c = '/';
		}
	assert_true(mkdir(copy, 0755) == 0 || errno == EEXIST);
}

static void make_above(const struct scratch *s, const char *path)
{
	AUTO(free) char *dir = path_dir(path);

	make(s, dir);
}

static void put(const struct scratch *s, const char *path, const char *text)
{
	make_above(s, path);
	scratch_write(s, path, text, 0644);
}

static void point(const struct scratch *s, const char *path, const char *to)
{
	make_above(s, path);
	assert_int_equal(symlink(to, scratch_path(s, path)), 0);
}

static struct layout probe(const struct scratch *s, bool live)
{
	struct layout layout;

	memset(&err, 0, sizeof(err));
	if (layout_probe(s->fs, live, &layout, &err) < 0)
		fail_msg("%s", err.msg);
	return layout;
}

#define ROOT_RO "20 1 0:31 / / ro,relatime - overlay composefs ro,lowerdir=/run/a::/sysroot/o\n"
#define VAR	"21 20 8:3 /ostree/deploy/os/var /var rw - xfs /dev/vda3 rw\n"

static void a_link_into_var_is_told_before_its_end_is_made(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo", ROOT_RO VAR);
	put(s, "/run/ostree-booted", "");
	make(s, "/usr");
	make(s, "/var/usrlocal");
	point(s, "/opt", "var/opt");
	point(s, "/usr/local", "../var/usrlocal");
	layout = probe(s, true);
	assert_true(layout.ostree);
	assert_true(layout.usr_read_only);
	assert_int_equal(layout.opt, PLACE_VAR);
	assert_int_equal(layout.usr_local, PLACE_VAR);
}

static void a_directory_of_the_image_is_read_only(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo", ROOT_RO VAR);
	make(s, "/usr/local");
	make(s, "/opt");
	layout = probe(s, true);
	assert_false(layout.ostree);
	assert_true(layout.usr_read_only);
	assert_int_equal(layout.opt, PLACE_IMAGE);
	assert_int_equal(layout.usr_local, PLACE_IMAGE);
}

static void a_state_overlay_is_known_by_its_upper_directory(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo",
	    ROOT_RO VAR
	    "30 20 0:50 / /usr/lib/opt rw - overlay overlay rw,lowerdir=/usr/lib/opt,"
	    "upperdir=/var/ostree/state-overlays/usr-lib-opt/upper,workdir=/var/ostree/w\n"
	    "31 20 0:51 / /usr/local rw - overlay overlay rw,lowerdir=/usr/local,"
	    "upperdir=/var/ostree/state-overlays/usr-local/upper,workdir=/var/ostree/w\n");
	make(s, "/usr/lib/opt");
	make(s, "/usr/local");
	point(s, "/opt", "usr/lib/opt");
	layout = probe(s, true);
	assert_true(layout.usr_read_only);
	assert_int_equal(layout.opt, PLACE_OVERLAY);
	assert_int_equal(layout.usr_local, PLACE_OVERLAY);
}

static void a_link_into_the_image_without_its_overlay_is_read_only(void **state)
{
	const struct scratch *s = *state;

	put(s, "/proc/self/mountinfo", ROOT_RO VAR);
	make(s, "/usr/lib/opt");
	point(s, "/opt", "usr/lib/opt");
	assert_int_equal(probe(s, true).opt, PLACE_IMAGE);
	assert_int_equal(probe(s, true).usr_local, PLACE_NONE);
}

static void a_transient_root_does_not_last(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo",
	    "20 1 0:31 / / rw - overlay composefs rw,lowerdir=/run/ostree/.private/cfsroot-lower,"
	    "upperdir=/run/ostree/.private/root/upper,workdir=/run/ostree/.private/root/work\n"
	    "22 20 0:31 /usr /usr ro - overlay composefs rw,upperdir=/run/ostree/.private/u\n" VAR);
	make(s, "/usr");
	make(s, "/opt");
	layout = probe(s, true);
	assert_true(layout.usr_read_only);
	assert_int_equal(layout.opt, PLACE_TRANSIENT);
	/* Without an upper directory of its own a root in memory is none the better. */
	put(s, "/proc/self/mountinfo", "20 1 0:31 / / rw - tmpfs rootfs rw\n");
	assert_int_equal(probe(s, true).opt, PLACE_TRANSIENT);
}

static void an_ordinary_host_is_writable(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo", "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	make(s, "/usr/local");
	make(s, "/opt");
	layout = probe(s, true);
	assert_false(layout.usr_read_only);
	assert_false(layout.sysext);
	assert_int_equal(layout.opt, PLACE_WRITABLE);
	assert_int_equal(layout.usr_local, PLACE_WRITABLE);
	/* A container's root is an overlay as well; how long it lasts is the container's affair. */
	put(s, "/proc/self/mountinfo",
	    "20 1 0:31 / / rw - overlay overlay rw,upperdir=/var/lib/containers/x/diff\n");
	assert_int_equal(probe(s, true).opt, PLACE_WRITABLE);
}

static void extensions_make_usr_and_opt_read_only_while_they_are_merged(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo",
	    "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	    "21 20 0:40 / /usr/local rw - tmpfs tmpfs rw\n"
	    "22 20 0:41 / /usr ro,nodev - overlay sysext ro,lowerdir=/run/systemd/sysext/meta/usr\n"
	    "23 20 0:42 / /var/opt ro,nodev - overlay sysext ro,lowerdir=/run/systemd/sysext/meta\n");
	make(s, "/usr/local");
	make(s, "/var/opt");
	point(s, "/opt", "/var/opt");
	layout = probe(s, true);
	assert_true(layout.sysext);
	assert_true(layout.usr_read_only);
	assert_int_equal(layout.usr_local, PLACE_IMAGE);
	assert_int_equal(layout.opt, PLACE_IMAGE);
}

static void a_tree_under_root_is_judged_by_what_is_in_it(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	/* The table of the machine that prepares an image is not about the image. */
	put(s, "/proc/self/mountinfo", ROOT_RO);
	make(s, "/usr/lib/opt");
	make(s, "/usr/local");
	point(s, "/opt", "usr/lib/opt");
	layout = probe(s, false);
	assert_false(layout.ostree);
	assert_int_equal(layout.opt, PLACE_WRITABLE);
	assert_int_equal(layout.usr_local, PLACE_WRITABLE);
	point(s, "/ostree", "sysroot/ostree");
	layout = probe(s, false);
	assert_true(layout.ostree);
	assert_true(layout.usr_read_only);
	assert_int_equal(layout.opt, PLACE_IMAGE);
	assert_int_equal(layout.usr_local, PLACE_IMAGE);
	point(s,
	      "/usr/lib/systemd/system/local-fs.target.requires/"
	      "ostree-state-overlay@usr-lib-opt.service",
	      "../ostree-state-overlay@.service");
	assert_int_equal(probe(s, false).opt, PLACE_OVERLAY);
	assert_int_equal(probe(s, false).usr_local, PLACE_IMAGE);
	put(s, "/usr/lib/ostree/prepare-root.conf",
	    "[composefs]\ntransient = false\n[root]\ntransient = true\n[etc]\ntransient=false\n");
	assert_int_equal(probe(s, false).usr_local, PLACE_TRANSIENT);
	put(s, "/etc/ostree/prepare-root.conf", "# not [root]\n[etc]\ntransient = true\n");
	assert_int_equal(probe(s, false).usr_local, PLACE_IMAGE);
	put(s, "/etc/ostree/prepare-root.conf", "[root]\n transient-ro=1\n transient\t= true\n[etc]\n");
	assert_int_equal(probe(s, false).usr_local, PLACE_TRANSIENT);
	make(s, "/var");
	assert_int_equal(unlink(scratch_path(s, "/opt")), 0);
	point(s, "/opt", "var/opt");
	assert_int_equal(probe(s, false).opt, PLACE_VAR);
}

static void selinux_is_asked_of_the_kernel_or_of_the_tree(void **state)
{
	const struct scratch *s = *state;

	assert_int_equal(probe(s, true).selinux, SELINUX_OFF);
	put(s, "/sys/fs/selinux/enforce", "1");
	put(s, "/etc/selinux/config", "# SELINUX=disabled\nSELINUX=permissive\nSELINUXTYPE=x\n");
	assert_int_equal(probe(s, true).selinux, SELINUX_ENFORCING);
	assert_int_equal(probe(s, false).selinux, SELINUX_PERMISSIVE);
	put(s, "/sys/fs/selinux/enforce", "0");
	assert_int_equal(probe(s, true).selinux, SELINUX_PERMISSIVE);
	put(s, "/etc/selinux/config", "SELINUX=enforcing\n");
	assert_int_equal(probe(s, false).selinux, SELINUX_ENFORCING);
	put(s, "/etc/selinux/config", "SELINUX=disabled\n");
	assert_int_equal(probe(s, false).selinux, SELINUX_OFF);
}

static void what_the_next_boot_changes_is_told(void **state)
{
	const struct scratch *s = *state;
	struct layout layout = probe(s, true);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	assert_false(layout.staged || layout.locked || layout.busy);
	put(s, "/run/ostree/staged-deployment", "x");
	put(s, "/ostree/lock", "");
	layout = probe(s, true);
	assert_true(layout.staged);
	assert_false(layout.locked || layout.busy);
	put(s, "/run/ostree/staged-deployment-locked", "");
	AUTO(fd) int fd = open(scratch_path(s, "/ostree/lock"), O_RDWR | O_CLOEXEC);

	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	layout = probe(s, true);
	assert_true(layout.locked);
	assert_true(layout.busy);
	/* Another host's tree has no next boot of its own. */
	layout = probe(s, false);
	assert_false(layout.staged || layout.locked || layout.busy);
	lock.l_type = F_UNLCK;
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	assert_false(probe(s, true).busy);
}

#define A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.0"
#define B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.12"
#define OS "/ostree/deploy/os/deploy/"

static void entry(const struct scratch *s, const char *name, int version, const char *link)
{
	AUTO(free) char *path = xasprintf("/boot/loader/entries/%s", name);
	AUTO(free)
	char *text = xasprintf("title x (ostree:0)\nversion %d\noptions root=UUID=1 ostree=%s rw\n"
			       "linux /ostree/os-1/vmlinuz\n",
			       version, link);

	put(s, path, text);
}

static void a_next_boot_into_another_deployment_is_told(void **state)
{
	const struct scratch *s = *state;

	/* As composefs has it: the root tells nothing, /etc does. */
	put(s, "/proc/self/mountinfo",
	    ROOT_RO VAR "23 20 8:3 " OS A "/etc /etc rw - xfs /dev/vda3 rw\n");
	point(s, "/ostree", "sysroot/ostree");
	point(s, "/sysroot/ostree/boot.1.1/os/c/0", "../../../.." OS A);
	point(s, "/sysroot/ostree/boot.1.1/os/c/1", "../../../.." OS B);
	point(s, "/sysroot/ostree/boot.1", "boot.1.1");
	assert_false(probe(s, true).moves); /* no entries: nothing is known */
	put(s, "/boot/loader/entries/windows.conf", "title w\nversion 99\nefi /w.efi\n");
	entry(s, "ostree-2-os.conf", 2, "/ostree/boot.1/os/c/0");
	entry(s, "ostree-1-os.conf", 1, "/ostree/boot.1/os/c/1");
	assert_false(probe(s, true).moves);
	entry(s, "ostree-10-os.conf", 10, "/ostree/boot.1/os/c/1");
	assert_true(probe(s, true).moves);
	assert_false(probe(s, false).moves);
	/* As without composefs: the root is the deployment. */
	put(s, "/proc/self/mountinfo", "20 1 8:3 " OS B " / rw - xfs /dev/vda3 rw\n");
	assert_false(probe(s, true).moves);
	put(s, "/proc/self/mountinfo", "20 1 8:3 /root" OS A " / rw - btrfs /dev/vda3 rw\n");
	assert_true(probe(s, true).moves);
	put(s, "/proc/self/mountinfo", "20 1 8:3 / / rw - xfs /dev/vda3 rw\n");
	assert_false(probe(s, true).moves);
}

static void a_mount_table_that_is_too_large_is_an_error(void **state)
{
	const struct scratch *s = *state;
	struct layout layout;

	put(s, "/proc/self/mountinfo", "");
	assert_int_equal(truncate(scratch_path(s, "/proc/self/mountinfo"), (16 << 20) + 1), 0);
	assert_int_equal(layout_probe(s->fs, true, &layout, &err), -1);
	assert_int_equal(err.code, ERR_HOST);
}

#define t(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		t(a_link_into_var_is_told_before_its_end_is_made),
		t(a_directory_of_the_image_is_read_only),
		t(a_state_overlay_is_known_by_its_upper_directory),
		t(a_link_into_the_image_without_its_overlay_is_read_only),
		t(a_transient_root_does_not_last),
		t(an_ordinary_host_is_writable),
		t(extensions_make_usr_and_opt_read_only_while_they_are_merged),
		t(a_tree_under_root_is_judged_by_what_is_in_it),
		t(selinux_is_asked_of_the_kernel_or_of_the_tree),
		t(what_the_next_boot_changes_is_told),
		t(a_next_boot_into_another_deployment_is_told),
		t(a_mount_table_that_is_too_large_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
