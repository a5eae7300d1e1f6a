/* How documents grow: what is unset or empty is left out, as Go's omitempty does. */
#ifndef CONFIG_DOCUMENT_PUT_H
#define CONFIG_DOCUMENT_PUT_H

#include "config/config.h"

bool is_v1beta2(const char *api);
bool is_v1beta4(const char *api);

json_t *put_document(const char *kind, const char *api); /* apiVersion and kind */
void put(json_t *obj, const char *key, json_t *take);
void put_text(json_t *obj, const char *key, const char *text);
void put_true(json_t *obj, const char *key, bool value);
void put_some(json_t *obj, const char *key, const json_t *value); /* copies */
void put_seconds(json_t *obj, const char *key, long s);
/* A mapping up to v1beta3, where the last of a name wins; the list itself from v1beta4 on. */
void put_args(json_t *obj, const char *key, const json_t *args, const char *api);
/* The same value with every mapping's keys in order; never NULL. */
json_t *put_sorted(const json_t *value);

#endif
