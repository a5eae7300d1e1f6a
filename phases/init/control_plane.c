/* The static pods: etcd, kube-apiserver, kube-controller-manager, kube-scheduler. */
#include "phases/init/init.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "manifests/manifest.h"
#include "manifests/pod.h"
#include "phases/certs/restart.h"
#include "phases/patches.h"

/* Which of the directories that may hold CAs exist on the host; /etc/ssl/certs is always mounted. */
static int ask_ca_dirs(struct run *run, struct err *err)
{
	AUTO(json) json_t *found = json_array();
	const char *list = NULL;

	if (versions_value(&run->cluster->version, "ca_dirs", &list, err) < 0)
		return -1;
	while (*list) {
		size_t len = strcspn(list, ",");
		AUTO(free) char *dir = xstrndup(list, len);

		if (fs_is_dir(run->fs, dir))
			json_array_append_new(found, json_string(dir));
		list += len + (list[len] == ',');
	}
	json_object_set(run->facts, "caDirs", found);
	return 0;
}

int control_plane_ask(struct run *run, const void *arg, struct err *err)
{
	AUTO(free) char *path = manifest_path(run, arg);

	if (ask_ca_dirs(run, err) < 0 || certs_ask(run, arg, err) < 0 ||
	    run_see(run, path, err) < 0)
		return -1;
	return patches_ask(run, err);
}

static const json_t *pick(const char *component, const json_t *apiserver,
			  const json_t *controller_manager, const json_t *scheduler,
			  const json_t *etcd)
{
	if (str_eq(component, "kube-apiserver"))
		return apiserver;
	if (str_eq(component, "kube-controller-manager"))
		return controller_manager;
	return str_eq(component, "kube-scheduler") ? scheduler : etcd;
}

/* The user's variables and, but for etcd, which speaks to nobody outside, our proxy settings. */
static json_t *envs_of(const struct run *run, const char *component)
{
	const struct config *config = run->config;
	json_t *list = json_deep_copy(pick(component, config->apiserver_envs,
					   config->controller_manager_envs, config->scheduler_envs,
					   config->etcd_envs));

	if (!str_eq(component, "etcd"))
		json_array_extend(list, json_object_get(run->facts, "proxyEnvs"));
	return list;
}

static int make(const struct run *run, const char *component, json_t **ret, struct err *err)
{
	const struct config *config = run->config;
	const struct cluster *cluster = run->cluster;
	AUTO(free) char *ca_key = pki_path(run, "ca", ".key");
	AUTO(json) json_t *none = json_array();
	AUTO(json) json_t *envs = envs_of(run, component);
	struct pod_want want = {
		.image = json_str(cluster->images, component),
		.advertise_address = cluster->advertise_address,
		.node_name = cluster->node_name,
		.service_subnet = config->service_subnet,
		.pod_subnet = cluster->pod_subnet,
		.cluster_name = config->cluster_name,
		.dns_domain = config->dns_domain,
		.pki_dir = config->certificates_dir,
		.kubernetes_dir = config->kubernetes_dir,
		.key_algorithm = config->key_algorithm,
		.bind_port = config->bind_port,
		.volume_plugin_dir = cluster->volume_plugin_dir,
		.ca_key_present = run_file(run, ca_key) != NULL,
		.kubeadm_profile = str_eq(config->profile, "kubeadm"),
		.cis_profile = str_eq(config->profile, "cis"),
		.spc = json_flag(run->facts, "spc"),
		.etcd_data_dir = config->etcd_data_dir,
		.etcd_loopback = config->single_node,
		.etcd_initial_cluster = json_str(run->facts, "etcdInitialCluster"),
		.etcd_external = config->etcd_external,
		.args = pick(component, config->apiserver_args, config->controller_manager_args,
			     config->scheduler_args, config->etcd_args),
		.volumes =
			pick(component, config->apiserver_volumes,
			     config->controller_manager_volumes, config->scheduler_volumes, none),
		.envs = envs,
		.feature_gates = config->feature_gates,
		.host_ca_dirs = json_object_get(run->facts, "caDirs"),
		.etcd_servers = manifest_user_arg(config->etcd_args, "advertise-client-urls"),
		.startup_timeout_s = config->timeout_control_plane_s,
	};

	if (str_eq(component, "kube-apiserver") && !want.kubeadm_profile) {
		AUTO(free) char *policy = pod_audit_policy_path(&want);

		tree_text(run->tree, policy, 0600, manifest_text("audit-policy"));
	}
	return pod_make(component, &cluster->version, &want, ret, err);
}

int control_plane_render(struct run *run, const void *arg, struct err *err)
{
	const char *component = arg;
	AUTO(free) char *path = manifest_path(run, component);
	AUTO(json) json_t *pod = NULL;
	AUTO(free) char *text = NULL;
	bool etcd = str_eq(component, "etcd");

	if (etcd && json_object_size(run->config->etcd_external) > 0) {
		log_say("leaves out etcd's static pod: etcd is external");
		return 0;
	}
	if (make(run, component, &pod, err) < 0 || patches_apply(run, component, &pod, err) < 0)
		return -1;
	restart_carry(run, path, pod);
	text = yaml_dump(pod, 1);
	tree_file(run->tree, path, 0600, text, strlen(text), 0, NULL);
	if (etcd)
		tree_dir(run->tree, run->config->etcd_data_dir, 0700);
	return 0;
}
