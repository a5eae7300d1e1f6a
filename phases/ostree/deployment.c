#include "phases/ostree/deployment.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define ENTRIES   "/boot/loader/entries"
#define ENTRY_MAX 65536

/* ".../deploy/OS/deploy/NAME[/...]" */
static void name_in(const char *path, char ret[static DEPLOYMENT_MAX])
{
	const char *at = path ? strstr(path, "deploy/") : NULL;
	int end = 0;

	if (at)
		(void)sscanf(at += strlen("deploy/"), "%*[^/]/deploy/%*[^/]%n", &end);
	(void)snprintf(ret, DEPLOYMENT_MAX, "%.*s", end, at ? at : "");
}

void deployment_running(const struct mounts *mounts, char ret[static DEPLOYMENT_MAX])
{
	const struct mount *mount = mounts_find(mounts, "/etc");

	name_in(mount ? mount->root : NULL, ret);
}

/* With composefs /usr is no directory of the deployment, but made of its commit; the mounts
 * of `ostree admin unlock` and of systemd-sysext have other sources. */
void deployment_of(const struct mounts *mounts, const char *path, char ret[static DEPLOYMENT_MAX])
{
	const struct mount *mount = mounts_find(mounts, path);
	char own[DEPLOYMENT_MAX];

	deployment_running(mounts, ret);
	name_in(mount ? mount->root : NULL, own);
	if (!mount || !(str_eq(own, ret) || str_eq(mount->source, "composefs")))
		*ret = '\0';
}

/* What ostree= of an entry's options points to is a link to the deployment. */
static void see_entry(const struct fs *fs, char *text, int *highest,
		      char ret[static DEPLOYMENT_MAX])
{
	AUTO(free) char *link = NULL;
	struct err ignored = ERR_INIT;
	char *options = strstr(text, " ostree=");
	const char *at = strstr(text, "\nversion ");
	int version;

	if (!options || !at || sscanf(at, " version %d", &version) != 1 || version <= *highest)
		return;
	options += strlen(" ostree=");
	options[strcspn(options, " \n")] = '\0';
	*highest = version;
	(void)fs_readlink(fs, options, &link, &ignored);
	name_in(link, ret);
}

void deployment_next(const struct fs *fs, char ret[static DEPLOYMENT_MAX])
{
	AUTO(json) json_t *list = fs_list_paths(fs, ENTRIES);
	struct err ignored = ERR_INIT;
	const json_t *path;
	int highest = 0;
	size_t i;

	*ret = '\0';
	json_array_foreach (list, i, path) {
		AUTO(free) char *text = NULL;

		if (fs_read(fs, json_string_value(path), ENTRY_MAX, &text, NULL, &ignored) == 0)
			see_entry(fs, text, &highest, ret);
	}
}
