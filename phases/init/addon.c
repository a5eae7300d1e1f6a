/* CoreDNS and kube-proxy. */
#include "phases/init/init.h"

#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "base/yaml.h"
#include "manifests/objects.h"

#include <sys/socket.h>

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

int addon_coredns(struct run *run, const void *arg, struct err *err)
{
	struct addon_want want;

	(void)arg;
	if (run->config->dns_disabled) {
		log_say("leaves out CoreDNS: dns.disabled");
		return 0;
	}
	addon_want(run, &want);
	return objects_coredns(&run->cluster->version, &want, run->objects, err);
}

int addon_kube_proxy(struct run *run, const void *arg, struct err *err)
{
	struct net_addr addr;
	struct component_want component = {
		.kubeadm_profile = str_eq(run->config->profile, "kubeadm"),
		.feature_gates = run->config->feature_gates,
		.pod_subnet = run->cluster->pod_subnet,
		.conntrack_off = json_is_true(json_object_get(run->facts, "conntrackOff")),
	};
	AUTO(json) json_t *configuration = NULL;
	AUTO(free) char *text = NULL;
	struct addon_want want;

	(void)arg;
	if (run->config->proxy_disabled) {
		log_say("leaves out kube-proxy: proxy.disabled");
		return 0;
	}
	component.bind_address = net_parse_addr(run->cluster->advertise_address, &addr) &&
						 addr.family == AF_INET6 ?
					 "::" :
					 "0.0.0.0";
	if (objects_proxy_configuration(&run->cluster->version, &component, &configuration, err) <
	    0)
		return -1;
	json_object_update_recursive(configuration, run->config->kube_proxy_configuration);
	text = yaml_dump(configuration, 1);
	addon_want(run, &want);
	want.proxy_config = text;
	if (objects_kube_proxy(&run->cluster->version, &want, run->objects, err) < 0)
		return -1;
	return json_object_size(run->config->kube_proxy_configuration) > 0 ?
		       0 :
		       objects_mark_generated(run->objects, "kube-proxy", err);
}
