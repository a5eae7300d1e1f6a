#include "manifests/manifest.h"

#include "base/packed.h"
#include "base/str.h"
#include "base/yaml.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct fill {
	const char *name;
	const struct semver *version;
	const json_t *values;
	struct err *err;
};

/* What a "{{...}}" at the start of a string turned out to be. */
enum hole { HOLE_NONE, HOLE_VALUE, HOLE_SPLICE, HOLE_OPTIONAL, HOLE_GUARD };

const char *manifest_text(const char *name)
{
	size_t len = strlen(name);

	for (const struct packed *e = packed_files(); e->name; e++)
		if (strncmp(e->name, name, len) == 0 &&
		    (!e->name[len] || strcmp(e->name + len, ".yaml") == 0))
			return e->text;
	return NULL;
}

/* Reads "{{word}}" at the start of `text`: its kind, its bare word, and where it ends. */
static enum hole read_hole(const char *text, char *word, size_t size, const char **ret_end)
{
	const char *end, *start = text + 2;
	enum hole kind = HOLE_VALUE;

	if (strncmp(text, "{{", 2) != 0 || !(end = strstr(text, "}}")))
		return HOLE_NONE;
	if (*start == '*')
		kind = HOLE_SPLICE;
	else if (*start == '?')
		kind = HOLE_OPTIONAL;
	else if (*start == '<' || *start == '>' || strncmp(start, "if ", 3) == 0)
		kind = HOLE_GUARD;
	if (kind == HOLE_SPLICE || kind == HOLE_OPTIONAL)
		start++;
	snprintf(word, size, "%.*s", (int)(end - start), start);
	*ret_end = end + 2;
	return kind;
}

static bool is_set(const json_t *value)
{
	if (json_is_string(value))
		return json_string_length(value) > 0;
	if (json_is_array(value))
		return json_array_size(value) > 0;
	if (json_is_object(value))
		return json_object_size(value) > 0;
	return value && !json_is_null(value) && !json_is_false(value);
}

/* 1 when the guard's condition is met, 0 when not, -1 on a guard that is malformed. */
static int guard_holds(const struct fill *fill, const char *word)
{
	struct semver bound;
	bool not_before = word[0] == '>';

	if (strncmp(word, "if !", 4) == 0)
		return !is_set(json_object_get(fill->values, word + 4));
	if (strncmp(word, "if ", 3) == 0)
		return is_set(json_object_get(fill->values, word + 3));
	if (semver_parse(word + (not_before ? 2 : 1), &bound, fill->err) < 0)
		return err_wrap(fill->err, "template %s: \"{{%s}}\"", fill->name, word);
	return (semver_cmp(fill->version, &bound) >= 0) == not_before;
}

/* Skips the guards at the start of *text. 1 when all hold, 0 when one does not, -1 error. */
static int pass_guards(const struct fill *fill, const char **text)
{
	char word[64];
	const char *end;
	int holds = 1, one;

	while (read_hole(*text, word, sizeof(word), &end) == HOLE_GUARD) {
		if ((one = guard_holds(fill, word)) < 0)
			return -1;
		holds &= one;
		*text = *end == ' ' ? end + 1 : end;
	}
	return holds;
}

static int no_value(const struct fill *fill, const char *word)
{
	return err_set(fill->err, ERR_BUG, "template %s: no value for {{%s}}", fill->name, word);
}

/* The text of a value inside a longer string. */
static int add_text(const struct fill *fill, struct buf *buf, const char *word)
{
	const json_t *value = json_object_get(fill->values, word);

	if (json_is_string(value))
		return buf_add(buf, json_string_value(value), json_string_length(value));
	if (json_is_integer(value))
		return buf_addf(buf, "%lld", (long long)json_integer_value(value));
	if (json_is_boolean(value))
		return buf_addf(buf, "%s", json_is_true(value) ? "true" : "false");
	return no_value(fill, word);
}

/* A string without guards: one hole takes its value's type, holes inside text become text. */
static json_t *fill_string(const struct fill *fill, const char *text)
{
	AUTO(buf) struct buf buf = BUF_INIT(1 << 20);
	char word[64];
	const char *end;
	json_t *value;

	if (read_hole(text, word, sizeof(word), &end) == HOLE_VALUE && !*end) {
		value = json_object_get(fill->values, word);
		if (!value)
			no_value(fill, word);
		return value ? json_deep_copy(value) : NULL;
	}
	while (*text) {
		if (read_hole(text, word, sizeof(word), &end) == HOLE_VALUE) {
			if (add_text(fill, &buf, word) < 0)
				return NULL;
			text = end;
		} else if (buf_add(&buf, text++, 1) < 0) {
			return NULL;
		}
	}
	return json_string(buf.data ? buf.data : "");
}

static json_t *fill_value(const struct fill *fill, const json_t *value);

static int fill_member(const struct fill *fill, const char *key, const json_t *value, json_t *out)
{
	char word[64];
	const char *end;
	int holds = pass_guards(fill, &key);
	AUTO(json) json_t *filled = NULL, *filled_key = NULL;

	if (holds <= 0)
		return holds;
	if (json_is_string(value) &&
	    read_hole(json_string_value(value), word, sizeof(word), &end) == HOLE_OPTIONAL) {
		const json_t *given = json_object_get(fill->values, word);

		if (!given || json_is_null(given))
			return 0;
		filled = json_deep_copy(given);
	} else {
		filled = fill_value(fill, value);
	}
	if (!filled || !(filled_key = fill_string(fill, key)))
		return -1;
	if (json_object_get(out, json_string_value(filled_key)))
		return err_set(fill->err, ERR_BUG, "template %s: key %s stands twice", fill->name,
			       json_string_value(filled_key));
	return json_object_set(out, json_string_value(filled_key), filled);
}

/* An item that is a mapping with prefixes as its only key stands for that key's value. */
static const json_t *guarded_value(const json_t *item, const char **ret_key)
{
	char word[64];
	const char *end, *key;

	if (json_object_size(item) != 1)
		return NULL;
	*ret_key = key = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)item));
	while (read_hole(key, word, sizeof(word), &end) == HOLE_GUARD)
		key = *end == ' ' ? end + 1 : end;
	return *key ? NULL : json_object_get(item, *ret_key);
}

static int fill_item(const struct fill *fill, const json_t *item, json_t *out)
{
	char word[64];
	const char *end, *text;
	const json_t *value;
	AUTO(json) json_t *list = NULL;
	int holds;

	if ((value = guarded_value(item, &text))) {
		holds = pass_guards(fill, &text);
		return holds <= 0 ? holds : fill_item(fill, value, out);
	}
	if (!(text = json_string_value(item)))
		return json_array_append_new(out, fill_value(fill, item));
	if ((holds = pass_guards(fill, &text)) <= 0)
		return holds;
	if (read_hole(text, word, sizeof(word), &end) != HOLE_SPLICE)
		return json_array_append_new(out, fill_string(fill, text));
	if (!json_is_array(json_object_get(fill->values, word)))
		return no_value(fill, word);
	list = json_deep_copy(json_object_get(fill->values, word));
	return json_array_extend(out, list);
}

/* NULL with err filled on failure. */
static json_t *fill_value(const struct fill *fill, const json_t *value)
{
	AUTO(json) json_t *out = NULL;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		return fill_string(fill, json_string_value(value));
	if (json_is_object(value)) {
		out = json_object();
		json_object_foreach ((json_t *)(uintptr_t)value, key, member)
			if (fill_member(fill, key, member, out) < 0)
				return NULL;
		return TAKE(out);
	}
	if (json_is_array(value)) {
		out = json_array();
		json_array_foreach (value, i, member)
			if (fill_item(fill, member, out) < 0)
				return NULL;
		return TAKE(out);
	}
	return json_deep_copy(value);
}

static void note_holes(const char *text, json_t *names)
{
	char word[64];
	const char *end, *name;
	enum hole kind;

	for (; (text = strstr(text, "{{")); text += 2) {
		kind = read_hole(text, word, sizeof(word), &end);
		name = word;
		if (kind == HOLE_GUARD && strncmp(word, "if ", 3) == 0)
			name = word + (word[3] == '!' ? 4 : 3);
		else if (kind == HOLE_GUARD || kind == HOLE_NONE)
			continue;
		json_object_set_new(names, name, json_true());
	}
}

/* Every name that the template mentions for any version. */
static void note_names(const json_t *value, json_t *names)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		note_holes(json_string_value(value), names);
	json_object_foreach ((json_t *)(uintptr_t)value, key, member) {
		note_holes(key, names);
		note_names(member, names);
	}
	json_array_foreach (value, i, member)
		note_names(member, names);
}

static int check_values(const struct fill *fill, const json_t *docs)
{
	AUTO(json) json_t *names = json_object();
	const char *key;
	json_t *value;

	note_names(docs, names);
	json_object_foreach ((json_t *)(uintptr_t)fill->values, key, value)
		if (!json_object_get(names, key))
			return err_set(fill->err, ERR_BUG,
				       "template %s: nothing takes the value %s", fill->name, key);
	return 0;
}

int manifest_fill(const char *name, const struct semver *version, const json_t *values,
		  json_t **ret, struct err *err)
{
	struct fill fill = { name, version, values, err };
	const char *text = manifest_text(name);
	AUTO(json) json_t *docs = NULL, *filled = NULL;

	if (!text)
		return err_set(err, ERR_BUG, "there is no template %s", name);
	if (yaml_parse(text, strlen(text), name, &docs, NULL, err) < 0)
		return -1;
	if (check_values(&fill, docs) < 0 || !(filled = fill_value(&fill, docs)))
		return -1;
	*ret = TAKE(filled);
	return 0;
}
