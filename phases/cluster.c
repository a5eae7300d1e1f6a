#include "phases/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "base/net.h"
#include "base/str.h"
#include "manifests/manifest.h"
#include "phases/gates.h"
#include "phases/subnets.h"

#define CRI_SOCKET "unix:///run/containerd/containerd.sock"

AUTO_DEFINE(cluster, struct cluster *, cluster_free);

void cluster_free(struct cluster *cluster)
{
	if (!cluster)
		return;
	free(cluster->version_text);
	free(cluster->node_name);
	free(cluster->advertise_address);
	free(cluster->cri_socket);
	free(cluster->endpoint);
	free(cluster->server);
	free(cluster->local_server);
	free(cluster->dns_ip);
	free(cluster->service_ip);
	free(cluster->pod_subnet);
	free(cluster->repository);
	free(cluster->network);
	free(cluster->volume_plugin_dir);
	free(cluster->cgroup_driver);
	json_decref(cluster->apiserver_sans);
	json_decref(cluster->etcd_server_sans);
	json_decref(cluster->etcd_peer_sans);
	json_decref(cluster->images);
	free(cluster);
}

static int derive_version(struct config *config, const json_t *facts, struct cluster *cluster,
			  struct err *err)
{
	const char *kubelet = json_str(facts, "kubelet");

	if (!config->kubernetes_version && !kubelet) {
		err_set(err, ERR_HOST,
			"which Kubernetes version? no kubelet was found on the host, and "
			"--kubernetes-version was not given");
		return err_next(err, "install the kubelet (on ostree: rpm-ostree install "
				     "kubernetes-node), or give --kubernetes-version");
	}
	if (!config->kubernetes_version)
		config->kubernetes_version = xstrdup(kubelet);
	if (semver_parse(config->kubernetes_version, &cluster->version, err) < 0 ||
	    semver_parse(kubelet ? kubelet : config->kubernetes_version, &cluster->kubelet, err) <
		    0 ||
	    versions_supported(&cluster->version, err) < 0)
		return -1;
	/* kubeadm stores and asks for the whole version, so a build's suffix stays. */
	cluster->version_text = config->kubernetes_version[0] == 'v' ?
					xstrdup(config->kubernetes_version) :
					xasprintf("v%s", config->kubernetes_version);
	return 0;
}

/* RFC 1123: labels of letters, digits and '-', at most 253 characters in all. */
static bool is_subdomain(const char *name)
{
	size_t len = strlen(name);
	bool edge = true; /* at a label's first character */

	if (len == 0 || len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!alnum && (edge || (c != '-' && c != '.') || (c == '.' && name[i - 1] == '-')))
			return false;
		edge = c == '.';
	}
	return !edge && name[len - 1] != '-';
}

static int derive_node(struct config *config, const json_t *facts, struct cluster *cluster,
		       struct err *err)
{
	const char *name = manifest_user_arg(config->kubelet_args, "hostname-override");
	const char *socket = config->cri_socket ? config->cri_socket : json_str(facts, "criSocket");

	if (!name)
		name = config->node_name ? config->node_name : json_str(facts, "hostname");
	if (!name || !is_subdomain(name)) {
		err_set(err, ERR_CONFIG,
			"\"%s\" cannot be a node's name: small letters, digits, '-' and '.' only",
			name ? name : "");
		return err_next(err, "give --node-name NAME, or set one with hostnamectl hostname");
	}
	cluster->node_name = xstrdup(name);
	/* Never below /usr, which may be read-only: the kubelet makes it, or does not start. */
	cluster->volume_plugin_dir =
		config->volume_plugin_dir || str_eq(config->profile, "kubeadm") ?
			xstrdup(config->volume_plugin_dir) :
			xasprintf("%s" VOLUME_PLUGINS, config->kubelet_dir);
	free(config->node_name);
	config->node_name = xstrdup(cluster->node_name);

	if (!socket)
		socket = CRI_SOCKET;
	/* Before 1.24 kubeadm and the kubelet of that time have the bare path. */
	if (!semver_atleast(&cluster->kubelet, 1, 24) && str_starts(socket, "unix://"))
		cluster->cri_socket = xstrdup(socket + strlen("unix://"));
	else if (semver_atleast(&cluster->kubelet, 1, 24) && socket[0] == '/')
		cluster->cri_socket = xasprintf("unix://%s", socket);
	else
		cluster->cri_socket = xstrdup(socket);
	if (!config->cri_socket)
		config->cri_socket = xstrdup(socket); /* which is not config's own then */

	/* kubeadm's default from 1.22 is systemd; before it left the choice to the kubelet. */
	cluster->cgroup_driver = xstrdup(json_str(facts, "cgroupDriver"));
	if (!cluster->cgroup_driver && semver_atleast(&cluster->kubelet, 1, 22))
		cluster->cgroup_driver = xstrdup("systemd");
	return 0;
}

static int derive_address(struct config *config, const json_t *facts, struct cluster *cluster,
			  struct err *err)
{
	const char *address = config->advertise_address;
	struct net_addr parsed;

	if (!address || str_eq(address, "0.0.0.0") || str_eq(address, "::"))
		address = json_str(facts, "address");
	if (!address) {
		err_set(err, ERR_HOST,
			"at which address will the API server be reached? this host has no default "
			"route and no global address");
		return err_next(err, "give --apiserver-advertise-address IP");
	}
	if (!net_parse_addr(address, &parsed)) {
		err_set(err, ERR_CONFIG, "--apiserver-advertise-address %s is no IP address",
			address);
		return err_next(err, "ip -brief address");
	}
	cluster->advertise_address = net_format_addr(&parsed);
	free(config->advertise_address);
	config->advertise_address = xstrdup(cluster->advertise_address);
	return 0;
}

static int derive_endpoint(const struct config *config, struct cluster *cluster, char **ret_host,
			   struct err *err)
{
	AUTO(free) char *local = net_join(cluster->advertise_address, config->bind_port);
	int port = 0;

	cluster->local_server = xasprintf("https://%s", local);
	*ret_host = NULL;
	if (!config->control_plane_endpoint) {
		cluster->endpoint = TAKE(local);
	} else {
		if (!net_split(config->control_plane_endpoint, ret_host, &port))
			return err_set(err, ERR_CONFIG,
				       "--control-plane-endpoint %s is no HOST or HOST:PORT",
				       config->control_plane_endpoint);
		cluster->endpoint = net_join(*ret_host, port > 0 ? port : config->bind_port);
	}
	cluster->server = xasprintf("https://%s", cluster->endpoint);
	return 0;
}

static int derive_images(const struct config *config, struct cluster *cluster, struct err *err)
{
	static const char *const components[] = { "kube-apiserver", "kube-controller-manager",
						  "kube-scheduler", "kube-proxy", NULL };
	const char *own = NULL, *dns = NULL, *etcd = NULL, *pause = NULL;
	AUTO(free) char *dns_base = NULL;

	if (versions_value(&cluster->version, "repository", &own, err) < 0 ||
	    versions_value(&cluster->version, "coredns", &dns, err) < 0 ||
	    versions_value(&cluster->version, "etcd", &etcd, err) < 0 ||
	    versions_value(&cluster->version, "pause", &pause, err) < 0)
		return -1;
	cluster->repository = xstrdup(config->image_repository ? config->image_repository : own);
	cluster->images = json_object();
	for (const char *const *name = components; *name; name++)
		json_object_set_new(cluster->images, *name,
				    xjson_pack("s+++++", cluster->repository, "/", *name, ":",
					       cluster->version_text, ""));
	/* From 1.21 the default repository, and only that, has CoreDNS one level down. */
	if (config->dns_image_repository)
		dns_base = xasprintf("%s/coredns", config->dns_image_repository);
	else if (semver_atleast(&cluster->version, 1, 21) && str_eq(cluster->repository, own))
		dns_base = xasprintf("%s/coredns/coredns", own);
	else
		dns_base = xasprintf("%s/coredns", cluster->repository);
	json_object_set_new(cluster->images, "coredns",
			    xjson_pack("s++", dns_base, ":",
				       config->dns_image_tag ? config->dns_image_tag : dns));
	json_object_set_new(cluster->images, "etcd",
			    xjson_pack("s+++",
				       config->etcd_image_repository ?
					       config->etcd_image_repository :
					       cluster->repository,
				       "/etcd", ":",
				       config->etcd_image_tag ? config->etcd_image_tag : etcd));
	json_object_set_new(cluster->images, "pause",
			    xjson_pack("s++", cluster->repository, "/pause:", pause));
	return 0;
}

/* Of the project's own repository unless the user has one for everything. */
static int derive_flannel(const struct config *config, struct cluster *cluster, struct err *err)
{
	static const char *const names[] = { "flannel", "flannel-cni-plugin" };
	const char *repository = NULL, *tag = NULL;

	if (versions_value(&cluster->version, "flannel_repository", &repository, err) < 0)
		return -1;
	if (config->image_repository)
		repository = config->image_repository;
	for (size_t i = 0; i < 2; i++) {
		if (versions_value(&cluster->version, names[i], &tag, err) < 0)
			return -1;
		json_object_set_new(cluster->images, names[i],
				    xjson_pack("s++++", repository, "/", names[i], ":", tag));
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

/* As kubeadm signs them: names sorted, then addresses in the order they came. */
static json_t *sans(const char *const *given, const json_t *more)
{
	AUTO(json) json_t *names = json_array();
	AUTO(json) json_t *addresses = json_array();
	json_t *list = json_array();
	struct net_addr addr;
	const json_t *item;
	json_t **sorted;
	size_t i, n;

	for (; *given; given++)
		if (**given)
			json_add_once(net_parse_addr(*given, &addr) ? addresses : names, *given);
	json_array_foreach (more, i, item) {
		AUTO(free) char *plain = NULL;

		if (net_parse_addr(json_string_value(item), &addr))
			plain = net_format_addr(&addr);
		json_add_once(plain ? addresses : names, plain ? plain : json_string_value(item));
	}
	n = json_array_size(names);
	sorted = xcalloc(n + 1, sizeof(json_t *));
	for (i = 0; i < n; i++)
		sorted[i] = json_array_get(names, i);
	qsort(sorted, n, sizeof(json_t *), by_text);
	for (i = 0; i < n; i++)
		json_array_append(list, sorted[i]);
	free(sorted);
	json_array_extend(list, addresses);
	return list;
}

static void derive_sans(const struct config *config, const char *endpoint_host,
			struct cluster *cluster)
{
	AUTO(free) char *svc = xasprintf("kubernetes.default.svc.%s", config->dns_domain);
	const char *api[] = { cluster->node_name,
			      "kubernetes",
			      "kubernetes.default",
			      "kubernetes.default.svc",
			      svc,
			      cluster->service_ip,
			      cluster->advertise_address,
			      endpoint_host ? endpoint_host : "",
			      NULL };
	const char *etcd[] = { cluster->node_name, "localhost", cluster->advertise_address,
			       "127.0.0.1", "::1", NULL };

	cluster->apiserver_sans = sans(api, config->apiserver_sans);
	cluster->etcd_server_sans = sans(etcd, config->etcd_server_sans);
	cluster->etcd_peer_sans = sans(etcd, config->etcd_peer_sans);
}

int cluster_derive_whole(struct config *config, const json_t *facts, struct cluster **ret,
			 struct err *err)
{
	AUTO(cluster) struct cluster *cluster = xcalloc(1, sizeof(*cluster));
	AUTO(free) char *endpoint_host = NULL;

	if (derive_version(config, facts, cluster, err) < 0 ||
	    derive_node(config, facts, cluster, err) < 0 ||
	    derive_address(config, facts, cluster, err) < 0 ||
	    derive_endpoint(config, cluster, &endpoint_host, err) < 0 ||
	    subnets_derive(config, cluster, err) < 0 ||
	    derive_images(config, cluster, err) < 0 || derive_flannel(config, cluster, err) < 0)
		return -1;
	derive_sans(config, endpoint_host, cluster);
	gates_tell(config->feature_gates, &cluster->version);
	*ret = TAKE(cluster);
	return 0;
}

int cluster_derive(struct config *config, const json_t *facts, struct cluster **ret,
		   struct err *err)
{
	AUTO(cluster) struct cluster *cluster = NULL;

	if (config->kind != CONFIG_JOIN)
		return cluster_derive_whole(config, facts, ret, err);
	cluster = xcalloc(1, sizeof(*cluster));
	if (derive_version(config, facts, cluster, err) < 0 ||
	    derive_node(config, facts, cluster, err) < 0)
		return -1;
	cluster->network = xstrdup(config->network);
	*ret = TAKE(cluster);
	return 0;
}
