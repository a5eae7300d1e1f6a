#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "phases/cni_config.h"
#include "phases/toml.h"

#define BIN "/var/lib/cni/bin"

/* clang-format off */
static const struct row {
	const char *what, *version, *before, *after;
} rows[] = {
	{ "1.6 without a file", "1.6.20", NULL,
	  "version = 2\n\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  bin_dir = \"" BIN "\"\n" },
	{ "1.6, Debian's file", "1.6.20~ds1",
	  "version = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
	  "    [plugins.\"io.containerd.grpc.v1.cri\".cni]\n      bin_dir = \"/usr/lib/cni\"\n"
	  "      conf_dir = \"/etc/cni/net.d\"\n",
	  "version = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
	  "    [plugins.\"io.containerd.grpc.v1.cri\".cni]\n      bin_dir = \"" BIN "\"\n"
	  "      conf_dir = \"/etc/cni/net.d\"\n" },
	{ "a file of the first layout", "1.6.20", "oom_score = 1\n",
	  "oom_score = 1\n\n[plugins.cri.cni]\n  bin_dir = \"" BIN "\"\n" },
	{ "2.0 without a file", "2.0.1", NULL,
	  "version = 3\n\n[plugins.\"io.containerd.cri.v1.runtime\".cni]\n  bin_dir = \"" BIN "\"\n" },
	{ "2.1 keeps its own default behind ours", "2.1.4", "version = 3\n",
	  "version = 3\n\n[plugins.\"io.containerd.cri.v1.runtime\".cni]\n"
	  "  bin_dirs = [\"" BIN "\", \"/opt/cni/bin\"]\n" },
	{ "2.1 with the older name in the file", "2.1.4",
	  "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dir = '/x'\n",
	  "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dir = \"" BIN "\"\n" },
	{ "2.2 with a list of the user's", "2.2.0",
	  "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = [ '/x', '/y']\n",
	  "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = [\"" BIN "\", '/x', '/y']\n" },
	{ "an empty list", "2.2.0",
	  "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = []\n",
	  "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = [\"" BIN "\"]\n" },
	{ "2.3 and its version 4", "2.3.0", "version = 4\n",
	  "version = 4\n\n[plugins.\"io.containerd.cri.v1.runtime\".cni]\n"
	  "  bin_dirs = [\"" BIN "\", \"/opt/cni/bin\"]\n" },
	{ "an unknown containerd, another host's root", NULL, NULL,
	  "version = 2\n\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  bin_dir = \"" BIN "\"\n" },
};
/* clang-format on */

static void each_containerd_is_told_in_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(free) char *got = NULL;
		AUTO(free) char *again = NULL;
		struct err err = ERR_INIT;

		if (cni_containerd_config(rows[i].before, rows[i].version, BIN, &got, &err) < 0)
			fail_msg("%s: %s", rows[i].what, err.msg);
		if (!str_eq(got, rows[i].after))
			fail_msg("%s:\n%s\nis not\n%s", rows[i].what, got, rows[i].after);
		assert_int_equal(cni_containerd_config(got, rows[i].version, BIN, &again, &err), 0);
		assert_string_equal(again, got);
	}
}

static void a_file_that_hides_the_setting_is_refused(void **state)
{
	char *got = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(cni_containerd_config("version = 2\nplugins = { x = 1 }\n", "1.6.20", BIN,
					       &got, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.msg, "/etc/containerd/config.toml:2:"));
	assert_null(got);
}

static void crio_gets_our_directory_first(void **state)
{
	static const char *const table[] = { "crio", "network", NULL };
	AUTO(json) json_t *further = xjson_pack("[s]", "/usr/libexec/cni");
	AUTO(free) char *text = cni_crio_dropin(BIN, further);
	AUTO(free) char *raw = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(toml_get(text, "f", table, "plugin_dirs", &raw, &err), 0);
	assert_string_equal(raw, "[\"" BIN "\", \"/usr/libexec/cni\"]");
}

static void the_network_configuration_has_one_range_for_each_family(void **state)
{
	AUTO(json) json_t *cidrs = xjson_pack("[s, s]", "10.244.1.0/24", "fd00:1::/64");
	AUTO(free) char *text = cni_conflist(cidrs, 1400);
	AUTO(json) json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *bridge, *portmap, *ranges;

	(void)state;
	assert_non_null(list);
	bridge = json_array_get(json_object_get(list, "plugins"), 0);
	portmap = json_array_get(json_object_get(list, "plugins"), 1);
	ranges = json_at(bridge, "ipam.ranges");
	assert_string_equal(json_str(bridge, "type"), "bridge");
	assert_string_equal(json_str(json_at(bridge, "ipam"), "type"), "host-local");
	assert_true(json_is_true(json_object_get(bridge, "isDefaultGateway")));
	assert_true(json_is_true(json_object_get(bridge, "hairpinMode")));
	assert_null(json_object_get(bridge, "ipMasq"));
	assert_int_equal(json_integer_value(json_object_get(bridge, "mtu")), 1400);
	assert_int_equal(json_array_size(ranges), 2);
	assert_string_equal(json_str(json_array_get(json_array_get(ranges, 1), 0), "subnet"),
			    "fd00:1::/64");
	assert_string_equal(json_str(portmap, "type"), "portmap");
	assert_true(json_is_true(json_at(portmap, "capabilities.portMappings")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_containerd_is_told_in_its_own_words),
		cmocka_unit_test(a_file_that_hides_the_setting_is_refused),
		cmocka_unit_test(crio_gets_our_directory_first),
		cmocka_unit_test(the_network_configuration_has_one_range_for_each_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
