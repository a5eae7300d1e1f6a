#include "phases/layout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/label.h"
#include "base/mounts.h"
#include "base/str.h"
#include "phases/ostree/deployment.h"

#define STATE_OVERLAYS "/var/ostree/state-overlays" /* ostree admin state-overlay */
#define SYSEXT         "sysext"                     /* the source of what systemd-sysext mounts */
#define FILE_MAX       65536
#define KEY            "transient"

struct probe {
	const struct fs *fs;
	bool live;
	struct mounts mounts;
	struct layout *layout;
};

unsigned long layout_flags(const struct fs *fs, const char *path)
{
	AUTO(free) char *real = fs_real_above(fs, path);
	struct err ignored = ERR_INIT;
	AUTO(fd) int fd = fs_openat(fs, real, O_RDONLY | O_NONBLOCK, &ignored);
	struct statvfs st;

	return fd >= 0 && fstatvfs(fd, &st) == 0 ? st.f_flag : 0;
}

static bool is_read_only(const struct probe *probe, const char *real)
{
	const struct mount *mount = mounts_find(&probe->mounts, real);

	return (mount && mount_is_read_only(mount)) || (layout_flags(probe->fs, real) & ST_RDONLY);
}

/* What is written to an overlay lies in its upper directory, and lasts as long as that. */
static enum layout_place overlay(const struct mount *mount)
{
	AUTO(free) char *upper = mount_option(mount, "upperdir");

	if (upper && path_within(upper, STATE_OVERLAYS))
		return PLACE_OVERLAY;
	return upper && path_within(upper, "/run") ? PLACE_TRANSIENT : PLACE_WRITABLE;
}

static enum layout_place live_place(struct probe *probe, const char *real)
{
	const struct mount *mount = mounts_find(&probe->mounts, real);

	if (mount && str_eq(mount->source, SYSEXT))
		probe->layout->sysext = true;
	if (is_read_only(probe, real))
		return PLACE_IMAGE;
	if (path_within(real, "/var"))
		return PLACE_VAR;
	if (mount && str_eq(mount->type, "overlay"))
		return overlay(mount);
	return mount && str_eq(mount->type, "tmpfs") ? PLACE_TRANSIENT : PLACE_WRITABLE;
}

/* ostree-state-overlay@NAME.service where systemctl enable, or the image, puts it. */
static bool has_overlay_unit(const struct fs *fs, const char *real)
{
	static const char *const dirs[] = { "/usr/lib", "/etc", "/usr/etc" };
	AUTO(free) char *name = xstrdup(real + 1);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		AUTO(free)
		char *unit = xasprintf("%s/systemd/system/local-fs.target.requires/"
				       "ostree-state-overlay@%s.service",
				       dirs[i], name);

		if (fs_is_named(fs, unit))
			return true;
	}
	return false;
}

/* [root] transient = true (ostree-prepare-root(1)), in a key file of GLib's. */
static bool has_transient_root(const struct fs *fs)
{
	static const char *const files[] = { "/etc/ostree/prepare-root.conf",
					     "/usr/lib/ostree/prepare-root.conf" };
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;
	bool root = false, transient = false;
	char *save = NULL;

	for (size_t i = 0; i < 2 && !text; i++)
		(void)fs_read(fs, files[i], FILE_MAX, &text, NULL, &ignored);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (*line == '[')
			root = str_starts(line, "[root]");
		if (!root || !str_starts(line, KEY) || !strchr(" \t=", line[strlen(KEY)]))
			continue;
		line += strlen(KEY);
		line += strspn(line, " \t=");
		transient = str_starts(line, "true") || *line == '1';
	}
	return transient;
}

static enum layout_place planned_place(const struct probe *probe, const char *real)
{
	if (path_within(real, "/var"))
		return PLACE_VAR;
	if (!probe->layout->ostree)
		return PLACE_WRITABLE;
	if (has_overlay_unit(probe->fs, real))
		return PLACE_OVERLAY;
	return has_transient_root(probe->fs) ? PLACE_TRANSIENT : PLACE_IMAGE;
}

/* Where a link that leads nowhere yet would lead: tmpfiles makes /var/opt at boot. */
static char *aim(const struct fs *fs, const char *path)
{
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;
	const char *at;

	if (fs_readlink(fs, path, &text, &ignored) < 0)
		return xstrdup(path);
	for (at = text; *at == '/' || str_starts(at, "../"); at += *at == '/' ? 1 : 3)
		;
	return xasprintf("/%s", at);
}

static enum layout_place place_of(struct probe *probe, const char *path)
{
	AUTO(free) char *real = fs_real(probe->fs, path);

	if (!fs_is_named(probe->fs, path))
		return PLACE_NONE;
	if (!real)
		real = aim(probe->fs, path);
	return probe->live ? live_place(probe, real) : planned_place(probe, real);
}

static enum layout_selinux selinux(const struct probe *probe)
{
	const char *mode = label_mode(probe->fs, probe->live);

	return *mode == 'e' ? SELINUX_ENFORCING : *mode == 'p' ? SELINUX_PERMISSIVE : SELINUX_OFF;
}

/* ostree, rpm-ostree and bootc hold this lock while they change deployments: an open file
 * description lock, which can be asked for without taking it. */
static bool is_locked(const struct fs *fs)
{
	struct err ignored = ERR_INIT;
	AUTO(fd) int fd = fs_openat(fs, "/ostree/lock", O_RDONLY | O_NONBLOCK, &ignored);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool moves(const struct probe *probe)
{
	char running[DEPLOYMENT_MAX], next[DEPLOYMENT_MAX];

	deployment_running(&probe->mounts, running);
	deployment_next(probe->fs, next);
	return *running && *next && !str_eq(running, next);
}

int layout_probe(const struct fs *fs, bool live, struct layout *ret, struct err *err)
{
	struct probe probe = { .fs = fs, .live = live, .layout = ret };

	*ret = (struct layout){ 0 };
	if (live && mounts_read(fs, &probe.mounts, err) < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	ret->ostree = live ? fs_exists(fs, "/run/ostree-booted")
			   : fs_is_named(fs, "/ostree") || fs_is_dir(fs, "/usr/etc");
	if (live) {
		ret->usr_read_only = live_place(&probe, "/usr") == PLACE_IMAGE;
		ret->staged = fs_exists(fs, "/run/ostree/staged-deployment");
		ret->locked = fs_exists(fs, "/run/ostree/staged-deployment-locked");
		ret->busy = is_locked(fs);
		ret->moves = moves(&probe);
	} else {
		ret->usr_read_only = planned_place(&probe, "/usr") == PLACE_IMAGE;
	}
	ret->opt = place_of(&probe, "/opt");
	ret->usr_local = place_of(&probe, "/usr/local");
	ret->selinux = selinux(&probe);
	mounts_clear(&probe.mounts);
	return 0;
}

const char *layout_place_text(enum layout_place place)
{
	static const char *const texts[] = {
		[PLACE_NONE] = "not there",
		[PLACE_VAR] = "a link into /var",
		[PLACE_IMAGE] = "read-only",
		[PLACE_OVERLAY] = "a state overlay",
		[PLACE_TRANSIENT] = "writable until the next boot",
		[PLACE_WRITABLE] = "writable",
		[PLACE_UNKNOWN] = NULL,
	};

	return texts[place];
}

const char *layout_selinux_text(enum layout_selinux mode)
{
	static const char *const texts[] = {
		[SELINUX_OFF] = "off",
		[SELINUX_PERMISSIVE] = "permissive",
		[SELINUX_ENFORCING] = "enforcing",
	};

	return texts[mode];
}
