/* As much of the protocol buffers encoding as the container runtime's interface needs
 * (protobuf.dev, "Encoding"): varints, strings and messages in both directions. */
#ifndef API_PB_H
#define API_PB_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writing: fields are added to a struct buf in any order. -1 when the buffer's maximum is passed.
 */
int pb_put_number(struct buf *out, unsigned field, uint64_t value);
int pb_put_bytes(struct buf *out, unsigned field, const void *data, size_t len);
int pb_put_string(struct buf *out, unsigned field, const char *text);

/* Reading: a window over bytes that must outlive it. */
struct pb {
	const unsigned char *at, *end;
};
struct pb_field {
	unsigned number;
	uint64_t value;  /* of a varint or a fixed field */
	struct pb bytes; /* of a string, bytes or message field; empty otherwise */
	bool is_bytes;
};
struct pb pb_over(const void *data, size_t len);
/* 1: *ret is the next field; 0: there is none; -1: not an encoding (cut short, groups, a field
 * number or a varint out of range). */
int pb_next(struct pb *pb, struct pb_field *ret);
/* The bytes as a string; a NUL ends it. The caller frees. */
char *pb_string(const struct pb_field *field);

/* A message's fields of interest, up to one without a number, and what each becomes in a JSON
 * object. */
struct pb_row {
	enum pb_kind {
		PB_TEXT,   /* a string; one that is not UTF-8 becomes "" */
		PB_NUMBER, /* an integer, signed */
		PB_PART,   /* a message, whose own fields the object gets */
		PB_LIST    /* repeated messages: an array of objects, of 2,000 at most */
	} kind;
	unsigned number;
	const char *name;
	const struct pb_row *rows; /* of a message */
};
/* False: malformed; `out` may have got some of it. */
bool pb_read(struct pb pb, const struct pb_row *rows, json_t *out);

#endif
