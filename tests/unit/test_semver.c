#include "tests/unit/base_help.h"

#include "base/semver.h"

static void versions_are_read(void **state)
{
	static const struct {
		const char *text;
		int major, minor, patch;
	} good[] = { { "v1.20.2", 1, 20, 2 },      { "1.36.0", 1, 36, 0 },
		     { "1.20", 1, 20, 0 },         { "v1.30.0-alpha.1", 1, 30, 0 },
		     { "v1.30.1+k3s1", 1, 30, 1 }, { "v1.30.1-rc.0+g1234", 1, 30, 1 },
		     { "0.0.0", 0, 0, 0 } };
	struct err err = ERR_INIT;
	struct semver v;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(semver_parse(good[i].text, &v, &err), 0);
		assert_int_equal(v.major, good[i].major);
		assert_int_equal(v.minor, good[i].minor);
		assert_int_equal(v.patch, good[i].patch);
	}
}

static void what_is_no_version_is_refused(void **state)
{
	static const char *const bad[] = {
		"",           "v",      "1",          "v1.",
		"1.20.",      "1.x",    "stable",     "1.20.2.3",
		"1.-2",       "v1.020", "1.20.2-",    " 1.20",
		"1.20 ",      "V1.20",  "1.20.2-a b", "99999999999999999999.1",
		"1.20.2/../x"
	};
	struct semver v = { 7, 7, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(semver_parse(bad[i], &v, &err), -1);
		assert_int_equal(err.code, ERR_CONFIG);
	}
	assert_int_equal(v.major, 7);
}

static void numbers_compare_as_numbers(void **state)
{
	const struct semver a = { 1, 9, 0 }, b = { 1, 20, 0 }, c = { 1, 20, 3 }, d = { 2, 0, 0 };

	(void)state;
	assert_true(semver_cmp(&a, &b) < 0);
	assert_true(semver_cmp(&c, &b) > 0);
	assert_true(semver_cmp(&d, &c) > 0);
	assert_int_equal(semver_cmp(&c, &c), 0);
	assert_true(semver_atleast(&b, 1, 20));
	assert_false(semver_atleast(&a, 1, 20));
	assert_true(semver_atleast(&d, 1, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read),
		cmocka_unit_test(what_is_no_version_is_refused),
		cmocka_unit_test(numbers_compare_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
