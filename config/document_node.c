/* InitConfiguration, JoinConfiguration and the kinds of other commands, written out of a config. */
#include "config/document.h"
#include "config/document_put.h"
#include "config/rules.h"

#include "base/str.h"

#include <stdint.h>

static json_t *token(const char *text, const char *description, long ttl_s, const json_t *usages,
		     const json_t *groups)
{
	json_t *obj = json_object();

	put_text(obj, "token", text);
	if (!str_eq(description, RULES_TOKEN_DESCRIPTION))
		put_text(obj, "description", description);
	put_seconds(obj, "ttl", ttl_s);
	put_some(obj, "usages", usages);
	put_some(obj, "groups", groups);
	return obj;
}

static json_t *tokens(const struct config *config)
{
	json_t *list = json_array();
	const json_t *further;
	size_t i;

	json_array_append_new(list,
			      token(config->token, config->token_description, config->token_ttl_s,
				    config->token_usages, config->token_groups));
	json_array_foreach (config->further_tokens, i, further)
		json_array_append_new(
			list, token(json_str(further, "token"), json_str(further, "description"),
				    json_int(further, "ttl_s"), json_object_get(further, "usages"),
				    json_object_get(further, "groups")));
	return list;
}

static json_t *registration(const struct config *config, const char *api)
{
	json_t *obj = json_object();

	put_text(obj, "name", config->node_name);
	put_text(obj, "criSocket", config->cri_socket);
	put(obj, "taints", json_deep_copy(config->taints));
	put_args(obj, "kubeletExtraArgs", config->kubelet_args, api);
	put_some(obj, "ignorePreflightErrors", config->ignore_preflight);
	if (!is_v1beta2(api))
		put_text(obj, "imagePullPolicy",
			 config->image_pull_policy ? config->image_pull_policy : "IfNotPresent");
	if (is_v1beta4(api))
		put(obj, "imagePullSerial", json_boolean(config->image_pull_serial));
	return obj;
}

static json_t *endpoint(const struct config *config)
{
	json_t *obj = json_object();

	put_text(obj, "advertiseAddress", config->advertise_address);
	put(obj, "bindPort", json_integer(config->bind_port));
	return obj;
}

static json_t *timeouts(const struct config *config)
{
	json_t *obj = json_object();

	put_seconds(obj, "controlPlaneComponentHealthCheck", config->timeout_control_plane_s);
	put_seconds(obj, "discovery", config->timeout_discovery_s);
	put_seconds(obj, "etcdAPICall", config->timeout_etcd_s);
	put_seconds(obj, "kubeletHealthCheck", config->timeout_kubelet_s);
	put_seconds(obj, "kubernetesAPICall", config->timeout_api_s);
	put_seconds(obj, "tlsBootstrap", config->timeout_tls_bootstrap_s);
	put_seconds(obj, "upgradeManifests", config->timeout_upgrade_s);
	return obj;
}

/* The fields that Init- and JoinConfiguration have in common; each came with its version. */
static void put_common(json_t *doc, const struct config *config, const char *api)
{
	put(doc, "nodeRegistration", registration(config, api));
	if (!is_v1beta2(api)) {
		put_some(doc, "skipPhases", config->skip_phases);
		if (config->patches_dir)
			put(doc, "patches", xjson_pack("{s:s}", "directory", config->patches_dir));
	}
	if (is_v1beta4(api)) {
		put_true(doc, "dryRun", config->dry_run);
		put(doc, "timeouts", timeouts(config));
	}
}

json_t *document_init(const struct config *config, const char *api)
{
	AUTO(json) json_t *doc = put_document("InitConfiguration", api);

	put(doc, "bootstrapTokens", tokens(config));
	put(doc, "localAPIEndpoint", endpoint(config));
	put_text(doc, "certificateKey", config->certificate_key);
	put_common(doc, config, api);
	return put_sorted(doc);
}

static json_t *discovery(const struct config *config, const char *api)
{
	const char *text =
		config->tls_bootstrap_token ? config->tls_bootstrap_token : config->join_token;
	/* The API server knows nothing of the pin behind id and secret. */
	AUTO(secret) char *plain = text ? xstrndup(text, 6 + 1 + 16) : NULL;
	json_t *obj = json_object(), *token_obj;

	if (config->discovery_file) {
		put(obj, "file", xjson_pack("{s:s}", "kubeConfigPath", config->discovery_file));
	} else {
		token_obj = json_object();
		put_text(token_obj, "token", config->join_token);
		put_text(token_obj, "apiServerEndpoint", config->api_server_endpoint);
		put_some(token_obj, "caCertHashes", config->ca_cert_hashes);
		put_true(token_obj, "unsafeSkipCAVerification",
			 config->unsafe_skip_ca_verification);
		put(obj, "bootstrapToken", token_obj);
	}
	put_text(obj, "tlsBootstrapToken", plain);
	if (!is_v1beta4(api))
		put_seconds(obj, "timeout", config->timeout_discovery_s);
	return obj;
}

json_t *document_join(const struct config *config, const char *api)
{
	AUTO(json) json_t *doc = put_document("JoinConfiguration", api);

	put_text(doc, "caCertPath", config->ca_cert_path);
	put(doc, "discovery", discovery(config, api));
	if (config->join_control_plane) {
		json_t *plane = xjson_pack("{s:o}", "localAPIEndpoint", endpoint(config));

		put_text(plane, "certificateKey", config->certificate_key);
		put(doc, "controlPlane", plane);
	}
	put_common(doc, config, api);
	return put_sorted(doc);
}

/* The user's document over kubeadm's defaults. */
static json_t *over_defaults(json_t *take_defaults, const json_t *user)
{
	AUTO(json) json_t *doc = take_defaults;

	/* One level of objects is enough: there is none deeper whose fields have defaults. */
	json_object_update_recursive(doc, (json_t *)(uintptr_t)user);
	return put_sorted(doc);
}

json_t *document_reset(const struct config *config)
{
	json_t *doc = put_document("ResetConfiguration", "v1beta4");

	put_text(doc, "certificatesDir", config->certificates_dir);
	put_text(doc, "criSocket", config->cri_socket);
	put(doc, "timeouts", timeouts(config));
	return over_defaults(doc, config->reset_configuration);
}

json_t *document_upgrade(const struct config *config)
{
	json_t *doc = put_document("UpgradeConfiguration", "v1beta4");

	put(doc, "apply",
	    xjson_pack("{s:b, s:b, s:s, s:b}", "certificateRenewal", true, "etcdUpgrade", true,
		       "imagePullPolicy", "IfNotPresent", "imagePullSerial", true));
	put(doc, "diff", json_object());
	put(doc, "node",
	    xjson_pack("{s:b, s:b, s:s, s:b}", "certificateRenewal", true, "etcdUpgrade", true,
		       "imagePullPolicy", "IfNotPresent", "imagePullSerial", true));
	put(doc, "plan", xjson_pack("{s:b}", "etcdUpgrade", true));
	put(doc, "timeouts", timeouts(config));
	return over_defaults(doc, config->upgrade_configuration);
}
