/* What the approver makes of requests, tokens and Nodes. The requests are our own csr_make's; what
 * OpenSSL thinks of those is test_csr's. */
#include "pki_help.h"

#include "base/clock.h"
#include "phases/approve/limits.h"
#include "phases/approve/request.h"
#include "phases/approve/serving.h"
#include "pki/base64.h"
#include "pki/csr.h"

#define CLIENT	"kubernetes.io/kube-apiserver-client-kubelet"
#define SERVING "kubernetes.io/kubelet-serving"

struct asked {
	const char *signer, *user, *group, *cn, *org, *usages; /* separated by commas */
	const char *san, *san2;
};
#define LIMITED { CLIENT, "system:bootstrap:abcdef", LIMITED_GROUP, "system:node:n1", "system:nodes", \
		  "digital signature,key encipherment,client auth", NULL, NULL }
#define SERVED	{ SERVING, "system:node:n1", "system:nodes", "system:node:n1", "system:nodes", \
		  "digital signature,server auth", "n1", "10.0.0.1" }

static json_t *split(const char *text)
{
	AUTO(free) char *copy = xstrdup(text);
	json_t *list = json_array();
	char *save = NULL;

	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save))
		json_array_append_new(list, json_string(p));
	return list;
}

static json_t *csr_of(const struct asked *asked)
{
	AUTO(json) json_t *sans = json_array();
	struct cert_want want = { .cn = asked->cn, .org = asked->org, .sans = sans };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) char *pem = NULL;
	AUTO(free) char *coded = NULL;

	if (asked->san)
		json_array_append_new(sans, json_string(asked->san));
	if (asked->san2)
		json_array_append_new(sans, json_string(asked->san2));
	assert_ok(key_generate("ECDSA-P256", &key, e));
	assert_ok(csr_make(&want, key, &pem, e));
	coded = base64_encode(pem, strlen(pem));
	return xjson_pack("{s:{s:s,s:s}, s:{s:s,s:s,s:[s,s],s:s,s:o}, s:{}}", "metadata", "name",
			  "csr-1", "resourceVersion", "7", "spec", "signerName", asked->signer,
			  "username", asked->user, "groups", asked->group, "system:authenticated",
			  "request", coded, "usages", split(asked->usages), "status");
}

static struct request read_of(const struct asked *asked)
{
	AUTO(json) json_t *csr = csr_of(asked);
	struct request request;

	request_read(csr, &request);
	return request;
}

static void requests_of_the_right_form_are_known(void **state)
{
	struct asked rows[] = { LIMITED, SERVED };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		AUTO(request) struct request request = read_of(&rows[i]);

		assert_null(request.fault);
		assert_int_equal(request.kind, i ? REQUEST_SERVING : REQUEST_LIMITED);
		assert_string_equal(request.node, "n1");
		assert_string_equal(request.name, "csr-1");
		assert_false(request.decided);
		assert_true(str_ends(request.use, "/n1") && strlen(request.use) == 32 + 3);
		assert_int_equal(json_array_size(request.sans), i ? 2 : 0);
		if (i == 0)
			assert_string_equal(request.token_id, "abcdef");
	}
}

static void requests_of_another_form_have_a_fault(void **state)
{
	static const struct {
		struct asked asked;
		const char *part;
	} rows[] = {
#define C CLIENT, "system:bootstrap:abcdef", LIMITED_GROUP
#define S SERVING, "system:node:n1", "system:nodes"
#define AUTH   "digital signature,client auth"
#define SERVER "digital signature,server auth"
		{ { C, "n1", "system:nodes", AUTH, NULL, NULL }, "common name" },
		{ { C, "system:node:", "system:nodes", AUTH, NULL, NULL }, "common name" },
		{ { C, "system:node:N1", "system:nodes", AUTH, NULL, NULL }, "common name" },
		{ { C, "system:node:../x", "system:nodes", AUTH, NULL, NULL }, "common name" },
		{ { C, "system:node:n1", "system:masters", AUTH, NULL, NULL }, "organization" },
		{ { C, "system:node:n1", NULL, AUTH, NULL, NULL }, "organization" },
		{ { C, "system:node:n1", "system:nodes", SERVER, NULL, NULL }, "usages" },
		{ { C, "system:node:n1", "system:nodes", AUTH ",server auth", NULL, NULL }, "usages" },
		{ { C, "system:node:n1", "system:nodes", AUTH ",cert sign", NULL, NULL }, "usages" },
		{ { C, "system:node:n1", "system:nodes", "client auth", NULL, NULL }, "usages" },
		{ { C, "system:node:n1", "system:nodes", AUTH, "n1", NULL }, "no use for" },
		{ { S, "system:node:n2", "system:nodes", SERVER, "n2", NULL }, "not that of the node" },
		{ { S, "system:node:n1", "system:masters", SERVER, "n1", NULL }, "organization" },
		{ { S, "system:node:n1", "system:nodes", AUTH, "n1", NULL }, "usages" },
		{ { S, "system:node:n1", "system:nodes", SERVER ",client auth", "n1", NULL }, "usages" },
		{ { S, "system:node:n1", "system:nodes", SERVER, NULL, NULL }, "neither names" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(request) struct request request = read_of(&rows[i].asked);

		assert_int_not_equal(request.kind, REQUEST_OTHER);
		if (!request.fault || !strstr(request.fault, rows[i].part))
			fail_msg("row %zu: %s", i, request.fault ? request.fault : "no fault");
	}
}

static void others_requests_are_left_alone(void **state)
{
	static const struct asked rows[] = {
		/* kubeadm's tokens: Kubernetes' own controller approves those */
		{ CLIENT, "system:bootstrap:abcdef", "system:bootstrappers:kubeadm:default-node-token",
		  "system:node:n1", "system:nodes", AUTH, NULL, NULL },
		{ CLIENT, "admin", LIMITED_GROUP, "system:node:n1", "system:nodes", AUTH, NULL, NULL },
		{ CLIENT, "system:bootstrap:../../x", LIMITED_GROUP, "system:node:n1", "system:nodes",
		  AUTH, NULL, NULL },
		{ CLIENT, "system:bootstrap:abcde", LIMITED_GROUP, "system:node:n1", "system:nodes",
		  AUTH, NULL, NULL },
		{ "kubernetes.io/kube-apiserver-client", "system:bootstrap:abcdef", LIMITED_GROUP,
		  "system:node:n1", "system:nodes", AUTH, NULL, NULL },
		{ SERVING, "system:node:n1", "system:masters", "system:node:n1", "system:nodes", SERVER,
		  "n1", NULL },
		{ SERVING, "admin", "system:nodes", "system:node:n1", "system:nodes", SERVER, "n1", NULL },
		{ "example.org/own", "system:node:n1", "system:nodes", "system:node:n1", "system:nodes",
		  SERVER, "n1", NULL },
	};
	AUTO(json) json_t *nothing = json_object();
	AUTO(request) struct request none = { .kind = REQUEST_SERVING };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(request) struct request request = read_of(&rows[i]);

		assert_int_equal(request.kind, REQUEST_OTHER);
	}
	request_read(nothing, &none);
	assert_int_equal(none.kind, REQUEST_OTHER);
}

static void what_is_no_request_is_a_fault(void **state)
{
	static const char *const bad[] = { "", "####", "YWJj", NULL };
	struct asked asked = SERVED;

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		AUTO(json) json_t *csr = csr_of(&asked);
		AUTO(request) struct request request = { .kind = REQUEST_OTHER };

		json_object_set_new(json_object_get(csr, "spec"), "request", json_string(bad[i]));
		request_read(csr, &request);
		assert_non_null(request.fault);
		assert_null(request.node);
	}
}

static void a_decision_keeps_what_is_there_and_names_its_version(void **state)
{
	struct asked asked = SERVED;
	AUTO(json) json_t *csr = csr_of(&asked);
	AUTO(json) json_t *patch = NULL;
	AUTO(request) struct request request = { .kind = REQUEST_OTHER };
	json_t *conditions;

	(void)state;
	json_object_set_new(csr, "status", xjson_pack("{s:[{s:s}]}", "conditions", "type", "Other"));
	patch = request_decision(csr, false, "why", NOW);
	assert_string_equal(json_string_value(json_at(patch, "metadata.resourceVersion")), "7");
	conditions = json_at(patch, "status.conditions");
	assert_int_equal(json_array_size(conditions), 2);
	assert_string_equal(json_str(json_array_get(conditions, 1), "type"), "Denied");
	assert_string_equal(json_str(json_array_get(conditions, 1), "message"), "why");
	json_object_set(json_object_get(csr, "status"), "conditions", conditions);
	request_read(csr, &request);
	assert_true(request.decided);
	assert_false(request.issued);
}

/* A token's Secret: data as text, annotations as given. */
static json_t *secret(const char *groups, const char *uses, const char *node, const char *used,
		      const char *expires)
{
	AUTO(free) char *coded = base64_encode(groups, strlen(groups));
	AUTO(free) char *end = expires ? base64_encode(expires, strlen(expires)) : NULL;

	return xjson_pack("{s:{s:s, s:{s:s*, s:s*, s:s*}}, s:{s:s, s:s*}}", "metadata",
			  "resourceVersion", "42", "annotations", LIMITS_USES, uses, LIMITS_NODE, node,
			  LIMITS_USED, used, "data", "auth-extra-groups", coded, "expiration", end);
}

static void limits_are_held_to(void **state)
{
	static const struct {
		const char *groups, *uses, *node, *used, *expires;
		enum limits_say say;
		const char *why;
	} rows[] = {
#define G LIMITED_GROUP
		{ G, "1", NULL, NULL, NULL, LIMITS_COUNT, NULL },
		{ "a,b," G, "2", "n1", "{\"x/n2\":\"t\"}", NULL, LIMITS_COUNT, NULL },
		{ G, "1", NULL, "{\"x/n1\":\"t\"}", NULL, LIMITS_DENY, "used up" },
		{ G, "2", NULL, "{\"x/n1\":\"t\",\"y/n1\":\"t\"}", NULL, LIMITS_DENY, "used up" },
		{ G, "0", NULL, NULL, NULL, LIMITS_DENY, "used up" },
		{ G, "many", NULL, NULL, NULL, LIMITS_DENY, "used up" },
		{ G, "-1", NULL, NULL, NULL, LIMITS_DENY, "used up" },
		{ G, "99999999999999999999", NULL, NULL, NULL, LIMITS_DENY, "used up" },
		{ G, "1", NULL, "nonsense", NULL, LIMITS_DENY, "damaged" },
		{ G, "1", NULL, "[]", NULL, LIMITS_DENY, "damaged" },
		{ G, NULL, "n1", NULL, NULL, LIMITS_AGAIN, NULL },
		{ G, NULL, "n2", NULL, NULL, LIMITS_DENY, "another name" },
		{ G, "5", "n2", NULL, NULL, LIMITS_DENY, "another name" },
		{ G, NULL, NULL, NULL, NULL, LIMITS_LEAVE, NULL },
		{ "system:bootstrappers:a", "1", NULL, NULL, NULL, LIMITS_DENY, "group" },
		{ G "x", "1", NULL, NULL, NULL, LIMITS_DENY, "group" },
		{ G, "1", NULL, NULL, "2027-01-15T08:00:01Z", LIMITS_COUNT, NULL },
		{ G, "1", NULL, NULL, "2027-01-15T08:00:00Z", LIMITS_DENY, "ended" },
		{ G, "1", NULL, NULL, "soon", LIMITS_DENY, "ended" },
	};
	struct asked asked = LIMITED;
	AUTO(request) struct request request = read_of(&asked);
	json_t *patch = NULL;
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(json) json_t *token = secret(rows[i].groups, rows[i].uses, rows[i].node,
						  rows[i].used, rows[i].expires);

		patch = NULL;
		if (limits_judge(token, &request, NOW, &why, &patch) != rows[i].say)
			fail_msg("row %zu: %s", i, why ? why : "no reason");
		assert_true(!why == !rows[i].why && !patch == (rows[i].say != LIMITS_COUNT));
		if (why)
			assert_non_null(strstr(why, rows[i].why));
		json_decref(patch);
	}
	patch = NULL;
	assert_int_equal(limits_judge(NULL, &request, NOW, &why, &patch), LIMITS_DENY);
	assert_non_null(strstr(why, "ended"));
}

/* The same key for the same node is one use, however often it asks. */
static void a_use_is_counted_once(void **state)
{
	struct asked asked = LIMITED;
	AUTO(request) struct request request = read_of(&asked);
	AUTO(request) struct request other = read_of(&asked);
	AUTO(json) json_t *token = secret(LIMITED_GROUP, "1", NULL, NULL, NULL);
	AUTO(json) json_t *patch = NULL;
	AUTO(json) json_t *end = NULL;
	json_t *none = NULL;
	const char *why;

	(void)state;
	assert_null(limits_end(token, NOW));
	assert_int_equal(limits_judge(token, &request, NOW, &why, &patch), LIMITS_COUNT);
	assert_string_equal(json_string_value(json_at(patch, "metadata.resourceVersion")), "42");
	json_object_update(json_at(token, "metadata.annotations"), json_at(patch, "metadata.annotations"));
	assert_int_equal(limits_judge(token, &request, NOW, &why, &none), LIMITS_AGAIN);
	assert_int_equal(limits_judge(token, &other, NOW, &why, &none), LIMITS_DENY);
	assert_null(none);

	end = limits_end(token, NOW);
	assert_non_null(end);
	json_object_update(json_object_get(token, "data"), json_object_get(end, "data"));
	assert_int_equal(limits_judge(token, &request, NOW + LIMITS_LEFT_S - 1, &why, &none),
			 LIMITS_AGAIN);
	assert_int_equal(limits_judge(token, &request, NOW + LIMITS_LEFT_S, &why, &none), LIMITS_DENY);
	assert_null(limits_end(token, NOW));
}

static void a_list_tells_limits_and_no_control_characters(void **state)
{
	AUTO(json) json_t *plain = secret(LIMITED_GROUP, NULL, NULL, NULL, NULL);
	AUTO(json) json_t *odd = secret(LIMITED_GROUP, "2", "a\033[2J", "{\"x/n1\":\"t\"}", NULL);
	AUTO(json) json_t *limits = limits_read(odd);

	(void)state;
	assert_null(limits_read(plain));
	assert_string_equal(json_str(limits, "node"), "?");
	assert_int_equal(json_integer_value(json_object_get(limits, "uses")), 2);
	assert_int_equal(json_integer_value(json_object_get(limits, "used")), 1);
}

static void serving_names_must_be_the_nodes(void **state)
{
	static const struct {
		const char *first, *second;
		bool control_plane;
		const char *part;
	} rows[] = {
		{ "n1", "10.0.0.1", false, NULL },
		{ "N1", "fd00:0:0::1", false, NULL },
		{ "n1.example.org", NULL, false, NULL },
		{ "n2", "10.0.0.1", false, "n2 is none of node n1's" },
		{ "n1", "10.0.0.2", false, "10.0.0.2 is none" },
		{ "*.example.org", NULL, false, "is none" },
		{ "kubernetes", NULL, false, "kubernetes is the API server's" },
		{ "n1", "10.0.0.9", false, "10.0.0.9 is the API server's" },
		{ "kubernetes", "10.0.0.9", true, NULL },
	};
	AUTO(json) json_t *reserved = json_pack("[s,s,s]", "kubernetes", "10.96.0.1", "10.0.0.9");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct asked asked = SERVED;
		AUTO(json) json_t *node = xjson_pack(
			"{s:{s:s, s:{}}, s:{s:[{s:s},{s:s},{s:s},{s:s},{s:s}]}}", "metadata", "name",
			"n1", "labels", "status", "addresses", "address", "10.0.0.1", "address",
			"fd00::1", "address", "n1.example.org", "address", "kubernetes", "address",
			"10.0.0.9");
		AUTO(free) char *fault = NULL;
		AUTO(free) char *gone = NULL;
		AUTO(request) struct request request = { .kind = REQUEST_OTHER };

		asked.san = rows[i].first;
		asked.san2 = rows[i].second;
		if (rows[i].control_plane)
			json_object_set_new(json_at(node, "metadata.labels"),
					    "node-role.kubernetes.io/master", json_string(""));
		request = read_of(&asked);
		assert_null(request.fault);
		fault = serving_fault(&request, node, reserved);
		if (!fault != !rows[i].part || (fault && !strstr(fault, rows[i].part)))
			fail_msg("row %zu: %s", i, fault ? fault : "no fault");
		gone = serving_fault(&request, NULL, reserved);
		assert_non_null(gone);
	}
}

static void a_refused_name_says_nothing_to_a_terminal(void **state)
{
	AUTO(json) json_t *node = xjson_pack("{s:{s:s}}", "metadata", "name", "n1");
	AUTO(json) json_t *sans = json_pack("[s]", "a\033[2Jb\nc");
	struct request request = { .kind = REQUEST_SERVING, .node = (char[]){ "n1" }, .sans = sans };
	AUTO(free) char *fault = serving_fault(&request, node, NULL);

	(void)state;
	assert_non_null(fault);
	for (const char *p = fault; *p; p++)
		assert_true(*p >= ' ' && *p < 0x7f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_the_right_form_are_known),
		cmocka_unit_test(requests_of_another_form_have_a_fault),
		cmocka_unit_test(others_requests_are_left_alone),
		cmocka_unit_test(what_is_no_request_is_a_fault),
		cmocka_unit_test(a_decision_keeps_what_is_there_and_names_its_version),
		cmocka_unit_test(limits_are_held_to),
		cmocka_unit_test(a_use_is_counted_once),
		cmocka_unit_test(a_list_tells_limits_and_no_control_characters),
		cmocka_unit_test(serving_names_must_be_the_nodes),
		cmocka_unit_test(a_refused_name_says_nothing_to_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
