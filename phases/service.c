#include "phases/service.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "manifests/manifest.h"

#define PROGRAM     "/usr/bin/kstrap"
#define HOLE        "@program@"
#define SYSTEMCTL_S 30
#define TOLD_MAX    100

static char *unit_path(const char *name)
{
	return xasprintf(SERVICE_UNIT("%s"), name);
}

void service_ask(struct run *run, const char *name)
{
	AUTO(free) char *path = unit_path(name);
	char program[4096];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (json_object_get(run->facts, path))
		return; /* as it was before this run wrote it */
	program[len > 0 ? len : 0] = '\0';
	/* Below --root the program will be where the image has it. */
	json_put_str(run->facts, "program", run->offline || len <= 0 ? PROGRAM : program);
	json_object_set_new(run->facts, path, json_boolean(fs_exists(run->fs, path)));
}

void service_paths(struct run *run)
{
	AUTO(free) char *text = config_paths_text(run->config);

	if (text && !tree_find(run->tree, CONFIG_PATHS))
		tree_file(run->tree, CONFIG_PATHS, 0644, text, strlen(text), ENTRY_SHARED, NULL);
}

int service_render(struct run *run, const char *name, const char *flags, struct err *err)
{
	AUTO(free) char *path = unit_path(name);
	AUTO(free) char *file = xasprintf("%s.service", name);
	AUTO(free)
	char *wanted = xasprintf("/etc/systemd/system/multi-user.target.wants/%s.service", name);
	const char *text = manifest_text(file);
	const char *hole = text ? strstr(text, HOLE) : NULL;
	const char *end = hole ? strchr(hole, '\n') : NULL;
	AUTO(free) char *unit = NULL;

	if (!end)
		return err_set(err, ERR_BUG, "%s has no place for the program", file);
	hole += strlen(HOLE);
	unit = xasprintf("%.*s%s%.*s%s%s", (int)(hole - text - (long)strlen(HOLE)), text,
			 json_str(run->facts, "program"), (int)(end - hole), hole, flags, end);
	service_paths(run);
	tree_text(run->tree, path, 0644, unit);
	tree_link(run->tree, wanted, path);
	return 0;
}

/* As it is now set up: a second run has nothing to restart it for. */
static bool runs(const struct run *run, const char *name)
{
	const char *const argv[] = { "systemctl", "is-active", "--quiet", name, NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;

	return run->count.made + run->count.changed == 0 &&
	       proc_call(&(struct proc){ .argv = argv, .timeout_s = SYSTEMCTL_S }, &result,
			 &ignored) == 0 &&
	       result.status == 0;
}

/* systemd reads a unit that it does not know yet by itself; only one that changed needs a reload,
 * which costs more than all the rest. */
int service_start(struct run *run, const char *name, struct err *err)
{
	static const char *const reload[] = { "systemctl", "daemon-reload", NULL };
	AUTO(free) char *unit = xasprintf("%s.service", name);
	AUTO(free) char *path = unit_path(name);
	const char *const start[] = { "systemctl", "restart", "--no-block", unit, NULL };

	if (runs(run, unit))
		return 0;
	if ((json_flag(run->facts, path) &&
	     proc_run(&(struct proc){ .argv = reload, .timeout_s = SYSTEMCTL_S }, err) < 0) ||
	    proc_run(&(struct proc){ .argv = start, .timeout_s = SYSTEMCTL_S }, err) < 0)
		return err_next(err, "systemctl status %s", name);
	return 0;
}

/* One datagram to the socket that systemd names. */
void service_notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	AUTO(fd) int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (len < 2 || len >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, len);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		log_debug("systemd could not be told: %s", text);
}

void service_complain(json_t *told, const struct err *err)
{
	if (json_object_get(told, err->msg))
		return;
	if (json_object_size(told) >= TOLD_MAX)
		json_object_clear(told);
	json_object_set_new(told, err->msg, json_true());
	log_warn("%s%s%s", err->msg, err->next[0] ? "; " : "", err->next);
}
