#include "base/jsonpath.h"

#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 4 /* ranges within ranges */
/* What ends a name (client-go's parser); a backslash takes the meaning from it. */
#define ENDS_NAME " \t\r\n.,[]{}$@()|?*"

struct walk {
	const char *template, *at;
	const json_t *root;
	bool missing_ok;
	bool dry; /* only looked through: nothing is evaluated or printed */
	struct buf *out;
	struct err *err;
};

static int refuse(const struct walk *walk, const char *why)
{
	return err_set(walk->err, ERR_CONFIG, "jsonpath, character %zu: %s",
		       (size_t)(walk->at - walk->template) + 1, why);
}

static void blanks(struct walk *walk)
{
	walk->at += strspn(walk->at, " \t\r\n");
}

static int put(const struct walk *walk, const char *text, size_t len)
{
	if (walk->dry || buf_add(walk->out, text, len) == 0)
		return 0;
	return err_set(walk->err, ERR_CONFIG, "jsonpath: what it prints is too long");
}

static int put_value(const struct walk *walk, const json_t *value)
{
	AUTO(free) char *text = NULL;

	if (json_is_string(value))
		return put(walk, json_string_value(value), json_string_length(value));
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	return put(walk, text ? text : "", text ? strlen(text) : 0);
}

/* "..." or '...' up to its end; *ret is the caller's. */
static int quoted(struct walk *walk, char **ret)
{
	static const char from[] = "ntr\\\"'", to[] = "\n\t\r\\\"'";
	AUTO(buf) struct buf text = BUF_INIT(JSONPATH_MAX);
	char quote = *walk->at++;

	for (; *walk->at != quote; walk->at++) {
		char c = *walk->at;

		if (c == '\\') {
			const char *known = walk->at[1] ? strchr(from, walk->at[1]) : NULL;

			if (!known)
				return refuse(
					walk,
					"no escape that is known here: \\n \\t \\r \\\\ \\\" \\'");
			walk->at++;
			c = to[known - from];
		}
		if (!*walk->at)
			return refuse(walk, "a string does not end");
		(void)buf_add(&text, &c, 1);
	}
	walk->at++;
	*ret = xstrdup(text.data ? text.data : "");
	return 0;
}

/* Member `name` of each of the results so far. */
static int member(const struct walk *walk, const char *name, json_t **results)
{
	AUTO(json) json_t *found = json_array();
	json_t *item;
	size_t i;

	json_array_foreach (*results, i, item) {
		json_t *one = json_object_get(item, name);

		if (one)
			json_array_append(found, one);
		else if (!walk->missing_ok)
			return err_set(walk->err, ERR_CONFIG, "jsonpath: %.100s is not found",
				       name);
	}
	json_decref(*results);
	*results = TAKE(found);
	return 0;
}

static int elements(const struct walk *walk, bool all, long index, json_t **results)
{
	AUTO(json) json_t *found = json_array();
	json_t *item;
	size_t i;

	json_array_foreach (*results, i, item) {
		long n = (long)json_array_size(item), at = index < 0 ? n + index : index;

		if (!json_is_array(item))
			return err_set(walk->err, ERR_CONFIG, "jsonpath: [...] of what is no list");
		if (all)
			json_array_extend(found, item);
		else if (at >= 0 && at < n)
			json_array_append(found, json_array_get(item, (size_t)at));
		else
			return err_set(walk->err, ERR_CONFIG, "jsonpath: [%ld] of a list of %ld",
				       index, n);
	}
	json_decref(*results);
	*results = TAKE(found);
	return 0;
}

static int dotted(struct walk *walk, json_t **results)
{
	AUTO(buf) struct buf name = BUF_INIT(JSONPATH_MAX);

	for (; *walk->at && !strchr(ENDS_NAME, *walk->at); walk->at++) {
		if (*walk->at == '\\' && walk->at[1])
			walk->at++;
		(void)buf_add(&name, walk->at, 1);
	}
	if (!name.len)
		return refuse(walk, "a name belongs here (.. and .* are not understood)");
	return member(walk, name.data, results);
}

/* [*], [N] or ['name']. */
static int bracket(struct walk *walk, json_t **results)
{
	AUTO(free) char *name = NULL;
	bool all = *walk->at == '*';
	long index = 0;

	if (*walk->at == '\'' || *walk->at == '"') {
		if (quoted(walk, &name) < 0)
			return -1;
	} else if (all) {
		walk->at++;
	} else {
		char *end;
		size_t digits = strspn(walk->at + (*walk->at == '-'), "0123456789");

		if (digits < 1 || digits > 9)
			return refuse(
				walk,
				"[*], [N] or ['NAME'] is understood, no filter, slice or union");
		index = strtoll(walk->at, &end, 10);
		walk->at = end;
	}
	if (*walk->at++ != ']')
		return walk->at--,
		       refuse(walk, "a ] belongs here (slices and unions are not understood)");
	return name ? member(walk, name, results) : elements(walk, all, index, results);
}

/* The results of the path that stands here; the caller frees *ret. */
static int path(struct walk *walk, const json_t *item, json_t **ret)
{
	AUTO(json) json_t *results = json_array();
	bool root = *walk->at == '$', named = root || *walk->at == '@';

	if (!named && *walk->at != '.' && *walk->at != '[')
		return refuse(walk, "neither a path nor a string, range or end");
	walk->at += named;
	/* jansson counts references in values that are const to us. */
	if (!walk->dry)
		json_array_append(results, (json_t *)(uintptr_t)(root ? walk->root : item));
	if (*walk->at == '.' && strchr("} \t[", walk->at[1])) /* {.} and {.[0]} */
		walk->at++;
	while (*walk->at == '.' || *walk->at == '[') {
		bool dot = *walk->at++ == '.';

		if ((dot ? dotted(walk, &results) : bracket(walk, &results)) < 0)
			return -1;
	}
	*ret = TAKE(results);
	return 0;
}

static int close_brace(struct walk *walk)
{
	blanks(walk);
	if (*walk->at != '}')
		return refuse(walk, "a } belongs here");
	walk->at++;
	return 0;
}

static int body(struct walk *walk, const json_t *item, int depth);

static int range(struct walk *walk, const json_t *item, int depth)
{
	AUTO(json) json_t *results = NULL;
	bool dry = walk->dry;
	const char *begin;
	json_t *one;
	size_t i;

	blanks(walk);
	if (depth == DEPTH_MAX)
		return refuse(walk, "too many ranges within one another");
	if (path(walk, item, &results) < 0 || close_brace(walk) < 0)
		return -1;
	begin = walk->at;
	json_array_foreach (results, i, one) {
		walk->at = begin;
		if (body(walk, one, depth + 1) < 0)
			return -1;
	}
	if (json_array_size(results) > 0)
		return 0;
	walk->dry = true; /* nothing to go through: only to where it ends */
	if (body(walk, NULL, depth + 1) < 0)
		return -1;
	walk->dry = dry;
	return 0;
}

/* "range" or "end" as a word of its own. */
static bool word(struct walk *walk, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(walk->at, text, len) != 0 || !strchr(" \t\r\n}", walk->at[len]))
		return false;
	walk->at += len;
	return true;
}

static int print_path(struct walk *walk, const json_t *item)
{
	AUTO(json) json_t *results = NULL;
	json_t *one;
	size_t i;

	if (path(walk, item, &results) < 0)
		return -1;
	json_array_foreach (results, i, one)
		if ((i > 0 && put(walk, " ", 1) < 0) || put_value(walk, one) < 0)
			return -1;
	return 0;
}

/* What stands in braces, behind the first. */
static int action(struct walk *walk, const json_t *item, int depth)
{
	AUTO(free) char *text = NULL;

	blanks(walk);
	if (word(walk, "range"))
		return range(walk, item, depth);
	if (*walk->at == '"' || *walk->at == '\'') {
		if (quoted(walk, &text) < 0 || put(walk, text, strlen(text)) < 0)
			return -1;
	} else if (*walk->at != '}' && print_path(walk, item) < 0) {
		return -1;
	}
	return close_brace(walk);
}

/* Text and braces up to the end of the template or, within a range, its {end}. */
static int body(struct walk *walk, const json_t *item, int depth)
{
	for (;;) {
		size_t len = strcspn(walk->at, "{");

		if (put(walk, walk->at, len) < 0)
			return -1;
		walk->at += len;
		if (!*walk->at)
			return depth ? refuse(walk, "a range has no {end}") : 0;
		walk->at++;
		blanks(walk);
		if (word(walk, "end")) {
			if (!depth)
				return refuse(walk, "an end without a range");
			return close_brace(walk);
		}
		if (action(walk, item, depth) < 0)
			return -1;
	}
}

static int run(struct walk *walk)
{
	if (!*walk->template)
		return err_set(walk->err, ERR_CONFIG, "jsonpath: no template was given");
	if (strlen(walk->template) > JSONPATH_MAX)
		return err_set(walk->err, ERR_CONFIG, "jsonpath: longer than %d characters",
			       JSONPATH_MAX);
	walk->at = walk->template;
	return body(walk, walk->root, 0);
}

int jsonpath_check(const char *template, struct err *err)
{
	return run(&(struct walk){ .template = template, .dry = true, .err = err });
}

int jsonpath_print(const char *template, const json_t *value, bool missing_ok, struct buf *out,
		   struct err *err)
{
	return run(&(struct walk){ .template = template,
				   .root = value,
				   .missing_ok = missing_ok,
				   .out = out,
				   .err = err });
}
