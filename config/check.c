#include "config/check.h"
#include "config/faults.h"

#include "base/auto.h"
#include "base/jsonpath.h"
#include "base/log.h"
#include "base/net.h"
#include "base/semver.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

static int refuse(struct err *err, const char *value, const char *why)
{
	AUTO(free) char *quoted = faults_quote(value);

	return err_set(err, ERR_CONFIG, "%s %s", quoted, why);
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void replace(char **value, char *with)
{
	free(*value);
	*value = with;
}

/* The nearest word is told; `what` names the set. */
static int one_of(const char *value, const char *const *words, const char *what, struct err *err)
{
	AUTO(free) char *quoted = NULL;
	const char *near = str_nearest(value, words);
	struct buf list = BUF_INIT(512);

	for (size_t i = 0; words[i]; i++) {
		if (strcmp(value, words[i]) == 0) {
			buf_clear(&list);
			return 0;
		}
		(void)buf_item(&list, ", ", words[i]);
	}
	quoted = faults_quote(value);
	if (near)
		err_set(err, ERR_CONFIG, "%s is no %s: did you mean \"%s\"?", quoted, what, near);
	else
		err_set(err, ERR_CONFIG, "%s is no %s: it is one of %s", quoted, what, list.data);
	buf_clear(&list);
	return -1;
}

static const char not_global[] = "is loopback, link-local, multicast or unspecified";

int check_address(char **value, struct err *err)
{
	struct net_addr addr, any = { .family = AF_UNSPEC };

	if (!net_parse_addr(*value, &addr))
		return refuse(err, *value, "is no IP address");
	any.family = addr.family; /* asks for the one of the default route */
	if (!net_is_global(&addr) && memcmp(&addr, &any, sizeof(any)) != 0)
		return refuse(err, *value, not_global);
	return 0;
}

int check_port(char **value, struct err *err)
{
	long port = 0;
	const char *p = *value;

	for (; isdigit((unsigned char)*p) && port <= 65535; p++)
		port = port * 10 + (*p - '0');
	if (*p || p == *value || port < 1 || port > 65535)
		return refuse(err, *value, "is no port: a port is a number from 1 to 65535");
	return 0;
}

static bool is_label(const char *text)
{
	static const char *const labels[] = { "stable", "latest", "release/", "ci/", "ci-cross/" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (str_starts(text, labels[i]))
			return true;
	return false;
}

int check_version(char **value, struct err *err)
{
	const char *p = *value + (**value == 'v');
	struct semver version;
	int dots = 0;

	if (is_label(*value))
		return refuse(err, *value,
			      "is a label that only the network can resolve, and the network is "
			      "never asked for a version: name one, such as v1.20.2");
	for (const char *c = p; isdigit((unsigned char)*c) || *c == '.'; c++)
		dots += *c == '.';
	if (!isdigit((unsigned char)*p) || dots != 2 || strlen(*value) > 64 ||
	    strspn(p, "0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-_") !=
		    strlen(p) ||
	    semver_parse(p, &version, err) < 0)
		return refuse(err, *value, "is no version: it looks like v1.20.2");
	if (**value != 'v')
		replace(value, xasprintf("v%s", p));
	return 0;
}

static int width(const struct net_cidr *cidr)
{
	return cidr->addr.family == AF_INET ? 32 : 128;
}

/* kubeadm's limits: the first so many addresses must exist, and a service subnet has a bitmap. The
 * API server takes no such endpoint (ValidateNonSpecialIP), but services of 169.254.0.0/16. */
static int one_cidr(const char *text, bool services, struct net_cidr *ret, struct err *err)
{
	int host_bits;

	if (!net_parse_cidr(text, ret))
		return refuse(err, text, "is no CIDR: it looks like 10.244.0.0/16");
	if (!net_is_global(&ret->addr) && !(services && ret->addr.bytes[0] == 169))
		return refuse(err, text, not_global);
	host_bits = width(ret) - ret->bits;
	if (host_bits < 4)
		return refuse(err, text, "is too small a subnet: it needs at least 16 addresses");
	if (services && host_bits > 20)
		return refuse(err, text,
			      "is too large a subnet: at most 20 bits may be the host's (IPv4 /12, "
			      "IPv6 /108)");
	return 0;
}

static int subnets(const char *value, bool services, struct err *err)
{
	AUTO(free) char *copy = xstrdup(value);
	struct net_cidr first, second;
	char *comma = strchr(copy, ',');

	if (comma)
		*comma++ = '\0';
	if (comma && strchr(comma, ','))
		return refuse(err, value, "has more than two subnets");
	if (one_cidr(copy, services, &first, err) < 0)
		return -1;
	if (!comma)
		return 0;
	if (one_cidr(comma, services, &second, err) < 0)
		return -1;
	if (first.addr.family == second.addr.family)
		return refuse(err, value,
			      "has two subnets of one family: a second one is for the "
			      "other of IPv4 and IPv6");
	return 0;
}

int check_service_subnet(char **value, struct err *err)
{
	return subnets(*value, true, err);
}

int check_pod_subnet(char **value, struct err *err)
{
	return subnets(*value, false, err);
}

bool check_is_dns_name(const char *text)
{
	size_t len = strlen(text);
	char before = '.';

	if (len == 0 || len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i], after = text[i + 1];
		bool edge = before == '.' || after == '.' || !after;

		if (!(islower((unsigned char)c) || isdigit((unsigned char)c)) &&
		    !(c == '-' && !edge) && !(c == '.' && before != '.' && after))
			return false;
		before = c;
	}
	return true;
}

#define DNS_RULE                                                                                    \
	"is no DNS name (RFC 1123): lower case letters, digits, '-' and '.', beginning and ending " \
	"with a letter or digit, at most 253"

int check_dns_domain(char **value, struct err *err)
{
	return check_is_dns_name(*value) ? 0 : refuse(err, *value, DNS_RULE);
}

int check_node_name(char **value, struct err *err)
{
	AUTO(free) char *low = xstrdup(*value);

	lower(low);
	if (!check_is_dns_name(low))
		return refuse(err, *value, DNS_RULE);
	if (strcmp(low, *value) != 0) {
		log_warn("node name %s has capitals, which Kubernetes does not allow: using %s",
			 *value, low);
		replace(value, TAKE(low));
	}
	return 0;
}

static int host_and_port(const char *value, char **ret_host, int *ret_port, struct err *err)
{
	AUTO(free) char *host = NULL;
	struct net_addr addr;
	int port = 0;

	if (!net_split(value, &host, &port) || port < 0 || port > 65535)
		return refuse(err, value, "is no host or host:port");
	/* net_split reports 0 for "no port", which ":0" is not. */
	if (port == 0 && (str_ends(value, ":0") && !net_parse_addr(value, &addr)))
		return refuse(err, value, "has port 0: a port is a number from 1 to 65535");
	lower(host);
	if (!net_parse_addr(host, &addr) && !check_is_dns_name(host))
		return refuse(err, value, "is no IP address and no DNS name");
	*ret_host = TAKE(host);
	*ret_port = port;
	return 0;
}

int check_endpoint(char **value, struct err *err)
{
	AUTO(free) char *host = NULL;
	struct net_addr addr;
	int port = 0;

	if (host_and_port(*value, &host, &port, err) < 0)
		return -1;
	if (port)
		replace(value, net_join(host, port));
	else if (net_parse_addr(host, &addr) && addr.family == AF_INET6)
		replace(value, xasprintf("[%s]", host));
	else
		replace(value, TAKE(host));
	return 0;
}

int check_server(char **value, struct err *err)
{
	AUTO(free) char *host = NULL;
	int port = 0;

	if (host_and_port(*value, &host, &port, err) < 0)
		return -1;
	replace(value, net_join(host, port ? port : 6443));
	return 0;
}

int check_san(char **value, struct err *err)
{
	struct net_addr addr;
	const char *name;

	lower(*value);
	name = str_starts(*value, "*.") ? *value + 2 : *value;
	if (!net_parse_addr(*value, &addr) && !check_is_dns_name(name))
		return refuse(err, *value, "is no IP address, DNS name or wildcard (*.name)");
	return 0;
}

int check_repository(char **value, struct err *err)
{
	const char *p = *value;

	/* The distribution reference grammar: [host[:port]/]path of lower case components. */
	if (strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789._-:/ABCDEFGHIJKLMNOPQRSTUVWXYZ[]") !=
		    strlen(p) ||
	    strlen(p) > 255 || *p == '/' || str_ends(p, "/") || strstr(p, "//"))
		return refuse(err, p,
			      "is no image repository: it looks like registry.k8s.io or "
			      "host:5000/path, without scheme and final slash");
	return 0;
}

int check_image_tag(char **value, struct err *err)
{
	size_t len = strlen(*value);

	if (len > 128 || **value == '.' || **value == '-' ||
	    strspn(*value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
		    len)
		return refuse(err, *value, "is no image tag");
	return 0;
}

int check_pull_policy(char **value, struct err *err)
{
	static const char *const words[] = { "Always", "IfNotPresent", "Never", NULL };

	return one_of(*value, words, "pull policy", err);
}

int check_key_algorithm(char **value, struct err *err)
{
	static const char *const words[] = { "ECDSA-P256", "ECDSA-P384", "RSA-2048",
					     "RSA-3072",   "RSA-4096",   NULL };

	return one_of(*value, words, "key algorithm", err);
}

int check_profile(char **value, struct err *err)
{
	static const char *const words[] = { "default", "cis", "kubeadm", NULL };

	return one_of(*value, words, "profile", err);
}

int check_role(char **value, struct err *err)
{
	static const char *const words[] = { "worker", "control-plane", "etcd", NULL };

	return one_of(*value, words, "role", err);
}

int check_network(char **value, struct err *err)
{
	static const char *const words[] = { "auto", "bridge", "flannel", "none", NULL };

	return one_of(*value, words, "network", err);
}

int check_flannel_backend(char **value, struct err *err)
{
	static const char *const words[] = { "vxlan", "host-gw", NULL };

	return one_of(*value, words, "flannel backend", err);
}

/* IPv6 asks for 1280 (RFC 8200 5), and a device's is of 16 bits. */
int check_mtu(char **value, struct err *err)
{
	if (check_port(value, err) < 0 || atoi(*value) < 1280)
		return refuse(err, *value, "is no MTU: it is a number from 1280 to 65535");
	return 0;
}

/* Every gate that a kubeadm from 1.20 to 1.37 knew. */
int check_feature_gate(char **value, struct err *err)
{
	static const char *const words[] = { "ControlPlaneKubeletLocalMode",
					     "EtcdLearnerMode",
					     "IPv6DualStack",
					     "NodeLocalCRISocket",
					     "PublicKeysECDSA",
					     "RootlessControlPlane",
					     "UnversionedKubeletConfigMap",
					     "UpgradeAddonsBeforeControlPlane",
					     "WaitForAllControlPlaneComponents",
					     NULL };

	return one_of(*value, words, "feature gate", err);
}

int check_token_usage(char **value, struct err *err)
{
	static const char *const words[] = { "signing", "authentication", NULL };

	return one_of(*value, words, "token usage", err);
}

int check_taint_effect(char **value, struct err *err)
{
	static const char *const words[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };

	return one_of(*value, words, "taint effect", err);
}

int check_path_type(char **value, struct err *err)
{
	static const char *const words[] = {
		"DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice",
		"BlockDevice",       NULL
	};

	return one_of(*value, words, "path type", err);
}

int check_unmount_flag(char **value, struct err *err)
{
	static const char *const words[] = { "MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE",
					     "UMOUNT_NOFOLLOW", NULL };

	return one_of(*value, words, "unmount flag", err);
}

int check_output(char **value, struct err *err)
{
	static const char *const words[] = { "text", "json", "yaml", "jsonpath=TEMPLATE", NULL };
	static const char jsonpath[] = "jsonpath";
	size_t len = sizeof(jsonpath) - 1;

	if (str_starts(*value, jsonpath) && (!(*value)[len] || (*value)[len] == '='))
		return jsonpath_check(*value + len + ((*value)[len] == '='), err);
	return one_of(*value, words, "output format", err);
}

/* What an approved join leaves in the token's Secret is kept small. */
int check_token_uses(char **value, struct err *err)
{
	size_t len = strspn(*value, "0123456789");

	if ((*value)[len] || len < 1 || len > 3 || atoi(*value) < 1 || atoi(*value) > 500)
		return refuse(err, *value, "is no number of joins: a number from 1 to 500");
	return 0;
}

int check_token_group(char **value, struct err *err)
{
	static const char prefix[] = "system:bootstrappers:";
	const char *name = *value + sizeof(prefix) - 1;
	size_t len;

	if (!str_starts(*value, prefix))
		return refuse(err, *value,
			      "is no token group: it begins with system:bootstrappers:");
	len = strlen(name);
	if (!len || len > 256 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789:-") != len ||
	    !isalnum((unsigned char)name[len - 1]))
		return refuse(err, *value,
			      "is no token group: after system:bootstrappers: stand lower case "
			      "letters, digits, ':' and '-', ending with a letter or digit");
	return 0;
}

int check_preflight_name(char **value, struct err *err)
{
	if (!**value || strspn(*value, " \t") == strlen(*value))
		return refuse(err, *value, "is no check's name");
	lower(*value);
	return 0;
}
