#include "base/yaml_source.h"

#include "base/str.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 64, NAMES_MAX = 1000 };

struct reader {
	yaml_parser_t parser;
	const char *text, *name;
	size_t len;
	struct err *err;
	struct yaml_source *source;
	size_t chars, bytes; /* the same place, as libyaml counts and as we do */
	struct {
		struct yaml_node *node, *last; /* its last member */
	} levels[DEPTH_MAX + 1];
	int depth;
	struct yaml_node *anchored; /* this document's last node with an anchor */
	int names, values, values_max;
};

void yaml_source_free(struct yaml_source *source)
{
	if (!source)
		return;
	while (source->newest) {
		struct yaml_node *node = source->newest;

		source->newest = node->older;
		free(node->text);
		free(node->anchor);
		free(node);
	}
	free(source);
}

int yaml_refuse(struct err *err, const char *name, size_t line, size_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, ERR_CONFIG, fmt, ap);
	va_end(ap);
	return err_wrap(err, "%s:%zu:%zu", name, line, column);
}

static int refuse(const struct reader *r, const yaml_event_t *event, const char *why)
{
	return yaml_refuse(r->err, r->name, event->start_mark.line + 1,
			   event->start_mark.column + 1, "%s", why);
}

/* libyaml's own reasons. The decoder's come without a line, only with an offset. */
static int refuse_syntax(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t at = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(r->err, ERR_HOST, "%s: out of memory", r->name);
	if (p->error == YAML_READER_ERROR) {
		memset(&at, 0, sizeof(at));
		for (size_t i = 0; i < r->len && i < p->problem_offset; i++) {
			at.column++;
			if (r->text[i] == '\n') {
				at.line++;
				at.column = 0;
			}
		}
	}
	return yaml_refuse(r->err, r->name, at.line + 1, at.column + 1, "%s%s%s",
			   p->problem ? p->problem : "not understood", p->context ? " " : "",
			   p->context ? p->context : "");
}

/* libyaml counts characters. It has accepted the text as UTF-8 up to there. */
static size_t byte_at(struct reader *r, size_t chars)
{
	for (; r->chars > chars; r->chars--)
		do {
			r->bytes--;
		} while ((r->text[r->bytes] & 0xc0) == 0x80);
	for (; r->chars < chars; r->chars++)
		do {
			r->bytes++;
		} while ((r->text[r->bytes] & 0xc0) == 0x80);
	return r->bytes;
}

static struct yaml_node *add(struct reader *r, const yaml_event_t *event, enum yaml_node_kind kind)
{
	struct yaml_node *node = xcalloc(1, sizeof(*node));
	struct yaml_node *parent = r->levels[r->depth].node, *last = r->levels[r->depth].last;

	node->kind = (unsigned char)kind;
	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	node->from = byte_at(r, event->start_mark.index);
	node->to = byte_at(r, event->end_mark.index);
	node->parent = parent;
	node->older = r->source->newest;
	r->source->newest = node;
	if (last)
		last->next = node;
	else if (parent)
		parent->first = node;
	r->levels[r->depth].last = node;
	return node;
}

static int name(struct reader *r, const yaml_event_t *event, struct yaml_node *node,
		const yaml_char_t *anchor, const yaml_char_t *tag)
{
	node->tagged = tag != NULL;
	if (!anchor)
		return 0;
	if (++r->names > NAMES_MAX)
		return refuse(r, event, "more than 1000 anchors and aliases");
	node->anchor = xstrdup((const char *)anchor);
	node->anchored = r->anchored;
	r->anchored = node;
	return 0;
}

static int follow(struct reader *r, const yaml_event_t *event)
{
	struct yaml_node *node = add(r, event, YAML_NODE_ALIAS), *to = r->anchored;

	while (to && !str_eq(to->anchor, (const char *)event->data.alias.anchor))
		to = to->anchored;
	if (!to || ++r->names > NAMES_MAX)
		return refuse(r, event,
			      to ? "more than 1000 anchors and aliases"
				 : "aliases need their anchor before them");
	node->target = to;
	node->aliases = to->aliases;
	to->aliases = node;
	return 0;
}

static int open_level(struct reader *r, const yaml_event_t *event, enum yaml_node_kind kind,
		      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct yaml_node *node = add(r, event, kind);

	if (r->depth == DEPTH_MAX)
		return refuse(r, event, "nested more than 64 deep");
	r->depth++;
	r->levels[r->depth].node = node;
	r->levels[r->depth].last = NULL;
	return name(r, event, node, anchor, tag);
}

static int take_word(struct reader *r, const yaml_event_t *event)
{
	struct yaml_node *node = add(r, event, YAML_NODE_WORD);

	node->style = (unsigned char)event->data.scalar.style;
	node->len = event->data.scalar.length;
	node->text = xcalloc(node->len + 1, 1);
	memcpy(node->text, event->data.scalar.value, node->len);
	return name(r, event, node, event->data.scalar.anchor, event->data.scalar.tag);
}

static int take(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_word(r, event);
	case YAML_ALIAS_EVENT:
		return follow(r, event);
	case YAML_MAPPING_START_EVENT:
		return open_level(r, event, YAML_NODE_MAP, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(r, event, YAML_NODE_LIST, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		r->depth--;
		break;
	case YAML_STREAM_START_EVENT:
		r->source->root = r->levels[0].node = add(r, event, YAML_NODE_LIST);
		r->levels[0].last = NULL;
		break;
	case YAML_DOCUMENT_START_EVENT:
		r->anchored = NULL;
		r->names = 0;
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

static bool is_value(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT || event->type == YAML_ALIAS_EVENT ||
	       event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
}

static int read_all(struct reader *r)
{
	yaml_event_type_t type;

	do {
		yaml_event_t event;
		int rc;

		if (!yaml_parser_parse(&r->parser, &event))
			return refuse_syntax(r);
		type = event.type;
		r->values += is_value(&event);
		rc = r->values > r->values_max
			     ? yaml_refuse(r->err, r->name, event.start_mark.line + 1,
					   event.start_mark.column + 1, "more than %d values",
					   r->values_max)
			     : take(r, &event);
		yaml_event_delete(&event);
		if (rc < 0)
			return -1;
	} while (type != YAML_STREAM_END_EVENT);
	return 0;
}

int yaml_source_read(const char *text, size_t len, const char *name, size_t mib, int values,
		     struct yaml_source **ret, struct err *err)
{
	AUTO(yaml_source) struct yaml_source *source = xcalloc(1, sizeof(*source));
	const size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct reader r = { .text = text,
			    .len = len,
			    .name = name,
			    .err = err,
			    .source = source,
			    .bytes = skip,
			    .values_max = values };
	int rc;

	if (len > mib << 20)
		return yaml_refuse(err, name, 1, 1, "larger than %zu MiB", mib);
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_HOST, "%s: out of memory", name);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text + skip, len - skip);
	rc = read_all(&r);
	yaml_parser_delete(&r.parser);
	if (rc < 0)
		return -1;
	*ret = TAKE(source);
	return 0;
}
