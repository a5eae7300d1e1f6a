/* Kubeconfig files as others wrote them, down to the few fields that a client may follow. */
#include "base/str.h"
#include "base/yaml.h"
#include "pki/base64.h"
#include "pki/kubeconfig.h"

#include <string.h>

#define KUBECONFIG_MAX (1024 * 1024)

/* What would run a program, trust a server nobody vouched for, or act as somebody else. Left out
 * silently it would mean something else than its author meant, so it is refused. */
static const struct {
	const char *key, *why;
} refused[] = {
	{ "exec", "runs a program to get credentials, which a file from elsewhere must not" },
	{ "auth-provider",
	  "runs a plug-in to get credentials, which a file from elsewhere must not" },
	{ "insecure-skip-tls-verify", "would trust any server" },
	{ "tls-server-name", "would accept a server of another name" },
	{ "proxy-url", "would send credentials through a proxy" },
	{ "as", "acts as somebody else" },
	{ "as-uid", "acts as somebody else" },
	{ "as-groups", "acts as somebody else" },
	{ "as-user-extra", "acts as somebody else" },
	{ "username", "is a password login, which no supported Kubernetes version has" },
	{ "password", "is a password login, which no supported Kubernetes version has" },
	{ "tokenFile", "is a token in another file: put it here as token" },
};

struct reader {
	const char *name; /* of the file, for messages */
	struct err *err;
};

static int refuse_keys(const struct reader *r, const char *what, const json_t *object)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const json_t *value = json_object_get(object, refused[i].key);

		if (value && !json_is_null(value) && !json_is_false(value))
			return err_set(r->err, ERR_CONFIG, "%s: %s: %s %s", r->name, what,
				       refused[i].key, refused[i].why);
	}
	return 0;
}

/* The `kind` ("cluster") called `name` in the list under `key`; *ret is borrowed. */
static int find(const struct reader *r, const json_t *document, const char *key, const char *kind,
		const char *name, const json_t **ret)
{
	const json_t *list = json_object_get(document, key), *item, *found = NULL;
	size_t i;

	json_array_foreach (list, i, item) {
		if (!json_str_is(item, "name", name))
			continue;
		if (found)
			return err_set(r->err, ERR_CONFIG, "%s: two %s have the name \"%s\"",
				       r->name, key, name);
		found = json_object_get(item, kind);
		if (!json_is_object(found))
			return err_set(r->err, ERR_CONFIG, "%s: the %s \"%s\" has no %s in it",
				       r->name, kind, name, kind);
	}
	if (!found)
		return err_set(r->err, ERR_CONFIG, "%s: there is no %s \"%s\"", r->name, kind,
			       name);
	*ret = found;
	return 0;
}

/* *ret is NULL when the field is absent or empty. */
static int get_text(const struct reader *r, const json_t *object, const char *key, char **ret)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (!value || json_is_null(value) || (text && !*text))
		return 0;
	if (!text || strlen(text) != json_string_length(value))
		return err_set(r->err, ERR_CONFIG, "%s: %s is not a plain string", r->name, key);
	*ret = xstrdup(text);
	return 0;
}

static int get_pem(const struct reader *r, const json_t *object, const char *key, char **ret)
{
	AUTO(secret) char *text = NULL;
	unsigned char *pem = NULL;
	size_t len;

	if (get_text(r, object, key, &text) < 0)
		return -1;
	if (!text)
		return 0;
	if (!base64_decode(text, strlen(text), &pem, &len))
		return err_set(r->err, ERR_CONFIG, "%s: %s is not base64", r->name, key);
	if (memchr(pem, 0, len) || !strstr((char *)pem, "-----BEGIN ")) {
		secret_freen(pem, len);
		return err_set(r->err, ERR_CONFIG, "%s: %s is not PEM in base64", r->name, key);
	}
	*ret = (char *)pem;
	return 0;
}

static int read_cluster(const struct reader *r, const json_t *cluster, struct kubeconfig *k)
{
	if (refuse_keys(r, "cluster", cluster) < 0 ||
	    get_text(r, cluster, "server", &k->server) < 0 ||
	    get_text(r, cluster, "certificate-authority", &k->ca_file) < 0 ||
	    get_pem(r, cluster, "certificate-authority-data", &k->ca_pem) < 0)
		return -1;
	if (!k->server)
		return err_set(r->err, ERR_CONFIG, "%s: the cluster has no server", r->name);
	if (!str_starts(k->server, "https://") || !k->server[strlen("https://")])
		return err_set(r->err, ERR_CONFIG, "%s: server: %.200s is not an https:// address",
			       r->name, k->server);
	return 0;
}

static int read_user(const struct reader *r, const json_t *user, struct kubeconfig *k)
{
	if (refuse_keys(r, "user", user) < 0 ||
	    get_text(r, user, "client-certificate", &k->cert_file) < 0 ||
	    get_text(r, user, "client-key", &k->key_file) < 0 ||
	    get_text(r, user, "token", &k->token) < 0 ||
	    get_pem(r, user, "client-certificate-data", &k->cert_pem) < 0 ||
	    get_pem(r, user, "client-key-data", &k->key_pem) < 0)
		return -1;
	return 0;
}

static int read_context(const struct reader *r, const char *context_name, struct kubeconfig *k)
{
	const json_t *context, *cluster, *user;

	if (find(r, k->document, "contexts", "context", context_name, &context) < 0 ||
	    get_text(r, context, "cluster", &k->cluster) < 0 ||
	    get_text(r, context, "user", &k->user) < 0)
		return -1;
	if (find(r, k->document, "clusters", "cluster", k->cluster ? k->cluster : "", &cluster) <
		    0 ||
	    read_cluster(r, cluster, k) < 0)
		return -1;
	if (!k->user)
		return 0;
	return find(r, k->document, "users", "user", k->user, &user) < 0 ? -1
									 : read_user(r, user, k);
}

/* cluster-info's form: one cluster, nothing to choose. */
static int read_only_cluster(const struct reader *r, struct kubeconfig *k)
{
	const json_t *list = json_object_get(k->document, "clusters");
	const json_t *item = json_array_get(list, 0), *cluster = json_object_get(item, "cluster");

	if (json_array_size(list) != 1 || !json_is_object(cluster))
		return err_set(
			r->err, ERR_CONFIG,
			"%s: no current-context, and not exactly one cluster to take instead",
			r->name);
	return get_text(r, item, "name", &k->cluster) < 0 ? -1 : read_cluster(r, cluster, k);
}

static int read_document(const struct reader *r, json_t *documents, struct kubeconfig *k)
{
	AUTO(free) char *context = NULL;

	if (json_array_size(documents) != 1 || !json_is_object(json_array_get(documents, 0)))
		return err_set(r->err, ERR_CONFIG, "%s: a kubeconfig is one YAML mapping", r->name);
	k->document = json_incref(json_array_get(documents, 0));
	if (!json_str_is(k->document, "kind", "Config") ||
	    !json_str_is(k->document, "apiVersion", "v1"))
		return err_set(r->err, ERR_CONFIG,
			       "%s: no kubeconfig (apiVersion: v1, kind: Config)", r->name);
	if (get_text(r, k->document, "current-context", &context) < 0)
		return -1;
	return context ? read_context(r, context, k) : read_only_cluster(r, k);
}

int kubeconfig_read(const char *text, size_t len, const char *name, struct kubeconfig *ret,
		    struct err *err)
{
	const struct reader reader = { name, err };
	AUTO(kubeconfig) struct kubeconfig k = { .server = NULL };
	AUTO(json) json_t *documents = NULL;

	if (len > KUBECONFIG_MAX)
		return err_set(err, ERR_CONFIG, "%s: larger than 1 MiB, which no kubeconfig is",
			       name);
	if (yaml_parse(text, len, name, &documents, NULL, err) < 0 ||
	    read_document(&reader, documents, &k) < 0)
		return -1;
	*ret = k;
	k = (struct kubeconfig){ .server = NULL };
	return 0;
}
