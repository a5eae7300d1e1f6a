#include "phases/subnets.h"

#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "phases/gates.h"
#include "phases/kubelet.h"

#include <string.h>
#include <sys/socket.h>

/* kubeadm has no default; ours is flannel's, which most documentation shows. */
#define POD_SUBNET "10.244.0.0/16"

struct subnets {
	struct net_cidr cidr[NET_FAMILIES];
	int n;
};

int subnets_apart(const struct net_cidr *pods, const char *services, struct err *err)
{
	struct net_cidr cidr[NET_FAMILIES];
	const int n = net_parse_cidrs(services, cidr);
	AUTO(free) char *text = net_format_cidr(pods);

	for (int i = 0; i < n; i++)
		if (net_overlap(pods, &cidr[i]))
			return err_set(err, ERR_CONFIG,
				       "the pods' network %s and the services' %s overlap", text,
				       services);
	return 0;
}

static const char *family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

static int derive_services(const struct config *config, struct cluster *cluster,
			   struct subnets *services, struct err *err)
{
	struct net_addr nth, server;

	services->n = net_parse_cidrs(config->service_subnet, services->cidr);
	if (services->n < 1)
		return err_set(err, ERR_CONFIG, "--service-cidr %s is no network",
			       config->service_subnet);
	if (!net_nth(&services->cidr[0], 10, &nth))
		return err_set(err, ERR_CONFIG,
			       "--service-cidr %s has no tenth address for the cluster's DNS",
			       config->service_subnet);
	cluster->dns_ip = net_format_addr(&nth);
	(void)net_nth(&services->cidr[0], 1, &nth);
	cluster->service_ip = net_format_addr(&nth);
	if (!net_parse_addr(cluster->advertise_address, &server) || server.family == nth.family)
		return 0;
	err_set(err, ERR_CONFIG,
		"the API server's address %s is %s and the services' first subnet %s: the service "
		"\"kubernetes\", which leads to it, is of that subnet",
		cluster->advertise_address, family_name(server.family), family_name(nth.family));
	return err_next(
		err, server.family == AF_INET6
			     ? "give --service-cidr an IPv6 subnet first, such as fd00:10:96::/112"
			     : "give --service-cidr an IPv4 subnet first, such as 10.96.0.0/12");
}

static int default_pods(struct config *config, const struct subnets *services, struct err *err)
{
	struct net_cidr pods;

	(void)net_parse_cidr(POD_SUBNET, &pods);
	if (services->n > 1 || services->cidr[0].addr.family == AF_INET6) {
		err_set(err, ERR_CONFIG, "the pods need %s, and --pod-network-cidr says none",
			services->n > 1 ? "a subnet of each family" : "an IPv6 subnet");
		return err_next(err, "--pod-network-cidr %s",
				services->n == 1 ? "fd00:10:244::/56"
				: services->cidr[0].addr.family == AF_INET
					? POD_SUBNET ",fd00:10:244::/56"
					: "fd00:10:244::/56," POD_SUBNET);
	}
	if (subnets_apart(&pods, config->service_subnet, err) < 0)
		return err_next(err, "give --pod-network-cidr another network");
	config->pod_subnet = xstrdup(POD_SUBNET);
	return 0;
}

/* A kubelet without a cloud announces one address unless it is told two, and the other family's
 * routes need the second. */
static void tell_node_ip(const struct config *config)
{
	const char *found = kubelet_node_ip(config);

	if (!found || !strchr(found, ','))
		log_warn("pods reach other nodes' pods in both families only where the kubelets "
			 "announce two addresses: kubeletExtraArgs, node-ip: IPV4,IPV6");
}

/* Preflight compares with the host's own networks: an image has none, and a balancer is elsewhere. */
static void tell_inside(const struct cluster *cluster, const struct subnets *subnets)
{
	const char *const servers[] = { cluster->endpoint, cluster->advertise_address };

	for (int i = 0; i < 2 * subnets->n; i++) {
		AUTO(free) char *host = NULL;
		struct net_addr addr;
		int port;

		if (net_split(servers[i & 1], &host, &port) && net_parse_addr(host, &addr) &&
		    net_contains(&subnets->cidr[i / 2], &addr)) {
			log_warn("the API server's address %s is one of the pods' or the services'",
				 host);
			return;
		}
	}
}

/* The cluster's DNS has an address of the services' first family. */
static void tell_mismatch(const struct subnets *services, const struct subnets *pods)
{
	const int family = services->cidr[0].addr.family;

	if (pods->n == 1 && pods->cidr[0].addr.family != family)
		log_warn("no pod is %s, as the cluster's DNS is", family_name(family));
}

int subnets_derive(struct config *config, struct cluster *cluster, struct err *err)
{
	struct subnets services, pods = { .n = 0 };

	if (derive_services(config, cluster, &services, err) < 0)
		return -1;
	if (str_eq(config->network, "auto"))
		cluster->network = xstrdup(str_eq(config->profile, "kubeadm") ? "none" : "bridge");
	else
		cluster->network = xstrdup(config->network);
	/* Subnets that the user gave config/rules.c has judged beside one another. */
	if (!config->pod_subnet && !str_eq(cluster->network, "none") &&
	    default_pods(config, &services, err) < 0)
		return -1;
	cluster->pod_subnet = xstrdup(config->pod_subnet ? config->pod_subnet : "");
	pods.n = net_parse_cidrs(cluster->pod_subnet, pods.cidr);
	if (pods.n < 0)
		return err_set(err, ERR_CONFIG, "--pod-network-cidr %s is no network",
			       cluster->pod_subnet);
	tell_inside(cluster, &services);
	tell_inside(cluster, &pods);
	tell_mismatch(&services, &pods);
	if (services.n < 2 && pods.n < 2)
		return 0;
	if (gates_check_dual(config->feature_gates, &cluster->version, err) < 0)
		return -1;
	if (str_eq(cluster->network, "bridge"))
		tell_node_ip(config);
	return 0;
}
