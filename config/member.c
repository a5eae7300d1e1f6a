#include "config/member.h"
#include "config/faults.h"

#include "base/clock.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

void *member_slot(const struct config *config, const struct member *member)
{
	/* The one place that turns an offset into a pointer; writers own the config. */
	return (void *)((uintptr_t)config + member->at);
}

const struct member *member_at(size_t at)
{
	const struct member *member = members;

	while (member->name && member->at != at)
		member++;
	assert(member->name);
	return member;
}

void member_wipe(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;
	void *next;

	if (json_is_string(value)) {
		/* jansson hands out its own bytes; nobody reads this value any more. */
		void *bytes = (void *)(uintptr_t)json_string_value(value);

		explicit_bzero(bytes, json_string_length(value));
	}
	json_array_foreach (value, i, item)
		member_wipe(item);
	json_object_foreach_safe (value, next, key, item)
		member_wipe(item);
}

void member_clear(struct config *config, const struct member *member)
{
	void *slot = member_slot(config, member);

	switch (member->type) {
	case MEMBER_STRING:
		free(*(char **)slot);
		*(char **)slot = NULL;
		break;
	case MEMBER_SECRET:
		secret_free(*(char **)slot);
		*(char **)slot = NULL;
		break;
	case MEMBER_BOOL:
		*(bool *)slot = false;
		break;
	case MEMBER_INT:
		*(int *)slot = 0;
		break;
	case MEMBER_SECONDS:
		*(long *)slot = 0;
		break;
	case MEMBER_STRINGS:
	case MEMBER_GATES:
	case MEMBER_ARGS:
	case MEMBER_LIST:
	case MEMBER_OBJECT:
	case MEMBER_TAINTS:
		json_decref(*(json_t **)slot);
		*(json_t **)slot = NULL;
		break;
	}
}

bool member_parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = { "0", "f", "F", "false", "FALSE", "False",
					     "1", "t", "T", "true",  "TRUE",  "True" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret = i >= 6;
			return true;
		}
	return false;
}

static int mistyped(struct err *err, const json_t *value, const char *wanted)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "a mapping", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "a boolean",
		[JSON_FALSE] = "a boolean",  [JSON_NULL] = "null",
	};
	bool plain = strcmp(wanted, "a string") == 0 &&
		     (json_is_number(value) || json_is_boolean(value));

	return err_set(err, ERR_CONFIG, "must be %s, not %s%s", wanted, names[json_typeof(value)],
		       plain ? ": put it in quotes" : "");
}

static int set_string(char **slot, const struct member *member, const char *text, struct err *err)
{
	char *copy = xstrdup(text);

	if (member->check && member->check(&copy, err) < 0) {
		secret_free(copy);
		return -1;
	}
	if (*slot)
		secret_free(*slot);
	*slot = copy;
	return 0;
}

static int set_int(int *slot, const struct member *member, const json_t *value, struct err *err)
{
	AUTO(free) char *text = NULL;
	json_int_t number = json_integer_value(value);

	if (number < INT32_MIN || number > INT32_MAX)
		return err_set(err, ERR_CONFIG, "%" JSON_INTEGER_FORMAT " is out of range", number);
	text = xasprintf("%" JSON_INTEGER_FORMAT, number);
	if (member->check && member->check(&text, err) < 0)
		return -1;
	*slot = (int)number;
	return 0;
}

static int set_seconds(long *slot, const char *text, struct err *err)
{
	AUTO(free) char *quoted = faults_quote(text);

	if (clock_parse_duration(text, slot) < 0)
		return err_set(err, ERR_CONFIG,
			       "%s is no duration: it looks like 4m0s or 24h, and is not negative",
			       quoted);
	return 0;
}

static int add_strings(json_t *list, const struct member *member, const json_t *value,
		       struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach (value, i, item) {
		AUTO(free) char *text = NULL;

		if (!json_is_string(item))
			return mistyped(err, item, "a list of strings");
		text = xstrdup(json_string_value(item));
		if (member->check && member->check(&text, err) < 0)
			return -1;
		json_array_append_new(list, json_string(text));
	}
	return 0;
}

static int add_gates(json_t *gates, const struct member *member, const json_t *value,
		     struct err *err)
{
	const char *key;
	json_t *item;

	/* jansson's iteration macro is not const-correct; nothing is changed. */
	json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
		AUTO(free) char *name = xstrdup(key);

		if (member->check && member->check(&name, err) < 0)
			return -1;
		if (!json_is_boolean(item))
			return mistyped(err, item, "a mapping of names to true or false");
		json_object_set(gates, name, item);
	}
	return 0;
}

static int add_args(json_t *args, const json_t *value, struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach (value, i, item) {
		const char *name = json_str(item, "name"), *text = json_str(item, "value");

		if (!name || !*name)
			return err_set(err, ERR_CONFIG, "entry %zu has no name", i + 1);
		if (str_starts(name, "-"))
			return err_set(err, ERR_CONFIG,
				       "entry %zu: the name stands without its dashes", i + 1);
		json_array_append_new(
			args, xjson_pack("{s:s, s:s}", "name", name, "value", text ? text : ""));
	}
	return 0;
}

/* Lists and maps: into a copy, so that a fault leaves the member as it was. */
static int set_json(json_t **slot, const struct member *member, const json_t *value, bool add,
		    struct err *err)
{
	bool map = member->type == MEMBER_GATES || member->type == MEMBER_OBJECT;
	AUTO(json) json_t *made = NULL;
	int failed = 0;

	if (map ? !json_is_object(value) : !json_is_array(value))
		return mistyped(err, value, map ? "a mapping" : "a list");
	if (member->type == MEMBER_LIST || member->type == MEMBER_OBJECT ||
	    member->type == MEMBER_TAINTS)
		made = json_deep_copy(value);
	else if (add)
		made = json_deep_copy(*slot);
	else
		made = map ? json_object() : json_array();
	if (member->type == MEMBER_STRINGS)
		failed = add_strings(made, member, value, err);
	else if (member->type == MEMBER_GATES)
		failed = add_gates(made, member, value, err);
	else if (member->type == MEMBER_ARGS)
		failed = add_args(made, value, err);
	if (failed < 0)
		return -1;
	json_decref(*slot);
	*slot = TAKE(made);
	return 0;
}

int member_set(struct config *config, const struct member *member, const json_t *value, bool add,
	       struct err *err)
{
	void *slot = member_slot(config, member);
	const char *text = json_string_value(value);

	if (json_is_null(value) || (text && !*text))
		return 0;
	switch (member->type) {
	case MEMBER_STRING:
	case MEMBER_SECRET:
		return text ? set_string(slot, member, text, err)
			    : mistyped(err, value, "a string");
	case MEMBER_BOOL:
		if (!json_is_boolean(value))
			return mistyped(err, value, "true or false");
		*(bool *)slot = json_is_true(value);
		return 0;
	case MEMBER_INT:
		return json_is_integer(value) ? set_int(slot, member, value, err)
					      : mistyped(err, value, "a whole number");
	case MEMBER_SECONDS:
		return text ? set_seconds(slot, text, err)
			    : mistyped(err, value, "a duration such as 4m0s");
	case MEMBER_STRINGS:
	case MEMBER_GATES:
	case MEMBER_ARGS:
	case MEMBER_LIST:
	case MEMBER_OBJECT:
	case MEMBER_TAINTS:
		return set_json(slot, member, value, add, err);
	}
	return err_set(err, ERR_BUG, "member %s has no type", member->name);
}

/* "a=b,c,d=e": a comma that no further name follows belongs to the value, as lists need it. */
static json_t *split_args(const char *text, struct err *err)
{
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *copy = xstrdup(text);

	for (char *p = copy, *next; p; p = next) {
		char *equals = strchr(p, '='), *end;
		AUTO(free) char *quoted = faults_quote(p);

		if (!equals || equals == p) {
			err_set(err, ERR_CONFIG, "%s is no NAME=VALUE", quoted);
			return NULL;
		}
		*equals++ = '\0';
		next = strchr(equals, '=');
		end = next;
		while (end && end > equals && *end != ',')
			end--;
		next = end && end > equals ? end + 1 : NULL;
		if (next)
			*end = '\0';
		json_array_append_new(list, xjson_pack("{s:s, s:s}", "name", p, "value", equals));
	}
	return TAKE(list);
}

static json_t *split_gates(const char *text, struct err *err)
{
	AUTO(json) json_t *gates = json_object();
	AUTO(json) json_t *pairs = split_args(text, err);
	const json_t *pair;
	size_t i;

	if (!pairs)
		return NULL;
	json_array_foreach (pairs, i, pair) {
		bool on;

		if (!member_parse_bool(json_str(pair, "value"), &on)) {
			AUTO(free) char *quoted = faults_quote(json_str(pair, "value"));

			err_set(err, ERR_CONFIG, "%s is neither true nor false", quoted);
			return NULL;
		}
		json_object_set_new(gates, json_str(pair, "name"), json_boolean(on));
	}
	return TAKE(gates);
}

static json_t *split_list(const char *text)
{
	json_t *list = json_array();

	for (const char *p = text, *end; *p; p = end + (*end == ',')) {
		end = strchrnul(p, ',');
		if (end > p)
			json_array_append_new(list, json_stringn(p, (size_t)(end - p)));
	}
	return list;
}

/* "a=b:NoSchedule,c:NoExecute", after those that there are already. "" is none. */
static json_t *split_taints(const char *text, const json_t *before, struct err *err)
{
	AUTO(json) json_t *words = split_list(text);
	AUTO(json) json_t *taints = json_is_array(before) ? json_deep_copy(before) : json_array();
	const json_t *word;
	size_t i;

	json_array_foreach (words, i, word)
		if (check_taint(json_string_value(word), taints, err) < 0)
			return NULL;
	return TAKE(taints);
}

static json_t *parse_int(const char *text, struct err *err)
{
	AUTO(free) char *quoted = faults_quote(text);
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || *end || end == text) {
		err_set(err, ERR_CONFIG, "%s is no whole number", quoted);
		return NULL;
	}
	return json_integer(number);
}

static json_t *parse_bool(const char *text, struct err *err)
{
	AUTO(free) char *quoted = faults_quote(text);
	bool on;

	if (!member_parse_bool(text, &on)) {
		err_set(err, ERR_CONFIG, "%s is neither true nor false", quoted);
		return NULL;
	}
	return json_boolean(on);
}

int member_set_text(struct config *config, const struct member *member, const char *text, bool add,
		    struct err *err)
{
	/* A secret not through jansson, which would keep a copy. */
	AUTO(json) json_t *readable = member->type == MEMBER_SECRET ? json_null() : json_string(text);
	AUTO(json) json_t *value = NULL;
	AUTO(free) char *quoted = NULL;

	if (!readable) {
		quoted = faults_quote(text);
		return err_set(err, ERR_CONFIG, "%s is not UTF-8", quoted);
	}
	switch (member->type) {
	case MEMBER_STRING:
	case MEMBER_SECRET:
		return *text ? set_string(member_slot(config, member), member, text, err) : 0;
	case MEMBER_SECONDS:
		return set_seconds(member_slot(config, member), text, err);
	case MEMBER_BOOL:
		value = parse_bool(text, err);
		break;
	case MEMBER_INT:
		value = parse_int(text, err);
		break;
	case MEMBER_STRINGS:
		value = split_list(text);
		break;
	case MEMBER_GATES:
		value = *text ? split_gates(text, err) : json_object();
		break;
	case MEMBER_ARGS:
		value = *text ? split_args(text, err) : json_array();
		break;
	case MEMBER_TAINTS:
		value = split_taints(text, add ? *(json_t **)member_slot(config, member) : NULL,
				     err);
		break;
	case MEMBER_LIST:
	case MEMBER_OBJECT:
		return err_set(err, ERR_BUG, "member %s has no form as text", member->name);
	}
	return value ? member_set(config, member, value, add, err) : -1;
}
