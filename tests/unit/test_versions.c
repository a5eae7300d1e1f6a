#include "base/packed.h"
#include "tests/unit/manifest_help.h"

static const char *value(const char *v, const char *key)
{
	struct semver at = version(v);
	const char *found = NULL;

	assert_ok(versions_value(&at, key, &found, e));
	return found;
}

static void images_are_those_of_the_release(void **state)
{
	static const char *const rows[][5] = {
		/* version, repository, etcd, coredns, pause: kubeadm config images list */
		{ "1.20.2", "k8s.gcr.io", "3.4.13-0", "1.7.0", "3.2" },
		{ "1.21.0", "k8s.gcr.io", "3.4.13-0", "v1.8.0", "3.4.1" },
		{ "1.22.17", "registry.k8s.io", "3.5.6-0", "v1.8.4", "3.5" },
		{ "1.23.14", "k8s.gcr.io", "3.5.5-0", "v1.8.6", "3.6" },
		{ "1.23.15", "registry.k8s.io", "3.5.6-0", "v1.8.6", "3.6" },
		{ "1.24.0", "k8s.gcr.io", "3.5.3-0", "v1.8.6", "3.7" },
		{ "1.25.0", "registry.k8s.io", "3.5.4-0", "v1.9.3", "3.8" },
		{ "1.28.7", "registry.k8s.io", "3.5.10-0", "v1.10.1", "3.9" },
		{ "1.31.0", "registry.k8s.io", "3.5.15-0", "v1.11.1", "3.10" },
		{ "1.34.1", "registry.k8s.io", "3.6.4-0", "v1.12.1", "3.10.1" },
		{ "1.36.2", "registry.k8s.io", "3.6.8-0", "v1.14.2", "3.10.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_string_equal(value(rows[i][0], "repository"), rows[i][1]);
		assert_string_equal(value(rows[i][0], "etcd"), rows[i][2]);
		assert_string_equal(value(rows[i][0], "coredns"), rows[i][3]);
		assert_string_equal(value(rows[i][0], "pause"), rows[i][4]);
	}
}

static void names_change_when_kubeadm_changed_them(void **state)
{
	(void)state;
	assert_string_equal(value("1.20.2", "coredns_path"), "coredns");
	assert_string_equal(value("1.21.0", "coredns_path"), "coredns/coredns");
	assert_string_equal(value("1.23.17", "kubelet_config"), "kubelet-config-1.23");
	assert_string_equal(value("1.24.0", "kubelet_config"), "kubelet-config");
	assert_string_equal(value("1.36.0", "kubelet_client_binding"), "no");
	assert_string_equal(value("1.36.1", "kubelet_client_binding"), "yes");
	assert_string_equal(value("1.34.8", "kubelet_client_binding"), "yes");
	assert_string_equal(value("1.34.7", "kubelet_client_binding"), "no");
}

static void every_key_has_a_value_for_every_version(void **state)
{
	AUTO(json) json_t *docs = parse(manifest_text("versions"));
	json_t *rows;
	const char *key;
	size_t keys = 0;

	(void)state;
	json_object_foreach (json_array_get(docs, 0), key, rows) {
		if (strcmp(key, "supported") == 0)
			continue;
		for (int minor = 20; minor <= 37; minor++) {
			AUTO(free) char *v = xasprintf("1.%d.0", minor);

			assert_non_null(value(v, key));
		}
		keys++;
	}
	assert_true(keys >= 8);
}

static void versions_outside_the_range_are_refused_with_the_range(void **state)
{
	static const char *const outside[] = { "1.19.16", "1.38.0", "2.20.0", "0.20.0" };
	const char *found = NULL;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct semver at = version(outside[i]);

		assert_refused(versions_supported(&at, e), ERR_CONFIG, "only 1.20 to 1.37 are");
		assert_refused(versions_value(&at, "etcd", &found, e), ERR_CONFIG, "1.20 to 1.37");
		assert_null(found);
	}
}

static void a_key_that_is_not_there_is_a_bug(void **state)
{
	struct semver at = version("1.20.2");
	const char *found = NULL;

	(void)state;
	assert_refused(versions_value(&at, "nothing", &found, e), ERR_BUG, "nothing");
}

/* A broken template is found here, not on the day it is used. */
static void every_yaml_file_that_is_compiled_in_parses(void **state)
{
	size_t parsed = 0;

	(void)state;
	for (const struct packed *file = packed_files(); file->name; file++) {
		if (!str_ends(file->name, ".yaml"))
			continue;
		json_decref(parse(file->text));
		parsed++;
	}
	assert_true(parsed >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_are_those_of_the_release),
		cmocka_unit_test(names_change_when_kubeadm_changed_them),
		cmocka_unit_test(every_key_has_a_value_for_every_version),
		cmocka_unit_test(versions_outside_the_range_are_refused_with_the_range),
		cmocka_unit_test(a_key_that_is_not_there_is_a_bug),
		cmocka_unit_test(every_yaml_file_that_is_compiled_in_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
