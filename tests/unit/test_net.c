#include "tests/unit/base_help.h"

#include "base/dns.h"
#include "base/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void addresses_and_networks_are_read(void **state)
{
	struct net_addr addr;
	struct net_cidr cidr;
	AUTO(free) char *text = NULL;

	(void)state;
	assert_true(net_parse_addr("10.77.0.10", &addr));
	assert_int_equal(addr.family, AF_INET);
	assert_true(net_parse_addr("fd00::1", &addr));
	assert_int_equal(addr.family, AF_INET6);
	assert_true(net_parse_cidr("10.244.3.7/16", &cidr));
	text = net_format_cidr(&cidr);
	assert_string_equal(text, "10.244.0.0/16");
	assert_true(net_parse_cidr("0.0.0.0/0", &cidr));
	assert_true(net_parse_cidr("fd00:0:0:1:2::/63", &cidr));
	free(TAKE(text));
	text = net_format_cidr(&cidr);
	assert_string_equal(text, "fd00::/63");
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const addrs[] = { "",          "1.2.3",    "1.2.3.4.5",
					     "256.1.1.1", "01.2.3.4", " 1.2.3.4",
					     "1.2.3.4 ",  "::g",      "fe80::1%eth0",
					     "x" };
	static const char *const cidrs[] = {
		"",           "10.0.0.0",    "10.0.0.0/",   "10.0.0.0/33",
		"fd00::/129", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8x",
		"/8",         "10.0.0/8"
	};
	struct net_addr addr;
	struct net_cidr cidr;

	(void)state;
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++)
		assert_false(net_parse_addr(addrs[i], &addr));
	for (size_t i = 0; i < sizeof(cidrs) / sizeof(cidrs[0]); i++)
		assert_false(net_parse_cidr(cidrs[i], &cidr));
}

static void the_nth_address_carries_over_bytes_and_stops_at_the_end(void **state)
{
	struct net_cidr cidr;
	struct net_addr addr;
	AUTO(free) char *text = NULL;

	(void)state;
	assert_true(net_parse_cidr("10.96.0.0/12", &cidr));
	assert_true(net_nth(&cidr, 257, &addr));
	text = net_format_addr(&addr);
	assert_string_equal(text, "10.96.1.1");
	assert_true(net_nth(&cidr, (1 << 20) - 1, &addr));
	assert_false(net_nth(&cidr, 1 << 20, &addr));
	assert_true(net_parse_cidr("fd00::ffff/112", &cidr));
	assert_true(net_nth(&cidr, 10, &addr));
	assert_false(net_nth(&cidr, 65536, &addr));
	assert_true(net_parse_cidr("fd00::/32", &cidr));
	assert_true(net_nth(&cidr, UINT64_MAX, &addr));
}

static void networks_overlap_when_one_holds_the_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = { { "10.0.0.0/8", "10.96.0.0/12", true },
		     { "10.96.0.0/12", "10.0.0.0/8", true },
		     { "10.96.0.0/12", "10.112.0.0/12", false },
		     { "10.96.0.0/12", "fd00::/8", false },
		     { "0.0.0.0/0", "192.168.0.0/16", true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct net_cidr a, b;

		assert_true(net_parse_cidr(rows[i].a, &a) && net_parse_cidr(rows[i].b, &b));
		assert_int_equal(net_overlap(&a, &b), rows[i].overlap);
	}
}

static void a_list_has_a_network_for_each_family_at_most(void **state)
{
	static const struct {
		const char *list;
		int n;
	} rows[] = { { NULL, 0 },
		     { "", 0 },
		     { "10.96.0.0/12", 1 },
		     { "fd00::/112,10.96.0.0/12", 2 },
		     { "10.96.0.0", -1 },
		     { "10.96.0.0/12,", -1 },
		     { ",10.96.0.0/12", -1 },
		     { "10.0.0.0/16,10.1.0.0/16,10.2.0.0/16", -1 } };
	struct net_cidr cidrs[NET_FAMILIES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(net_parse_cidrs(rows[i].list, cidrs), rows[i].n);
	assert_int_equal(net_parse_cidrs("fd00::/112,10.96.0.0/12", cidrs), 2);
	assert_int_equal(cidrs[0].bits, 112);
	assert_int_equal(cidrs[1].addr.family, AF_INET);
}

static void endpoints_split_and_join(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} good[] = { { "10.77.0.10", "10.77.0.10", 0 },
		     { "10.77.0.10:6443", "10.77.0.10", 6443 },
		     { "[fd00::1]:6443", "fd00::1", 6443 },
		     { "[fd00::1]", "fd00::1", 0 },
		     { "fd00::1", "fd00::1", 0 },
		     { "master.example.com:6443", "master.example.com", 6443 },
		     { "master", "master", 0 } };
	static const char *const bad[] = { "",
					   ":6443",
					   "10.77.0.10:",
					   "10.77.0.10:0",
					   "10.77.0.10:65536",
					   "10.77.0.10:64 43",
					   "10.77.0.10:+1",
					   "[10.77.0.10]:6443",
					   "[fd00::1",
					   "fd00::1]:1",
					   "a b",
					   "10.77.0.300",
					   "-x",
					   "x-",
					   "a..b",
					   "x/y",
					   "[]:1",
					   "https://x:1",
					   "fd00::1:6443:z" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		AUTO(free) char *host = NULL;
		int port;

		assert_true(net_split(good[i].text, &host, &port));
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO(free) char *host = NULL;
		int port;

		if (net_split(bad[i], &host, &port))
			fail_msg("accepted \"%s\"", bad[i]);
	}
	for (int v6 = 0; v6 < 2; v6++) {
		AUTO(free) char *text = net_join(v6 ? "fd00::1" : "1.2.3.4", 6443);

		assert_string_equal(text, v6 ? "[fd00::1]:6443" : "1.2.3.4:6443");
	}
}

static void the_source_towards_loopback_is_loopback(void **state)
{
	struct err err = ERR_INIT;
	AUTO(free) char *source = NULL;

	(void)state;
	assert_int_equal(net_source("127.0.0.1", &source, &err), 0);
	assert_string_equal(source, "127.0.0.1");
	assert_true(net_addr_is_local("127.0.0.1"));
	assert_false(net_addr_is_local("192.0.2.77"));
	assert_false(net_addr_is_local("nonsense"));
}

static void the_default_source_is_an_address_of_this_host(void **state)
{
	struct err err = ERR_INIT;
	AUTO(free) char *source = NULL;

	(void)state;
	if (net_source(NULL, &source, &err) == 0)
		assert_true(net_addr_is_local(source));
	else /* a host, or a container, with nothing but loopback */
		assert_int_equal(err.code, ERR_HOST);
}

static void a_listener_on_one_address_makes_its_port_taken(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	assert_true(net_port_in_use(ntohs(in.sin_port)));
	close(fd);
	assert_false(net_port_in_use(ntohs(in.sin_port)));
}

static void a_connection_is_refused_where_nobody_listens(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int port;

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	port = ntohs(in.sin_port);
	/* Bound and not yet listening: nobody else can come and listen meanwhile. */
	assert_true(net_refused("127.0.0.1", port));
	assert_int_equal(listen(fd, 1), 0);
	assert_false(net_refused("127.0.0.1", port));
	close(fd);
	assert_false(net_refused("no address", port));
}

static void the_host_name_is_in_lower_case(void **state)
{
	AUTO(free) char *name = net_hostname();

	(void)state;
	assert_true(strlen(name) > 0);
	assert_int_equal(strcspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), strlen(name));
}

static void a_name_of_the_hosts_file_is_found_with_its_port_once(void **state)
{
	AUTO(json) json_t *found = NULL;
	struct err err = ERR_INIT;
	size_t loopback = 0, i;
	const json_t *one;

	(void)state;
	assert_int_equal(dns_find(&(struct dns_want){ .host = "localhost", .port = 7, .timeout_s = 60 },
				  &found, &err), 0);
	json_array_foreach (found, i, one) {
		loopback += str_eq(json_str(one, "address"), "127.0.0.1");
		assert_string_equal(json_str(one, "name"), "localhost");
		assert_int_equal(json_integer_value(json_object_get(one, "port")), 7);
	}
	assert_int_equal(loopback, 1);
}

static void an_address_is_its_own_name(void **state)
{
	AUTO(json) json_t *found = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(dns_find(&(struct dns_want){ .host = "::1", .port = 7, .timeout_s = 60 }, &found,
				  &err), 0);
	assert_int_equal(json_array_size(found), 1);
	assert_string_equal(json_str(json_array_get(found, 0), "address"), "::1");
}

static void a_name_that_nobody_has_is_an_error(void **state)
{
	json_t *found = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(dns_find(&(struct dns_want){ .host = "nobody.invalid", .timeout_s = 1 }, &found,
				  &err), -1);
	assert_true(err.code == ERR_NET || err.code == ERR_TIMEOUT);
	assert_contains(err.msg, "nobody.invalid: ");
	assert_null(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_networks_are_read),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(the_nth_address_carries_over_bytes_and_stops_at_the_end),
		cmocka_unit_test(networks_overlap_when_one_holds_the_other),
		cmocka_unit_test(a_list_has_a_network_for_each_family_at_most),
		cmocka_unit_test(endpoints_split_and_join),
		cmocka_unit_test(the_source_towards_loopback_is_loopback),
		cmocka_unit_test(the_default_source_is_an_address_of_this_host),
		cmocka_unit_test(a_listener_on_one_address_makes_its_port_taken),
		cmocka_unit_test(a_connection_is_refused_where_nobody_listens),
		cmocka_unit_test(the_host_name_is_in_lower_case),
		cmocka_unit_test(a_name_of_the_hosts_file_is_found_with_its_port_once),
		cmocka_unit_test(an_address_is_its_own_name),
		cmocka_unit_test(a_name_that_nobody_has_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
