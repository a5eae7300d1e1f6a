#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "phases/cni/config.h"

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
		cmocka_unit_test(the_network_configuration_has_one_range_for_each_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
