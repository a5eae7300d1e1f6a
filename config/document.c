#include "config/document.h"
#include "config/document_put.h"

#include "base/str.h"

/* kubeadm's own documents leave out what is false (`omitempty`). */
static void put_volumes(json_t *obj, const json_t *volumes)
{
	AUTO(json) json_t *list = json_deep_copy(volumes);
	json_t *volume;
	size_t i;

	json_array_foreach (list, i, volume)
		if (json_is_false(json_object_get(volume, "readOnly")))
			json_object_del(volume, "readOnly");
	put_some(obj, "extraVolumes", list);
}

static json_t *component(const json_t *args, const json_t *volumes, const json_t *envs,
			 const char *api)
{
	json_t *obj = json_object();

	put_args(obj, "extraArgs", args, api);
	put_volumes(obj, volumes);
	if (is_v1beta4(api))
		put_some(obj, "extraEnvs", envs);
	return obj;
}

static json_t *etcd(const struct config *config, const char *api)
{
	json_t *local;

	if (json_object_size(config->etcd_external)) {
		json_t *external = json_deep_copy(config->etcd_external);

		if (!is_v1beta4(api))
			json_object_del(external, "httpEndpoints");
		return xjson_pack("{s:o}", "external", external);
	}
	local = component(config->etcd_args, NULL, config->etcd_envs, api);
	put_text(local, "dataDir", config->etcd_data_dir);
	put_text(local, "imageRepository", config->etcd_image_repository);
	put_text(local, "imageTag", config->etcd_image_tag);
	put_some(local, "serverCertSANs", config->etcd_server_sans);
	put_some(local, "peerCertSANs", config->etcd_peer_sans);
	return xjson_pack("{s:o}", "local", local);
}

static json_t *dns(const struct config *config, const char *api)
{
	json_t *obj = json_object();

	if (is_v1beta2(api))
		put_text(obj, "type", "CoreDNS");
	if (is_v1beta4(api))
		put_true(obj, "disabled", config->dns_disabled);
	put_text(obj, "imageRepository", config->dns_image_repository);
	put_text(obj, "imageTag", config->dns_image_tag);
	return obj;
}

static json_t *networking(const struct config *config)
{
	json_t *obj = json_object();

	put_text(obj, "dnsDomain", config->dns_domain);
	put_text(obj, "podSubnet", config->pod_subnet);
	put_text(obj, "serviceSubnet", config->service_subnet);
	return obj;
}

/* Kubernetes moved its images with 1.25 and, when the old registry was frozen, with these patch
 * releases of the versions that it still maintained. */
static const char *repository(const struct config *config)
{
	static const int moved[][2] = { { 22, 17 }, { 23, 15 }, { 24, 9 } };
	struct semver version = { 0 };
	struct err err = ERR_INIT;

	if (config->image_repository)
		return config->image_repository;
	if (!config->kubernetes_version ||
	    semver_parse(config->kubernetes_version, &version, &err) < 0 ||
	    semver_atleast(&version, 1, 25))
		return "registry.k8s.io";
	for (size_t i = 0; i < sizeof(moved) / sizeof(*moved); i++)
		if (version.minor == moved[i][0] && version.patch >= moved[i][1])
			return "registry.k8s.io";
	return "k8s.gcr.io";
}

json_t *config_cluster_document(const struct config *config, const char *api)
{
	AUTO(json) json_t *doc = put_document("ClusterConfiguration", api);
	json_t *apiserver = component(config->apiserver_args, config->apiserver_volumes,
				      config->apiserver_envs, api);

	put_some(apiserver, "certSANs", config->apiserver_sans);
	if (!is_v1beta4(api))
		put_seconds(apiserver, "timeoutForControlPlane", config->timeout_control_plane_s);
	put(doc, "apiServer", apiserver);
	put(doc, "controllerManager",
	    component(config->controller_manager_args, config->controller_manager_volumes,
		      config->controller_manager_envs, api));
	put(doc, "scheduler",
	    component(config->scheduler_args, config->scheduler_volumes, config->scheduler_envs,
		      api));
	put(doc, "etcd", etcd(config, api));
	put(doc, "dns", dns(config, api));
	put(doc, "networking", networking(config));
	put_text(doc, "kubernetesVersion", config->kubernetes_version);
	put_text(doc, "controlPlaneEndpoint", config->control_plane_endpoint);
	put_text(doc, "certificatesDir", config->certificates_dir);
	put_text(doc, "clusterName", config->cluster_name);
	put_text(doc, "imageRepository", repository(config));
	put_some(doc, "featureGates", config->feature_gates);
	if (is_v1beta4(api)) {
		json_t *proxy = json_object();

		put_true(proxy, "disabled", config->proxy_disabled);
		put(doc, "proxy", proxy);
		put_text(doc, "encryptionAlgorithm", config->key_algorithm);
		put_seconds(doc, "certificateValidityPeriod", config->cert_validity_s);
		put_seconds(doc, "caCertificateValidityPeriod", config->ca_validity_s);
	}
	return put_sorted(doc);
}
