/* CoreDNS, kube-proxy and flannel. */
#include "phases/init/init.h"

#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "base/yaml.h"
#include "manifests/manifest.h"
#include "manifests/objects.h"
#include "phases/cni/rewrite.h"
#include "phases/network/flannel.h"
#include "phases/patches.h"

#include <string.h>
#include <sys/socket.h>

#define DNS_CONFIG     "/api/v1/namespaces/kube-system/configmaps/coredns"
#define DNS_DEPLOYMENT "/apis/apps/v1/namespaces/kube-system/deployments/coredns"

static void addon_want(const struct run *run, struct addon_want *ret)
{
	*ret = (struct addon_want){
		.repository = run->cluster->repository,
		.dns_image = json_str(run->cluster->images, "coredns"),
		.proxy_image = json_str(run->cluster->images, "kube-proxy"),
		.dns_ip = run->cluster->dns_ip,
		.dns_domain = run->config->dns_domain,
		.server = run->cluster->server,
		.envs = json_object_get(run->facts, "proxyEnvs"),
	};
}

static json_t *find(const json_t *objects, const char *kind)
{
	json_t *object;
	size_t i;

	json_array_foreach (objects, i, object)
		if (json_str_is(object, "kind", kind))
			return object;
	return NULL;
}

/* Puts what stands at `path` of the cluster's object, if there is one, into the facts. */
static int note(struct run *run, const char *object, const char *path, const char *fact,
		struct err *err)
{
	AUTO(json) json_t *found = NULL;
	struct err why = ERR_INIT;

	if (kube_get(run->kube, object, &found, &why) < 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		*err = why;
		return -1;
	}
	if (json_at(found, path))
		json_object_set(run->facts, fact, json_at(found, path));
	return 0;
}

int addon_ask(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return patches_ask(run, err);
}

int addon_coredns_ask(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (patches_ask(run, err) < 0)
		return -1;
	if (run->dry_run || run->config->dns_disabled)
		return 0;
	if (run_kube(run, err) < 0 || note(run, DNS_CONFIG, "data.Corefile", "corefile", err) < 0)
		return -1;
	return note(run, DNS_DEPLOYMENT, "spec.replicas", "dnsReplicas", err);
}

/* Whether it is what some version starts with, so that nobody has written it. */
static bool is_default(const struct addon_want *want, const json_t *corefile)
{
	struct semver version = { 1, 20, 0 };
	struct err ignored = ERR_INIT;

	for (; versions_supported(&version, &ignored) == 0; version.minor++) {
		AUTO(json) json_t *objects = json_array();

		if (objects_coredns(&version, want, objects, &ignored) < 0)
			return false;
		if (json_equal(json_at(find(objects, "ConfigMap"), "data.Corefile"), corefile))
			return true;
	}
	return false;
}

/* As with kubeadm, how many there are and what its users wrote into the Corefile stays. Both are
 * applied as they are, because what is left out of an apply may be taken away. */
static void keep_users(const struct run *run, const struct addon_want *want, json_t *objects)
{
	json_t *corefile = json_object_get(run->facts, "corefile");
	json_t *replicas = json_object_get(run->facts, "dnsReplicas");
	json_t *data = json_object_get(find(objects, "ConfigMap"), "data");

	if (json_is_string(corefile) && !json_equal(corefile, json_object_get(data, "Corefile")) &&
	    !is_default(want, corefile)) {
		log_say("keeps the Corefile that is in the cluster");
		json_object_set(data, "Corefile", corefile);
	}
	if (json_is_integer(replicas))
		json_object_set(json_object_get(find(objects, "Deployment"), "spec"), "replicas",
				replicas);
}

/* The user's patches over the object of `kind`; directories of the host are those of this cluster,
 * whoever named them; then the objects go where they are wanted. */
static int hand_on(struct run *run, json_t *objects, const char *kind, const char *target,
		   struct err *err)
{
	const struct cni_dirs dirs = { run->config->cni_bin_dir, run->cluster->volume_plugin_dir };
	json_t *object;
	size_t i;

	json_array_foreach (objects, i, object) {
		AUTO(json) json_t *own = json_deep_copy(object);

		if (json_str_is(object, "kind", kind) && patches_apply(run, target, &own, err) < 0)
			return -1;
		if (cni_rewrite_object(&own, &dirs, err) < 0)
			return -1;
		if (run->config->print_manifest) {
			AUTO(free) char *text = yaml_dump(own, 0);

			log_raw("---\n");
			log_raw(text);
		} else {
			json_array_append(run->objects, own);
		}
	}
	return 0;
}

int addon_coredns(struct run *run, const void *arg, struct err *err)
{
	AUTO(json) json_t *objects = json_array();
	struct addon_want want;

	(void)arg;
	if (run->config->dns_disabled) {
		log_say("leaves out CoreDNS: dns.disabled");
		return 0;
	}
	addon_want(run, &want);
	if (objects_coredns(&run->cluster->version, &want, objects, err) < 0)
		return -1;
	keep_users(run, &want, objects);
	return hand_on(run, objects, "Deployment", "corednsdeployment", err);
}

int addon_kube_proxy(struct run *run, const void *arg, struct err *err)
{
	struct net_addr addr;
	struct component_want component = {
		.kubeadm_profile = str_eq(run->config->profile, "kubeadm"),
		.cis_profile = str_eq(run->config->profile, "cis"),
		.feature_gates = run->config->feature_gates,
		.pod_subnet = run->cluster->pod_subnet,
		.conntrack_off = json_flag(run->facts, "conntrackOff"),
	};
	AUTO(json) json_t *configuration = NULL;
	AUTO(json) json_t *objects = json_array();
	AUTO(free) char *text = NULL;
	struct addon_want want;

	(void)arg;
	if (run->config->proxy_disabled) {
		log_say("leaves out kube-proxy: proxy.disabled");
		return 0;
	}
	component.bind_address =
		net_parse_addr(run->cluster->advertise_address, &addr) && addr.family == AF_INET6
			? "::"
			: "0.0.0.0";
	if (objects_proxy_configuration(&run->cluster->version, &component, &configuration, err) <
	    0)
		return -1;
	json_object_update_recursive(configuration, run->config->kube_proxy_configuration);
	text = yaml_dump(configuration, 1);
	addon_want(run, &want);
	want.proxy_config = text;
	if (objects_kube_proxy(&run->cluster->version, &want, objects, err) < 0)
		return -1;
	if (json_object_size(run->config->kube_proxy_configuration) == 0 &&
	    objects_mark_generated(objects, "kube-proxy", err) < 0)
		return -1;
	return hand_on(run, objects, "DaemonSet", "kubeproxydaemonset", err);
}

int addon_flannel(struct run *run, const void *arg, struct err *err)
{
	const struct cluster *cluster = run->cluster;
	AUTO(json) json_t *objects = json_array();
	AUTO(free) char *net_conf = NULL;

	(void)arg;
	if (!str_eq(cluster->network, "flannel"))
		return 0;
	net_conf = flannel_net_conf(cluster->pod_subnet, run->config->flannel_backend,
				    json_object_get(run->facts, FLANNEL_BACKEND));
	if (objects_flannel(&cluster->version, json_str(cluster->images, "flannel"),
			    json_str(cluster->images, "flannel-cni-plugin"),
			    run->config->cni_bin_dir, run->config->cni_conf_dir, net_conf, objects,
			    err) < 0)
		return -1;
	return hand_on(run, objects, "", "", err);
}
