/* The fields of KubeletConfiguration and KubeProxyConfiguration, so that a mistyped name is told
 * before a kubelet ignores it or dies of it. The documents themselves are kept as they are: their
 * values are those programs' business. */
#include "config/reader.h"

#include "base/auto.h"
#include "base/log.h"
#include "base/packed.h"
#include "base/str.h"

#include <stdint.h>
#include <string.h>

#define KUBELET "KubeletConfiguration"
#define PROXY   "KubeProxyConfiguration"
#define WORDS   256

static const struct {
	const char *kind;
	enum field_type type;
	const char *section; /* of components.txt: paths */
} rows[] = {
	{ KUBELET, FIELD_BOOL, KUBELET " booleans" },
	{ KUBELET, FIELD_INT, KUBELET " integers" },
	{ KUBELET, FIELD_STRING, KUBELET " strings" },
	{ KUBELET, FIELD_STRINGS, KUBELET " lists" },
	{ KUBELET, FIELD_ANY, KUBELET " others" },
	{ PROXY, FIELD_BOOL, PROXY " booleans" },
	{ PROXY, FIELD_INT, PROXY " integers" },
	{ PROXY, FIELD_STRING, PROXY " strings" },
	{ PROXY, FIELD_STRINGS, PROXY " lists" },
	{ PROXY, FIELD_ANY, PROXY " others" },
};

/* The caller frees. */
static char *paths_of(size_t row)
{
	return packed_section("components.txt", rows[row].section);
}

/* The next word of *at, or NULL; *ret_len is its length. */
static const char *next_word(const char **at, size_t *ret_len)
{
	const char *word = *at + strspn(*at, " ");

	*ret_len = strcspn(word, " ");
	*at = word + *ret_len;
	return *ret_len ? word : NULL;
}

enum known { UNKNOWN, PARENT, FIELD };

static enum known find(const char *kind, const char *path, enum field_type *ret_type)
{
	enum known known = UNKNOWN;
	size_t wanted = strlen(path), len;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *paths = NULL;
		const char *at, *word;

		if (strcmp(rows[i].kind, kind) != 0)
			continue;
		at = paths = paths_of(i);
		while ((word = next_word(&at, &len))) {
			if (len < wanted || memcmp(word, path, wanted) != 0)
				continue;
			if (len == wanted) {
				*ret_type = rows[i].type;
				return FIELD;
			}
			if (word[wanted] == '.')
				known = PARENT;
		}
	}
	return known;
}

/* The nearest path of the kind with the same parent; the caller frees. */
static char *nearest(const char *kind, const char *path)
{
	char *words[WORDS];
	const char *near, *dot = strrchr(path, '.');
	size_t parent = dot ? (size_t)(dot - path) + 1 : 0, n = 0, len;
	char *ret;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *paths = paths_of(i);
		const char *at = paths, *word;

		while (strcmp(rows[i].kind, kind) == 0 && n + 1 < WORDS &&
		       (word = next_word(&at, &len)))
			if (len > parent && memcmp(word, path, parent) == 0)
				words[n++] = xstrndup(word, parent + strcspn(word + parent, ". "));
	}
	words[n] = NULL;
	near = str_nearest(path, (const char *const *)words);
	ret = xstrdup(near);
	while (n)
		free(words[--n]);
	return ret;
}

static void unknown(const struct reader *r, const char *path, const struct place *at)
{
	AUTO(free) char *quoted = faults_quote(path);
	AUTO(free)
	char *near = r->faults->count < READER_TOLD ? nearest(r->kind->name, path) : NULL;
	AUTO(free) char *mark = NULL;

	/* A later Kubernetes may have fields of its own: only what looks mistyped is refused. */
	if (near) {
		reader_fault(r, at, "unknown field %s: did you mean \"%s\"?", quoted, near);
		return;
	}
	mark = reader_mark(r, at);
	log_warn("%sunknown field %s of %s is kept as it is", mark, quoted, r->kind->name);
}

static bool fits(const json_t *value, enum field_type type)
{
	const json_t *item;
	size_t i;

	switch (type) {
	case FIELD_BOOL:
		return json_is_boolean(value);
	case FIELD_INT:
		return json_is_integer(value);
	case FIELD_STRING:
		return json_is_string(value);
	case FIELD_STRINGS:
		json_array_foreach (value, i, item)
			if (!json_is_string(item))
				return false;
		return json_is_array(value);
	case FIELD_ANY:
	case FIELD_SECRET:
	case FIELD_DURATION:
	case FIELD_TIME:
	case FIELD_GATES:
	case FIELD_ARGS:
	case FIELD_OBJECT:
	case FIELD_OBJECTS:
		return true;
	}
	return true;
}

void components_read(const struct reader *r, const json_t *obj, const struct place *at)
{
	unsigned unknowns = 0;
	const char *key;
	json_t *value;

	/* jansson's iterators take a json_t that is not const, and change nothing. */
	json_object_foreach ((json_t *)(uintptr_t)obj, key, value) {
		struct place here = { at, key, 0 };
		AUTO(free) char *path = reader_path(&here);
		enum field_type type = FIELD_ANY;
		enum known known = find(r->kind->name, path, &type);
		const struct field field = { .type = type };

		if (!at->up && (strcmp(key, "apiVersion") == 0 || strcmp(key, "kind") == 0))
			continue;
		if (known == UNKNOWN) {
			if (++unknowns > READER_TOLD) {
				reader_fault(r, &here, "more than %d unknown fields", READER_TOLD);
				return;
			}
			unknown(r, path, &here);
		} else if (json_is_null(value)) {
			continue;
		} else if (known == PARENT && json_is_object(value)) {
			components_read(r, value, &here);
		} else if (known == PARENT) {
			reader_fault(r, &here, "%s: must be a mapping", path);
		} else if (!fits(value, type)) {
			reader_fault(r, &here, "%s: must be %s", path, field_type_name(&field, 4));
		}
	}
}
