/* YAML as its author wrote it: which bytes of the text each value is, for edits that leave all the
 * others alone. */
#ifndef BASE_YAML_SOURCE_H
#define BASE_YAML_SOURCE_H

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

enum yaml_node_kind { YAML_NODE_WORD, YAML_NODE_LIST, YAML_NODE_MAP, YAML_NODE_ALIAS };

/* Indexes of other nodes are 0 for none, as node 0 is the list of the text's documents. */
struct yaml_node {
	unsigned char kind;  /* enum yaml_node_kind */
	unsigned char style; /* of a word: libyaml's yaml_scalar_style_t */
	unsigned line;	     /* 1-based */
	int parent;
	int first;	 /* a map's members are a key, its value, the next key, ... */
	int next;	 /* after this one in the same parent */
	int target;	 /* an alias: the node it stands for, which is no alias */
	int aliases;	 /* the last alias of this node; of an alias: the one before it */
	int anchored;	 /* the anchored node before this anchored one */
	size_t from, to; /* bytes of the text, its anchor and tag included */
	char *text;	 /* a word's value, its first 4 KiB, up to a NUL */
	char *anchor;
	unsigned uses, seen; /* the reader's own */
};

struct yaml_source {
	struct yaml_node *nodes;
	int len, size;
};

/* Reads every document of text[0..len), which a NUL follows. Limits: 8 MiB, depth 64, 500,000 values, 1,000 anchors and
 * aliases, which are followed no further than to where they lead. Tags are let through. A mark of
 * byte order before the first document is no part of it. The caller frees. Errors: ERR_CONFIG. */
int yaml_source_read(const char *text, size_t len, const char *name, struct yaml_source **ret,
		     struct err *err);
void yaml_source_free(struct yaml_source *source);
AUTO_DEFINE(yaml_source, struct yaml_source *, yaml_source_free);

#endif
