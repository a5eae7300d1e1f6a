/* What struct config consists of: one row a member, with its type, default and check. Flags and
 * fields of files lead to these rows, so both are judged alike. */
#ifndef CONFIG_MEMBER_H
#define CONFIG_MEMBER_H

#include "config/check.h"
#include "config/config.h"

#include <stddef.h>

enum member_type {
	MEMBER_STRING,  /* char * */
	MEMBER_SECRET,  /* char *, wiped */
	MEMBER_BOOL,    /* bool */
	MEMBER_INT,     /* int */
	MEMBER_SECONDS, /* long; a duration in Go's form outside */
	MEMBER_STRINGS, /* json_t *: array of strings */
	MEMBER_GATES,   /* json_t *: {name: bool} */
	MEMBER_ARGS,    /* json_t *: array of {name, value} */
	MEMBER_LIST,    /* json_t *: array of what the file has */
	MEMBER_OBJECT,  /* json_t *: what the file has; {} when unset */
	MEMBER_TAINTS,  /* json_t *: array, or null when not given */
};

struct member {
	const char *name;
	enum member_type type : 8;
	unsigned short at;
	const char *def; /* text as a flag would have it; NULL: unset, empty, 0 */
	check_fn *check; /* of the text, or of each item; may be NULL */
};

extern const struct member members[]; /* in the order of struct config; ends with a NULL name */

/* The row of an offset; never NULL for offsets of struct config's members. */
const struct member *member_at(size_t at);
void *member_slot(const struct config *config, const struct member *member);

/* Sets a member from a typed value; MEMBER_STRINGS, GATES and ARGS of flags are put in addition to
 * what is there when `add`. An empty string or null leaves the default. Borrows `value`.
 * Errors: ERR_CONFIG, without the name of flag or field. */
int member_set(struct config *config, const struct member *member, const json_t *value, bool add,
	       struct err *err);
/* Sets a member from a flag's text. Same errors. */
int member_set_text(struct config *config, const struct member *member, const char *text, bool add,
		    struct err *err);
void member_clear(struct config *config, const struct member *member);

/* Go's strconv.ParseBool, which kubeadm's flags and feature gates obey. */
bool member_parse_bool(const char *text, bool *ret);
/* Overwrites every string within `value`, which nobody may need any more. */
void member_wipe(json_t *value);

#endif
