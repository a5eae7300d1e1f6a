/* CRI-O's rules (crio.conf.d(5), pkg/config of its source): a list of a later file takes the place of
 * an earlier one's; the older plugin_dir is put behind it; each directory is made when CRI-O starts,
 * and it ends where it cannot. */
#include "phases/crio_config.h"

#include <string.h>

#include "base/semver.h"
#include "base/str.h"
#include "phases/cni_config.h"
#include "phases/toml.h"

#define TEXT_MAX (1024 * 1024)

static const char *const network[] = { "crio", "network", NULL };

json_t *crio_files(const struct fs *fs)
{
	json_t *files = xjson_pack("[s]", CRIO_CONFIG);
	AUTO(json) json_t *names = NULL;
	struct err ignored = ERR_INIT;
	const json_t *name;
	size_t i;

	if (fs_list(fs, CRIO_DIR "crio.conf.d", &names, &ignored) == 0)
		json_array_foreach (names, i, name) {
			AUTO(free) char *path = xasprintf(CRIO_DIR "crio.conf.d/%s",
							  json_string_value(name));

			json_array_append_new(files, json_string(path));
		}
	return files;
}

/* The last values win: `now` gets plugin_dirs, plugin_dir and crio.conf's text. */
static int read_files(const struct fs *fs, const char *ours, bool dropins, json_t *now,
		      struct err *err)
{
	AUTO(json) json_t *files = crio_files(fs);
	const json_t *name;
	size_t i;

	json_array_foreach (files, i, name) {
		const char *path = json_string_value(name);
		AUTO(json) json_t *file = NULL;
		AUTO(free) char *text = NULL;

		if (str_eq(path, CRIO_DROPIN) || (i > 0 && !dropins))
			continue;
		if (fs_read(fs, path, TEXT_MAX, &text, NULL, err) < 0) {
			if (err->code == ERR_NOT_FOUND)
				continue;
			return -1;
		}
		file = xjson_pack("{s:s, s:s}", "path", path, "text", text);
		if (toml_note(file, network, "plugin_dirs", err) < 0 ||
		    toml_note(file, network, "plugin_dir", err) < 0)
			return -1;
		if (i > 0 && strcmp(path, CRIO_DROPIN) > 0 && json_str(file, "plugin_dirs")) {
			AUTO(json) json_t *later = toml_strings(json_str(file, "plugin_dirs"));

			if (!cni_has(later, ours))
				return cni_overruled(path, CRIO_DROPIN, ours, err);
		}
		if (i > 0)
			json_object_del(file, "text");
		json_object_update(now, file);
	}
	return 0;
}

int crio_settings(const struct fs *fs, const char *version, const json_t *dirs, json_t **ret,
		  struct err *err)
{
	const char *ours = json_string_value(json_array_get(dirs, 0));
	const bool dropins = !version || semver_text_atleast(version, 1, 18);
	const bool named = dropins || semver_text_atleast(version, 1, 15);
	AUTO(json) json_t *now = json_object();
	AUTO(json) json_t *theirs = NULL;
	AUTO(json) json_t *one = NULL;
	AUTO(free) char *many = NULL;
	AUTO(free) char *text = NULL;

	if (read_files(fs, ours, dropins, now, err) < 0)
		return -1;
	theirs = toml_strings(json_str(now, "plugin_dirs"));
	one = toml_strings(json_str(now, "plugin_dir"));
	json_array_extend(theirs, one);
	many = named || semver_text_atleast(version, 1, 14) ? cni_dirs(dirs, theirs) :
							      toml_quote(ours);
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
	AUTO(json) json_t *file = xjson_pack("{s:s, s:s}", "path", "crio config", "text", text);
	AUTO(json) json_t *many = NULL;

	if (toml_note(file, network, "plugin_dirs", err) < 0)
		return -1;
	many = toml_strings(json_str(file, "plugin_dirs"));
	json_array_extend(dirs, many);
	return 0;
}
