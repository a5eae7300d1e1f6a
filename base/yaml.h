/* YAML in (libyaml's events, under limits) and out. Values are jansson's. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/auto.h"
#include "base/err.h"
#include "base/yaml_source.h"

#include <stddef.h>

/* Where a value stands, by JSON pointer ("/networking/podSubnet", with the document's index in
 * front: "0/networking/podSubnet").
 * 1-based; the key's position for members of mappings. 0 and 0 when unknown. */
void yaml_mark(const struct yaml_source *marks, const char *pointer, int *ret_line, int *ret_column);

/* Reads every document of text[0..len), which a NUL follows, into a JSON array that the caller frees. Limits: 1 MiB,
 * depth 64, 100,000 nodes. Refused: aliases and anchors, tags, duplicate keys, keys that are no
 * scalars, text that is not UTF-8. Plain words are typed as Kubernetes' reader does (YAML 1.1
 * booleans yes/no/on/off included). Empty documents are left out. JSON is accepted, being YAML.
 * `name` is for messages, which begin "name:line:column: ". ret_marks may be NULL.
 * Errors: ERR_CONFIG. */
int yaml_parse(const char *text, size_t len, const char *name, json_t **ret,
	       struct yaml_source **ret_marks, struct err *err);

/* Block style, two blanks, items of lists not indented, mappings in the order they have unless
 * `sorted`; strings that a reader could take for something else are quoted. As Kubernetes' own
 * writer (sigs.k8s.io/yaml) lays it out, byte for byte. The caller frees. */
char *yaml_dump(const json_t *value, int sorted);

#endif
