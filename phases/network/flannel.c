#include "phases/network/flannel.h"

#include <string.h>
#include <sys/socket.h>

#include "api/guard.h"
#include "api/http.h"
#include "api/url.h"
#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "config/input.h"
#include "phases/subnets.h"
#include "pki/base64.h"

#define ETCD_S	10
#define PEM_MAX ((size_t)1 << 20)
#define TYPE	"vxlan"

/* flannel's own default, that of the system containers, and the Ansible playbooks' with their
 * default name of a cluster. */
static const char *const prefixes[] = { "/coreos.com/network", "/atomic.io/network",
					"/cluster.local/network", NULL };

/* The pods' network may not be the services', nor another one than the user's. */
static int take_network(struct config *config, const struct net_cidr *pods, const char *from,
			struct err *err)
{
	AUTO(free) char *text = net_format_cidr(pods);

	if (subnets_apart(pods, config->service_subnet, err) < 0) {
		err_wrap(err, "%s", from);
		return err_next(err, "give --service-cidr another network");
	}
	if (config->pod_subnet && !str_eq(config->pod_subnet, text))
		return err_set(err, ERR_CONFIG,
			       "%s: it has %s, and --pod-network-cidr %s: leave one out", from,
			       text, config->pod_subnet);
	free(config->pod_subnet);
	config->pod_subnet = TAKE(text);
	return 0;
}

/* There the controller manager hands out the nodes' networks: its limit is 16 bits for nodes.
 * Without SubnetLen flannel makes at least four (its pkg/subnet/config.go). */
static int take_mask(struct config *config, const json_t *conf, const struct net_cidr *pods,
		     const char *from, struct err *err)
{
	const json_int_t len = json_integer_value(json_object_get(conf, "SubnetLen"));
	json_int_t mask = len ? len : pods->bits > 22 ? pods->bits + 2 : 24;
	AUTO(free) char *text = xasprintf("%lld", (long long)mask);

	if (mask < pods->bits || mask > 30 || mask - pods->bits > 16)
		return err_set(err, ERR_CONFIG, "%s: %s cannot be divided into nodes' /%s", from,
			       config->pod_subnet, text);
	if (json_object_get(conf, "SubnetMin") || json_object_get(conf, "SubnetMax") ||
	    json_object_get(conf, "IPv6Network"))
		log_warn("%s: SubnetMin, SubnetMax, IPv6Network are lost", from);
	if (mask == 24)
		return 0;
	if (!config->controller_manager_args)
		config->controller_manager_args = json_array();
	json_array_append_new(
		config->controller_manager_args,
		xjson_pack("{s:s, s:s}", "name", "node-cidr-mask-size", "value", text));
	return 0;
}

int flannel_take(struct config *config, const char *text, const char *from, json_t *facts,
		 struct err *err)
{
	AUTO(json) json_t *conf = NULL;
	const char *network, *type;
	struct net_cidr pods;

	if (guard_json(text, strlen(text), from, &conf, err) < 0)
		return -1;
	network = json_str(conf, "Network");
	type = json_str(json_object_get(conf, "Backend"), "Type");
	if (!network || !net_parse_cidr(network, &pods) || pods.addr.family != AF_INET ||
	    !net_is_global(&pods.addr))
		return err_set(err, ERR_CONFIG, "%s: its Network is none", from);
	if (take_network(config, &pods, from, err) < 0 ||
	    take_mask(config, conf, &pods, from, err) < 0)
		return -1;
	if (str_eq(type, TYPE) || str_eq(type, "host-gw"))
		json_object_set(facts, FLANNEL_BACKEND, json_object_get(conf, "Backend"));
	else if (!config->flannel_backend)
		log_warn("%s: vxlan takes the place of the backend %s", from, type ? type : "udp");
	free(config->network);
	config->network = xstrdup("flannel");
	return 0;
}

char *flannel_net_conf(const char *pod_subnet, const char *type, const json_t *backend)
{
	const char *had = json_str(backend, "Type");
	AUTO(free) char *list = xstrdup(pod_subnet);
	char *rest = list, *one;
	AUTO(json)
	json_t *conf = xjson_pack("{s:b, s:b}", "EnableIPv4", strchr(list, '.') != NULL,
				  "EnableIPv6", strchr(list, ':') != NULL);

	while ((one = strsep(&rest, ",")))
		json_object_set_new(conf, strchr(one, ':') ? "IPv6Network" : "Network",
				    json_string(one));
	/* Another type has other settings. */
	json_object_set_new(conf, "Backend",
			    had && (!type || str_eq(type, had))
				    ? json_deep_copy(backend)
				    : xjson_pack("{s:s}", "Type", type ? type : TYPE));
	return json_dumps(conf, JSON_INDENT(2));
}

/* The value in an answer of the v2 API, and of the v3 gateway. */
static char *value_of(const json_t *answer)
{
	const char *plain = json_str(json_object_get(answer, "node"), "value");
	const char *coded = json_str(json_array_get(json_object_get(answer, "kvs"), 0), "value");
	unsigned char *raw = NULL;
	char *text;
	size_t len;

	if (plain)
		return xstrdup(plain);
	if (!coded || !base64_decode(coded, strlen(coded), &raw, &len))
		return NULL;
	text = xstrndup((const char *)raw, len);
	free(raw);
	return text;
}

/* One question; *ret stays NULL when that API, or the key, is not there. */
static int ask(struct http *http, const char *api, const char *key, char **ret, struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };
	AUTO(json) json_t *answer = NULL;
	AUTO(free) char *coded = base64_encode(key, strlen(key));
	AUTO(free) char *body = xasprintf("{\"key\":\"%s\"}", coded);
	AUTO(free) char *path = NULL;
	struct err ignored = ERR_INIT;
	bool v2 = str_eq(api, "v2");

	path = v2 ? xasprintf("/v2/keys%s", key) : xasprintf("/%s/kv/range", api);
	if (http_call(http, v2 ? "GET" : "POST", path, v2 ? NULL : "application/json",
		      v2 ? NULL : body, v2 ? 0 : strlen(body), &reply, err) < 0)
		return -1;
	if (reply.status == 200 &&
	    guard_json(reply.body, reply.len, http_label(http), &answer, &ignored) == 0)
		*ret = value_of(answer);
	return 0;
}

/* 3.4 and later; 3.3; 3.2. */
static int find(struct http *http, const char *own, char **ret_key, char **ret, struct err *err)
{
	static const char *const apis[] = { "v2", "v3", "v3beta", "v3alpha", NULL };
	const char *const one[] = { own, NULL };

	for (const char *const *prefix = own ? one : prefixes; *prefix; prefix++)
		for (const char *const *api = apis; *api; api++) {
			AUTO(free) char *key = xasprintf("%s/config", *prefix);

			if (ask(http, *api, key, ret, err) < 0)
				return -1;
			if (*ret) {
				*ret_key = TAKE(key);
				return 0;
			}
		}
	err_set(err, ERR_NOT_FOUND, "%s has no %s/config that can be read", http_label(http),
		own ? own : *prefixes);
	return err_next(err, "etcdctl shows its keys; add the path before /config to the URL");
}

/* The files that flanneld was given; of this machine, whatever --root says. */
static int read_pem(const char *path, char **ret, struct err *err)
{
	return path ? input_read(path, PEM_MAX, ret, NULL, err) : 0;
}

static int open_etcd(const struct config *config, const char *url, struct http **ret,
		     struct err *err)
{
	AUTO(secret) char *ca = NULL, *cert = NULL, *key = NULL;
	const bool plain = str_starts(config->flannel_etcd, "http:");

	if (read_pem(config->flannel_etcd_cafile, &ca, err) < 0 ||
	    read_pem(config->flannel_etcd_certfile, &cert, err) < 0 ||
	    read_pem(config->flannel_etcd_keyfile, &key, err) < 0)
		return -1;
	return (plain ? http_open_plain :
		ca    ? http_open :
			http_open_web)(&(struct http_peer){ .url = url,
							    .ca = ca,
							    .cert = cert,
							    .key = key,
							    .timeout_s = ETCD_S },
				       ret, err);
}

int flannel_import(struct config *config, json_t *facts, struct err *err)
{
	const char *url = config->flannel_etcd;
	AUTO(http) struct http *http = NULL;
	AUTO(free) char *https = NULL;
	AUTO(free) char *authority = NULL;
	AUTO(free) char *peer = NULL;
	AUTO(free) char *path = NULL;
	AUTO(free) char *key = NULL;
	AUTO(free) char *text = NULL;
	AUTO(free) char *from = NULL;

	if (!url)
		return 0;
	https = xasprintf("https%s", strchr(url, ':'));
	if (url_split(https, &authority, &path, err) < 0) {
		err_set(err, ERR_CONFIG, "--flannel-etcd: one URL, no user");
		return err_next(err, "kstrap %s --help", "init");
	}
	peer = xasprintf("https://%s", authority);
	if (open_etcd(config, peer, &http, err) < 0 ||
	    find(http, path[1] ? path : NULL, &key, &text, err) < 0) {
		err_wrap(err, "--flannel-etcd");
		return err->code == ERR_NET && url[4] == 's' &&
				       !(config->flannel_etcd_cafile && config->flannel_etcd_certfile) ?
			       err_next(err, "an etcd behind TLS wants what flanneld has: "
					     "--flannel-etcd-cafile, -certfile and -keyfile") :
			       -1;
	}
	from = xasprintf("%s of %s", key, authority);
	if (flannel_take(config, text, from, facts, err) < 0)
		return -1;
	if (!config->print_manifest) /* which stands on the standard output alone */
		log_say("%s: flannel with %s", from, config->pod_subnet);
	return 0;
}
