#include "base/label.h"

#include "base/library.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define ENFORCE "/sys/fs/selinux/enforce"
#define CONFIG "/etc/selinux/config"

enum {
	LABEL_MAX = 4096, /* a page, as in the kernel's own files below /proc/self/attr */
	FILE_MAX = 4 << 20,
	RESTORE_S = 60,
	CONTEXT_FILE = 0, /* SELABEL_CTX_FILE of selinux/label.h */
	OPTION_PATH = 3,  /* SELABEL_OPT_PATH */
};

/* selinux/label.h's struct selinux_opt, and of its functions those that are used here. */
struct option {
	int type;
	const char *value;
};

struct calls { /* in the order of names */
	void *(*open)(unsigned backend, const struct option *options, unsigned n);
	int (*lookup)(void *handle, char **ret, const char *path, int mode);
	void (*close)(void *handle);
	void (*release)(char *label);
	int (*next)(const char *label);
	int (*check)(const char *label);
};

static const char names[] = "selabel_open selabel_lookup_raw selabel_close freecon setfscreatecon_raw "
			    "security_check_context_raw";

struct labels {
	bool asked, told;
	enum label_how how;
	struct calls calls;
	void *handle;
	char *custom; /* contexts/customizable_types: a newline before and after each */
};

struct labels *labels_new(void)
{
	return xcalloc(1, sizeof(struct labels));
}

void labels_free(struct labels *labels)
{
	if (labels->handle)
		labels->calls.close(labels->handle);
	free(labels->custom);
	free(labels);
}

static void tell(struct labels *l, const char *why)
{
	if (!l->told)
		log_warn("files may lack their SELinux labels: %s; mend them on that host with: "
			 "restorecon -Ri /etc/{cni,con*,crio,k*,systemd} /var/lib/{cni,etcd,k*}",
			 why);
	l->told = true;
}

/* The rest of the first line that begins with what follows the newline in `start`; the caller frees.
 * NULL when there is none. */
static char *line_of(const struct fs *fs, const char *path, const char *start)
{
	AUTO(free) char *text = NULL;
	AUTO(free) char *lines = NULL;
	struct err ignored = ERR_INIT;
	const char *at;

	if (fs_read(fs, path, FILE_MAX, &text, NULL, &ignored) < 0)
		return NULL;
	lines = xasprintf("\n%s", text);
	at = strstr(lines, start);
	return at ? xstrndup(at + strlen(start), strcspn(at + strlen(start), "\n")) : NULL;
}

const char *label_mode(const struct fs *fs, bool live)
{
	AUTO(free) char *mode = line_of(fs, live ? ENFORCE : CONFIG, live ? "\n" : "\nSELINUX=");

	if (mode && strncasecmp(mode, live ? "1" : "enforcing", live ? 1 : 9) == 0)
		return "enforcing";
	if (mode && (live || strncasecmp(mode, "permissive", 10) == 0))
		return "permissive";
	return "disabled";
}

/* The policy's files, where their directory really is: libselinux knows no root. */
static int open_policy(const struct fs *fs, struct labels *l)
{
	AUTO(free) char *type = line_of(fs, CONFIG, "\nSELINUXTYPE=");
	const char *name = type ? type : "targeted";
	AUTO(free) char *dir = xasprintf("/etc/selinux/%.*s/contexts",
					 (int)strcspn(name, " \t\r"), name);
	AUTO(free) char *custom = xasprintf("%s/customizable_types", dir);
	AUTO(free) char *files = xasprintf("%s/files", dir);
	AUTO(free) char *real = NULL;
	AUTO(free) char *path = NULL;
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;
	struct stat st;
	AUTO(fd) int fd = fs_openat(fs, files, O_RDONLY | O_DIRECTORY, &ignored);

	real = fd < 0 ? NULL : fs_where(fs, fd, "file_contexts");
	if (!real || fstatat(fd, "file_contexts", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return -1;
	path = xasprintf("%s%s", fs_root(fs), real);
	l->handle = l->calls.open(CONTEXT_FILE, &(struct option){ OPTION_PATH, path }, 1);
	if (!l->handle)
		return -1;
	(void)fs_read(fs, custom, FILE_MAX, &text, NULL, &ignored);
	l->custom = xasprintf("\n%s", text ? text : "");
	return 0;
}

static struct labels *ask(const struct fs *fs)
{
	struct labels *l = fs_labels(fs);
	const bool live = fs_is_host(fs);
	struct err err = ERR_INIT;

	if (l->asked)
		return l;
	l->asked = true;
	if (str_eq(label_mode(fs, live), "disabled"))
		return l;
	if (library_open("libselinux.so.1", names, &l->calls, "libselinux", &err) == 0 &&
	    open_policy(fs, l) == 0)
		l->how = live ? LABEL_BORN : LABEL_WRITTEN;
	else if (live)
		l->how = LABEL_RESTORED;
	else
		tell(l, err.msg[0] ? err.msg : "the policy has no file_contexts");
	return l;
}

enum label_how label_how(const struct fs *fs)
{
	return ask(fs)->how;
}

char *label_of(const struct fs *fs, const char *path, mode_t mode)
{
	const struct labels *l = ask(fs);
	char *label = NULL, *ret;

	if (!l->handle || l->calls.lookup(l->handle, &label, path, (int)mode) < 0)
		return NULL;
	ret = xstrdup(label);
	l->calls.release(label);
	return ret;
}

void label_next(const struct fs *fs, const char *label)
{
	struct labels *l = ask(fs);

	if (l->how == LABEL_BORN && l->calls.next(label) < 0)
		label_failed(fs);
}

void label_failed(const struct fs *fs)
{
	tell(ask(fs), strerror(errno));
}

/* user:role:TYPE:level, as "\nTYPE\n"; the caller frees. */
static char *type_of(const char *label)
{
	for (int i = 0; i < 2 && *label; i++)
		label += strcspn(label, ":") + (strchr(label, ':') != NULL);
	return xasprintf("\n%.*s\n", (int)strcspn(label, ":"), label);
}

/* A mount of a file system that has none, or of context=, has no "seclabel" among its options. */
static bool takes_labels(const struct fs *fs, int fd)
{
	AUTO(free) char *start = NULL;
	AUTO(free) char *line = NULL;

	if (!fs_is_host(fs))
		return true;
	start = xasprintf("\n%ld ", fs_mount_id(fd));
	line = line_of(fs, "/proc/self/mountinfo", start);
	return !line || strstr(line, "seclabel");
}

char *label_wrong(const struct fs *fs, const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO(free) char *dir = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	AUTO(free) char *real = NULL;
	AUTO(free) char *at = NULL;
	AUTO(free) char *want = NULL;
	AUTO(free) char *type = NULL;
	AUTO(free) char *want_type = NULL;
	struct err ignored = ERR_INIT;
	AUTO(fd) int fd = -1;
	char label[LABEL_MAX + 1] = "";
	struct stat st;

	if (!ask(fs)->handle)
		return NULL;
	fd = fs_openat(fs, dir, O_RDONLY | O_DIRECTORY, &ignored);
	if (fd < 0 || fstatat(fd, slash + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	real = fs_where(fs, fd, slash + 1);
	want = label_of(fs, real, st.st_mode);
	at = xasprintf("/proc/self/fd/%d/%s", fd, slash + 1);
	if (!want || (lgetxattr(at, LABEL_ATTRIBUTE, label, LABEL_MAX) < 0 && errno != ENODATA))
		return NULL;
	type = type_of(label);
	want_type = type_of(want);
	if (str_eq(type, want_type) || (label[0] && strstr(ask(fs)->custom, type)) ||
	    !takes_labels(fs, fd))
		return NULL;
	return TAKE(want);
}

bool label_knows_spc(const struct fs *fs)
{
	const struct labels *l = ask(fs);
	AUTO(free) char *label = label_of(fs, "/var/lib/containers", S_IFDIR);

	if (l->how == LABEL_BORN)
		return l->calls.check("system_u:system_r:spc_t:s0") == 0 ||
		       l->calls.check("system_u:system_r:spc_t") == 0; /* no levels */
	/* The policy's module that has the type has labels for containers' files as well. */
	return l->how == LABEL_RESTORED || (label && strstr(label, ":container_"));
}

/* As arguments: restorecon's domain may not read a descriptor of ours. */
void label_restore(const struct fs *fs, const json_t *paths)
{
	const size_t n = json_array_size(paths);
	const char **argv = xcalloc(n + 3, sizeof(*argv));
	struct err err = ERR_INIT;

	argv[0] = "restorecon";
	argv[1] = "-R";
	for (size_t i = 0; i < n; i++)
		argv[i + 2] = json_text(paths, i);
	if (proc_run(&(struct proc){ .argv = argv, .timeout_s = RESTORE_S }, &err) < 0)
		tell(ask(fs), err.msg);
	free(argv);
}
