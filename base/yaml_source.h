/* YAML as its author wrote it: which bytes of the text each value is. What base/yaml.h makes values
 * of, and what edits start from that leave all other bytes alone. */
#ifndef BASE_YAML_SOURCE_H
#define BASE_YAML_SOURCE_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum yaml_node_kind { YAML_NODE_WORD, YAML_NODE_LIST, YAML_NODE_MAP, YAML_NODE_ALIAS };

struct yaml_node {
	unsigned char kind;  /* enum yaml_node_kind */
	unsigned char style; /* of a word: libyaml's yaml_scalar_style_t */
	bool tagged;
	int line, column; /* 1-based */
	struct yaml_node *parent;
	struct yaml_node *first; /* a map's members are a key, its value, the next key, ... */
	struct yaml_node *next;	 /* after this one in the same parent */
	struct yaml_node *target;   /* an alias: what it stands for, which is no alias */
	struct yaml_node *aliases;  /* the last alias of this node; of an alias: the one before it */
	struct yaml_node *anchored; /* the anchored node before this anchored one */
	struct yaml_node *older;
	size_t from, to; /* bytes of the text, its anchor and tag included */
	char *text;	 /* a word's value; NULL for others */
	size_t len;
	char *anchor;
	unsigned uses, seen; /* for whoever reads the nodes */
};

struct yaml_source {
	struct yaml_node *root; /* the list of the text's documents */
	struct yaml_node *newest;
};

/* Reads every document of text[0..len), which a NUL follows. Limits: `mib` MiB, `values`, depth 64,
 * in each document 1,000 anchors and aliases, which are not followed further than to where they
 * lead. A mark of byte order at the beginning is no part of the text. The caller frees.
 * Errors: ERR_CONFIG ("name:line:column: reason"). */
int yaml_source_read(const char *text, size_t len, const char *name, size_t mib, int values,
		     struct yaml_source **ret, struct err *err);
void yaml_source_free(struct yaml_source *source);
AUTO_DEFINE(yaml_source, struct yaml_source *, yaml_source_free);

/* ERR_CONFIG, "name:line:column: " and the reason; -1. */
int yaml_refuse(struct err *err, const char *name, size_t line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
