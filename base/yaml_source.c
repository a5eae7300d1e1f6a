#include "base/yaml_source.h"

#include "base/str.h"
#include "base/yaml.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

enum {
	SIZE_LIMIT = 8 << 20,
	DEPTH_MAX = 64,
	NODES_MAX = 500000,
	NAMES_MAX = 1000,
	TEXT_MAX = 4096
};

struct reader {
	yaml_parser_t parser;
	const char *text, *name;
	struct err *err;
	struct yaml_source *source;
	size_t chars, bytes; /* the same place, as libyaml counts and as we do */
	struct {
		int node, last; /* its last member */
	} levels[DEPTH_MAX + 2];
	int depth;
	int anchored; /* this document's last node with an anchor: it hides earlier ones of its name
		       */
	int names;
};

void yaml_source_free(struct yaml_source *source)
{
	if (!source)
		return;
	for (int i = 0; i < source->len; i++) {
		free(source->nodes[i].text);
		free(source->nodes[i].anchor);
	}
	free(source->nodes);
	free(source);
}

static int refuse(const struct reader *r, const yaml_event_t *event, const char *why)
{
	return err_set(r->err, ERR_CONFIG, "%s:%zu: %s", r->name, event->start_mark.line + 1, why);
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

static int add(struct reader *r, const yaml_event_t *event, enum yaml_node_kind kind)
{
	struct yaml_source *s = r->source;
	const int parent = r->levels[r->depth].node, last = r->levels[r->depth].last;

	if (s->len == s->size) {
		s->size = s->size ? s->size * 2 : 256;
		s->nodes = xrealloc(s->nodes, (size_t)s->size, sizeof(*s->nodes));
	}
	s->nodes[s->len] = (struct yaml_node){
		.kind = (unsigned char)kind,
		.line = (unsigned)event->start_mark.line + 1,
		.parent = parent,
		.from = byte_at(r, event->start_mark.index),
		.to = byte_at(r, event->end_mark.index),
	};
	if (last)
		s->nodes[last].next = s->len;
	else if (s->len)
		s->nodes[parent].first = s->len;
	r->levels[r->depth].last = s->len;
	return s->len++;
}

static int name(struct reader *r, const yaml_event_t *event, const yaml_char_t *anchor, int at)
{
	struct yaml_node *node = &r->source->nodes[at];

	if (!anchor)
		return 0;
	if (++r->names > NAMES_MAX)
		return refuse(r, event, "more than 1000 anchors and aliases");
	node->anchor = xstrdup((const char *)anchor);
	node->anchored = r->anchored;
	r->anchored = at;
	return 0;
}

static int follow(struct reader *r, const yaml_event_t *event, int at)
{
	struct yaml_node *nodes = r->source->nodes;
	int to = r->anchored;

	while (to && !str_eq(nodes[to].anchor, (const char *)event->data.alias.anchor))
		to = nodes[to].anchored;
	if (!to || ++r->names > NAMES_MAX)
		return refuse(r, event,
			      to ? "more than 1000 anchors and aliases"
				 : "an alias whose anchor is not before it");
	nodes[at].target = to;
	nodes[at].aliases = nodes[to].aliases;
	nodes[to].aliases = at;
	return 0;
}

static int open_level(struct reader *r, const yaml_event_t *event, enum yaml_node_kind kind)
{
	const int node = add(r, event, kind);

	if (r->depth > DEPTH_MAX)
		return refuse(r, event, "nested more than 64 deep");
	r->depth++;
	r->levels[r->depth].node = node;
	r->levels[r->depth].last = 0;
	return node;
}

static int take_word(struct reader *r, const yaml_event_t *event)
{
	const int node = add(r, event, YAML_NODE_WORD);
	const size_t len = event->data.scalar.length;

	r->source->nodes[node].style = (unsigned char)event->data.scalar.style;
	r->source->nodes[node].text =
		xstrndup((const char *)event->data.scalar.value, len < TEXT_MAX ? len : TEXT_MAX);
	return name(r, event, event->data.scalar.anchor, node);
}

static int take(struct reader *r, const yaml_event_t *event)
{
	int node;

	if (r->source->len > NODES_MAX)
		return refuse(r, event, "more than 500000 values");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_word(r, event);
	case YAML_ALIAS_EVENT:
		return follow(r, event, add(r, event, YAML_NODE_ALIAS));
	case YAML_MAPPING_START_EVENT:
		node = open_level(r, event, YAML_NODE_MAP);
		return node < 0 ? -1 : name(r, event, event->data.mapping_start.anchor, node);
	case YAML_SEQUENCE_START_EVENT:
		node = open_level(r, event, YAML_NODE_LIST);
		return node < 0 ? -1 : name(r, event, event->data.sequence_start.anchor, node);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		r->depth--;
		return 0;
	case YAML_STREAM_START_EVENT:
		r->levels[0].node = add(r, event, YAML_NODE_LIST);
		r->levels[0].last = 0;
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		r->anchored = r->names = 0;
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

static int read_all(struct reader *r, size_t len)
{
	yaml_event_type_t type;

	do {
		yaml_event_t event;
		int rc;

		if (!yaml_parser_parse(&r->parser, &event))
			return yaml_refuse_syntax(&r->parser, r->text, len, r->name, r->err);
		type = event.type;
		rc = take(r, &event);
		yaml_event_delete(&event);
		if (rc < 0)
			return -1;
	} while (type != YAML_STREAM_END_EVENT);
	return 0;
}

int yaml_source_read(const char *text, size_t len, const char *name, struct yaml_source **ret,
		     struct err *err)
{
	AUTO(yaml_source) struct yaml_source *source = xcalloc(1, sizeof(*source));
	const size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct reader reader = { .text = text + skip, .name = name, .err = err, .source = source };
	struct reader *r = &reader;
	int rc;

	if (len > SIZE_LIMIT)
		rc = err_set(err, ERR_CONFIG, "%s: larger than 8 MiB", name);
	else if (!yaml_parser_initialize(&r->parser))
		rc = err_set(err, ERR_HOST, "%s: out of memory", name);
	else {
		yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text,
					     len - skip);
		rc = read_all(r, len - skip);
		yaml_parser_delete(&r->parser);
	}
	if (rc < 0)
		return -1;
	for (int i = 0; i < source->len; i++) {
		source->nodes[i].from += skip;
		source->nodes[i].to += skip;
	}
	*ret = TAKE(source);
	return 0;
}
