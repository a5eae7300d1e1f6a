/* The files below manifests/ that are compiled in, as embed.awk wrote them. */
#ifndef MANIFESTS_EMBEDDED_H
#define MANIFESTS_EMBEDDED_H

struct embedded {
	const char *name; /* "kube-apiserver.yaml" */
	const char *text;
};
extern const struct embedded embedded_files[]; /* ends with a NULL name */

#endif
