#include "config/rules.h"
#include "config/check.h"
#include "config/paths.h"

#include "base/auto.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"

#include <string.h>
#include <sys/socket.h>

#define AT(name) offsetof(struct config, name)

struct rules {
	const struct config *config;
	const struct origins *origins;
	struct faults *faults;
};

static const char *where(const struct rules *rules, size_t at, const char *otherwise)
{
	const char *known = origins_get(rules->origins, at);

	return known ? known : otherwise;
}

/* A wait of 0 s is what kubeadm's migration of a file leaves behind where it loses the value. */
static void default_waits(struct config *config, const struct origins *origins)
{
	for (const struct member *member = members; member->name; member++) {
		struct err err = ERR_INIT;

		if (str_starts(member->name, "timeout_") && !*(long *)member_slot(config, member) &&
		    !str_eq(origins_get(origins, member->at), "--wait"))
			(void)member_set_text(config, member, member->def, false, &err);
	}
}

/* An addon that is left out is so in both places, as kubeadm ties them since v1beta4. */
static void tie_addons(struct config *config)
{
	const json_t *phase;
	size_t i;

	json_array_foreach (config->skip_phases, i, phase) {
		const char *name = json_string_value(phase);

		config->dns_disabled |= str_eq(name, "addon") || str_eq(name, "addon/coredns");
		config->proxy_disabled |= str_eq(name, "addon") || str_eq(name, "addon/kube-proxy");
	}
	if (config->dns_disabled)
		json_add_once(config->skip_phases, "addon/coredns");
	if (config->proxy_disabled)
		json_add_once(config->skip_phases, "addon/kube-proxy");
}

void rules_default(struct config *config, const struct origins *origins)
{
	AUTO(free) char *host = NULL;
	int port = 0;

	if (!origins_get(origins, AT(key_algorithm)) && str_eq(config->profile, "kubeadm") &&
	    !json_flag(config->feature_gates, "PublicKeysECDSA")) {
		free(config->key_algorithm);
		config->key_algorithm = xstrdup("RSA-2048");
	}
	if (config->kind == CONFIG_INIT && !config->token_description)
		config->token_description = xstrdup(RULES_TOKEN_DESCRIPTION);
	default_waits(config, origins);
	paths_default(config, origins);
	if (config->role)
		config->join_control_plane |= str_eq(config->role, "control-plane");
	tie_addons(config);
	if (config->control_plane_endpoint &&
	    net_split(config->control_plane_endpoint, &host, &port) && port == 0) {
		free(config->control_plane_endpoint);
		config->control_plane_endpoint = net_join(host, config->bind_port);
	}
}

static const char *argument(const json_t *args, const char *name)
{
	const char *found = NULL;
	const json_t *arg;
	size_t i;

	json_array_foreach (args, i, arg)
		if (json_str_is(arg, "name", name))
			found = json_str(arg, "value");
	return found;
}

/* The controller manager cuts each node's range out of the pod subnet: kubeadm's limits. */
static void check_node_mask(const struct rules *rules, const struct net_cidr *pods)
{
	const json_t *args = rules->config->controller_manager_args;
	bool v4 = pods->addr.family == AF_INET;
	const char *text =
		argument(args, v4 ? "node-cidr-mask-size-ipv4" : "node-cidr-mask-size-ipv6");
	AUTO(free) char *subnet = net_format_cidr(pods);
	int mask;

	if (!text)
		text = argument(args, "node-cidr-mask-size");
	mask = text ? atoi(text) : v4 ? 24 : 64;
	if (pods->bits > mask)
		faults_add(rules->faults,
			   "%s: %s is smaller than one node's part of it (/%d): make it larger, or "
			   "set the controller manager's node-cidr-mask-size",
			   where(rules, AT(pod_subnet), "pod subnet"), subnet, mask);
	else if (mask - pods->bits > 16)
		faults_add(rules->faults,
			   "%s: %s has more than 16 bits for nodes (/%d for one): make it smaller, "
			   "or set the controller manager's node-cidr-mask-size",
			   where(rules, AT(pod_subnet), "pod subnet"), subnet, mask);
}

/* The controller manager leaves the services' range out when it hands out nodes' ranges, and with
 * IPv6 there are enough left: the documentation of dual stack itself has an example of that. */
static void check_overlap(const struct rules *rules, const struct net_cidr *pods,
			  const struct net_cidr *services)
{
	const char *at =
		where(rules, AT(pod_subnet), where(rules, AT(service_subnet), "pod subnet"));
	AUTO(free) char *pod = net_format_cidr(pods), *service = net_format_cidr(services);

	if (!net_overlap(pods, services))
		return;
	if (pods->addr.family == AF_INET6 && services->bits > pods->bits)
		log_warn("the service subnet %s lies within the pod subnet %s", service, pod);
	else
		faults_add(rules->faults,
			   "%s: %s overlaps the service subnet %s: an address can belong to one of "
			   "them only",
			   at, pod, service);
}

static void check_subnets(const struct rules *rules)
{
	const struct config *config = rules->config;
	struct net_cidr pods[NET_FAMILIES], services[NET_FAMILIES];
	int pod_n = net_parse_cidrs(config->pod_subnet, pods);
	int service_n = net_parse_cidrs(config->service_subnet, services);

	for (int i = 0; i < pod_n; i++) {
		for (int j = 0; j < service_n; j++)
			check_overlap(rules, &pods[i], &services[j]);
		if (!str_eq(argument(config->controller_manager_args, "allocate-node-cidrs"),
			    "false"))
			check_node_mask(rules, &pods[i]);
	}
}

static void check_preflight_all(const struct rules *rules)
{
	size_t n = json_array_size(rules->config->ignore_preflight);
	const json_t *name;
	size_t i;

	json_array_foreach (rules->config->ignore_preflight, i, name)
		if (n > 1 && str_eq(json_string_value(name), "all")) {
			faults_add(rules->faults, "%s: \"all\" stands alone, without further names",
				   where(rules, AT(ignore_preflight), "--ignore-preflight-errors"));
			return;
		}
}

static void check_validity(const struct rules *rules)
{
	const struct config *config = rules->config;

	if (config->cert_validity_s <= 0)
		faults_add(rules->faults, "%s: certificates must be valid for longer than 0 s",
			   where(rules, AT(cert_validity_s), "certificate validity"));
	if (config->ca_validity_s <= 0)
		faults_add(rules->faults, "%s: CAs must be valid for longer than 0 s",
			   where(rules, AT(ca_validity_s), "CA validity"));
	else if (config->cert_validity_s > config->ca_validity_s)
		log_warn(
			"certificates are to be valid for longer than the CA that signs them: they "
			"end with it");
}

/* A group of the user's may be one whose requests are approved unseen. */
static void check_limited_token(const struct rules *rules, bool authenticates)
{
	const char *flag = rules->config->token_uses ? "--uses" : "--node";
	const char *groups = origins_get(rules->origins, AT(token_groups));

	if (!authenticates)
		faults_add(rules->faults, "%s is for tokens with the usage \"authentication\"",
			   flag);
	if (groups)
		faults_add(rules->faults, "%s: a token with %s has a group of its own", groups,
			   flag);
	if (json_array_size(rules->config->further_tokens) > 0)
		faults_add(rules->faults, "%s is for one token, and the file has several", flag);
}

static void check_tokens(const struct rules *rules)
{
	const json_t *usage;
	bool authenticates = false;
	size_t i;

	json_array_foreach (rules->config->token_usages, i, usage)
		authenticates |= str_eq(json_string_value(usage), "authentication");
	if (rules->config->token_uses || rules->config->token_node)
		check_limited_token(rules, authenticates);
	if (!authenticates && origins_get(rules->origins, AT(token_groups)) &&
	    json_array_size(rules->config->token_groups))
		faults_add(rules->faults,
			   "%s: groups are for tokens with the usage \"authentication\"",
			   where(rules, AT(token_groups), "token groups"));
}

static void check_join(const struct rules *rules, bool complete)
{
	const struct config *config = rules->config;
	bool pinned = config->join_token && check_is_token(config->join_token, true) &&
		      !check_is_token(config->join_token, false);

	if (config->discovery_file && (config->api_server_endpoint || config->join_cluster))
		faults_add(rules->faults, "%s: the discovery file names the server: leave %s out",
			   where(rules, AT(discovery_file), "discovery file"),
			   config->join_cluster ? "--cluster-name" : config->api_server_endpoint);
	if (config->require_pin && !pinned && !config->discovery_file &&
	    !json_array_size(config->ca_cert_hashes))
		faults_add(rules->faults,
			   "--require-pin: nothing pins the cluster's CA: use the token with its "
			   "pin (id.secret.pin) that kinit showed, or "
			   "--discovery-token-ca-cert-hash");
	if (config->require_pin && config->unsafe_skip_ca_verification)
		faults_add(
			rules->faults,
			"--require-pin: does not go together with skipping the CA's verification");
	if (!complete)
		return;
	if (!config->join_token && !config->discovery_file)
		faults_add(rules->faults,
			   "no token: join needs --token=TOKEN, as kinit showed it on "
			   "the control plane");
	if (!config->api_server_endpoint && !config->discovery_file && !config->join_cluster)
		faults_add(
			rules->faults,
			"no address: join needs the control plane's address, as kinit showed it, "
			"or --cluster-name");
}

static void check_role_goes_with(const struct rules *rules)
{
	const struct config *config = rules->config;
	bool member = config->join_control_plane || str_eq(config->role, "etcd");

	if (config->join_control_plane && config->role && !str_eq(config->role, "control-plane"))
		faults_add(rules->faults, "%s: %s asks for a control plane",
			   where(rules, AT(role), "--role"),
			   where(rules, AT(join_control_plane), "--control-plane"));
	/* etcd's other members have to be asked, and to see the new one start. */
	if (member && !str_eq(config->root, "/"))
		faults_add(rules->faults, "%s: a member of etcd joins from the host itself only",
			   where(rules, AT(root), "--root"));
}

/* What is of one network only. */
static void check_network_goes_with(const struct rules *rules)
{
	static const struct {
		size_t at;
		const char *network;
	} rows[] = {
		{ AT(flannel_backend), "flannel" },
		{ AT(flannel_etcd), "flannel" },
		{ AT(pod_mtu), "bridge" },
	};
	const struct config *config = rules->config;
	const char *network = config->network;

	/* What auto comes to: a join is told by the cluster. */
	if (str_eq(network, "auto") && config->kind == CONFIG_INIT)
		network = config->flannel_etcd		       ? "flannel"
			  : str_eq(config->profile, "kubeadm") ? "none"
							       : "bridge";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *given = origins_get(rules->origins, rows[i].at);

		if (given && !str_eq(network, "auto") && !str_eq(network, rows[i].network))
			faults_add(rules->faults, "%s is for --network %s, not %s", given,
				   rows[i].network, network);
	}
}

static void check_flannel_etcd(const struct rules *rules)
{
	const struct config *config = rules->config;
	bool ca = config->flannel_etcd_cafile, cert = config->flannel_etcd_certfile;

	if (cert != !!config->flannel_etcd_keyfile)
		faults_add(rules->faults,
			   "--flannel-etcd-certfile goes with --flannel-etcd-keyfile");
	if ((ca || cert) && !(config->flannel_etcd && str_starts(config->flannel_etcd, "https:")))
		faults_add(rules->faults,
			   "--flannel-etcd-%sfile is for an https:// URL of --flannel-etcd",
			   ca ? "ca" : "cert");
}

void rules_volume_plugins(struct config *config, struct faults *faults)
{
	const struct {
		const char *whose, *dir;
	} given[] = {
		{ "--volume-plugin-dir", config->volume_plugin_dir },
		{ "volumePluginDir of KubeletConfiguration",
		  json_str(config->kubelet_configuration, "volumePluginDir") },
		{ "kubeletExtraArgs volume-plugin-dir",
		  argument(config->kubelet_args, "volume-plugin-dir") },
		{ "controllerManager.extraArgs flex-volume-plugin-dir",
		  argument(config->controller_manager_args, "flex-volume-plugin-dir") },
	};
	const char *first = NULL;

	/* There each goes its own way, as with kubeadm; preflight tells. */
	if (str_eq(config->profile, "kubeadm"))
		return;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (!given[i].dir || !*given[i].dir)
			continue;
		if (!first)
			first = given[i].whose;
		if (*given[i].dir != '/')
			faults_add(faults, "%s is %s, which is no absolute path", given[i].whose,
				   given[i].dir);
		if (!config->volume_plugin_dir)
			config->volume_plugin_dir = xstrdup(given[i].dir);
		else if (!path_same(config->volume_plugin_dir, given[i].dir))
			faults_add(faults,
				   "%s is %s, but %s is %s: volume plugins have one directory",
				   first, config->volume_plugin_dir, given[i].whose, given[i].dir);
	}
}

void rules_check(struct config *config, const struct origins *origins, bool complete,
		 struct faults *faults)
{
	struct rules rules = { config, origins, faults };

	paths_check(config, faults);
	check_preflight_all(&rules);
	check_network_goes_with(&rules);
	rules_volume_plugins(config, faults);
	if (config->kind == CONFIG_RESET)
		return;
	if (config->kind == CONFIG_JOIN) {
		check_join(&rules, complete);
		check_role_goes_with(&rules);
		return;
	}
	check_subnets(&rules);
	check_flannel_etcd(&rules);
	check_validity(&rules);
	check_tokens(&rules);
}
