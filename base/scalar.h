/* What a plain word of YAML means to Kubernetes' reader; shared by the parser and the writer. */
#ifndef BASE_SCALAR_H
#define BASE_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

enum scalar_kind {
	SCALAR_STRING,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,
	SCALAR_FLOAT,
	SCALAR_NOT_FINITE, /* .inf, .nan: JSON has no such values */
	SCALAR_TIME,       /* read as a string, but written with quotes */
	SCALAR_MERGE,      /* << */
};

struct scalar {
	enum scalar_kind kind;
	bool truth;
	long long integer;
	double real; /* also of integers beyond a long long, which are SCALAR_FLOAT */
};

struct scalar scalar_resolve(const char *text, size_t len);

#endif
