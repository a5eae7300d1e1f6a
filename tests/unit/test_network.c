#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/str.h"
#include "phases/network/flannel.h"
#include "phases/network/plan.h"

static json_t *node(const char *cidr, const char *cidr6, const char *ip, const char *ip6)
{
	json_t *cidrs = json_array(), *addresses = json_array();

	json_array_append_new(addresses, xjson_pack("{s:s, s:s}", "type", "Hostname", "address", "n"));
	if (cidr)
		json_array_append_new(cidrs, json_string(cidr));
	if (cidr6)
		json_array_append_new(cidrs, json_string(cidr6));
	if (ip)
		json_array_append_new(addresses,
				      xjson_pack("{s:s, s:s}", "type", "InternalIP", "address", ip));
	if (ip6)
		json_array_append_new(addresses,
				      xjson_pack("{s:s, s:s}", "type", "InternalIP", "address", ip6));
	return xjson_pack("{s:{s:s*, s:o}, s:{s:o}}", "spec", "podCIDR", cidr, "podCIDRs", cidrs,
			  "status", "addresses", addresses);
}

static json_t *three(void)
{
	json_t *nodes = json_object();

	json_object_set_new(nodes, "a", node("10.244.0.0/24", NULL, "10.77.0.10", NULL));
	json_object_set_new(nodes, "b", node("10.244.1.0/24", NULL, "10.77.0.11", NULL));
	json_object_set_new(nodes, "c", node("10.244.2.0/24", NULL, "10.77.0.12", NULL));
	return nodes;
}

static char *text(const struct net_routes *routes)
{
	AUTO(buf) struct buf buf = BUF_INIT(65536);

	for (size_t i = 0; i < routes->n; i++) {
		AUTO(free) char *to = net_format_cidr(&routes->items[i].to);
		AUTO(free) char *via = net_format_addr(&routes->items[i].via);

		assert_int_equal(buf_addf(&buf, "%s>%s ", to, via), 0);
	}
	return xstrdup(buf.data ? buf.data : "");
}

static void every_other_node_gets_a_route(void **state)
{
	AUTO(json) json_t *nodes = three();
	AUTO(net_routes) struct net_routes routes = { .n = 0 };
	AUTO(free) char *got = NULL;

	(void)state;
	netplan_routes(nodes, "b", &routes);
	got = text(&routes);
	assert_string_equal(got, "10.244.0.0/24>10.77.0.10 10.244.2.0/24>10.77.0.12 ");
}

static void a_family_goes_through_an_address_of_its_own(void **state)
{
	AUTO(json) json_t *nodes = json_object();
	AUTO(net_routes) struct net_routes routes = { .n = 0 };
	AUTO(free) char *got = NULL;

	(void)state;
	json_object_set_new(nodes, "a", node("10.244.0.0/24", "fd00:0::/64", "10.77.0.10", "fd77::10"));
	json_object_set_new(nodes, "b", node("10.244.1.0/24", "fd00:1::/64", "10.77.0.11", NULL));
	json_object_set_new(nodes, "c", node(NULL, "fd00:2::/64", "10.77.0.12", "fd77::12"));
	netplan_routes(nodes, "a", &routes);
	got = text(&routes);
	assert_string_equal(got, "10.244.1.0/24>10.77.0.11 fd00:2::/64>fd77::12 ");
}

/* Another machine wrote these: nothing of them may take this node's traffic away. */
static void a_hostile_pod_cidr_is_left_out(void **state)
{
	AUTO(json) json_t *nodes = three();
	AUTO(net_routes) struct net_routes routes = { .n = 0 };
	AUTO(free) char *got = NULL;
	AUTO(free) char *rules = NULL;

	(void)state;
	json_object_set_new(nodes, "d", node("0.0.0.0/0", NULL, "10.77.0.13", NULL));
	json_object_set_new(nodes, "e", node("10.244.1.128/25", NULL, "10.77.0.14", NULL));
	json_object_set_new(nodes, "f", node("10.244.2.0/25", NULL, "10.77.0.15", NULL));
	json_object_set_new(nodes, "g", node("x\n-A INPUT -j DROP", NULL, "10.77.0.16", NULL));
	json_object_set_new(nodes, "h", node("10.244.9.0/24", NULL, "nowhere", NULL));
	json_object_set_new(nodes, "i", node("10.77.0.10/32", NULL, "10.77.0.17", NULL));
	json_object_set_new(nodes, "j", node("10.76.0.0/15", NULL, "10.77.0.18", NULL));
	json_object_set_new(nodes, "k", node("224.0.0.0/4", "fe80::/10", "10.77.0.19", "fd77::19"));
	netplan_routes(nodes, "b", &routes);
	got = text(&routes);
	assert_string_equal(got, "10.244.0.0/24>10.77.0.10 10.244.2.0/24>10.77.0.12 ");
	rules = netplan_rules(nodes, "b", AF_INET);
	assert_non_null(rules);
	assert_null(strstr(rules, "INPUT"));
	assert_null(strstr(rules, "0.0.0.0/0"));
}

static void only_what_differs_is_changed(void **state)
{
	AUTO(json) json_t *nodes = three();
	AUTO(net_routes) struct net_routes have = { .n = 0 };
	AUTO(net_routes) struct net_routes want = { .n = 0 };
	AUTO(net_routes) struct net_routes add = { .n = 0 };
	AUTO(net_routes) struct net_routes gone = { .n = 0 };
	AUTO(net_routes) struct net_routes none = { .n = 0 };
	AUTO(net_routes) struct net_routes none_too = { .n = 0 };
	AUTO(free) char *added = NULL;
	AUTO(free) char *removed = NULL;

	(void)state;
	netplan_routes(nodes, "a", &have);
	json_object_del(nodes, "c");
	json_object_set_new(nodes, "b", node("10.244.1.0/24", NULL, "10.77.0.99", NULL));
	json_object_set_new(nodes, "d", node("10.244.3.0/24", NULL, "10.77.0.13", NULL));
	netplan_routes(nodes, "a", &want);
	netplan_diff(&have, &want, &add, &gone);
	added = text(&add);
	removed = text(&gone);
	assert_string_equal(added, "10.244.1.0/24>10.77.0.99 10.244.3.0/24>10.77.0.13 ");
	assert_string_equal(removed, "10.244.1.0/24>10.77.0.11 10.244.2.0/24>10.77.0.12 ");
	netplan_diff(&want, &want, &none, &none_too);
	assert_int_equal(none.n, 0);
	assert_int_equal(none_too.n, 0);
}

static void what_leaves_the_pods_networks_is_masqueraded_and_nothing_else(void **state)
{
	AUTO(json) json_t *nodes = three();
	AUTO(free) char *rules = netplan_rules(nodes, "b", AF_INET);
	const char *masquerade, *filter;

	(void)state;
	assert_non_null(rules);
	masquerade = strstr(rules, "-A KSTRAP-MASQ -s 10.244.1.0/24 -j MASQUERADE\n");
	filter = strstr(rules, "COMMIT\n*filter\n");
	assert_non_null(masquerade);
	assert_non_null(filter);
	for (const char *const *cidr = (const char *const[]){ "10.244.0.0/24", "10.244.1.0/24",
							      "10.244.2.0/24", NULL };
	     *cidr; cidr++) {
		AUTO(free) char *line = xasprintf("-A KSTRAP-MASQ -d %s -j RETURN\n", *cidr);
		const char *found = strstr(rules, line);

		assert_non_null(found);
		assert_true(found < masquerade);
	}
	assert_true(masquerade < filter);
	assert_non_null(strstr(filter, "-A KSTRAP-FORWARD -s 10.244.1.0/24 -j ACCEPT\n"));
	assert_non_null(strstr(filter, "-A KSTRAP-FORWARD -d 10.244.1.0/24 -j ACCEPT\n"));
	assert_true(str_ends(rules, "COMMIT\n"));
}

static void a_node_without_pods_has_no_rules(void **state)
{
	AUTO(json) json_t *nodes = three();

	(void)state;
	json_object_set_new(nodes, "b", node(NULL, NULL, "10.77.0.11", NULL));
	assert_null(netplan_rules(nodes, "b", AF_INET));
	assert_null(netplan_rules(nodes, "a", AF_INET6));
	assert_null(netplan_rules(nodes, "unknown", AF_INET));
}

static void the_one_pod_cidr_of_older_clusters_counts(void **state)
{
	AUTO(json) json_t *nodes = xjson_pack("{s:{s:{s:s}}}", "a", "spec", "podCIDR",
					      "10.244.7.9/24");
	AUTO(json) json_t *cidrs = netplan_pod_cidrs(nodes, "a");

	(void)state;
	assert_int_equal(json_array_size(cidrs), 1);
	assert_string_equal(json_string_value(json_array_get(cidrs, 0)), "10.244.7.0/24");
}

/* JSON with ' for ". */
static json_t *parsed(const char *text)
{
	AUTO(free) char *copy = xstrdup(text);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return json_loads(copy, 0, NULL);
}

/* What its kube subnet manager reads; the settings of a backend are that backend's only. */
static void flannel_is_told_its_networks_and_backend(void **state)
{
	static const struct {
		const char *pods, *type, *had, *want, *backend;
	} cases[] = {
		{ "10.244.0.0/16", NULL, "{}",
		  "{'EnableIPv4':true,'EnableIPv6':false,'Network':'10.244.0.0/16'}", "{'Type':'vxlan'}" },
		{ "fd00::/56,10.244.0.0/16", "host-gw", "{}",
		  "{'EnableIPv4':true,'EnableIPv6':true,'IPv6Network':'fd00::/56','Network':'10.244.0.0/16'}",
		  "{'Type':'host-gw'}" },
		{ "fd00::/56", NULL, "{'Type':'vxlan','VNI':7}",
		  "{'EnableIPv4':false,'EnableIPv6':true,'IPv6Network':'fd00::/56'}",
		  "{'Type':'vxlan','VNI':7}" },
		{ "10.244.0.0/16", "vxlan", "{'Type':'vxlan','VNI':7}",
		  "{'EnableIPv4':true,'EnableIPv6':false,'Network':'10.244.0.0/16'}",
		  "{'Type':'vxlan','VNI':7}" },
		{ "10.244.0.0/16", "host-gw", "{'Type':'vxlan','VNI':7}",
		  "{'EnableIPv4':true,'EnableIPv6':false,'Network':'10.244.0.0/16'}",
		  "{'Type':'host-gw'}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(json) json_t *had = parsed(cases[i].had);
		AUTO(json) json_t *want = parsed(cases[i].want);
		AUTO(free) char *text = flannel_net_conf(cases[i].pods, cases[i].type, had);
		AUTO(json) json_t *got = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

		json_object_set_new(want, "Backend", parsed(cases[i].backend));
		assert_true(json_equal(got, want));
	}
}

/* What flannel does with the same key; "" leaves it to the controller manager's own 24. */
static void an_old_network_is_divided_as_flannel_divided_it(void **state)
{
	static const struct {
		const char *text, *mask;
	} cases[] = {
		{ "{'Network':'10.0.0.0/16'}", "" },
		{ "{'Network':'10.0.0.0/16','SubnetLen':0}", "" },
		{ "{'Network':'10.0.0.0/16','SubnetLen':26}", "26" },
		{ "{'Network':'10.0.0.0/22'}", "" },
		{ "{'Network':'10.0.0.0/23'}", "25" },
		{ "{'Network':'10.0.7.0/24','SubnetLen':0}", "26" },
		{ "{'Network':'10.0.0.0/28'}", "30" },
		{ "{'Network':'10.0.0.0/29'}", NULL },
		{ "{'Network':'10.0.0.0/16','SubnetLen':12}", NULL },
		{ "{'Network':'10.0.0.0/16','SubnetLen':31}", NULL },
		{ "{'Network':'10.0.0.0/16','SubnetLen':4294967320}", NULL },
		{ "{'Network':'10.0.0.0/16','SubnetLen':-1}", NULL },
		{ "{'Network':'10.0.0.0'}", NULL },
		{ "{'Network':'fd00::/48'}", NULL },
		{ "{'Network':'127.0.0.0/16'}", NULL },
		{ "{'Network':7}", NULL },
		{ "[]", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_INIT);
		AUTO(json) json_t *facts = json_object();
		AUTO(json) json_t *key = parsed(cases[i].text);
		AUTO(free) char *text = json_dumps(key, 0);
		struct err err = ERR_INIT;
		int rc = flannel_take(config, text, "the key", facts, &err);
		const json_t *arg = json_array_get(config->controller_manager_args, 0);
		const char *mask = json_str(arg, "value");

		if (!cases[i].mask != (rc < 0))
			fail_msg("%s: %d %s", cases[i].text, rc, err.msg);
		if (rc == 0)
			assert_string_equal(mask ? mask : "", cases[i].mask);
		else
			assert_non_null(strstr(err.msg, "the key"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_other_node_gets_a_route),
		cmocka_unit_test(a_family_goes_through_an_address_of_its_own),
		cmocka_unit_test(a_hostile_pod_cidr_is_left_out),
		cmocka_unit_test(only_what_differs_is_changed),
		cmocka_unit_test(what_leaves_the_pods_networks_is_masqueraded_and_nothing_else),
		cmocka_unit_test(a_node_without_pods_has_no_rules),
		cmocka_unit_test(the_one_pod_cidr_of_older_clusters_counts),
		cmocka_unit_test(flannel_is_told_its_networks_and_backend),
		cmocka_unit_test(an_old_network_is_divided_as_flannel_divided_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
