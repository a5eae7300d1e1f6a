#include "api/kube.h"

#include "base_help.h"

#include "api/status.h"
#include "api/url.h"
#include "base/str.h"

static void every_kind_has_its_path(void **state)
{
	static const struct {
		const char *version, *kind, *namespace, *name, *path;
	} rows[] = {
		{ "v1", "Namespace", NULL, "n", "/api/v1/namespaces/n" },
		{ "v1", "Node", NULL, "n", "/api/v1/nodes/n" },
		{ "v1", "ConfigMap", "s", "n", "/api/v1/namespaces/s/configmaps/n" },
		{ "v1", "Secret", "s", "n", "/api/v1/namespaces/s/secrets/n" },
		{ "v1", "ServiceAccount", "s", "n", "/api/v1/namespaces/s/serviceaccounts/n" },
		{ "v1", "Service", "s", "n", "/api/v1/namespaces/s/services/n" },
		{ "v1", "Pod", "s", "n", "/api/v1/namespaces/s/pods/n" },
		{ "apps/v1", "DaemonSet", "s", "n", "/apis/apps/v1/namespaces/s/daemonsets/n" },
		{ "apps/v1", "Deployment", "s", "n", "/apis/apps/v1/namespaces/s/deployments/n" },
		{ "coordination.k8s.io/v1", "Lease", "s", "n",
		  "/apis/coordination.k8s.io/v1/namespaces/s/leases/n" },
		{ "certificates.k8s.io/v1", "CertificateSigningRequest", NULL, "n",
		  "/apis/certificates.k8s.io/v1/certificatesigningrequests/n" },
		{ "rbac.authorization.k8s.io/v1", "Role", "s", "a:b",
		  "/apis/rbac.authorization.k8s.io/v1/namespaces/s/roles/a:b" },
		{ "rbac.authorization.k8s.io/v1", "RoleBinding", "s", "n",
		  "/apis/rbac.authorization.k8s.io/v1/namespaces/s/rolebindings/n" },
		{ "rbac.authorization.k8s.io/v1", "ClusterRole", NULL, "system:x",
		  "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:x" },
		{ "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", NULL, "n",
		  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/n" },
		/* what is no name stays in its segment */
		{ "v1", "Node", NULL, "../x?y#z%", "/api/v1/nodes/..%2Fx%3Fy%23z%25" },
		{ "v1", "Node", NULL, "..", NULL },
		{ "v1", "Node", NULL, "", NULL },
		{ "v1", "Node", NULL, NULL, NULL },
		{ "v1", "Secret", NULL, "n", NULL },
		{ "v1", "Secret", "", "n", NULL },
		{ "v2", "Secret", "s", "n", NULL },
		{ "v1", "Job", "s", "n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(json) json_t *obj = xjson_pack("{s:s, s:s, s:{s:s*, s:s*}}", "apiVersion",
						    rows[i].version, "kind", rows[i].kind,
						    "metadata", "namespace", rows[i].namespace,
						    "name", rows[i].name);
		AUTO(free) char *path = kube_path(obj);

		if (!str_eq(path, rows[i].path))
			fail_msg("%s: %s", rows[i].kind, path ? path : "NULL");
	}
}

static void a_collection_needs_no_name(void **state)
{
	AUTO(json) json_t *obj = xjson_pack("{s:s, s:s, s:{s:s}}", "apiVersion",
					    "certificates.k8s.io/v1", "kind",
					    "CertificateSigningRequest", "metadata", "generateName",
					    "csr-");
	AUTO(free) char *path = kube_collection(obj);

	(void)state;
	assert_string_equal(path, "/apis/certificates.k8s.io/v1/certificatesigningrequests");
}

static struct http *some_peer(void)
{
	const struct http_peer peer = { .url = "https://10.0.0.1", .ca = "x", .timeout_s = 1 };
	struct err err = ERR_INIT;
	struct http *http;

	assert_int_equal(http_open(&peer, &http, &err), 0);
	return http;
}

static void a_status_becomes_the_error_that_a_caller_may_act_on(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum err_code code;
		const char *words;
	} rows[] = {
		{ 404, "{\"reason\":\"NotFound\",\"message\":\"no such\"}", ERR_NOT_FOUND, "no such" },
		{ 409, "{\"reason\":\"AlreadyExists\"}", ERR_EXISTS, "409 AlreadyExists" },
		{ 409, "{\"reason\":\"Conflict\"}", ERR_CONFLICT, "409 Conflict" },
		{ 409, "", ERR_CONFLICT, "409" },
		{ 401, "{\"reason\":\"Unauthorized\"}", ERR_API, "401" },
		{ 403, "{\"message\":\"a\\nb\"}", ERR_API, "403: a b" },
		{ 500, "<html>", ERR_API, "500: <html>" },
		{ 422, "{\"message\":7}", ERR_API, "10.0.0.1:443" },
	};
	AUTO(http) struct http *http = some_peer();
	const struct kube kube = { .http = http };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(status_fail(&kube, "GET", "/x", rows[i].status, rows[i].body,
					     strlen(rows[i].body), &err),
				 -1);
		assert_int_equal(err.code, rows[i].code);
		if (!strstr(err.msg, rows[i].words))
			fail_msg("%s: %s", rows[i].words, err.msg);
	}
}

static void what_is_said_about_the_content_of_a_secret_is_withheld(void **state)
{
	static const char body[] = "{\"message\":\"invalid: canary\"}";
	AUTO(http) struct http *http = some_peer();
	const struct kube kube = { .http = http };
	struct err err = ERR_INIT;

	(void)state;
	status_fail(&kube, "PATCH", "/api/v1/namespaces/s/secrets/n", 422, body, strlen(body), &err);
	assert_null(strstr(err.msg, "canary"));
	status_fail(&kube, "PATCH", "/api/v1/namespaces/s/secrets/n", 403, body, strlen(body), &err);
	assert_non_null(strstr(err.msg, "canary"));
}

static void only_a_host_and_a_port_are_taken_from_a_url(void **state)
{
	static const struct {
		const char *url, *authority;
	} rows[] = {
		{ "https://10.0.0.1:6443", "10.0.0.1:6443" },
		{ "https://10.0.0.1", "10.0.0.1:443" },
		{ "https://[fd00::1]:6443", "[fd00::1]:6443" },
		{ "https://host.example:6443/", "host.example:6443" },
		{ "http://10.0.0.1", NULL },
		{ "ftp://10.0.0.1", NULL },
		{ "file:///etc/passwd", NULL },
		{ "https://user:word@10.0.0.1", NULL },
		{ "https://10.0.0.1/path", NULL },
		{ "https://10.0.0.1?query", NULL },
		{ "https://10.0.0.1:70000", NULL },
		{ "https://a b", NULL },
		{ "https://a\r\nHost: b", NULL },
		{ "https://", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *authority = NULL;
		struct err err = ERR_INIT;

		if (url_authority(rows[i].url, &authority, &err) < 0)
			assert_int_equal(err.code, ERR_CONFIG);
		if (!str_eq(authority, rows[i].authority))
			fail_msg("%s: %s", rows[i].url, authority ? authority : "NULL");
		assert_null(strstr(err.msg, "word@"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_path),
		cmocka_unit_test(a_collection_needs_no_name),
		cmocka_unit_test(a_status_becomes_the_error_that_a_caller_may_act_on),
		cmocka_unit_test(what_is_said_about_the_content_of_a_secret_is_withheld),
		cmocka_unit_test(only_a_host_and_a_port_are_taken_from_a_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
