/* Checks of single values: each good form beside its evil twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "config/check.h"

#define PIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop_"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct row {
	check_fn *check;
	const char *value;
	const char *normal; /* NULL: refused */
};

/* clang-format off */
static const struct row rows[] = {
	{ check_address, "10.0.0.1", "10.0.0.1" }, { check_address, "fd00::1", "fd00::1" },
	{ check_address, "10.0.0", NULL }, { check_address, "10.0.0.1/24", NULL },
	{ check_address, "", NULL }, { check_address, "master", NULL },
	{ check_address, "239.1.1.1", NULL }, { check_address, "ff02::1", NULL },
	{ check_address, "127.0.0.1", NULL }, { check_address, "169.254.6.1", NULL },
	{ check_address, "::1", NULL }, { check_address, "fe80::1", NULL }, { check_address, "0.0.0.1", NULL },
	{ check_address, "0.0.0.0", "0.0.0.0" }, { check_address, "::", "::" },

	{ check_port, "1", "1" }, { check_port, "65535", "65535" }, { check_port, "0", NULL },
	{ check_port, "65536", NULL }, { check_port, "-1", NULL }, { check_port, "", NULL },
	{ check_port, "99999999999999999999", NULL }, { check_port, "80 ", NULL },

	{ check_version, "v1.20.2", "v1.20.2" }, { check_version, "1.36.2", "v1.36.2" },
	{ check_version, "v1.37.0-rc.1", "v1.37.0-rc.1" }, { check_version, "v1.20.2+k3s1", "v1.20.2+k3s1" },
	{ check_version, "stable-1", NULL }, { check_version, "stable", NULL },
	{ check_version, "latest", NULL }, { check_version, "ci/latest-1.37", NULL },
	{ check_version, "1.20", NULL }, { check_version, "v1", NULL }, { check_version, "", NULL },
	{ check_version, "v1.20.2; reboot", NULL }, { check_version, "1.2.3.4", NULL },

	{ check_service_subnet, "10.96.0.0/12", "10.96.0.0/12" },
	{ check_service_subnet, "10.96.0.0/16,fd00::/108", "10.96.0.0/16,fd00::/108" },
	{ check_service_subnet, "10.0.0.0/11", NULL }, { check_service_subnet, "fd00::/107", NULL },
	{ check_service_subnet, "10.96.0.0/28", "10.96.0.0/28" }, { check_service_subnet, "10.96.0.0/29", NULL },
	{ check_service_subnet, "10.96.0.0/12,", NULL }, { check_service_subnet, "10.96.0.0", NULL },
	{ check_pod_subnet, "10.0.0.0/8", "10.0.0.0/8" }, { check_pod_subnet, "fd00::/48", "fd00::/48" },
	{ check_pod_subnet, "10.1.0.0/16,10.2.0.0/16", NULL }, { check_pod_subnet, "a/16", NULL },
	{ check_pod_subnet, "127.0.0.0/16", NULL }, { check_pod_subnet, "169.254.0.0/16", NULL },
	{ check_pod_subnet, "224.0.0.0/16", NULL }, { check_pod_subnet, "0.0.0.0/8", NULL },
	{ check_pod_subnet, "fe80::/56", NULL }, { check_pod_subnet, "10.244.0.0/16,ff0e::/56", NULL },
	{ check_pod_subnet, "240.0.0.0/16", "240.0.0.0/16" }, { check_pod_subnet, "100.64.0.0/16", "100.64.0.0/16" },
	{ check_service_subnet, "127.0.0.0/16", NULL }, { check_service_subnet, "239.0.0.0/16", NULL },
	{ check_service_subnet, "0.0.0.0/12", NULL }, { check_service_subnet, "fe80::/112", NULL },
	{ check_service_subnet, "169.254.0.0/16", "169.254.0.0/16" },

	{ check_dns_domain, "cluster.local", "cluster.local" }, { check_dns_domain, "a-b.c1", "a-b.c1" },
	{ check_dns_domain, "-a", NULL }, { check_dns_domain, "a-", NULL }, { check_dns_domain, "a-.b", NULL },
	{ check_dns_domain, "a.-b", NULL }, { check_dns_domain, "a..b", NULL }, { check_dns_domain, ".a", NULL },
	{ check_dns_domain, "a.", NULL }, { check_dns_domain, "A", NULL }, { check_dns_domain, "a_b", NULL },
	{ check_dns_domain, "a\nb", NULL },

	{ check_node_name, "node1", "node1" }, { check_node_name, "Node1.Example", "node1.example" },
	{ check_node_name, "node 1", NULL }, { check_node_name, "", NULL }, { check_node_name, "n\xc3\xb6", NULL },

	{ check_endpoint, "lb.example.org", "lb.example.org" },
	{ check_endpoint, "LB.example.org:6443", "lb.example.org:6443" },
	{ check_endpoint, "10.0.0.1:8443", "10.0.0.1:8443" }, { check_endpoint, "[fd00::1]:6443", "[fd00::1]:6443" },
	{ check_endpoint, "fd00::1", "[fd00::1]" }, { check_endpoint, "lb:0", NULL },
	{ check_endpoint, "lb:65536", NULL }, { check_endpoint, "https://lb", NULL },
	{ check_endpoint, "10.0.0.256", NULL }, { check_endpoint, "lb/path", NULL }, { check_endpoint, "", NULL },

	{ check_server, "10.77.0.10", "10.77.0.10:6443" }, { check_server, "10.77.0.10:7443", "10.77.0.10:7443" },
	{ check_server, "fd00::1", "[fd00::1]:6443" }, { check_server, "[fd00::1]", "[fd00::1]:6443" },
	{ check_server, "[fd00::1]:7443", "[fd00::1]:7443" }, { check_server, "master", "master:6443" },
	{ check_server, "Master.example.org", "master.example.org:6443" },
	{ check_server, "10.0.0.1:", NULL }, { check_server, ":6443", NULL }, { check_server, "a b", NULL },
	{ check_server, "user@host", NULL },

	{ check_san, "API.example.org", "api.example.org" }, { check_san, "*.example.org", "*.example.org" },
	{ check_san, "fd00::1", "fd00::1" }, { check_san, "*", NULL }, { check_san, "a.*.b", NULL },
	{ check_san, "a/b", NULL }, { check_san, "", NULL },

	{ check_absolute, "/etc/kubernetes/pki", "/etc/kubernetes/pki" },
	{ check_absolute, "/etc//kubernetes/./pki/", "/etc/kubernetes/pki" }, { check_absolute, "/", "/" },
	{ check_absolute, "etc", NULL }, { check_absolute, "/etc/../root", NULL }, { check_absolute, "", NULL },
	{ check_absolute, "/a\nb", NULL }, { check_absolute, "/a b", "/a b" },
	{ check_unit_path, "/etc/cni//net.d/", "/etc/cni/net.d" }, { check_unit_path, "net.d", NULL },
	{ check_unit_path, "/a b", NULL }, { check_unit_path, "/a%b", NULL }, { check_unit_path, "/$a", NULL },
	{ check_unit_path, "/a\"", NULL }, { check_unit_path, "/a\\b", NULL },

	{ check_discovery_file, "/etc/d.conf", "/etc/d.conf" },
	{ check_discovery_file, "file:///etc/d.conf", "/etc/d.conf" },
	{ check_discovery_file, "https://example.org/d", "https://example.org/d" },
	{ check_discovery_file, "http://example.org/d", NULL }, { check_discovery_file, "https://", NULL },
	{ check_discovery_file, "file://d.conf", NULL },

	{ check_cri_socket, "unix:///run/c.sock", "unix:///run/c.sock" },
	{ check_cri_socket, "/run/c.sock", "/run/c.sock" }, { check_cri_socket, "unix://run/c.sock", NULL },
	{ check_cri_socket, "tcp://1.2.3.4:5", NULL }, { check_cri_socket, "c.sock", NULL },

	{ check_key_algorithm, "RSA-4096", "RSA-4096" }, { check_key_algorithm, "rsa-2048", NULL },
	{ check_key_algorithm, "RSA-1024", NULL },
	{ check_repository, "host:5000/a/b", "host:5000/a/b" }, { check_repository, "registry.k8s.io/", NULL },
	{ check_repository, "a b", NULL }, { check_repository, "https://a", NULL },
	{ check_image_tag, "3.5.1-0", "3.5.1-0" }, { check_image_tag, "a:b", NULL }, { check_image_tag, "-a", NULL },
	{ check_ca_hash, "sha256:" HEX, "sha256:" HEX }, { check_ca_hash, HEX, NULL },
	{ check_ca_hash, "sha256:" HEX "0", NULL }, { check_ca_hash, "sha256:", NULL },
	{ check_token_group, "system:bootstrappers:a:b-c", "system:bootstrappers:a:b-c" },
	{ check_token_group, "system:bootstrappers:", NULL }, { check_token_group, "system:masters", NULL },
	{ check_token_group, "system:bootstrappers:a:", NULL },
	{ check_preflight_name, "NumCPU", "numcpu" }, { check_preflight_name, " ", NULL },
	{ check_url, "https://10.0.0.1:2379", "https://10.0.0.1:2379" }, { check_url, "10.0.0.1:2379", NULL },

	{ check_token, "abcdef.0123456789abcdef", "abcdef.0123456789abcdef" },
	{ check_token, "abcdef.0123456789abcdef." PIN, NULL }, { check_token, "", NULL },
	{ check_token, "abcdef.0123456789abcde", NULL }, { check_token, "abcdef.0123456789abcdefg", NULL },
	{ check_token, "abcdef.0123456789abcdeF", NULL }, { check_token, "abcdef-0123456789abcdef", NULL },
	{ check_token, " abcdef.0123456789abcdef", NULL }, { check_token, "abcdef.0123456789abcdef\n", NULL },
	{ check_token, "abcde.0123456789abcdef", NULL },
	{ check_pinned_token, "abcdef.0123456789abcdef", "abcdef.0123456789abcdef" },
	{ check_pinned_token, "abcdef.0123456789abcdef." PIN, "abcdef.0123456789abcdef." PIN },
	{ check_pinned_token, "abcdef.0123456789abcdef.", NULL },
	{ check_pinned_token, "abcdef.0123456789abcdef." PIN "A", NULL },
	{ check_pinned_token, "abcdef.0123456789abcdef." PIN "=", NULL },
	{ check_pinned_token, "abcdef.0123456789abcdef.+" PIN, NULL },
	{ check_certificate_key, HEX, HEX }, { check_certificate_key, HEX "00", NULL },
	{ check_certificate_key, "", NULL },
};
/* clang-format on */

static void values_are_accepted_in_their_normal_form_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *value = xstrdup(rows[i].value);
		struct err err = ERR_INIT;
		int got = rows[i].check(&value, &err);

		if (rows[i].normal && got < 0)
			fail_msg("row %zu, \"%s\": %s", i, rows[i].value, err.msg);
		if (!rows[i].normal && got == 0)
			fail_msg("row %zu, \"%s\" was accepted as \"%s\"", i, rows[i].value, value);
		if (rows[i].normal)
			assert_string_equal(value, rows[i].normal);
		else
			assert_true(err.code == ERR_CONFIG && *err.msg);
	}
}

static void no_message_shows_a_secret(void **state)
{
	static check_fn *const secret[] = { check_token, check_pinned_token,
					    check_certificate_key };
	static const char *const values[] = { "hunter2", "abcdef.hunter2hunter2 ", "hunter2\n",
					      "hunter2.hunter2hunter2hu." PIN };

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++)
		for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++) {
			AUTO(free) char *value = xstrdup(values[j]);
			struct err err = ERR_INIT;

			assert_int_equal(secret[i](&value, &err), -1);
			assert_null(strstr(err.msg, "hunter2"));
			assert_null(strstr(err.next, "hunter2"));
		}
}

static void long_and_wild_values_do_not_reach_the_terminal(void **state)
{
	AUTO(free) char *value = xcalloc(100001, 1);
	struct err err = ERR_INIT;

	(void)state;
	memset(value, 0x1b, 100000);
	assert_int_equal(check_address(&value, &err), -1);
	assert_null(strchr(err.msg, 0x1b));
	assert_true(strlen(err.msg) < 200);
}

static void a_relative_path_is_of_the_working_directory(void **state)
{
	AUTO(free) char *value = xstrdup("patches");
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(check_path(&value, &err), 0);
	assert_int_equal(value[0], '/');
	assert_true(str_ends(value, "/patches"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_accepted_in_their_normal_form_or_refused_with_a_reason),
		cmocka_unit_test(no_message_shows_a_secret),
		cmocka_unit_test(long_and_wild_values_do_not_reach_the_terminal),
		cmocka_unit_test(a_relative_path_is_of_the_working_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
