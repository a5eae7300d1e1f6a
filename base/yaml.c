#include "base/yaml.h"

#include "base/scalar.h"
#include "base/str.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

enum { SIZE_MAX_ = 1 << 20, DEPTH_MAX = 64, NODES_MAX = 100000 };

/* One node of the document: found again by walking from the root, since whole pointers would be
 * large where long keys have many members. */
struct mark {
	size_t parent;
	char *key; /* NULL: an item of a list, or a document */
	size_t index;
	int line, column;
};

struct yaml_marks {
	struct mark *marks;
	size_t len, size;
};

enum { NO_PARENT = 0 }; /* marks[0] stands for the whole text */

void yaml_marks_free(struct yaml_marks *marks)
{
	if (!marks)
		return;
	for (size_t i = 0; i < marks->len; i++)
		free(marks->marks[i].key);
	free(marks->marks);
	free(marks);
}

static size_t mark_add(struct yaml_marks *m, size_t parent, const char *key, size_t index,
		       const yaml_mark_t *at)
{
	if (m->len == m->size) {
		m->size = m->size ? m->size * 2 : 64;
		m->marks = xrealloc(m->marks, m->size, sizeof(*m->marks));
	}
	m->marks[m->len] = (struct mark){ parent, xstrdup(key), index, (int)at->line + 1,
					  (int)at->column + 1 };
	return m->len++;
}

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

static size_t mark_find(const struct yaml_marks *m, size_t parent, const char *name)
{
	char *end;
	const unsigned long index = strtoul(name, &end, 10);
	const bool number = *name && !*end;

	for (size_t i = parent + 1; i < m->len; i++) {
		const struct mark *mark = &m->marks[i];

		if (mark->parent == parent &&
		    (mark->key ? strcmp(mark->key, name) == 0 : number && mark->index == index))
			return i;
	}
	return 0;
}

void yaml_mark(const struct yaml_marks *marks, const char *pointer, int *ret_line, int *ret_column)
{
	size_t at = NO_PARENT;

	*ret_line = *ret_column = 0;
	if (!marks)
		return;
	for (const char *p = pointer; *p;) {
		const size_t len = strcspn(p, "/");
		AUTO(free) char *name = unescape(p, len);

		at = mark_find(marks, at, name);
		if (!at)
			return;
		p += len;
		if (*p == '/' && *++p == '\0')
			break;
	}
	if (at) {
		*ret_line = marks->marks[at].line;
		*ret_column = marks->marks[at].column;
	}
}

struct level {
	json_t *container; /* borrowed from the one above, or from docs */
	char *key;         /* of the value that comes next; NULL: a key comes next */
	size_t mark;       /* the container's */
	size_t next_mark;  /* the coming value's, made with its key */
};

struct reader {
	yaml_parser_t parser;
	const char *text, *name;
	size_t len;
	struct err *err;
	json_t *docs;
	struct level levels[DEPTH_MAX + 1]; /* levels[0] is docs */
	int depth;
	size_t nodes;
	struct yaml_marks *marks;
};

static int refuse(const struct reader *r, const yaml_mark_t *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(const struct reader *r, const yaml_mark_t *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(r->err, ERR_CONFIG, fmt, ap);
	va_end(ap);
	return err_wrap(r->err, "%s:%zu:%zu", r->name, at->line + 1, at->column + 1);
}

/* The decoder's reasons come without a line, only with an offset. */
int yaml_refuse_syntax(const struct yaml_parser_s *p, const char *text, size_t len,
		       const char *name, struct err *err)
{
	const struct reader r = { .name = name, .err = err };
	yaml_mark_t at = p->problem_mark;
	const char *problem = p->problem ? p->problem : "not understood";

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(err, ERR_HOST, "%s: out of memory", name);
	if (p->error == YAML_READER_ERROR) {
		memset(&at, 0, sizeof(at));
		for (size_t i = 0; i < len && i < p->problem_offset; i++) {
			at.column++;
			if (text[i] == '\n') {
				at.line++;
				at.column = 0;
			}
		}
	}
	if (p->context)
		return refuse(&r, &at, "%s %s", problem, p->context);
	return refuse(&r, &at, "%s", problem);
}

static json_t *to_json(const struct scalar *s, const char *text, size_t len)
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
	return json_stringn(text, len);
}

/* The next node's place in its parent; for an item of a list also its mark. */
static size_t place(struct reader *r, const yaml_mark_t *at)
{
	struct level *top = &r->levels[r->depth];

	if (json_is_object(top->container))
		return top->next_mark;
	return mark_add(r->marks, top->mark, NULL, json_array_size(top->container), at);
}

/* Takes `value`. */
static int attach(struct reader *r, json_t *value)
{
	struct level *top = &r->levels[r->depth];
	int rc;

	if (json_is_object(top->container)) {
		rc = json_object_set_new(top->container, top->key, value);
		free(top->key);
		top->key = NULL;
	} else {
		rc = json_array_append_new(top->container, value);
	}
	return rc < 0 ? err_set(r->err, ERR_HOST, "%s: out of memory", r->name) : 0;
}

/* As sigs.k8s.io/yaml makes JSON of them: true, not yes; 16, not 0x10. */
static char *key_text(const struct scalar *s, const char *text)
{
	if (s->kind == SCALAR_BOOL)
		return xstrdup(s->truth ? "true" : "false");
	if (s->kind == SCALAR_INT)
		return xasprintf("%lld", s->integer);
	return xstrdup(text);
}

static int take_key(struct reader *r, const yaml_event_t *event, const char *text, struct scalar s)
{
	struct level *top = &r->levels[r->depth];
	AUTO(free) char *key = key_text(&s, text);

	if (s.kind == SCALAR_MERGE)
		return refuse(r, &event->start_mark, "merge keys (<<) are not accepted");
	if (s.kind == SCALAR_NULL)
		return refuse(r, &event->start_mark, "a key is missing before the colon");
	if (json_object_get(top->container, key))
		return refuse(r, &event->start_mark, "\"%.200s\" stands here a second time", key);
	top->next_mark = mark_add(r->marks, top->mark, key, 0, &event->start_mark);
	top->key = TAKE(key);
	return 0;
}

static int take_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const size_t len = event->data.scalar.length;
	struct scalar s = { .kind = SCALAR_STRING };
	json_t *value;

	if (memchr(text, '\0', len))
		return refuse(r, &event->start_mark, "a NUL character in a string");
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		s = scalar_resolve(text, len);
	if (json_is_object(r->levels[r->depth].container) && !r->levels[r->depth].key)
		return take_key(r, event, text, s);
	if (s.kind == SCALAR_NOT_FINITE)
		return refuse(r, &event->start_mark, "%s is no number that JSON has", text);
	if (r->depth == 0 && s.kind == SCALAR_NULL)
		return 0; /* an empty document */
	(void)place(r, &event->start_mark);
	value = to_json(&s, text, len);
	if (!value)
		return refuse(r, &event->start_mark, "text that is not UTF-8");
	return attach(r, value);
}

static int open_container(struct reader *r, const yaml_event_t *event, json_t *container)
{
	struct level *top = &r->levels[r->depth];
	size_t mark;

	if (json_is_object(top->container) && !top->key) {
		json_decref(container);
		return refuse(r, &event->start_mark, "a key must be a word, not a mapping or list");
	}
	if (r->depth == DEPTH_MAX) {
		json_decref(container);
		return refuse(r, &event->start_mark, "nested more than %d deep", DEPTH_MAX);
	}
	mark = place(r, &event->start_mark);
	if (attach(r, container) < 0)
		return -1;
	r->levels[++r->depth] = (struct level){ .container = container, .mark = mark };
	return 0;
}

static int refuse_decorated(const struct reader *r, const yaml_event_t *event,
			    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return refuse(r, &event->start_mark, "anchors (&%.64s) are not accepted",
			      (const char *)anchor);
	if (tag)
		return refuse(r, &event->start_mark, "tags (%.64s) are not accepted",
			      (const char *)tag);
	return 0;
}

static int take_event(struct reader *r, const yaml_event_t *event)
{
	const struct level *top = &r->levels[r->depth];
	const bool node = event->type == YAML_SCALAR_EVENT ||
			  event->type == YAML_MAPPING_START_EVENT ||
			  event->type == YAML_SEQUENCE_START_EVENT;

	if (node && ++r->nodes > NODES_MAX)
		return refuse(r, &event->start_mark, "more than %d values", NODES_MAX);
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		if (refuse_decorated(r, event, event->data.scalar.anchor, event->data.scalar.tag) <
		    0)
			return -1;
		return take_scalar(r, event);
	case YAML_MAPPING_START_EVENT:
		if (refuse_decorated(r, event, event->data.mapping_start.anchor,
				     event->data.mapping_start.tag) < 0)
			return -1;
		return open_container(r, event, json_object());
	case YAML_SEQUENCE_START_EVENT:
		if (refuse_decorated(r, event, event->data.sequence_start.anchor,
				     event->data.sequence_start.tag) < 0)
			return -1;
		return open_container(r, event, json_array());
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		free(top->key);
		r->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(r, &event->start_mark, "aliases (*%.64s) are not accepted",
			      (const char *)event->data.alias.anchor);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

static int read_all(struct reader *r)
{
	yaml_event_type_t type;

	do {
		yaml_event_t event;
		int rc;

		if (!yaml_parser_parse(&r->parser, &event))
			return yaml_refuse_syntax(&r->parser, r->text, r->len, r->name,
						  r->err);
		type = event.type;
		rc = take_event(r, &event);
		yaml_event_delete(&event);
		if (rc < 0)
			return -1;
	} while (type != YAML_STREAM_END_EVENT);
	return 0;
}

int yaml_parse(const char *text, size_t len, const char *name, json_t **ret,
	       struct yaml_marks **ret_marks, struct err *err)
{
	AUTO(json) json_t *docs = json_array();
	AUTO(yaml_marks) struct yaml_marks *marks = xcalloc(1, sizeof(*marks));
	struct reader r = {
		.text = text, .name = name, .len = len, .err = err, .docs = docs, .marks = marks
	};
	const yaml_mark_t start = { 0, 0, 0 };
	int rc;

	if (len > SIZE_MAX_)
		return refuse(&r, &start, "larger than 1 MiB");
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_HOST, "%s: out of memory", name);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	(void)mark_add(marks, NO_PARENT, NULL, 0, &start);
	r.levels[0] = (struct level){ .container = docs, .mark = NO_PARENT };
	rc = read_all(&r);
	yaml_parser_delete(&r.parser);
	for (int i = 0; rc < 0 && i <= r.depth; i++)
		free(r.levels[i].key);
	if (rc < 0)
		return -1;
	*ret = TAKE(docs);
	if (ret_marks)
		*ret_marks = TAKE(marks);
	return 0;
}
