#include "phases/cluster_status.h"

#include <string.h>

#include "base/str.h"
#include "base/yaml.h"

int cluster_status_of(const json_t *map, json_t **ret, struct err *err)
{
	const char *text = json_string_value(json_at(map, "data.ClusterStatus"));
	AUTO(json) json_t *documents = NULL;

	if (text && yaml_parse(text, strlen(text), "kubeadm-config's ClusterStatus", &documents,
			       NULL, err) < 0)
		return -1;
	if (json_is_object(json_array_get(documents, 0)))
		*ret = json_incref(json_array_get(documents, 0));
	return 0;
}

int cluster_status_write(struct kube *kube, const json_t *map, const json_t *status,
			 struct err *err)
{
	AUTO(free) char *text = yaml_dump(status, 1);
	AUTO(json)
	json_t *patch =
		xjson_pack("{s:{s:O}, s:{s:s}}", "metadata", "resourceVersion",
			   json_at(map, "metadata.resourceVersion"), "data", "ClusterStatus", text);

	return kube_patch(kube, KUBEADM_CONFIG, "application/merge-patch+json", patch, NULL, err);
}

json_t *cluster_status_line(const struct run *run)
{
	return xjson_pack("{s:s, s:i}", "advertiseAddress", run->cluster->advertise_address,
			  "bindPort", run->config->bind_port);
}
