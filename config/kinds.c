/* What the fields of one document owe one another, and the members that come of more than one. */
#include "config/reader.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <string.h>

#define AT(name) offsetof(struct config, name)

static bool is(const struct reader *r, const char *kind)
{
	return strcmp(r->kind->name, kind) == 0;
}

static bool given(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);
	const char *text = json_string_value(value);

	return value && !json_is_null(value) && !(text && !*text);
}

/* A token's life in seconds. Up to v1beta4 kubeadm itself cannot be told `expires`: it adds a ttl
 * and then refuses both. */
static long lifetime(const struct reader *r, const json_t *token, const struct place *at)
{
	struct place expires = { at, "expires", 0 };
	AUTO(free) char *path = reader_path(&expires);
	const char *text = json_str(token, "ttl"), *end = json_str(token, "expires");
	long s = 24L * 60 * 60;
	time_t when = 0;

	if (given(token, "ttl") && given(token, "expires"))
		reader_fault(r, &expires, "%s: expires and ttl exclude each other", path);
	else if (given(token, "ttl") && text)
		(void)clock_parse_duration(text, &s);
	else if (given(token, "expires") && end && clock_parse_rfc3339(end, &when) == 0) {
		if (when <= clock_now())
			reader_fault(r, &expires, "%s: this time has passed", path);
		s = when > clock_now() ? (long)(when - clock_now()) : 1;
	}
	return s;
}

static void set(const struct reader *r, size_t at, const json_t *value, const struct place *place)
{
	const struct member *member = member_at(at);
	struct err err = ERR_INIT;
	AUTO(free) char *mark = NULL, *path = NULL;

	/* What a check of its own refused was told when the fields were read. */
	if (!value || json_is_null(value) || member_set(r->config, member, value, false, &err) < 0)
		return;
	mark = reader_mark(r, place);
	path = reader_path(place);
	origins_set(r->origins, at, xasprintf("%s%s", mark, path));
}

static void first_token(const struct reader *r, const json_t *token, const struct place *at)
{
	set(r, AT(token), json_object_get(token, "token"), &(struct place){ at, "token", 0 });
	set(r, AT(token_description), json_object_get(token, "description"),
	    &(struct place){ at, "description", 0 });
	set(r, AT(token_usages), json_object_get(token, "usages"),
	    &(struct place){ at, "usages", 0 });
	set(r, AT(token_groups), json_object_get(token, "groups"),
	    &(struct place){ at, "groups", 0 });
	r->config->token_ttl_s = lifetime(r, token, at);
}

static void further_token(const struct reader *r, const json_t *token, const struct place *at)
{
	const json_t *usages = json_object_get(token, "usages");
	const json_t *groups = json_object_get(token, "groups");
	const char *text = json_str(token, "token"), *description = json_str(token, "description");
	AUTO(json) json_t *default_usages = xjson_pack("[s, s]", "signing", "authentication");
	AUTO(json)
	json_t *default_groups =
		xjson_pack("[s]", "system:bootstrappers:kubeadm:default-node-token");

	if (!text || !*text) {
		reader_fault(r, at, "a further token must be given; only the first is made");
		return;
	}
	/* Copies: the documents are wiped when they have been read. */
	json_array_append_new(
		r->config->further_tokens,
		xjson_pack("{s:s, s:s, s:I, s:o, s:o}", "token", text, "description",
			   description ? description : "", "ttl_s",
			   (json_int_t)lifetime(r, token, at), "usages",
			   json_deep_copy(json_array_size(usages) ? usages : default_usages),
			   "groups",
			   json_deep_copy(json_array_size(groups) ? groups : default_groups)));
}

static void finish_init(const struct reader *r, const json_t *doc, const struct place *at)
{
	const json_t *tokens = json_object_get(doc, "bootstrapTokens"), *token;
	struct place list = { at, "bootstrapTokens", 0 };
	size_t i;

	json_array_foreach (tokens, i, token) {
		struct place here = { &list, NULL, i };

		if (!json_is_object(token))
			continue;
		if (i == 0)
			first_token(r, token, &here);
		else
			further_token(r, token, &here);
	}
}

static void finish_external_etcd(const struct reader *r, const json_t *external,
				 const struct place *at)
{
	bool ca = given(external, "caFile"), cert = given(external, "certFile");
	bool key = given(external, "keyFile");
	const json_t *url;
	size_t i;

	if (cert != key)
		reader_fault(r, at,
			     "etcd.external: certFile and keyFile belong together: give both "
			     "or neither");
	if ((cert || key) && !ca)
		reader_fault(r, at,
			     "etcd.external.caFile is missing: a client certificate needs it");
	json_array_foreach (json_object_get(external, "endpoints"), i, url)
		if ((ca || cert || key) && json_is_string(url) &&
		    str_starts(json_string_value(url), "http://"))
			reader_fault(r, at,
				     "etcd.external.endpoints[%zu]: must be https where "
				     "certificates are given",
				     i);
	if (json_is_array(json_object_get(external, "endpoints")) &&
	    !json_array_size(json_object_get(external, "endpoints")))
		reader_fault(r, at, "etcd.external.endpoints has no endpoint");
}

static void finish_cluster(const struct reader *r, const json_t *doc, const struct place *at)
{
	const json_t *etcd = json_object_get(doc, "etcd"), *dns = json_object_get(doc, "dns");
	struct place in_etcd = { at, "etcd", 0 }, external = { &in_etcd, "external", 0 };

	if (given(etcd, "external") && given(etcd, "local"))
		reader_fault(r, &external, "etcd.external and etcd.local exclude each other");
	if (json_is_object(json_object_get(etcd, "external")))
		finish_external_etcd(r, json_object_get(etcd, "external"), &external);
	if (json_flag(doc, "useHyperKubeImage"))
		log_warn(
			"useHyperKubeImage has no effect: there is no such image since Kubernetes 1.19");
	if (given(dns, "type") && !json_str_is(dns, "type", "CoreDNS"))
		log_warn("dns.type has no effect: the addon is CoreDNS");
}

/* kubeadm's rule, for files: a token alone does not say which cluster answers. */
static bool vouched(const json_t *token)
{
	const char *text = json_str(token, "token");

	return json_array_size(json_object_get(token, "caCertHashes")) ||
	       json_flag(token, "unsafeSkipCAVerification") ||
	       (text && check_is_token(text, true) && !check_is_token(text, false));
}

static void finish_token_discovery(const struct reader *r, const json_t *token,
				   const struct place *at)
{
	static const char *const needed[] = { "token", "apiServerEndpoint" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!given(token, needed[i]))
			reader_fault(r, at, "discovery.bootstrapToken.%s is missing", needed[i]);
	if (!vouched(token))
		reader_fault(r, at,
			     "discovery.bootstrapToken: nothing pins the cluster's CA: give "
			     "caCertHashes or a token with its pin, or say "
			     "unsafeSkipCAVerification: true");
}

static void finish_join(const struct reader *r, const json_t *doc, const struct place *at)
{
	const json_t *discovery = json_object_get(doc, "discovery");
	const json_t *token = json_object_get(discovery, "bootstrapToken");
	const char *ca = json_str(doc, "caCertPath");
	struct place in = { at, "discovery", 0 }, in_token = { &in, "bootstrapToken", 0 };

	if (given(discovery, "bootstrapToken") && given(discovery, "file"))
		reader_fault(r, &in,
			     "discovery.bootstrapToken and discovery.file exclude each other");
	else if (json_is_object(discovery) && !given(discovery, "bootstrapToken") &&
		 !given(discovery, "file"))
		reader_fault(r, &in, "discovery needs bootstrapToken or file");
	if (json_is_object(token))
		finish_token_discovery(r, token, &in_token);
	if (json_is_object(json_object_get(discovery, "file")) &&
	    !given(json_object_get(discovery, "file"), "kubeConfigPath"))
		reader_fault(r, &(struct place){ &in, "file", 0 },
			     "discovery.file.kubeConfigPath is missing");
	if (ca && *ca && !str_ends(ca, ".crt"))
		reader_fault(r, &(struct place){ at, "caCertPath", 0 },
			     "caCertPath: must end with .crt");
}

void kinds_finish(const struct reader *r, const json_t *doc, const struct place *at)
{
	if (is(r, "InitConfiguration"))
		finish_init(r, doc, at);
	else if (is(r, "ClusterConfiguration"))
		finish_cluster(r, doc, at);
	else if (is(r, "JoinConfiguration"))
		finish_join(r, doc, at);
	else if (is(r, "ResetConfiguration"))
		set(r, AT(reset_configuration), doc, at);
	else if (is(r, "UpgradeConfiguration"))
		set(r, AT(upgrade_configuration), doc, at);
	else if (is(r, "KubeletConfiguration"))
		set(r, AT(kubelet_configuration), doc, at);
	else if (is(r, "KubeProxyConfiguration"))
		set(r, AT(kube_proxy_configuration), doc, at);
}
