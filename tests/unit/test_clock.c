#include "tests/unit/base_help.h"

#include "base/clock.h"

static void rfc3339_goes_out_and_comes_back(void **state)
{
	char text[21];
	time_t t;

	(void)state;
	clock_rfc3339(1787392800, text);
	assert_string_equal(text, "2026-08-22T10:00:00Z");
	assert_int_equal(clock_parse_rfc3339(text, &t), 0);
	assert_int_equal(t, 1787392800);
}

static void zones_and_fractions_are_understood(void **state)
{
	time_t t;

	(void)state;
	assert_int_equal(clock_parse_rfc3339("2026-08-22T12:00:00+02:00", &t), 0);
	assert_int_equal(t, 1787392800);
	assert_int_equal(clock_parse_rfc3339("2026-08-22T04:30:00.123456-05:30", &t), 0);
	assert_int_equal(t, 1787392800);
	assert_int_equal(clock_parse_rfc3339("2016-12-31T23:59:60Z", &t), 0);
	assert_int_equal(t, 1483228800);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "2026-08-22",
					   "2026-13-01T00:00:00Z",
					   "2026-02-30T00:00:00Z",
					   "2026-08-22T10:00:00",
					   "2026-08-22T24:00:00Z",
					   "2026-08-22T10:00:00Zx",
					   "2026-08-22T10:00:00.Z",
					   "2026-8-22T10:00:00Z",
					   "2026-08-22T10:60:00Z" };
	time_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(clock_parse_rfc3339(bad[i], &t), -1);
}

static void durations_are_read_as_go_reads_them(void **state)
{
	static const struct {
		const char *text;
		long s;
	} good[] = { { "24h0m0s", 86400 },
		     { "1h30m", 5400 },
		     { "0s", 0 },
		     { "0", 0 },
		     { "1.5h", 5400 },
		     { "+5s", 5 },
		     { "8760h0m0s", 31536000 },
		     { "4m0s", 240 },
		     { "1000ms", 1 },
		     { "10s500ms", 11 },
		     /* a short time must not become none */
		     { "1ns", 1 },
		     { "100ms", 1 } };
	static const char *const bad[] = { "",    "5",  "s",  "-5s", "1h-5s",
					   "5 s", "1d", "h1", ".s",  "99999999999h" };
	long s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(clock_parse_duration(good[i].text, &s), 0);
		assert_int_equal(s, good[i].s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(clock_parse_duration(bad[i], &s), -1);
}

static void durations_are_written_as_go_writes_them(void **state)
{
	static const struct {
		long s;
		const char *text;
	} rows[] = { { 86400, "24h0m0s" },
		     { 5400, "1h30m0s" },
		     { 60, "1m0s" },
		     { 0, "0s" },
		     { 59, "59s" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(free) char *text = clock_format_duration(rows[i].s);

		assert_string_equal(text, rows[i].text);
	}
}

static void a_sleep_is_as_long_as_it_says(void **state)
{
	const double start = clock_mono();

	(void)state;
	clock_sleep(0.02);
	assert_true(clock_mono() - start >= 0.02);
	clock_sleep(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339_goes_out_and_comes_back),
		cmocka_unit_test(zones_and_fractions_are_understood),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(durations_are_read_as_go_reads_them),
		cmocka_unit_test(durations_are_written_as_go_writes_them),
		cmocka_unit_test(a_sleep_is_as_long_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
