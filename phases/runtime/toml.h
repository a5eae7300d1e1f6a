/* Changing one value of a TOML file and leaving every other byte of it as it is: container runtimes
 * keep their settings in files that people edit and comment. */
#ifndef PHASES_RUNTIME_TOML_H
#define PHASES_RUNTIME_TOML_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>

/* `table` is the path of a table's header, one string a part, NULL at its end; an empty one means
 * the top of the file. `name` is the file's, for messages. Texts beyond 1 MiB are refused. */

/* The raw text of `key`'s value ("\"/opt/cni/bin\"", "2", "[...]"); *ret is NULL when the file does
 * not have it, else the caller's. Errors: ERR_CONFIG with the line for what is no TOML, and for a
 * value that hides in an inline table or an array of tables. */
int toml_get(const char *text, const char *name, const char *const *table, const char *key,
	     char **ret, struct err *err);

/* A copy of `text` in which `key` of `table` is `value` (raw TOML): its value replaced where it
 * stands, else a line added to its table, else the table added at the end. Comments, order and
 * layout of all other lines stay. Errors: as toml_get. */
int toml_set(const char *text, const char *name, const char *const *table, const char *key,
	     const char *value, char **ret, struct err *err);

/* As toml_set, in place of *text. */
int toml_change(char **text, const char *name, const char *const *table, const char *key,
		const char *value, struct err *err);
/* {"path", "text"} of the file text[0..len), which a NUL follows; the caller frees. NULL with
 * ERR_CONFIG: it has bytes that are not UTF-8, or zeros, behind which no more would be read. */
json_t *toml_file(const char *path, const char *text, size_t len, struct err *err);
/* As toml_get of an object's "text", whose name is "path", for several keys ("one\0two\0"): each value
 * becomes a member, which stays as it is when the text has none. */
int toml_note(json_t *file, const char *const *table, const char *keys, struct err *err);

/* Whether the file has that table, or one below it. Errors: as toml_get. */
int toml_has(const char *text, const char *name, const char *const *table, bool *ret,
	     struct err *err);

/* A string as TOML's basic string, and an array of them as TOML's; the caller frees. */
char *toml_quote(const char *text);
char *toml_list(const json_t *strings);
/* The strings of a raw value, which is a list of paths or one, without slashes at their ends; NULL
 * gives none. The caller frees. */
json_t *toml_strings(const char *raw);
/* The string in a raw value ("..." or '...'); NULL when it is none. The caller frees. */
char *toml_unquote(const char *raw);

#endif
