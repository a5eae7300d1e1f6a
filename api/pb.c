#include "api/pb.h"

#include <string.h>

#define LIST_MAX 2000

/* Wire types; 3 and 4 (groups) are deprecated and no message of ours has them. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static int put_varint(struct buf *out, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	do {
		bytes[n] = (unsigned char)(value & 0x7f);
		value >>= 7;
		if (value)
			bytes[n] |= 0x80;
		n++;
	} while (value);
	return buf_add(out, bytes, n);
}

static int put_tag(struct buf *out, unsigned field, enum wire wire)
{
	return put_varint(out, (uint64_t)field << 3 | wire);
}

int pb_put_number(struct buf *out, unsigned field, uint64_t value)
{
	return put_tag(out, field, WIRE_VARINT) < 0 ? -1 : put_varint(out, value);
}

int pb_put_bytes(struct buf *out, unsigned field, const void *data, size_t len)
{
	if (put_tag(out, field, WIRE_BYTES) < 0 || put_varint(out, len) < 0)
		return -1;
	return len ? buf_add(out, data, len) : 0;
}

int pb_put_string(struct buf *out, unsigned field, const char *text)
{
	return pb_put_bytes(out, field, text, strlen(text));
}

struct pb pb_over(const void *data, size_t len)
{
	const unsigned char *at = data;

	return (struct pb){ .at = at, .end = at ? at + len : at };
}

static bool get_varint(struct pb *pb, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70 && pb->at < pb->end; shift += 7) {
		unsigned char byte = *pb->at++;

		if (shift == 63 && byte > 1) /* the tenth byte has one bit left to give */
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* Little-endian, as fixed32 and fixed64 are. */
static bool get_fixed(struct pb *pb, size_t len, uint64_t *ret)
{
	uint64_t value = 0;

	if ((size_t)(pb->end - pb->at) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		value |= (uint64_t)*pb->at++ << (8 * i);
	*ret = value;
	return true;
}

static bool get_bytes(struct pb *pb, struct pb *ret)
{
	uint64_t len;

	if (!get_varint(pb, &len) || len > (uint64_t)(pb->end - pb->at))
		return false;
	*ret = pb_over(pb->at, (size_t)len);
	pb->at += len;
	return true;
}

int pb_next(struct pb *pb, struct pb_field *ret)
{
	struct pb_field field = { 0 };
	uint64_t tag;
	bool ok;

	if (pb->at == pb->end)
		return 0;
	if (!get_varint(pb, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
		return -1;
	field.number = (unsigned)(tag >> 3);
	switch (tag & 7) {
	case WIRE_VARINT:
		ok = get_varint(pb, &field.value);
		break;
	case WIRE_FIXED64:
		ok = get_fixed(pb, 8, &field.value);
		break;
	case WIRE_FIXED32:
		ok = get_fixed(pb, 4, &field.value);
		break;
	case WIRE_BYTES:
		field.is_bytes = true;
		ok = get_bytes(pb, &field.bytes);
		break;
	default:
		ok = false;
	}
	if (!ok)
		return -1;
	*ret = field;
	return 1;
}

char *pb_string(const struct pb_field *field)
{
	if (!field->is_bytes || field->bytes.at == field->bytes.end)
		return xstrdup("");
	return xstrndup((const char *)field->bytes.at,
			(size_t)(field->bytes.end - field->bytes.at));
}

static bool read_field(const struct pb_field *field, const struct pb_row *row, json_t *out)
{
	AUTO(free) char *text = NULL;
	json_t *list, *value;

	if (row->rows && !field->is_bytes) /* no message: not the field that is meant */
		return true;
	switch (row->kind) {
	case PB_TEXT:
		text = pb_string(field);
		value = json_string(text);
		return json_object_set_new(out, row->name, value ? value : json_string("")) == 0;
	case PB_NUMBER:
		value = json_integer((json_int_t)field->value);
		return json_object_set_new(out, row->name, value) == 0;
	case PB_PART:
		return pb_read(field->bytes, row->rows, out);
	case PB_LIST:
		list = json_object_get(out, row->name);
		if (!list) {
			list = json_array();
			json_object_set_new(out, row->name, list);
		}
		if (json_array_size(list) == LIST_MAX)
			return true;
		value = json_object();
		json_array_append_new(list, value);
		return pb_read(field->bytes, row->rows, value);
	}
	return false;
}

bool pb_read(struct pb pb, const struct pb_row *rows, json_t *out)
{
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0)
		for (const struct pb_row *row = rows; row->number; row++)
			if (row->number == field.number && !read_field(&field, row, out))
				return false;
	return rc == 0;
}
