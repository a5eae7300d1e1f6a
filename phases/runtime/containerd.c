/* How containerd puts its files together (cmd/containerd/server/config of its source): config.toml
 * first, then what `imports` names, in order, patterns expanded and sorted, then what those import;
 * later ones win. 1.x takes a plugin's section whole from the last file that has one, 2.0 and later
 * merge them key by key, lists replaced. A directory that no `imports` names is read by none: the
 * conf.d that `containerd config default` shows from 2.2 on is a default of that text only. */
#include "phases/runtime/containerd.h"

#include <string.h>

#include "base/semver.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/runtime/toml.h"

#define TEXT_MAX  (1024 * 1024)
#define FILES_MAX 256

/* Where the CRI plugin is, and its CNI settings in it, by the version that a file says of itself
 * (docs/cri/config.md; 1 is the layout of files without a version). */
static const struct layout {
	int since;
	const char *plugin[3], *cni[4];
} layouts[] = {
#define LAYOUT(since, name) { since, { "plugins", name, NULL }, { "plugins", name, "cni", NULL } }
	LAYOUT(3, "io.containerd.cri.v1.runtime"),
	LAYOUT(2, "io.containerd.grpc.v1.cri"),
	LAYOUT(1, "cri"),
};

static const char dir_keys[] = "bin_dir\0bin_dirs\0";

struct files {
	const struct fs *fs;
	int at; /* semver_number of containerd; 0: unknown */
	json_t *list; /* {path, text, and the raw values of keys}, as they are read; no text: our drop-in */
	char *dropin; /* where it would be read; or NULL */
	size_t place; /* where it stands in the list */
	int written;  /* the version that config.toml says; 0: none */
	bool two, fresh; /* containerd 2; config.toml is not there yet */
};

static void auto_files_(struct files *files)
{
	json_decref(files->list);
	free(files->dropin);
}

/* containerd 2 reads a file of the first layout by the newest names only. */
static const struct layout *layout_of(const struct files *files, int version)
{
	const struct layout *layout = layouts;

	if (files->two && version < 2)
		return layout;
	while (layout->since > 1 && layout->since > version)
		layout++;
	return layout;
}

/* Everything that counts in a file. Its version is config.toml's where it names none. */
static int read_keys(struct files *files, json_t *file, bool first, struct err *err)
{
	static const char *const top[] = { NULL };
	const struct layout *layout;
	const char *version;
	bool has;

	if (toml_note(file, top, "version\0imports\0", err) < 0)
		return -1;
	version = json_str(file, "version");
	if (first) {
		files->written = version ? atoi(version) : 0;
		files->two = files->at ? files->at >= 2000 : files->written >= 3;
	}
	layout = layout_of(files, version ? atoi(version) : files->written);
	if (toml_note(file, layout->cni, dir_keys, err) < 0 ||
	    toml_has(json_str(file, "text"), json_str(file, "path"), layout->plugin, &has, err) < 0)
		return -1;
	if (files->two ? json_str(file, "bin_dir") || json_str(file, "bin_dirs") : has)
		json_object_set_new(file, "decides", json_true());
	return 0;
}

static int add_file(struct files *files, const char *path, struct err *err)
{
	AUTO(free) char *text = NULL;
	const json_t *file;
	json_t *added;
	size_t i, len = 0;

	json_array_foreach (files->list, i, file)
		if (json_str_is(file, "path", path))
			return 0;
	if (i == FILES_MAX)
		return err_set(err, ERR_CONFIG, "%s: more than %d files are imported",
			       CONTAINERD_CONFIG, FILES_MAX);
	if (!str_eq(path, files->dropin) &&
	    fs_read(files->fs, path, TEXT_MAX, &text, &len, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		if (i > 0)
			return 0;
		files->fresh = true;
		/* From 2.2 on it gets the imports that its default has. */
		text = xasprintf("version = %d\n%s",
				 files->at >= 2003 ? 4 :
				 files->at >= 2000 ? 3 :
									     2,
				 files->at >= 2002 ?
					 "imports = [\"" CONTAINERD_DIR "conf.d/*.toml\"]\n" :
					 "");
		len = strlen(text);
	}
	if (!text)
		files->place = i;
	added = text ? toml_file(path, text, len, err) : xjson_pack("{s:s}", "path", path);
	if (!added)
		return -1;
	json_array_append_new(files->list, added);
	return text ? read_keys(files, added, i == 0, err) : 0;
}

/* Go's filepath.Match, but for sets in brackets, which are taken as they stand. */
static bool matches(const char *pattern, const char *name)
{
	const char *star = NULL, *back = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			back = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++back;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Whether it is for us to write. A path that goes up is not. */
static bool is_ours_to_write(const char *path)
{
	return str_starts(path, CONTAINERD_DIR) && !strstr(path, "/.") && !strstr(path, "//");
}

/* The first directory below /etc/containerd in which our name would be read gets our drop-in. */
static void choose_dropin(struct files *files, const char *dir, const char *pattern, json_t *names)
{
	const json_t *name;
	int order = 1;
	size_t i;

	if (files->dropin || !is_ours_to_write(dir) || strpbrk(dir, "*?[") ||
	    !matches(pattern, CONTAINERD_DROPIN))
		return;
	files->dropin = xasprintf("%s/%s", dir, CONTAINERD_DROPIN);
	json_array_foreach (names, i, name) {
		order = strcmp(json_string_value(name), CONTAINERD_DROPIN);
		if (order >= 0)
			break;
	}
	if (order != 0)
		json_array_insert_new(names, i, json_string(CONTAINERD_DROPIN));
}

static int add_import(struct files *files, const char *parent, const char *import, struct err *err)
{
	AUTO(free) char *beside = path_dir(parent);
	AUTO(free) char *path = *import == '/' ?
					xstrdup(import) :
					xasprintf("%s/%s", beside,
						  str_starts(import, "./") ? import + 2 : import);
	AUTO(free) char *dir = path_dir(path);
	AUTO(json) json_t *names = NULL;
	struct err ignored = ERR_INIT;
	const json_t *name;
	int status = 0;
	size_t i;

	if (!strchr(path, '*'))
		return add_file(files, path, err);
	/* Before 1.7 such a pattern counts from where containerd was started. */
	if (*import != '/' && files->at < 1007)
		return 0;
	if (fs_list(files->fs, dir, &names, &ignored) < 0)
		names = json_array();
	choose_dropin(files, dir, path_name(path), names);
	json_array_foreach (names, i, name) {
		AUTO(free) char *one = xasprintf("%s/%s", dir, json_string_value(name));

		if (status == 0 && matches(path_name(path), json_string_value(name)))
			status = add_file(files, one, err);
	}
	return status;
}

static int read_files(struct files *files, struct err *err)
{
	int status = add_file(files, CONTAINERD_CONFIG, err);

	for (size_t at = 0; status == 0 && at < json_array_size(files->list); at++) {
		const json_t *file = json_array_get(files->list, at);
		AUTO(json) json_t *imports = toml_strings(json_str(file, "imports"));
		const json_t *import;
		size_t i;

		json_array_foreach (imports, i, import)
			if (status == 0)
				status = add_import(files, json_str(file, "path"),
						    json_string_value(import), err);
	}
	return status;
}

static bool names(const json_t *file, const char *key, const char *dir)
{
	AUTO(json) json_t *list = toml_strings(json_str(file, key));

	return json_has(list, dir);
}

/* Ours, the image's, then what was there. In a list of the user's own its text stays as it is. */
static char *many_text(const json_t *now, const json_t *dirs, bool edit)
{
	const char *many = json_str(now, "bin_dirs");
	AUTO(json) json_t *list = json_array();
	AUTO(json) json_t *theirs = toml_strings(many ? many : json_str(now, "bin_dir"));
	const json_t *dir;
	AUTO(free) char *ours = NULL;
	size_t i;

	if (!edit || !many || *many != '[' || json_array_size(theirs) == 0)
		return cni_dirs(dirs, theirs);
	json_array_foreach (dirs, i, dir) {
		const bool there = json_has(theirs, json_string_value(dir));

		if (there && i == 0)
			return xstrdup(many);
		if (!there)
			json_add_once(list, json_string_value(dir));
	}
	ours = toml_list(list);
	ours[strlen(ours) - 1] = '\0';
	return xasprintf("%s, %s", ours, many + strspn(many, "[ \t\r\n"));
}

/* 2.1 has the list, and refuses both names at once unless the older one is empty; a file of version 2
 * it migrates by the older name, and forgets the list beside that one. 2.4 takes the older away. */
static int set_dirs(const struct files *files, const json_t *file, const json_t *now,
		    const json_t *dirs, char **text, struct err *err)
{
	const char *path = json_str(file, "path"), *version = json_str(file, "version");
	const char *one = json_str(now, "bin_dir"), *many = json_str(now, "bin_dirs");
	const struct layout *layout = layout_of(files, version ? atoi(version) : files->written);
	const bool newest = layout == layouts;
	const bool list = (files->at ? files->at >= 2001 : many != NULL) &&
			  (newest || !one || files->at >= 2004);
	AUTO(free) char *value = toml_quote(list && newest ? "" : json_text(dirs, 0));

	if ((!list || (one && !(newest && str_eq(one, "\"\"")))) &&
	    toml_change(text, path, layout->cni, "bin_dir", value, err) < 0)
		return -1;
	if (!list)
		return 0;
	free(value);
	value = many_text(now, dirs, file == now);
	return toml_change(text, path, layout->cni, "bin_dirs", value, err);
}

static int settle(const struct files *files, const json_t *dirs, json_t *ret, struct err *err)
{
	const json_t *main = json_array_get(files->list, 0), *now = NULL, *file;
	const char *ours = json_text(dirs, 0), *path;
	AUTO(free) char *text = NULL;
	size_t i, at = 0;
	bool apart;

	json_array_foreach (files->list, i, file)
		if (json_object_get(file, "decides")) {
			now = file;
			at = i;
		}
	/* 1.x would take the section from ours alone. */
	apart = files->dropin && (files->two || !now);
	file = apart ? json_array_get(files->list, files->place) : now ? now : main;
	path = json_str(file, "path");
	if (apart ? now && at > files->place : !is_ours_to_write(path))
		return names(now, "bin_dir", ours) || names(now, "bin_dirs", ours) ?
			       0 :
			       cni_overruled(json_str(now, "path"),
					     apart ? path : CONTAINERD_CONFIG, ours, err);
	if (!apart)
		text = xstrdup(json_str(file, "text"));
	else
		text = files->written ? xasprintf("version = %d\n", files->written) : xstrdup("");
	if (set_dirs(files, file, now, dirs, &text, err) < 0)
		return err_next(err, "set bin_dir = \"%s\" there by hand, then run this again", ours);
	json_put_str(ret, path, text);
	if (apart && files->fresh)
		json_object_set(ret, CONTAINERD_CONFIG, json_object_get(main, "text"));
	if (!apart && files->dropin && fs_exists(files->fs, files->dropin))
		json_object_set_new(ret, files->dropin, json_null());
	return 0;
}

int containerd_settings(const struct fs *fs, const char *version, const json_t *dirs, json_t **ret,
			struct err *err)
{
	AUTO(files) struct files files = { .fs = fs, .at = semver_number(version), .list = json_array() };

	*ret = json_object();
	if (read_files(&files, err) == 0 && settle(&files, dirs, *ret, err) == 0)
		return 0;
	json_decref(TAKE(*ret));
	return -1;
}

int containerd_told(const char *text, json_t *dirs, struct err *err)
{
	AUTO(json) json_t *file = toml_file("containerd config dump", text, strlen(text), err);
	const json_t *raw;
	const char *key;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (!file || toml_note(file, layouts[i].cni, dir_keys, err) < 0)
			return -1;
	json_object_foreach (file, key, raw) {
		AUTO(json) json_t *list = toml_strings(json_string_value(raw));

		json_array_extend(dirs, list);
	}
	return 0;
}
