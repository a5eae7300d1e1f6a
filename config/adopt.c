/* The cluster's own ClusterConfiguration over a node's config, for control planes that join. */
#include "config/field.h"
#include "config/member.h"
#include "config/read.h"
#include "config/rules.h"

#include "base/str.h"
#include "base/yaml.h"

#include <string.h>

#define AT(name) offsetof(struct config, name)

/* The types that ClusterConfiguration consists of. */
static bool of_cluster(const char *type)
{
	static const char *const types[] = { "ClusterConfiguration",
					     "Networking",
					     "Etcd",
					     "LocalEtcd",
					     "ExternalEtcd",
					     "APIServer",
					     "ControllerManager",
					     "Scheduler",
					     "DNS",
					     "Proxy" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

/* Of two waits for the control plane the cluster's counts where its document has one. */
static bool is_clusters(const struct member *member, const struct origins *origins)
{
	if (member->at == AT(timeout_control_plane_s))
		return origins_get(origins, member->at) != NULL;
	for (const struct field *field = fields; field->in; field++)
		if (field->at == member->at && of_cluster(field->in))
			return true;
	return false;
}

/* Where this host has its certificates elsewhere than kubeadm would, that counts. */
static bool is_moved(const struct member *member, const struct config *node)
{
	return member->at == AT(certificates_dir) && !str_eq(node->certificates_dir, member->def);
}

static void copy(struct config *to, const struct config *from, const struct member *member)
{
	void *slot = member_slot(to, member), *source = member_slot(from, member);

	member_clear(to, member);
	switch (member->type) {
	case MEMBER_STRING:
	case MEMBER_SECRET:
		*(char **)slot = xstrdup(*(char **)source);
		break;
	case MEMBER_BOOL:
		*(bool *)slot = *(bool *)source;
		break;
	case MEMBER_INT:
		*(int *)slot = *(int *)source;
		break;
	case MEMBER_SECONDS:
		*(long *)slot = *(long *)source;
		break;
	case MEMBER_STRINGS:
	case MEMBER_GATES:
	case MEMBER_ARGS:
	case MEMBER_LIST:
	case MEMBER_OBJECT:
	case MEMBER_TAINTS:
		*(json_t **)slot = json_deep_copy(*(json_t **)source);
		break;
	}
}

int config_adopt(const struct config *node, const json_t *document, struct config **ret,
		 struct err *err)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	AUTO(config) struct config *unused = config_new(CONFIG_JOIN);
	AUTO(origins) struct origins origins = { { NULL } };
	AUTO(origins) struct origins unused_origins = { { NULL } };
	AUTO(free) char *text = yaml_dump(document, 1);
	struct reading reading = { config, unused, &origins, &unused_origins, NULL };
	AUTO(faults) struct faults faults = FAULTS_INIT;

	read_documents(text, strlen(text), "kubeadm-config", &reading, &faults);
	if (!json_object_get(reading.kinds, "ClusterConfiguration"))
		faults_add(&faults, "kubeadm-config: no ClusterConfiguration in it");
	json_decref(reading.kinds);
	for (const struct member *member = members; member->name; member++)
		if (!is_clusters(member, &origins) || is_moved(member, node))
			copy(config, node, member);
	rules_volume_plugins(config, &faults);
	if (faults_raise(&faults, ERR_CONFIG, err) < 0)
		return -1;
	if (!origins_get(&origins, AT(key_algorithm)))
		member_clear(config, member_at(AT(key_algorithm)));
	config->kind = node->kind;
	*ret = TAKE(config);
	return 0;
}
