/* kubeadm's configuration kinds: one row a field, as its types have them, for v1beta2 to v1beta4.
 */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "config/check.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

enum field_type {
	FIELD_STRING,
	FIELD_SECRET, /* a string that no message shows */
	FIELD_BOOL,
	FIELD_INT,
	FIELD_DURATION, /* "4m0s" */
	FIELD_TIME,     /* RFC 3339 */
	FIELD_STRINGS,  /* list of strings */
	FIELD_GATES,    /* mapping of names to booleans */
	FIELD_ARGS,     /* mapping of strings up to v1beta3, list of name and value from v1beta4 */
	FIELD_OBJECT,   /* mapping with the fields of `of` */
	FIELD_OBJECTS,  /* list of such mappings */
	FIELD_ANY,      /* another API's value, kept as it is */
};

#define FIELD_NO_MEMBER ((unsigned short)-1)

struct field {
	const char *in; /* the type it is a field of; a kind's name for its top level */
	const char *name;
	unsigned char since, until; /* 2, 3, 4: v1beta2, ... */
	enum field_type type : 8;
	bool required;
	/* Of struct config, or FIELD_NO_MEMBER: judged, and used by others or nobody. */
	unsigned short at;
	union {
		const char *of;	 /* FIELD_OBJECT(S): its type */
		check_fn *check; /* others, where there is no member, whose own check counts otherwise */
	};
};
extern const struct field fields[]; /* ends with a NULL `in` */
const char *field_of(const struct field *field); /* its type; NULL: it has no fields of its own */

struct kind {
	const char *name;
	const char *group;
	int since, until; /* of kubeadm.k8s.io; 0: another group, whose version is `version` */
	const char *version;
};
extern const struct kind kinds[]; /* ends with a NULL name */

const struct kind *kind_find(const char *name); /* NULL when none */
/* The row of `in` that is called `name`, in whatever version; NULL when none. */
const struct field *field_find(const char *in, const char *name);
/* Below type `in`, the dotted path of a field called `name` (its first in the table's order), or
 * NULL. The caller frees. */
char *field_path(const char *in, const char *name, int version);
/* What fields.txt says of a field; the caller frees. */
char *field_help(const struct field *field);
/* "a string", for messages and explain. */
const char *field_type_name(const struct field *field, int version);

#endif
