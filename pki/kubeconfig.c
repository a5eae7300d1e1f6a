#include "pki/kubeconfig.h"

#include "base/str.h"
#include "base/yaml.h"
#include "pki/base64.h"

#include <openssl/crypto.h>
#include <string.h>

/* jansson frees without wiping; the octets are the string's own until then. */
static void wipe_string(const json_t *value)
{
	if (json_is_string(value))
		OPENSSL_cleanse((void *)(uintptr_t)json_string_value(value),
				json_string_length(value));
}

static void wipe_user(const json_t *user)
{
	wipe_string(json_object_get(user, "client-key-data"));
	wipe_string(json_object_get(user, "token"));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_put_str(object, key, text);
}

static void set_pem(json_t *object, const char *key, const char *pem)
{
	AUTO(secret) char *data = pem ? base64_encode(pem, strlen(pem)) : NULL;

	set_text(object, key, data);
}

static json_t *cluster_of(const struct kubeconfig_want *want)
{
	json_t *cluster = xjson_pack("{}");

	set_pem(cluster, "certificate-authority-data", want->ca_pem);
	set_text(cluster, "server", want->server);
	return cluster;
}

static json_t *user_of(const struct kubeconfig_want *want)
{
	json_t *user = xjson_pack("{}");

	set_text(user, "client-certificate", want->cert_file);
	set_pem(user, "client-certificate-data", want->cert_pem);
	set_text(user, "client-key", want->key_file);
	set_pem(user, "client-key-data", want->key_pem);
	set_text(user, "token", want->token);
	return user;
}

static int finish(const json_t *document, char **ret, struct err *err)
{
	char *text = document ? yaml_dump(document, 0) : NULL;

	if (!text)
		return err_set(err, ERR_BUG, "a kubeconfig cannot be written as YAML");
	*ret = text;
	return 0;
}

int kubeconfig_write(const struct kubeconfig_want *want, char **ret, struct err *err)
{
	AUTO(json) json_t *document = NULL;
	AUTO(json) json_t *user = NULL;
	AUTO(free) char *context = NULL;
	int rc;

	if (!want->server || !want->cluster || !want->user)
		return err_set(err, ERR_BUG, "a kubeconfig without server, cluster or user");
	user = user_of(want);
	context = xasprintf("%s@%s", want->user, want->cluster);
	document =
		xjson_pack("{s:s, s:[{s:o, s:s}], s:[{s:{s:s, s:s}, s:s}], s:s, s:s}", "apiVersion",
			   "v1", "clusters", "cluster", cluster_of(want), "name", want->cluster,
			   "contexts", "context", "cluster", want->cluster, "user", want->user,
			   "name", context, "current-context", context, "kind", "Config");
	if (want->preferences)
		(void)json_object_set_new(document, "preferences", xjson_pack("{}"));
	(void)json_object_set_new(document, "users",
				  xjson_pack("[{s:s, s:O}]", "name", want->user, "user", user));
	rc = finish(document, ret, err);
	wipe_user(user);
	return rc;
}

int kubeconfig_write_cluster_info(const struct kubeconfig_want *want, char **ret, struct err *err)
{
	AUTO(json) json_t *document = NULL;

	if (!want->server || !want->ca_pem)
		return err_set(err, ERR_BUG, "cluster-info without server or CA");
	document = xjson_pack("{s:s, s:[{s:o, s:s}], s:n, s:s, s:s}", "apiVersion", "v1",
			      "clusters", "cluster", cluster_of(want), "name", "", "contexts",
			      "current-context", "", "kind", "Config");
	if (want->preferences)
		(void)json_object_set_new(document, "preferences", xjson_pack("{}"));
	(void)json_object_set_new(document, "users", json_null());
	return finish(document, ret, err);
}

static void wipe_document(const json_t *document)
{
	const json_t *users = json_object_get(document, "users"), *item;
	size_t i;

	json_array_foreach (users, i, item)
		wipe_user(json_object_get(item, "user"));
}

void kubeconfig_clear(struct kubeconfig *k)
{
	secret_free(k->server);
	secret_free(k->cluster);
	secret_free(k->user);
	secret_free(k->ca_pem);
	secret_free(k->cert_pem);
	secret_free(k->key_pem);
	secret_free(k->token);
	secret_free(k->cert_file);
	secret_free(k->key_file);
	secret_free(k->ca_file);
	wipe_document(k->document);
	json_decref(k->document);
	*k = (struct kubeconfig){ .server = NULL };
}
