#include "pki/spec.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

const struct cert_spec cert_specs[] = {
	{ .name = "ca", .base = "ca", .cn = "kubernetes", .usage = CERT_CA, .sans = SANS_CA,
	  .doc = "CA of the cluster: signs the certificates of its components, users and nodes" },
	{ .name = "apiserver", .base = "apiserver", .ca = "ca", .cn = "kube-apiserver",
	  .usage = CERT_SERVER, .sans = SANS_APISERVER,
	  .doc = "Serving certificate of the API server" },
	{ .name = "apiserver-kubelet-client", .base = "apiserver-kubelet-client", .ca = "ca",
	  .cn = "kube-apiserver-kubelet-client", .org = "@kubelet-client", .usage = CERT_CLIENT,
	  .doc = "Certificate with which the API server speaks to kubelets (logs, exec)" },
	{ .name = "front-proxy-ca", .base = "front-proxy-ca", .cn = "front-proxy-ca",
	  .usage = CERT_CA, .sans = SANS_CA,
	  .doc = "CA of the front proxy: vouches for whom an extension API server may believe" },
	{ .name = "front-proxy-client", .base = "front-proxy-client", .ca = "front-proxy-ca",
	  .cn = "front-proxy-client", .usage = CERT_CLIENT,
	  .doc = "Certificate with which the API server speaks to extension API servers" },
	{ .name = "etcd-ca", .base = "etcd/ca", .cn = "etcd-ca", .usage = CERT_CA, .sans = SANS_CA,
	  .etcd = true, .doc = "CA of etcd: signs the certificates of its members and clients" },
	{ .name = "etcd-server", .base = "etcd/server", .ca = "etcd-ca",
	  .usage = CERT_SERVER | CERT_CLIENT, .sans = SANS_ETCD_SERVER, .etcd = true,
	  .doc = "Serving certificate of etcd" },
	{ .name = "etcd-peer", .base = "etcd/peer", .ca = "etcd-ca",
	  .usage = CERT_SERVER | CERT_CLIENT, .sans = SANS_ETCD_PEER, .etcd = true,
	  .doc = "Certificate with which etcd's members speak to each other" },
	{ .name = "etcd-healthcheck-client", .base = "etcd/healthcheck-client", .ca = "etcd-ca",
	  .cn = "kube-etcd-healthcheck-client", .org = "@etcd-client", .usage = CERT_CLIENT,
	  .etcd = true, .doc = "Certificate with which etcd's health is probed" },
	{ .name = "apiserver-etcd-client", .base = "apiserver-etcd-client", .ca = "etcd-ca",
	  .cn = "kube-apiserver-etcd-client", .org = "@etcd-client", .usage = CERT_CLIENT,
	  .etcd = true, .doc = "Certificate with which the API server speaks to etcd" },
	{ 0 },
};

const struct kubeconfig_spec kubeconfig_specs[] = {
	{ .name = "admin", .file = "admin.conf", .cn = "kubernetes-admin", .org = "@admins",
	  .doc = "Kubeconfig of the administrator and of this program" },
	{ .name = "super-admin", .file = "super-admin.conf", .cn = "kubernetes-super-admin",
	  .org = "system:masters", .since_minor = 29,
	  .doc = "Kubeconfig that no access rule can lock out, for emergencies" },
	/* Through the node's own API server since ControlPlaneKubeletLocalMode went on (1.33). */
	{ .name = "kubelet", .file = "kubelet.conf", .org = "system:nodes", .local_minor = 33,
	  .doc = "Kubeconfig of this node's kubelet, until it has a certificate that rotates" },
	{ .name = "controller-manager", .file = "controller-manager.conf",
	  .cn = "system:kube-controller-manager", .local_minor = 19,
	  .doc = "Kubeconfig of kube-controller-manager" },
	{ .name = "scheduler", .file = "scheduler.conf", .cn = "system:kube-scheduler",
	  .local_minor = 19, .doc = "Kubeconfig of kube-scheduler" },
	{ 0 },
};

const struct cert_spec *cert_spec_find(const char *name)
{
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++)
		if (str_eq(spec->name, name))
			return spec;
	return NULL;
}

const struct kubeconfig_spec *kubeconfig_spec_find(const char *name)
{
	for (const struct kubeconfig_spec *spec = kubeconfig_specs; spec->name; spec++)
		if (str_eq(spec->name, name))
			return spec;
	return NULL;
}

/* The API server's identity towards kubelets lost its group in the patch releases of one day. */
static bool kubelet_client_has_org(const struct semver *v)
{
	static const struct semver without[] = { { 1, 33, 12 }, { 1, 34, 8 }, { 1, 35, 5 },
						 { 1, 36, 1 } };

	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++)
		if (v->major == without[i].major && v->minor == without[i].minor)
			return v->patch < without[i].patch;
	return !semver_atleast(v, 1, 37);
}

const char *spec_org(const char *org, const struct semver *version)
{
	/* 1.29 took the group that no access rule can bind from all but super-admin.conf. */
	const char *admins = semver_atleast(version, 1, 29) ? "kubeadm:cluster-admins"
							    : "system:masters";

	if (!org || *org != '@')
		return org;
	if (str_eq(org, "@admins"))
		return admins;
	if (str_eq(org, "@kubelet-client"))
		return kubelet_client_has_org(version) ? admins : NULL;
	if (str_eq(org, "@etcd-client"))
		return semver_atleast(version, 1, 29) ? NULL : "system:masters";
	(void)fprintf(stderr, "kstrap: unknown organization %s in the table of certificates\n", org);
	abort();
}

bool kubeconfig_spec_exists(const struct kubeconfig_spec *spec, const struct semver *version)
{
	return spec->since_minor == 0 || semver_atleast(version, 1, spec->since_minor);
}

bool kubeconfig_spec_local(const struct kubeconfig_spec *spec, const struct semver *version)
{
	return spec->local_minor != 0 && semver_atleast(version, 1, spec->local_minor);
}

bool spec_preferences(const struct semver *version)
{
	return !semver_atleast(version, 1, 34);
}

void cert_spec_want(const struct cert_spec *spec, const struct semver *version,
		    const struct spec_names *names, struct cert_want *ret)
{
	*ret = (struct cert_want){
		.cn = spec->cn ? spec->cn : names->node,
		.org = spec_org(spec->org, version),
		.usage = spec->usage,
	};
	switch (spec->sans) {
	case SANS_NONE:
		break;
	case SANS_CA:
		/* Kubernetes pull request 100324. */
		ret->san_cn = semver_atleast(version, 1, 22);
		break;
	case SANS_APISERVER:
		ret->sans = names->apiserver;
		break;
	case SANS_ETCD_SERVER:
		ret->sans = names->etcd_server;
		break;
	case SANS_ETCD_PEER:
		ret->sans = names->etcd_peer;
		break;
	}
}

void kubeconfig_spec_want(const struct kubeconfig_spec *spec, const struct semver *version,
			  const char *node, struct cert_want *ret, char **ret_cn)
{
	*ret_cn = spec->cn ? xstrdup(spec->cn) : xasprintf("system:node:%s", node);
	*ret = (struct cert_want){
		.cn = *ret_cn,
		.org = spec_org(spec->org, version),
		.usage = CERT_CLIENT,
	};
}
