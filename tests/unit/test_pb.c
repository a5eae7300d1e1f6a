#include "api/cri.h"
#include "api/pb.h"

#include "base_help.h"

static void vectors_of_the_encodings_documentation_are_written_and_read(void **state)
{
	/* protobuf.dev, "Encoding": a = 150 in field 1, "testing" in field 2. */
	static const unsigned char number[] = { 0x08, 0x96, 0x01 };
	static const unsigned char text[] = { 0x12, 0x07, 't', 'e', 's', 't', 'i', 'n', 'g' };
	AUTO(buf) struct buf out = BUF_INIT(100);
	AUTO(free) char *back = NULL;
	struct pb_field field;
	struct pb pb;

	(void)state;
	assert_int_equal(pb_put_number(&out, 1, 150), 0);
	assert_int_equal(pb_put_string(&out, 2, "testing"), 0);
	assert_int_equal(out.len, sizeof(number) + sizeof(text));
	assert_memory_equal(out.data, number, sizeof(number));
	assert_memory_equal(out.data + sizeof(number), text, sizeof(text));

	pb = pb_over(out.data, out.len);
	assert_int_equal(pb_next(&pb, &field), 1);
	assert_int_equal(field.number, 1);
	assert_int_equal(field.value, 150);
	assert_int_equal(pb_next(&pb, &field), 1);
	assert_int_equal(field.number, 2);
	back = pb_string(&field);
	assert_string_equal(back, "testing");
	assert_int_equal(pb_next(&pb, &field), 0);
}

/* RuntimeConfigResponse of k8s.io/cri-api: linux = 1, in it cgroup_driver = 1 (SYSTEMD 0, CGROUPFS 1). */
static void a_runtime_tells_its_cgroup_driver(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *driver;
		bool good;
	} rows[] = {
		{ "", 0, NULL, true },		       /* none for Linux */
		{ "\x0a\x00", 2, "systemd", true },    /* 0 is left out */
		{ "\x0a\x02\x08\x00", 4, "systemd", true },
		{ "\x0a\x02\x08\x01", 4, "cgroupfs", true },
		{ "\x0a\x02\x08\x07", 4, NULL, true }, /* of a later version */
		{ "\x12\x02\x08\x01", 4, NULL, true }, /* another field */
		{ "\x0a\x02\x08", 3, NULL, false },
		{ "\x0a\x01\x08", 3, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *driver = "unset";

		if (cri_read_cgroup_driver(rows[i].bytes, rows[i].len, &driver) != rows[i].good)
			fail_msg("row %zu", i);
		if (rows[i].good && !str_eq(driver, rows[i].driver))
			fail_msg("row %zu: %s", i, driver ? driver : "none");
	}
}

static void every_size_of_number_survives(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		AUTO(buf) struct buf out = BUF_INIT(100);
		uint64_t value = (uint64_t)1 << bits | bits;
		struct pb_field field;
		struct pb pb;

		assert_int_equal(pb_put_number(&out, 0x1fffffff, value), 0);
		pb = pb_over(out.data, out.len);
		assert_int_equal(pb_next(&pb, &field), 1);
		assert_int_equal(field.number, 0x1fffffff);
		assert_true(field.value == value);
	}
}

static void fields_nobody_asked_for_are_passed_over(void **state)
{
	static const unsigned char bytes[] = {
		0x0d, 1, 0, 0, 0,		/* fixed32 */
		0x11, 2, 0, 0, 0, 0, 0, 0, 0,	/* fixed64 */
		0x18, 0x03,			/* varint */
	};
	struct pb pb = pb_over(bytes, sizeof(bytes));
	struct pb_field field;

	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(pb_next(&pb, &field), 1);
		assert_int_equal(field.number, i);
		assert_int_equal(field.value, i);
		assert_false(field.is_bytes);
	}
	assert_int_equal(pb_next(&pb, &field), 0);
}

static void what_is_no_encoding_is_refused(void **state)
{
	static const struct {
		size_t len;
		unsigned char bytes[16];
	} bad[] = {
		{ 1, { 0x08 } },		      /* no value */
		{ 1, { 0x80 } },		      /* tag cut short */
		{ 2, { 0x00, 0x00 } },		      /* field number 0 */
		{ 2, { 0x0b, 0x0c } },		      /* a group */
		{ 2, { 0x0e, 0x00 } },		      /* wire type 6 */
		{ 3, { 0x12, 0x02, 'x' } },	      /* longer than what is there */
		{ 4, { 0x0d, 1, 2, 3 } },	      /* fixed32 cut short */
		{ 12, { 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 } }, /* 11 bytes */
		{ 11, { 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2 } }, /* beyond 64 bits */
		{ 11, { 0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 } }, /* length 2^64-1 */
		{ 6, { 0x80, 0x80, 0x80, 0x80, 0x10, 0 } },	/* field number 2^29 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct pb pb = pb_over(bad[i].bytes, bad[i].len);
		struct pb_field field;

		if (pb_next(&pb, &field) != -1)
			fail_msg("bad[%zu] was taken", i);
	}
}

static void any_bytes_end_within_their_bounds(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)round % 25;
		AUTO(free) char *exact = xcalloc(len ? len : 1, 1); /* so that a sanitizer sees one too far */
		struct pb_field field;
		struct pb pb;
		int fields = 0;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			exact[i] = (char)(seed >> 16);
		}
		pb = pb_over(exact, len);
		while (pb_next(&pb, &field) == 1) {
			AUTO(free) char *text = pb_string(&field);

			assert_true(++fields <= (int)len);
			assert_true(strlen(text) <= len);
		}
		assert_true(pb.at >= (unsigned char *)exact && pb.at <= (unsigned char *)exact + len);
	}
}

static void a_message_becomes_an_object_by_its_rows(void **state)
{
	static const struct pb_row inner[] = { { PB_TEXT, 1, "name", NULL }, { PB_NUMBER, 2, "n", NULL }, { 0 } };
	static const struct pb_row rows[] = {
		{ PB_TEXT, 1, "id", NULL }, { PB_PART, 3, NULL, inner }, { PB_LIST, 8, "all", inner }, { 0 }
	};
	static const struct {
		const char *bytes;
		size_t len;
		const char *json; /* NULL: malformed */
	} cases[] = {
		{ "", 0, "{}" },
		{ "\x0a\x01x\x1a\x03\x0a\x01y", 8, "{\"id\": \"x\", \"name\": \"y\"}" },
		{ "\x42\x00\x42\x02\x10\x07", 6, "{\"all\": [{}, {\"n\": 7}]}" },
		{ "\x1a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, "{\"n\": -1}" },
		{ "\x0a\x01\xff", 3, "{\"id\": \"\"}" }, /* not UTF-8 */
		{ "\x0a\x01x\x0a\x01z\x4a\x01x", 9, "{\"id\": \"z\"}" }, /* the last one counts; 9 is nobody's */
		{ "\x18\x01\x40\x01", 4, "{}" }, /* numbers, where messages are meant */
		{ "\x1a\x03\x0a\x02y", 5, NULL },
		{ "\x42\x01\x0a", 3, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(json) json_t *out = json_object();
		AUTO(free) char *text = NULL;

		if (pb_read(pb_over(cases[i].bytes, cases[i].len), rows, out) != (cases[i].json != NULL))
			fail_msg("case %zu", i);
		text = json_dumps(out, JSON_SORT_KEYS);
		if (cases[i].json)
			assert_string_equal(text, cases[i].json);
	}
}

static void a_list_without_end_is_read_up_to_its_limit(void **state)
{
	static const struct pb_row nothing[] = { { 0 } };
	static const struct pb_row rows[] = { { PB_LIST, 1, "all", nothing }, { 0 } };
	AUTO(buf) struct buf bytes = BUF_INIT(10000);
	AUTO(json) json_t *out = json_object();

	(void)state;
	for (int i = 0; i < 2500; i++)
		assert_int_equal(pb_put_string(&bytes, 1, ""), 0);
	assert_true(pb_read(pb_over(bytes.data, bytes.len), rows, out));
	assert_int_equal(json_array_size(json_object_get(out, "all")), 2000);
}

static void a_full_buffer_is_told(void **state)
{
	AUTO(buf) struct buf out = BUF_INIT(4);

	(void)state;
	assert_int_equal(pb_put_string(&out, 1, "too long"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_encodings_documentation_are_written_and_read),
		cmocka_unit_test(a_runtime_tells_its_cgroup_driver),
		cmocka_unit_test(every_size_of_number_survives),
		cmocka_unit_test(fields_nobody_asked_for_are_passed_over),
		cmocka_unit_test(what_is_no_encoding_is_refused),
		cmocka_unit_test(any_bytes_end_within_their_bounds),
		cmocka_unit_test(a_message_becomes_an_object_by_its_rows),
		cmocka_unit_test(a_list_without_end_is_read_up_to_its_limit),
		cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
