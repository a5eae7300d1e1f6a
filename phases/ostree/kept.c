#include "phases/ostree/kept.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "config/member.h"

#define RECORD_MAX ((size_t)32 << 20)
#define FILE_MAX   ((size_t)1 << 20)
#define OTHERS_MAX ((size_t)4 << 20)
#define WAS_MAX    8
#define A_SECOND   1000 /* of changes, more than can be */
#define DEPTH_MAX  4

void kept_release(json_t *state)
{
	member_wipe(state);
	json_decref(state);
}

void kept_clear(struct kept *kept)
{
	kept_release(kept->record);
}

/* Whether it can be used without a look at each thing again: it may be damaged, or a later one. */
static bool is_record(const json_t *record)
{
	json_t *files = json_object_get(record, "files");
	json_t *copies = json_object_get(record, "copies");
	bool good = json_is_object(files) && json_is_object(copies);
	const char *path;
	const json_t *item;

	json_object_foreach (copies, path, item)
		good &= tree_takes(path) && json_is_string(item);
	json_object_foreach (files, path, item)
		good &= tree_takes(path) && json_str(item, "sum") &&
			(!json_str(item, "text") || json_is_integer(json_object_get(item, "mode")));
	return good;
}

int kept_open(const struct fs *fs, struct kept *ret, struct err *err)
{
	AUTO(secret) char *text = NULL;
	AUTO(free) char *count = NULL;
	AUTO(json) json_t *record = NULL;
	struct err why = ERR_INIT;

	*ret = (struct kept){ .record = NULL };
	if (fs_read(fs, KEPT_PATH, RECORD_MAX, &text, &ret->size, &why) == 0) {
		record = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		if (!is_record(record))
			err_set(&why, ERR_HOST, "%s" KEPT_PATH " is damaged", fs_root(fs));
	} else if (why.code == ERR_NOT_FOUND) {
		why.code = ERR_NONE;
		record = xjson_pack("{s:i, s:{}, s:{}}", "generation", 0, "files", "copies");
	}
	if (why.code) {
		*err = why;
		return err_next(err, "move that file away and run the same command again");
	}
	if (fs_read(fs, KEPT_WITNESS, 18, &count, NULL, &why) == 0) /* so that it is a number's */
		ret->here = strtoll(count, NULL, 10);
	ret->generation = json_integer_value(json_object_get(record, "generation"));
	ret->record = TAKE(record);
	return 0;
}

/* NULL for what JSON cannot hold. */
static json_t *state(const char *data, size_t len, bool link, mode_t mode)
{
	unsigned char sum[32];
	char hex[65];

	if (strlen(data) != len || EVP_Digest(data, len, sum, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	hex_put(sum, sizeof(sum), hex);
	return json_pack("{s:s, s:s, s:i}", link ? "link" : "text", data, "sum", hex, "mode",
			 (int)mode);
}

json_t *kept_look(const struct fs *fs, const char *path)
{
	struct err ignored = ERR_INIT;
	AUTO(secret) char *data = NULL;
	struct stat st;
	size_t len = 0;

	if (fs_lstat(fs, path, &st, &ignored) < 0)
		return NULL;
	if (S_ISLNK(st.st_mode) && fs_readlink(fs, path, &data, &ignored) == 0)
		return state(data, strlen(data), true, 0);
	if (!S_ISREG(st.st_mode) || fs_read(fs, path, FILE_MAX, &data, &len, &ignored) < 0)
		return NULL;
	return state(data, len, false, st.st_mode & 07777);
}

static void add_was(json_t *was, const char *sum)
{
	if (sum && !str_eq(sum, json_string_value(json_array_get(was, 0))))
		json_array_insert_new(was, 0, json_string(sum));
	if (json_array_size(was) > WAS_MAX)
		json_array_remove(was, WAS_MAX);
}

static bool same(const json_t *have, const json_t *now)
{
	if (!now)
		return !have || str_eq(json_str(have, "sum"), KEPT_ABSENT);
	return have && str_eq(json_str(have, "sum"), json_str(now, "sum")) &&
	       json_equal(json_object_get(have, "mode"), json_object_get(now, "mode"));
}

/* `now` is taken; NULL: nothing is to be there. What was noted and what stands there before the
 * change are earlier versions, and what is new to us has been absent. */
static void note(struct kept *kept, const char *path, const json_t *before, json_t *now)
{
	json_t *files = json_object_get(kept->record, "files");
	json_t *have = json_object_get(files, path), *was;

	if (same(have, now)) {
		kept_release(now);
		return;
	}
	was = have ? json_deep_copy(json_object_get(have, "was")) : xjson_pack("[s]", KEPT_ABSENT);
	add_was(was, json_str(before, "sum"));
	add_was(was, json_str(have, "sum"));
	if (!now)
		now = xjson_pack("{s:s}", "sum", KEPT_ABSENT);
	json_object_set_new(now, "was", was);
	member_wipe(have);
	json_object_set_new(files, path, now);
	kept->changed = true;
}

static void note_tree(struct run *run, struct kept *kept)
{
	json_t *copies = json_object_get(kept->record, "copies");

	for (size_t i = 0; i < tree_len(run->tree); i++) {
		const struct entry *e = tree_entry(run->tree, i);
		const bool link = e->kind == ENTRY_LINK;
		AUTO(kept_state) json_t *before = NULL;
		const char *saved;

		if (e->kind == ENTRY_COPY && !str_eq(json_str(copies, e->path), e->data)) {
			json_object_set_new(copies, e->path, json_string(e->data));
			kept->changed = true;
		}
		if (!str_starts(e->path, "/etc/") || e->kind == ENTRY_DIR || e->kind == ENTRY_COPY)
			continue;
		before = kept_look(run->fs, e->path);
		saved = json_str(run_made(run, e->path), "saved"); /* what takes its place again */
		note(kept, e->path, before,
		     e->kind != ENTRY_ABSENT ? state(e->data, e->len, link, e->mode) :
		     saved		     ? kept_look(run->fs, saved) :
					       NULL);
	}
}

/* Others may have anything there, and the record has to be read at each boot. */
static bool has_room(struct kept *kept, const char *path, const json_t *now)
{
	const char *text = json_str(now, "text");

	kept->size += text ? strlen(text) : 0;
	if (kept->size <= OTHERS_MAX)
		return true;
	if (!kept->full)
		log_warn("%s and more is not kept for a rollback: too much", path);
	kept->full = true;
	return false;
}

/* What others put where Kubernetes' files are: the kubelet its credentials, the administrator what
 * a manifest names. kubeadm's backups below tmp are no part of it. */
static void note_new(struct run *run, struct kept *kept, const char *dir, int depth)
{
	AUTO(json) json_t *list = fs_list_paths(run->fs, dir);
	struct err ignored = ERR_INIT;
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *path = json_string_value(item);
		AUTO(kept_state) json_t *now = NULL;
		struct stat st;

		if (tree_find(run->tree, path) ||
		    json_object_get(json_object_get(kept->record, "files"), path) ||
		    fs_lstat(run->fs, path, &st, &ignored) < 0)
			continue;
		if (!S_ISDIR(st.st_mode))
			now = kept_look(run->fs, path);
		else if (depth < DEPTH_MAX && !str_ends(path, "/tmp"))
			note_new(run, kept, path, depth + 1);
		if (now && has_room(kept, path, now))
			note(kept, path, NULL, TAKE(now));
	}
}

/* What was changed or taken away by hand since it was noted: that is how it is to be now. */
static void note_edited(struct run *run, struct kept *kept)
{
	const char *path;
	json_t *have, *now;

	json_object_foreach (json_object_get(kept->record, "files"), path, have) {
		if (tree_find(run->tree, path))
			continue;
		now = kept_look(run->fs, path);
		if (now || !fs_is_named(run->fs, path))
			note(kept, path, NULL, now);
	}
}

static bool wanted(const struct run *run)
{
	return run->layout.ostree || fs_exists(run->fs, KEPT_PATH) ||
	       fs_exists(run->fs, KEPT_WITNESS);
}

int kept_note(struct run *run, struct err *err)
{
	AUTO(kept) struct kept kept = { .record = NULL };
	AUTO(secret) char *text = NULL;
	AUTO(free) char *count = NULL;

	if (run->config->kind == CONFIG_RESET || !wanted(run))
		return 0;
	if (kept_open(run->fs, &kept, err) < 0)
		return -1;
	note_tree(run, &kept);
	if (str_starts(run->config->kubernetes_dir, "/etc/"))
		note_new(run, &kept, run->config->kubernetes_dir, 0);
	note_edited(run, &kept);
	if (!kept.changed && kept.here == kept.generation)
		return 0;
	if (kept.here > kept.generation)
		kept.generation = kept.here;
	/* Another deployment may have an /etc of before a reset, which is to count less than
	 * this one. An image is to be the same whenever it is made. */
	if (!kept.generation && !run->offline)
		kept.generation = (json_int_t)run->now * A_SECOND;
	kept.generation++;
	json_object_set_new(kept.record, "generation", json_integer(kept.generation));
	text = json_dumps(kept.record, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (!text)
		return err_set(err, ERR_HOST, "out of memory");
	count = xasprintf("%lld\n", (long long)kept.generation);
	tree_file(run->tree, KEPT_PATH, 0600, text, strlen(text), ENTRY_SECRET, NULL);
	tree_text(run->tree, KEPT_WITNESS, 0644, count);
	return 0;
}

int kept_check(const struct run *run, struct err *err)
{
	AUTO(kept) struct kept kept = { .record = NULL };

	if (run->config->kind == CONFIG_RESET || !fs_exists(run->fs, KEPT_PATH))
		return 0;
	if (kept_open(run->fs, &kept, err) < 0)
		return -1;
	if (kept.here >= kept.generation)
		return 0;
	err_set(err, ERR_CONFLICT,
		"/etc is older than what kstrap wrote to it last (its change %lld of %lld): the "
		"system was rolled back",
		(long long)kept.here, (long long)kept.generation);
	return err_next(err, "kstrap boot, then run the same command again");
}
