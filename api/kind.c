/* Where an object of each kind lives: /api/v1 or /apis/GROUP/VERSION, and its plural. */
#include "api/kube.h"

#include "base/str.h"

#include <string.h>

static const struct kind {
	const char *version, *kind, *plural;
	bool namespaced;
} kinds[] = {
	/* clang-format off */
	{ "v1", "ConfigMap", "configmaps", true },
	{ "v1", "Namespace", "namespaces", false },
	{ "v1", "Node", "nodes", false },
	{ "v1", "Pod", "pods", true },
	{ "v1", "Secret", "secrets", true },
	{ "v1", "Service", "services", true },
	{ "v1", "ServiceAccount", "serviceaccounts", true },
	{ "apps/v1", "DaemonSet", "daemonsets", true },
	{ "apps/v1", "Deployment", "deployments", true },
	{ "certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests", false },
	{ "coordination.k8s.io/v1", "Lease", "leases", true },
	{ "rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false },
	{ "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false },
	{ "rbac.authorization.k8s.io/v1", "Role", "roles", true },
	{ "rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true },
	/* clang-format on */
};

static const struct kind *find_kind(const json_t *obj)
{
	const char *version = json_str(obj, "apiVersion"), *kind = json_str(obj, "kind");

	for (size_t i = 0; version && kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_eq(version, kinds[i].version) && str_eq(kind, kinds[i].kind))
			return &kinds[i];
	return NULL;
}

/* RFC 3986 3.3: what a segment may hold as it is. Names of roles have colons. NULL for a name that
 * would leave its segment. The caller frees. */
static char *segment(const char *name)
{
	AUTO(buf) struct buf out = BUF_INIT(1024);

	if (!name || !*name || str_eq(name, ".") || str_eq(name, ".."))
		return NULL;
	for (const char *c = name; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9') || strchr("-._~:", *c);

		if (buf_addf(&out, plain ? "%c" : "%%%02X", (unsigned char)*c) < 0)
			return NULL;
	}
	return TAKE(out.data);
}

char *kube_collection(const json_t *obj)
{
	const struct kind *kind = find_kind(obj);
	AUTO(free) char *namespace = NULL;
	const char *root;

	if (!kind)
		return NULL;
	root = strchr(kind->version, '/') ? "apis" : "api";
	if (!kind->namespaced)
		return xasprintf("/%s/%s/%s", root, kind->version, kind->plural);
	namespace = segment(json_str(json_object_get(obj, "metadata"), "namespace"));
	if (!namespace)
		return NULL;
	return xasprintf("/%s/%s/namespaces/%s/%s", root, kind->version, namespace, kind->plural);
}

char *kube_path(const json_t *obj)
{
	AUTO(free) char *collection = kube_collection(obj);
	AUTO(free) char *name = segment(json_str(json_object_get(obj, "metadata"), "name"));

	return collection && name ? xasprintf("%s/%s", collection, name) : NULL;
}
