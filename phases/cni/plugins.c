#include "phases/cni/plugins.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "api/http.h"
#include "api/url.h"
#include "base/archive.h"
#include "base/copy.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

#define PLUGIN_MAX	(64 << 20)
#define ARCHIVE_MAX	((off_t)HTTP_DOWNLOAD_MAX)
#define DOWNLOAD_S	600
#define ANSWER_S	5
#define ANSWER_MAX	((size_t)64 << 10)
#define OPEN_FLAGS	(O_RDONLY | O_NONBLOCK | O_NOCTTY)

/* Directories ----------------------------------------------------------------------------------- */

/* Opens what stands at `path`, and says what it is. */
static int look(const struct fs *fs, const char *path, struct stat *ret, struct err *err)
{
	int fd = fs_openat(fs, path, OPEN_FLAGS, err);

	if (fd < 0 || fstat(fd, ret) == 0)
		return fd;
	err_sys(err, "look at %s", path);
	close(fd);
	return -1;
}

static int add(const struct fs *fs, const char *from, const char *name, bool all, const char *dir,
	       struct tree *ret, struct err *err)
{
	AUTO(free) char *source = xasprintf("%s/%s", from, name);
	AUTO(free) char *path = xasprintf("%s/%s", dir, name);
	struct stat st;
	AUTO(fd) int fd = look(fs, source, &st, err);

	if (fd < 0)
		return -1;
	if (all && (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)))
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_HOST, "%s is no file", source);
	tree_copy(ret, path, 0755, fd, source);
	return 0;
}

int plugins_list(const struct fs *fs, const char *from, const char *const *names, const char *dir,
		 struct tree *ret, struct err *err)
{
	AUTO(json) json_t *all = NULL;
	const json_t *name;
	size_t i;

	for (; names && *names; names++)
		if (add(fs, from, *names, false, dir, ret, err) < 0)
			return -1;
	if (names)
		return 0;
	if (fs_list(fs, from, &all, err) < 0)
		return -1;
	json_array_foreach (all, i, name)
		if (archive_plain(json_string_value(name)) &&
		    add(fs, from, json_string_value(name), true, dir, ret, err) < 0)
			return -1;
	return 0;
}

/* Archives -------------------------------------------------------------------------------------- */

static int download(const char *from, int fd, struct err *err)
{
	AUTO(free) char *authority = NULL;
	AUTO(free) char *path = NULL;
	AUTO(free) char *url = NULL;
	AUTO(http) struct http *http = NULL;
	AUTO(http_reply) struct http_reply reply = { 0 };
	struct log_wait wait;

	if (url_split(from, &authority, &path, err) < 0)
		return -1;
	url = xasprintf("https://%s", authority);
	log_wait_start(&wait, "downloading the archive");
	if (http_open_web(&(struct http_peer){ .url = url,
					       .timeout_s = DOWNLOAD_S,
					       .tick = log_tick,
					       .arg = &wait,
					       .to = fd },
			  &http, err) < 0 ||
	    http_call(http, "GET", path, NULL, NULL, 0, &reply, err) < 0)
		return -1;
	if (reply.status == 200)
		return 0;
	err_set(err, ERR_API, "%s: answered %ld instead of an archive%s", authority, reply.status,
		reply.status / 100 == 3 ? ": redirects are not followed" : "");
	return err_next(err, "curl -fLO URL; kstrap cni install --from FILE --sha256 HEX");
}

/* The archive is read once: what is compared is what is unpacked. */
static int load_archive(int from_fd, const char *from, const char *sha256, const char *dir,
			struct tree *ret, struct err *err)
{
	AUTO(fd) int fd = archive_memory();
	char sum[65];
	size_t size;

	if (fd < 0 || (from_fd >= 0 && copy_write(from_fd, fd) < 0))
		return err_sys(err, "read %s into memory", from);
	if ((from_fd < 0 && download(from, fd, err) < 0) ||
	    copy_sum(fd, from, &size, sum, err) < 0)
		return -1;
	if (sha256 && !str_eq(sha256, sum))
		return err_set(err, ERR_CONFIG, "%s is another one: its SHA-256 is %s", from, sum);
	return archive_unpack(fd, from, dir, ret, err);
}

int plugins_load(const struct fs *fs, const char *from, const char *sha256, const char *dir,
		 struct tree *ret, struct err *err)
{
	const bool url = strstr(from, "://") != NULL;
	struct stat st;
	AUTO(fd) int fd = url ? -1 : look(fs, from, &st, err);

	if (url && !sha256) {
		err_set(err, ERR_USAGE, "a URL needs the archive's SHA-256 with it");
		return err_next(err, "--sha256 HEX, as who made the archive publishes it");
	}
	if (url)
		return load_archive(-1, from, sha256, dir, ret, err);
	if (fd < 0)
		return -1;
	if (S_ISDIR(st.st_mode) && sha256)
		return err_set(err, ERR_USAGE, "--sha256 is for an archive, and %s is a directory",
			       from);
	if (S_ISDIR(st.st_mode))
		return plugins_list(fs, from, NULL, dir, ret, err);
	if (!S_ISREG(st.st_mode) || st.st_size > ARCHIVE_MAX)
		return err_set(err, ERR_CONFIG,
			       "%s is no directory and no archive of at most 200 MiB", from);
	return load_archive(fd, from, sha256, dir, ret, err);
}

/* Asking them ------------------------------------------------------------------------------------ */

/* Nothing of ours in its environment. Without CNI_COMMAND it says who it is. */
static int run_it(const struct entry *plugin, const char *const *env, struct proc_result *ret,
		  struct err *err)
{
	static const char in[] = "{\"cniVersion\":\"1.0.0\"}";
	const char *const argv[] = { path_name(plugin->path), NULL };

	return proc_call(&(struct proc){ .argv = argv,
					 .program = plugin->fd,
					 .env = env,
					 .in = in,
					 .in_len = sizeof(in) - 1,
					 .timeout_s = ANSWER_S,
					 .max = ANSWER_MAX },
			 ret, err);
}

int plugin_ask(const struct entry *plugin, json_t **ret, struct err *err)
{
	/* libcni gives the last four as well, for plugins from before version 0.2.0 of CNI. */
	static const char *const env[] = { "CNI_COMMAND=VERSION", "CNI_CONTAINERID=none",
					   "CNI_NETNS=none",	  "CNI_IFNAME=none",
					   "CNI_PATH=none",	  NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	AUTO(json) json_t *answer = NULL;
	struct statvfs fs;
	const bool barred = fstatvfs(plugin->fd, &fs) == 0 && fs.f_flag & ST_NOEXEC;

	if (run_it(plugin, env, &result, err) == 0) {
		answer = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
		if (result.status == 0 &&
		    json_array_size(json_object_get(answer, "supportedVersions")) > 0) {
			*ret = TAKE(answer);
			return 0;
		}
		err_set(err, ERR_HOST,
			"exit status %d, and no supportedVersions, after CNI_COMMAND=VERSION",
			result.status);
	}
	if (err->code != ERR_TIMEOUT)
		err->code = ERR_HOST;
	err_wrap(err, "%s (%s) is no CNI plugin that runs here%s", path_name(plugin->path),
		 plugin->data, barred ? " (its file system is mounted noexec)" : "");
	return err_next(err, "uname -m: is it made for this kind of machine?");
}

char *plugin_release(const struct entry *plugin)
{
	static const char word[] = " plugin ";
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;
	const char *text = NULL;
	size_t len = 0;

	if (run_it(plugin, NULL, &result, &ignored) == 0)
		text = strstr(result.err, word);
	text = text ? text + sizeof(word) - 1 : "";
	while (text[len] > ' ' && text[len] <= '~')
		len++;
	return *text == 'v' && text[1] >= '0' && text[1] <= '9' ? xstrndup(text, len) : NULL;
}

int plugins_prove(const struct tree *plugins, struct err *err)
{
	for (size_t i = 0; i < tree_len(plugins); i++) {
		const struct entry *plugin = tree_entry(plugins, i);
		AUTO(json) json_t *answer = NULL;
		struct stat st;

		if (fstat(plugin->fd, &st) == 0 && st.st_size > PLUGIN_MAX)
			return err_set(err, ERR_HOST, "%s is larger than %d MiB", plugin->data,
				       PLUGIN_MAX >> 20);
		if (plugin_ask(plugin, &answer, err) < 0)
			return -1;
	}
	return 0;
}
