/* The grammar is TOML v1.0.0's (toml.io): expressions end with their line, but values in brackets
 * or triple quotes may go on over several. */
#include "phases/runtime/toml.h"

#include <string.h>

#include "base/str.h"

#define TEXT_MAX  (1024 * 1024)
#define PARTS_MAX 16

/* A dotted key or a header's path, unquoted. */
struct path {
	char *parts[PARTS_MAX];
	size_t n;
};

struct scan {
	const char *text, *at, *name;
	int line;
	struct path table; /* of the header that the current line stands below */
	struct err *err;
};

/* Where the wanted key stands, or would stand. */
struct place {
	const char *value, *value_end;	 /* the key's own value */
	const char *header_end;		 /* just past its table's header line */
	const char *header;		 /* the line of that header, for its indentation */
	int dotted;			 /* line that makes the table by a dotted key; 0: none */
	bool seen;			 /* the table, or one below it */
};

static void path_clear(struct path *path)
{
	while (path->n > 0)
		free(path->parts[--path->n]);
}

static inline void auto_path_(struct path *path)
{
	path_clear(path);
}

static int bad(struct scan *scan, const char *what)
{
	return err_set(scan->err, ERR_CONFIG, "%s:%d: %s", scan->name, scan->line, what);
}

static void blanks(struct scan *scan)
{
	scan->at += strspn(scan->at, " \t");
}

static bool at_line_end(const struct scan *scan)
{
	const char *p = scan->at;

	return *p == '\0' || *p == '\n' || *p == '#' || (p[0] == '\r' && p[1] == '\n');
}

static void next_line(struct scan *scan)
{
	scan->at += strcspn(scan->at, "\n");
	if (*scan->at == '\n')
		scan->at++;
	scan->line++;
}

/* A quoted string: past its closing quote, lines counted. `part` (may be NULL) gets its content;
 * escapes other than \" and \\ stay as they are, which no key that is asked for has. */
static int quoted(struct scan *scan, struct buf *part)
{
	char q = *scan->at;
	bool many = scan->at[1] == q && scan->at[2] == q;

	scan->at += many ? 3 : 1;
	for (; *scan->at; scan->at++) {
		if (*scan->at == q && (!many || (scan->at[1] == q && scan->at[2] == q))) {
			scan->at += many ? 3 : 1;
			while (many && *scan->at == q) /* """" ends with a quote inside */
				scan->at++;
			return 0;
		}
		if (*scan->at == '\n' && !many)
			break;
		if (*scan->at == '\n')
			scan->line++;
		if (q == '"' && *scan->at == '\\' && (scan->at[1] == '"' || scan->at[1] == '\\'))
			scan->at++;
		if (part && buf_add(part, scan->at, 1) < 0)
			return bad(scan, "the key is too long");
	}
	return bad(scan, "a string is not closed");
}

static int key_part(struct scan *scan, struct path *path)
{
	AUTO(buf) struct buf part = BUF_INIT(4096);
	size_t len = strspn(scan->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-");

	if (path->n == PARTS_MAX)
		return bad(scan, "the key has too many parts");
	if (*scan->at == '"' || *scan->at == '\'') {
		if (quoted(scan, &part) < 0)
			return -1;
		path->parts[path->n++] = xstrndup(part.len ? part.data : "", part.len);
		return 0;
	}
	if (len == 0)
		return bad(scan, "a key was expected here");
	path->parts[path->n++] = xstrndup(scan->at, len);
	scan->at += len;
	return 0;
}

static int dotted_key(struct scan *scan, struct path *path)
{
	do {
		if (*scan->at == '.')
			scan->at++;
		blanks(scan);
		if (key_part(scan, path) < 0)
			return -1;
		blanks(scan);
	} while (*scan->at == '.');
	return 0;
}

/* Past a value. Brackets may hold line ends and comments. */
static int value(struct scan *scan)
{
	int depth = 0;

	for (;; scan->at++) {
		while (*scan->at == '"' || *scan->at == '\'')
			if (quoted(scan, NULL) < 0)
				return -1;
		if (depth == 0 && at_line_end(scan))
			return 0;
		if (*scan->at == '#')
			scan->at += strcspn(scan->at, "\n");
		if (*scan->at == '\0')
			return bad(scan, "a bracket is not closed");
		if (*scan->at == '\n')
			scan->line++;
		else if (*scan->at == '[' || *scan->at == '{')
			depth++;
		else if (*scan->at == ']' || *scan->at == '}')
			depth--;
		if (depth < 0)
			return bad(scan, "a closing bracket without its opening one");
	}
}

/* Whether `path` after `above` (may be NULL) begins with, or is, the first parts of want + key.
 * Returns how many parts both have in all when they agree, else 0. */
static size_t agrees(const struct path *above, const struct path *path, const char *const *table,
		     const char *key, size_t *ret_wanted)
{
	size_t n = 0, have = (above ? above->n : 0) + path->n;
	const char *part;

	for (*ret_wanted = 0; table[*ret_wanted];)
		++*ret_wanted;
	*ret_wanted += key != NULL;
	for (; n < have && n < *ret_wanted; n++) {
		size_t in = above ? above->n : 0;

		part = n < in ? above->parts[n] : path->parts[n - in];
		if (!str_eq(part, n == *ret_wanted - 1 && key ? key : table[n]))
			return 0;
	}
	return have;
}

static int header(struct scan *scan, const char *const *table, struct place *place)
{
	const char *start = scan->at;
	bool array = start[1] == '[';
	size_t have, wanted;

	path_clear(&scan->table);
	scan->at += array ? 2 : 1;
	blanks(scan);
	if (dotted_key(scan, &scan->table) < 0)
		return -1;
	if (*scan->at != ']' || (array && scan->at[1] != ']'))
		return bad(scan, "a table's header is not closed");
	scan->at += array ? 2 : 1;
	blanks(scan);
	if (!at_line_end(scan))
		return bad(scan, "something follows a table's header");

	have = agrees(NULL, &scan->table, table, NULL, &wanted);
	place->seen |= have >= wanted;
	if (array && have > 0 && have <= wanted)
		return bad(scan, "an array of tables stands where one table was expected");
	if (have == wanted && wanted > 0 && !place->header) {
		place->header = start;
		while (place->header > scan->text && place->header[-1] != '\n')
			place->header--;
		next_line(scan);
		place->header_end = scan->at;
		return 0;
	}
	next_line(scan);
	return 0;
}

static int key_value(struct scan *scan, const char *const *table, const char *key,
		     struct place *place)
{
	AUTO(path) struct path path = { .n = 0 };
	int line = scan->line;
	size_t have, wanted;
	const char *start, *end;

	if (dotted_key(scan, &path) < 0)
		return -1;
	if (*scan->at != '=')
		return bad(scan, "a key without its value");
	scan->at++;
	blanks(scan);
	if (at_line_end(scan))
		return bad(scan, "a key without its value");
	start = scan->at;
	if (value(scan) < 0)
		return -1;
	for (end = scan->at; end > start && strchr(" \t\r", end[-1]);)
		end--;

	have = agrees(&scan->table, &path, table, key, &wanted);
	place->seen |= have >= wanted;
	if (have > 0 && have < wanted) {
		scan->line = line;
		return bad(scan, "the setting stands in an inline table; write it as a table of its own");
	}
	if (have == wanted) {
		place->value = start;
		place->value_end = end;
	} else if (path.n > 1) {
		path.n--;
		have = agrees(&scan->table, &path, table, NULL, &wanted);
		if (have >= wanted && scan->table.n < wanted && !place->dotted)
			place->dotted = line;
		path.n++;
	}
	next_line(scan);
	return 0;
}

static int find(const char *text, const char *name, const char *const *table, const char *key,
		struct place *place, struct err *err)
{
	struct scan scan = { .text = text, .at = text, .name = name, .line = 1, .err = err };
	int status = 0;

	if (str_starts(text, "\xef\xbb\xbf"))
		scan.at += 3; /* as containerd 1.x does */

	*place = (struct place){ .value = NULL };
	if (strlen(text) > TEXT_MAX)
		return err_set(err, ERR_CONFIG, "%s: larger than 1 MiB", name);
	while (status == 0 && *scan.at) {
		blanks(&scan);
		if (at_line_end(&scan))
			next_line(&scan);
		else if (*scan.at == '[')
			status = header(&scan, table, place);
		else
			status = key_value(&scan, table, key, place);
	}
	path_clear(&scan.table);
	return status;
}

int toml_get(const char *text, const char *name, const char *const *table, const char *key,
	     char **ret, struct err *err)
{
	struct place place;

	if (find(text, name, table, key, &place, err) < 0)
		return -1;
	*ret = place.value ? xstrndup(place.value, (size_t)(place.value_end - place.value)) : NULL;
	return 0;
}

int toml_change(char **text, const char *name, const char *const *table, const char *key,
		const char *value_text, struct err *err)
{
	AUTO(free) char *before = *text;

	*text = NULL;
	return toml_set(before, name, table, key, value_text, text, err);
}

json_t *toml_file(const char *path, const char *text, size_t len, struct err *err)
{
	json_t *string = json_stringn(text, len);

	if (string && strlen(text) == len)
		return xjson_pack("{s:s, s:o}", "path", path, "text", string);
	json_decref(string);
	err_set(err, ERR_CONFIG, "%s is no text: it has bytes that are not UTF-8, or zeros", path);
	(void)err_next(err, "grep -naxv '.*' %s", path);
	return NULL;
}

int toml_note(json_t *file, const char *const *table, const char *keys, struct err *err)
{
	struct place place;

	for (; *keys; keys += strlen(keys) + 1) {
		if (find(json_str(file, "text"), json_str(file, "path"), table, keys, &place,
			 err) < 0)
			return -1;
		if (place.value)
			json_object_set_new(file, keys,
					    json_stringn(place.value, (size_t)(place.value_end -
									       place.value)));
	}
	return 0;
}

int toml_has(const char *text, const char *name, const char *const *table, bool *ret,
	     struct err *err)
{
	struct place place;

	if (find(text, name, table, NULL, &place, err) < 0)
		return -1;
	*ret = place.seen;
	return 0;
}

static bool is_bare(const char *part)
{
	return *part && part[strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_-")] == '\0';
}

/* The table with its header, for the end of a file that lacks it. */
static char *new_table(const char *text, const char *const *table, const char *key,
		       const char *value_text)
{
	AUTO(free) char *path = xstrdup("");
	size_t len = strlen(text);

	for (size_t i = 0; table[i]; i++) {
		AUTO(free) char *before = path;
		AUTO(free) char *part = is_bare(table[i]) ? xstrdup(table[i]) : toml_quote(table[i]);

		path = xasprintf("%s%s%s", before, i ? "." : "", part);
	}
	return xasprintf("%s%s%s[%s]\n  %s = %s\n", text, len && text[len - 1] != '\n' ? "\n" : "",
			 len ? "\n" : "", path, key, value_text);
}

int toml_set(const char *text, const char *name, const char *const *table, const char *key,
	     const char *value_text, char **ret, struct err *err)
{
	struct place place;
	size_t before;

	if (find(text, name, table, key, &place, err) < 0)
		return -1;
	if (place.value) {
		*ret = xasprintf("%.*s%s%s", (int)(place.value - text), text, value_text,
				 place.value_end);
		return 0;
	}
	if (place.dotted)
		return err_set(err, ERR_CONFIG,
			       "%s:%d: the table is made by a dotted key; write it as a table of its own",
			       name, place.dotted);
	if (!table[0]) {
		*ret = xasprintf("%s = %s\n%s", key, value_text, text);
		return 0;
	}
	if (!place.header) {
		*ret = new_table(text, table, key, value_text);
		return 0;
	}
	before = (size_t)(place.header_end - text);
	*ret = xasprintf("%.*s%s%.*s  %s = %s\n%s", (int)before, text,
			 text[before - 1] == '\n' ? "" : "\n",
			 (int)strspn(place.header, " \t"), place.header, key, value_text,
			 place.header_end);
	return 0;
}

char *toml_quote(const char *text)
{
	AUTO(buf) struct buf buf = BUF_INIT(TEXT_MAX);

	for (; *text; text++)
		if (buf_addf(&buf, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text) < 0)
			break;
	return xasprintf("\"%s\"", buf.data ? buf.data : "");
}

char *toml_unquote(const char *raw)
{
	size_t len = strlen(raw);
	AUTO(buf) struct buf buf = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;
	struct scan scan = { .text = raw, .at = raw, .name = "value", .line = 1, .err = &err };

	if (len < 2 || (raw[0] != '"' && raw[0] != '\'') || quoted(&scan, &buf) < 0 || *scan.at)
		return NULL;
	return xstrndup(buf.data ? buf.data : "", buf.len);
}

char *toml_list(const json_t *strings)
{
	AUTO(buf) struct buf buf = BUF_INIT(TEXT_MAX);
	const json_t *one;
	size_t i;

	json_array_foreach (strings, i, one) {
		AUTO(free) char *text = toml_quote(json_string_value(one));

		(void)buf_item(&buf, ", ", text);
	}
	return xasprintf("[%s]", buf.data ? buf.data : "");
}

json_t *toml_strings(const char *raw)
{
	struct err err = ERR_INIT;
	struct scan scan = { .text = raw, .at = raw ? raw : "", .name = "value", .line = 1, .err = &err };
	json_t *list = json_array();

	for (;;) {
		AUTO(buf) struct buf part = BUF_INIT(4096);

		scan.at += strspn(scan.at, "[ \t\r\n,");
		if (*scan.at == '#') {
			next_line(&scan);
			continue;
		}
		if ((*scan.at != '"' && *scan.at != '\'') || quoted(&scan, &part) < 0)
			return list;
		while (part.len > 1 && part.data[part.len - 1] == '/')
			part.len--;
		json_array_append_new(list, json_stringn(part.len ? part.data : "", part.len));
	}
}
