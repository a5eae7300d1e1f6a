/* Between read.c, which walks documents, and kinds.c, which knows what their fields owe one
 * another. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/faults.h"
#include "config/field.h"
#include "config/origins.h"

#include "base/yaml.h"

/* Faults past this number are only counted: nobody reads them, and finding a mark is linear. */
#define READER_TOLD 32

struct reader {
	const char *name; /* of the file */
	const struct yaml_source *marks;
	struct faults *faults;
	/* of the document at hand */
	const struct kind *kind;
	int version;
	struct config *config;
	struct origins *origins;
};

/* Where in the file a value stands: a list from the innermost outwards, ending with the document.
 */
struct place {
	const struct place *up;
	const char *key; /* NULL: an item of a list, or the document */
	size_t index;
};

/* "file:4:3: ", from the place's mark; "file: " when it has none. The caller frees. */
char *reader_mark(const struct reader *r, const struct place *at);
/* "networking.podSubnet", "bootstrapTokens[0].token"; "" for the document. The caller frees. */
char *reader_path(const struct place *at);
void reader_fault(const struct reader *r, const struct place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Judges the names and types of a component's document. */
void components_read(const struct reader *r, const json_t *obj, const struct place *at);

/* Checks a whole document whose fields have been read, and puts what needs more than one field
 * into config. */
void kinds_finish(const struct reader *r, const json_t *doc, const struct place *at);

#endif
