#include "base/yaml.h"

#include "base/scalar.h"
#include "base/str.h"

#include <string.h>
#include <yaml.h>

enum { MIB_MAX = 1, NODES_MAX = 100000 };

/* RFC 6901 section 4: "~1" is "/", "~0" is "~". */
static char *unescape(const char *p, size_t len)
{
	char *ret = xcalloc(len + 1, 1), *to = ret;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '~' && i + 1 < len && (p[i + 1] == '0' || p[i + 1] == '1'))
			*to++ = p[++i] == '1' ? '/' : '~';
		else
			*to++ = p[i];
	}
	return ret;
}

static struct scalar scalar_of(const struct yaml_node *n)
{
	return n->style == YAML_PLAIN_SCALAR_STYLE ? scalar_resolve(n->text, n->len)
						   : (struct scalar){ .kind = SCALAR_STRING };
}

/* As sigs.k8s.io/yaml makes JSON of them: true, not yes; 16, not 0x10. The caller frees. */
static char *key_text(const struct yaml_node *n)
{
	const struct scalar s = scalar_of(n);

	if (s.kind == SCALAR_BOOL)
		return xstrdup(s.truth ? "true" : "false");
	if (s.kind == SCALAR_INT)
		return xasprintf("%lld", s.integer);
	return xstrdup(n->text);
}

static bool is_empty_document(const struct yaml_node *n)
{
	return n->parent && !n->parent->parent && n->kind == YAML_NODE_WORD &&
	       scalar_of(n).kind == SCALAR_NULL;
}

/* Member `name` of the node, or NULL; *ret_mark is its key, or the item itself. */
static const struct yaml_node *member(const struct yaml_node *parent, const char *name,
				      const struct yaml_node **ret_mark)
{
	const bool map = parent->kind == YAML_NODE_MAP;
	unsigned long index = 0;

	for (const struct yaml_node *n = parent->first; n; n = n->next) {
		AUTO(free) char *text = NULL;

		if (!map && is_empty_document(n))
			continue;
		*ret_mark = n;
		text = map ? key_text(n) : xasprintf("%lu", index++);
		if (map)
			n = n->next;
		if (str_eq(text, name))
			return n;
	}
	return NULL;
}

void yaml_mark(const struct yaml_source *marks, const char *pointer, int *ret_line, int *ret_column)
{
	const struct yaml_node *at = marks ? marks->root : NULL, *mark = NULL;

	*ret_line = *ret_column = 0;
	for (const char *p = pointer; at && *p;) {
		const size_t len = strcspn(p, "/");
		AUTO(free) char *name = unescape(p, len);

		at = member(at, name, &mark);
		p += len;
		if (*p == '/' && *++p == '\0')
			break;
	}
	if (at && mark) {
		*ret_line = mark->line;
		*ret_column = mark->column;
	}
}

struct reader {
	const char *text, *name;
	struct err *err;
};

#define REFUSE(r, n, ...) \
	yaml_refuse((r)->err, (r)->name, (size_t)(n)->line, (size_t)(n)->column, __VA_ARGS__)

/* What no file of ours may have. */
static int check(const struct reader *r, const struct yaml_node *n)
{
	const char *what = n->kind == YAML_NODE_ALIAS ? "aliases"
			   : n->anchor                ? "anchors"
			   : n->tagged                ? "tags"
						      : NULL;
	const char *at = r->text + n->from;
	const size_t len = strcspn(at, " \t\r\n,]}");

	if (what)
		return REFUSE(r, n, "%s (%.*s) are not accepted", what, len < 64 ? (int)len : 64,
			      at);
	if (n->text && strlen(n->text) < n->len)
		return REFUSE(r, n, "a NUL character in a string");
	return 0;
}

static json_t *to_json(const struct scalar *s, const struct yaml_node *n)
{
	switch (s->kind) {
	case SCALAR_NULL:
		return json_null();
	case SCALAR_BOOL:
		return json_boolean(s->truth);
	case SCALAR_INT:
		return json_integer(s->integer);
	case SCALAR_FLOAT:
		return json_real(s->real);
	case SCALAR_STRING:
	case SCALAR_TIME:
	case SCALAR_NOT_FINITE:
	case SCALAR_MERGE:
		break;
	}
	return json_stringn(n->text, n->len);
}

static json_t *word(const struct reader *r, const struct yaml_node *n)
{
	const struct scalar s = scalar_of(n);
	json_t *ret = NULL;

	if (s.kind == SCALAR_NOT_FINITE)
		(void)REFUSE(r, n, "%s is no number that JSON has", n->text);
	else if (!(ret = to_json(&s, n)))
		(void)REFUSE(r, n, "text that is not UTF-8");
	return ret;
}

static int check_key(const struct reader *r, const struct yaml_node *n, const json_t *object,
		     const char *key)
{
	const enum scalar_kind kind = scalar_of(n).kind;

	if (kind == SCALAR_MERGE)
		return REFUSE(r, n, "merge keys (<<) are not accepted");
	if (kind == SCALAR_NULL)
		return REFUSE(r, n, "a key is missing before the colon");
	if (json_object_get(object, key))
		return REFUSE(r, n, "\"%.200s\" stands here a second time", key);
	return 0;
}

static json_t *value(const struct reader *r, const struct yaml_node *n);

static json_t *members(const struct reader *r, const struct yaml_node *map)
{
	AUTO(json) json_t *ret = json_object();

	for (const struct yaml_node *n = map->first; n; n = n->next->next) {
		AUTO(free) char *key = NULL;
		json_t *item;

		if (check(r, n) < 0)
			return NULL;
		if (!n->text) {
			(void)REFUSE(r, n, "a key must be a word, not a mapping or list");
			return NULL;
		}
		key = key_text(n);
		if (check_key(r, n, ret, key) < 0 || !(item = value(r, n->next)))
			return NULL;
		json_object_set_new(ret, key, item);
	}
	return TAKE(ret);
}

static json_t *items(const struct reader *r, const struct yaml_node *list)
{
	AUTO(json) json_t *ret = json_array();

	for (const struct yaml_node *n = list->first; n; n = n->next) {
		json_t *item;

		/* What is refused is refused of an empty document, too. */
		if (!(item = value(r, n)))
			return NULL;
		if (is_empty_document(n))
			json_decref(item);
		else
			json_array_append_new(ret, item);
	}
	return TAKE(ret);
}

/* NULL with err filled. */
static json_t *value(const struct reader *r, const struct yaml_node *n)
{
	if (check(r, n) < 0)
		return NULL;
	return n->kind == YAML_NODE_WORD   ? word(r, n)
	       : n->kind == YAML_NODE_LIST ? items(r, n)
					   : members(r, n);
}

int yaml_parse(const char *text, size_t len, const char *name, json_t **ret,
	       struct yaml_source **ret_marks, struct err *err)
{
	AUTO(yaml_source) struct yaml_source *source = NULL;
	const struct reader r = { .text = text, .name = name, .err = err };
	json_t *docs;

	if (yaml_source_read(text, len, name, MIB_MAX, NODES_MAX, &source, err) < 0)
		return -1;
	docs = value(&r, source->root);
	if (!docs)
		return -1;
	*ret = docs;
	if (ret_marks)
		*ret_marks = TAKE(source);
	return 0;
}
