#include "phases/approve/request.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "config/check.h"
#include "pki/base64.h"
#include "pki/csr.h"
#include "pki/token.h"

#define NODE_USER  "system:node:"
#define NODE_GROUP "system:nodes"
#define TOKEN_USER "system:bootstrap:"
#define USE_DIGITS 32 /* of the key's hash */

static void read_state(const json_t *csr, struct request *ret)
{
	const char *certificate = json_string_value(json_at(csr, "status.certificate"));
	const json_t *condition;
	size_t i;

	json_array_foreach (json_at(csr, "status.conditions"), i, condition) {
		const char *type = json_str(condition, "type");

		ret->decided |= str_eq(type, "Approved") || str_eq(type, "Denied") ||
				str_eq(type, "Failed");
	}
	ret->issued = certificate && *certificate;
}

/* The server itself says who asks. */
static void read_kind(const json_t *spec, struct request *ret)
{
	const char *signer = json_str(spec, "signerName"), *user = json_str(spec, "username");
	const json_t *groups = json_object_get(spec, "groups");

	if (!signer || !user)
		return;
	if (str_eq(signer, "kubernetes.io/kube-apiserver-client-kubelet") &&
	    json_has(groups, LIMITED_GROUP) && str_starts(user, TOKEN_USER) &&
	    strspn(user + strlen(TOKEN_USER), "0123456789abcdefghijklmnopqrstuvwxyz") ==
		    TOKEN_ID_LEN &&
	    !user[strlen(TOKEN_USER) + TOKEN_ID_LEN]) {
		ret->kind = REQUEST_LIMITED;
		ret->token_id = xstrdup(user + strlen(TOKEN_USER));
	} else if (str_eq(signer, "kubernetes.io/kubelet-serving") && json_has(groups, NODE_GROUP) &&
		   str_starts(user, NODE_USER)) {
		ret->kind = REQUEST_SERVING;
	}
}

/* "digital signature" and the purpose, "key encipherment" at will, and nothing else. */
static bool usages_are(const json_t *usages, const char *purpose)
{
	const json_t *usage;
	size_t i;

	json_array_foreach (usages, i, usage) {
		const char *text = json_string_value(usage);

		if (!str_eq(text, "digital signature") && !str_eq(text, "key encipherment") &&
		    !str_eq(text, purpose))
			return false;
	}
	return json_has(usages, "digital signature") && json_has(usages, purpose);
}

static int describe(const json_t *spec, json_t **ret, struct err *err)
{
	const char *coded = json_str(spec, "request");
	unsigned char *pem = NULL;
	size_t len = 0;
	int failed;

	if (!coded || !base64_decode(coded, strlen(coded), &pem, &len))
		return err_set(err, ERR_CRYPTO, "it is no base64");
	failed = csr_describe((const char *)pem, len, ret, err);
	free(pem);
	return failed;
}

static const char *form_fault(const json_t *spec, const json_t *content, const struct request *r)
{
	const json_t *orgs = json_object_get(content, "orgs");
	const char *cn = json_str(content, "cn");
	bool serving = r->kind == REQUEST_SERVING;

	if (!json_flag(content, "plain"))
		return "its subject or its names have something else in them than a node's have";
	if (!cn || !str_starts(cn, NODE_USER) || !check_is_dns_name(cn + strlen(NODE_USER)))
		return "its common name is not system:node: and a node's name";
	if (json_array_size(orgs) != 1 || !json_has(orgs, NODE_GROUP))
		return "its organization is not system:nodes";
	if (serving && !str_eq(cn, json_str(spec, "username")))
		return "its common name is not that of the node that asks";
	if (!usages_are(json_object_get(spec, "usages"), serving ? "server auth" : "client auth"))
		return serving ? "its usages are not those of a server alone"
			       : "its usages are not those of a client alone";
	if (!serving && json_array_size(r->sans) > 0)
		return "it has names, which a client's certificate has no use for";
	if (serving && json_array_size(r->sans) == 0)
		return "it has neither names nor addresses";
	return NULL;
}

void request_read(const json_t *csr, struct request *ret)
{
	const json_t *spec = json_object_get(csr, "spec");
	const char *name = json_str(json_object_get(csr, "metadata"), "name"), *cn, *fault;
	AUTO(json) json_t *content = NULL;
	struct err err = ERR_INIT;

	*ret = (struct request){ .name = xstrdup(name ? name : "") };
	read_state(csr, ret);
	read_kind(spec, ret);
	if (ret->kind == REQUEST_OTHER)
		return;
	if (describe(spec, &content, &err) < 0) {
		ret->fault = xasprintf("it cannot be read: %s", err.msg);
		return;
	}
	ret->sans = json_incref(json_object_get(content, "sans"));
	fault = form_fault(spec, content, ret);
	ret->fault = xstrdup(fault);
	cn = json_str(content, "cn");
	if (fault)
		return;
	ret->node = xstrdup(cn + strlen(NODE_USER));
	ret->use = xasprintf("%.*s/%s", USE_DIGITS, json_str(content, "key"), ret->node);
}

void request_clear(struct request *request)
{
	free(request->name);
	free(request->token_id);
	free(request->node);
	free(request->use);
	free(request->fault);
	json_decref(request->sans);
	*request = (struct request){ .kind = REQUEST_OTHER };
}

json_t *request_decision(const json_t *csr, bool approve, const char *why, time_t now)
{
	json_t *conditions = json_deep_copy(json_at(csr, "status.conditions"));
	char when[21];

	if (!conditions)
		conditions = json_array();
	clock_rfc3339(now, when);
	json_array_append_new(conditions,
			      xjson_pack("{s:s, s:s, s:s, s:s, s:s}", "type",
					 approve ? "Approved" : "Denied", "status", "True",
					 "reason", approve ? "KstrapApproved" : "KstrapDenied",
					 "message", why, "lastUpdateTime", when));
	/* The version: another approver's decision is not overwritten. */
	return xjson_pack("{s:{s:s*}, s:{s:o}}", "metadata", "resourceVersion",
			  json_string_value(json_at(csr, "metadata.resourceVersion")), "status",
			  "conditions", conditions);
}
