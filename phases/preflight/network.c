/* Preflight: what lies between this host and its peers: proxies, networks of others, and an etcd of
 * others. */
#include "phases/preflight/preflight.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/guard.h"
#include "api/http.h"
#include "base/net.h"
#include "base/proc.h"
#include "base/str.h"
#include "manifests/manifest.h"
#include "phases/cni/cni.h"
#include "phases/network/firewall.h"

#define FILE_MAX ((size_t)1 << 20)
#define ETCD_S   10

static const char *env(const struct run *run, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(run->facts, "proxyEnvs"), i, item)
		if (strcasecmp(json_str(item, "name"), name) == 0)
			return json_str(item, "value");
	return NULL;
}

/* One entry of no_proxy, as Go's programs read it: *, a network, an address, a domain. */
static bool spares(const char *entry, const char *host)
{
	const char *domain = entry + (*entry == '.');
	size_t len = strlen(host), n = strlen(domain);
	struct net_addr addr, other;
	struct net_cidr cidr;

	if (str_eq(entry, "*"))
		return true;
	if (net_parse_addr(host, &addr))
		return strchr(entry, '/')
			       ? net_parse_cidr(entry, &cidr) && net_contains(&cidr, &addr)
			       : net_parse_addr(entry, &other) &&
					 memcmp(&addr, &other, sizeof(addr)) == 0;
	if (n == 0 || n > len || strcasecmp(host + len - n, domain) != 0)
		return false;
	return n == len ? *entry != '.' : host[len - n - 1] == '.';
}

static bool is_proxied(const struct run *run, const char *host)
{
	const char *no_proxy = env(run, "no_proxy");
	AUTO(free) char *list = xstrdup(no_proxy ? no_proxy : "");
	char *save = NULL;

	if (!env(run, "https_proxy"))
		return false;
	for (char *entry = strtok_r(list, ", ", &save); entry; entry = strtok_r(NULL, ", ", &save))
		if (spares(entry, host))
			return false;
	return true;
}

static void host_is_direct(struct preflight *preflight, const struct run *run, const char *name,
			   const char *host, const char *what)
{
	AUTO(free)
	char *fix =
		xasprintf("export NO_PROXY=%s%s", what, env(run, "no_proxy") ? ",$NO_PROXY" : "");

	if (is_proxied(run, host))
		preflight_warn(preflight, name, fix,
			       "the way to %s leads through the proxy of HTTPS_PROXY", what);
}

static void subnets_are_direct(struct preflight *preflight, const struct run *run, const char *list)
{
	AUTO(free) char *copy = xstrdup(list ? list : "");
	char *save = NULL;

	for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		AUTO(free) char *first = NULL;
		struct net_cidr cidr;

		if (!net_parse_cidr(one, &cidr))
			continue;
		first = net_format_addr(&cidr.addr);
		host_is_direct(preflight, run, "HTTPProxyCIDR", first, one);
	}
}

void preflight_proxies(struct preflight *preflight, struct run *run)
{
	const struct config *config = run->config;
	AUTO(free) char *host = NULL;
	int port;

	if (config->kind == CONFIG_INIT)
		host = xstrdup(run->cluster->advertise_address);
	else if (!config->api_server_endpoint ||
		 !net_split(config->api_server_endpoint, &host, &port))
		return;
	host_is_direct(preflight, run, "HTTPProxy", host, host);
	if (config->kind != CONFIG_INIT)
		return;
	subnets_are_direct(preflight, run, config->service_subnet);
	subnets_are_direct(preflight, run, run->cluster->pod_subnet);
}

static void conf_order(struct preflight *preflight, struct run *run)
{
	const char *dir = run->config->cni_conf_dir, *own = cni_conf_of(run->cluster->network);
	AUTO(free) char *first = own ? cni_conf_first(run->fs, dir) : NULL;
	AUTO(free) char *fix = NULL;

	if (!first || strcmp(first, own) >= 0)
		return;
	fix = xasprintf("to change that: mv %s/%s %s/99-%s", dir, first, dir, first);
	preflight_warn(preflight, "CNIConfOrder", fix,
		       "runtimes take %s/%s, the first by name, and not %s", dir, first, own);
}

/* Kubernetes itself asks hosts for it up to 1.31; here the rules are kstrap-network.service's. */
static void rules(struct preflight *preflight, struct run *run)
{
	if (str_eq(run->cluster->network, "bridge") &&
	    semver_atleast(&run->cluster->kubelet, 1, 32) && !proc_find("iptables-restore", NULL))
		preflight_warn(preflight, "FileExisting-iptables", FIREWALL_FIX,
			       "the program %s is not there", "iptables");
}

void preflight_network(struct preflight *preflight, struct run *run)
{
	conf_order(preflight, run);
	rules(preflight, run);
}

/* The file that an external etcd's configuration names; NULL when it names none or it is not there.
 */
static char *read_named(struct preflight *preflight, const struct run *run, const char *field)
{
	const char *path = json_str(run->config->etcd_external, field);
	struct err err = ERR_INIT;
	char *text = NULL;

	if (path && *path && fs_read(run->fs, path, FILE_MAX, &text, NULL, &err) < 0)
		preflight_fail(preflight, "ExternalEtcdClientCertificates",
			       "copy it to this host, for root alone", "etcd.external.%s: %s",
			       field, err.msg);
	return text;
}

static int ask_version(const char *url, const struct http_peer *peer, char **ret, struct err *err)
{
	struct http_peer own = *peer;
	AUTO(http) struct http *http = NULL;
	AUTO(http_reply) struct http_reply reply = { 0 };
	AUTO(json) json_t *said = NULL;

	own.url = url;
	if (http_open(&own, &http, err) < 0 ||
	    http_call(http, "GET", "/version", NULL, NULL, 0, &reply, err) < 0 ||
	    guard_json(reply.body, reply.len, url, &said, err) < 0)
		return -1;
	if (!json_str(said, "etcdserver"))
		return err_set(err, ERR_API, "%s: its answer (status %ld) is not etcd's", url,
			       reply.status);
	*ret = xstrdup(json_str(said, "etcdserver"));
	return 0;
}

static void member_is_new_enough(struct preflight *preflight, const struct run *run,
				 const char *url, const struct http_peer *peer)
{
	const char *least = NULL;
	AUTO(free) char *has = NULL;
	struct semver version, minimum;
	struct err err = ERR_INIT;

	if (ask_version(url, peer, &has, &err) < 0 ||
	    versions_value(&run->cluster->version, "etcd_minimum", &least, &err) < 0 ||
	    semver_parse(least, &minimum, &err) < 0 || semver_parse(has, &version, &err) < 0)
		preflight_fail(preflight, "ExternalEtcdVersion",
			       "see whether this host reaches it: curl -k --cert ... /version",
			       "etcd at %s: %s", url, err.msg);
	else if (semver_cmp(&version, &minimum) < 0)
		preflight_fail(preflight, "ExternalEtcdVersion", "upgrade it first",
			       "etcd %s at %s is older than %s, which Kubernetes %s wants", has,
			       url, least, run->cluster->version_text);
}

void preflight_external_etcd(struct preflight *preflight, struct run *run)
{
	AUTO(free) char *ca = read_named(preflight, run, "caFile");
	AUTO(free) char *cert = read_named(preflight, run, "certFile");
	AUTO(secret) char *key = read_named(preflight, run, "keyFile");
	struct http_peer peer = { .ca = ca, .cert = cert, .key = key, .timeout_s = ETCD_S };
	const json_t *url;
	size_t i;

	/* Without a CA there is nobody whose answer would count. */
	if (!ca || !cert != !key)
		return;
	json_array_foreach (json_object_get(run->config->etcd_external, "endpoints"), i, url)
		if (str_starts(json_string_value(url), "https://"))
			member_is_new_enough(preflight, run, json_string_value(url), &peer);
}
