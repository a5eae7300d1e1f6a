/* The files below manifests/ that are compiled in, packed by gzip. */
#ifndef MANIFESTS_EMBEDDED_H
#define MANIFESTS_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* "kube-apiserver.yaml" */
	const char *text;
};

/* All of them, unpacked when they are first asked for; ends with a NULL name. They stay for as long
 * as the program runs. */
const struct embedded *embedded_files(void);

/* What the build makes: embed.awk's output, packed (RFC 1952). */
extern const unsigned char embedded_packed[];
extern const size_t embedded_packed_len;

#endif
