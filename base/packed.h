/* Files that are compiled in, packed by gzip: templates of manifests/, and texts for people. */
#ifndef BASE_PACKED_H
#define BASE_PACKED_H

#include <stddef.h>

struct packed {
	const char *name; /* "kube-apiserver.yaml" */
	const char *text;
};

/* All of them, unpacked when they are first asked for; ends with a NULL name. They stay for as long
 * as the program runs. */
const struct packed *packed_files(void);

/* Of a text whose parts stand each below its heading, a line "# SECTION": the part `section`.
 * Headings that follow one another share the part below them. The caller frees; "" where there is
 * none. */
char *packed_part(const char *file, const char *section);
/* The same as one line. */
char *packed_section(const char *file, const char *section);

/* What the build makes: packed.awk's output, packed (RFC 1952). */
extern const unsigned char packed_data[];
extern const size_t packed_data_len;

#endif
