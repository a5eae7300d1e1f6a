#include "base/journal.h"

#include "base/copy.h"
#include "base/pending.h"
#include "base/str.h"

#include <openssl/evp.h>
#include <string.h>

enum { JOURNAL_MAX = 16 << 20 };

static bool is_journal(json_t *journal)
{
	bool good = json_is_object(journal);
	const char *path;
	const json_t *note;

	json_object_foreach (journal, path, note)
		good &= tree_takes(path) && json_is_object(note);
	return good;
}

int journal_read(const struct fs *fs, json_t **ret, struct err *err)
{
	struct err why = ERR_INIT;
	AUTO(free) char *text = NULL;
	json_t *journal;

	if (fs_read(fs, JOURNAL_PATH, JOURNAL_MAX, &text, NULL, &why) < 0) {
		if (why.code == ERR_NOT_FOUND) {
			*ret = json_object();
			return 0;
		}
		*err = why;
		return -1;
	}
	journal = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!is_journal(journal)) {
		json_decref(journal);
		err_set(err, ERR_HOST, "%s" JOURNAL_PATH " is damaged", fs_root(fs));
		return err_next(err, "move that file away and run the same command again");
	}
	*ret = journal;
	return 0;
}

static void hex_sha256(const void *data, size_t len, char ret[static 65])
{
	unsigned char sum[32] = { 0 };

	(void)EVP_Digest(data, len, sum, NULL, EVP_sha256(), NULL);
	hex_put(sum, sizeof(sum), ret);
}

void journal_note(json_t *journal, const char *path, const struct entry *entry, const char *saved)
{
	AUTO(free) char *kept = xstrdup(json_str(json_object_get(journal, path), "saved"));
	const bool itself = str_eq(path, entry->path); /* else a directory that it needs */
	char sum[65];
	json_t *note = json_object();

	if (!itself || entry->kind == ENTRY_DIR) {
		json_put_str(note, "kind", "dir");
	} else {
		json_put_str(note, "kind", entry->kind == ENTRY_LINK ? "link" : "file");
		hex_sha256(entry->data, entry->len, sum);
		json_put_str(note, "sha256", sum);
	}
	if (entry->phase)
		json_put_str(note, "phase", entry->phase);
	if (kept || saved)
		json_put_str(note, "saved", kept ? kept : saved);
	json_object_set_new(journal, path, note);
}

char *journal_saved_path(const char *path)
{
	char sum[65];

	hex_sha256(path, strlen(path), sum);
	return xasprintf(STATE_DIR "/saved/%s.%.16s", path_name(path), sum);
}

int journal_same(const struct fs *fs, const char *path, const json_t *note, bool *ret,
		 struct err *err)
{
	const char *kind = json_str(note, "kind");
	AUTO(free) char *target = NULL;
	char sum[65] = "";
	struct stat st;
	size_t len;

	if (fs_lstat(fs, path, &st, err) < 0)
		return -1;
	if (S_ISREG(st.st_mode) && str_eq(kind, "file") &&
	    copy_look(fs, path, &len, sum, err) < 0)
		return -1;
	if (S_ISLNK(st.st_mode) && str_eq(kind, "link")) {
		if (fs_readlink(fs, path, &target, err) < 0)
			return -1;
		hex_sha256(target, strlen(target), sum);
	}
	*ret = str_eq(kind, "dir") ? S_ISDIR(st.st_mode) : str_eq(sum, json_str(note, "sha256"));
	return 0;
}
