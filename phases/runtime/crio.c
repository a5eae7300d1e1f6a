/* CRI-O's rules (crio.conf.d(5), pkg/config of its source): a list of a later file takes the place of
 * an earlier one's; the older plugin_dir is put behind it; each directory is made when CRI-O starts,
 * and it ends where it cannot. */
#include "phases/runtime/crio.h"

#include <string.h>

#include "base/semver.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/runtime/toml.h"

#define TEXT_MAX (1024 * 1024)

static const char *const network[] = { "crio", "network", NULL };

static int read_file(const struct fs *fs, const char *path, bool main, json_t *now, struct err *err)
{
	static const char *const runtime[] = { "crio", "runtime", NULL };
	AUTO(json) json_t *file = NULL;
	AUTO(free) char *text = NULL;
	size_t len;

	if (fs_read(fs, path, TEXT_MAX, &text, &len, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	file = toml_file(path, text, len, err);
	if (!file || toml_note(file, network, "plugin_dirs\0plugin_dir\0", err) < 0 ||
	    toml_note(file, runtime, "cgroup_manager\0", err) < 0)
		return -1;
	if (!json_str(file, "plugin_dirs"))
		json_object_del(file, "path");
	if (!main)
		json_object_del(file, "text");
	return json_object_update(now, file);
}

int crio_read(const struct fs *fs, bool dropins, json_t **ret, struct err *err)
{
	AUTO(json) json_t *list = dropins ? fs_list_paths(fs, CRIO_DIR "crio.conf.d") : NULL;
	const json_t *path;
	int status;
	size_t i;

	*ret = json_object();
	status = read_file(fs, CRIO_CONFIG, true, *ret, err);
	json_array_foreach (list, i, path) {
		const char *name = json_string_value(path);

		if (status == 0 && !str_eq(name, CRIO_DROPIN) && !fs_is_dir(fs, name))
			status = read_file(fs, name, false, *ret, err);
	}
	return status;
}

int crio_settings(const struct fs *fs, const char *version, const json_t *dirs, json_t **ret,
		  struct err *err)
{
	const char *ours = json_text(dirs, 0), *by;
	const int at = semver_number(version);
	const bool dropins = !at || at >= 1018, named = !at || at >= 1015;
	AUTO(json) json_t *now = NULL;
	AUTO(json) json_t *theirs = NULL;
	AUTO(json) json_t *one = NULL;
	AUTO(free) char *many = NULL;
	AUTO(free) char *text = NULL;

	if (crio_read(fs, dropins, &now, err) < 0)
		return -1;
	theirs = toml_strings(json_str(now, "plugin_dirs"));
	one = toml_strings(json_str(now, "plugin_dir"));
	by = json_str(now, "path");
	if (by && strcmp(by, CRIO_DROPIN) > 0 && !json_has(theirs, ours))
		return cni_overruled(by, CRIO_DROPIN, ours, err);
	json_array_extend(theirs, one);
	many = named || at == 1014 ? cni_dirs(dirs, theirs) : toml_quote(ours);
	text = xstrdup(dropins ? "" : json_str(now, "text") ?: "");
	if ((named && json_array_size(one) > 0 &&
	     toml_change(&text, CRIO_CONFIG, network, "plugin_dir", "\"\"", err) < 0) ||
	    toml_change(&text, CRIO_CONFIG, network, named ? "plugin_dirs" : "plugin_dir", many,
			err) < 0)
		return err_next(err, "set %s there by hand, then run this again", many);
	*ret = xjson_pack("{s:s}", dropins ? CRIO_DROPIN : CRIO_CONFIG, text);
	return 0;
}

int crio_told(const char *text, json_t *dirs, struct err *err)
{
	AUTO(json) json_t *file = toml_file("crio config", text, strlen(text), err);
	AUTO(json) json_t *many = NULL;

	if (!file || toml_note(file, network, "plugin_dirs\0", err) < 0)
		return -1;
	many = toml_strings(json_str(file, "plugin_dirs"));
	json_array_extend(dirs, many);
	return 0;
}
