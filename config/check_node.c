/* Checks of what a node says of itself: labels and taints (Kubernetes documentation, "Labels and
 * Selectors", "Taints and Tolerations"). */
#include "config/check.h"
#include "config/faults.h"

#include "base/auto.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_LEN 63

static int refuse(struct err *err, const char *value, const char *why)
{
	AUTO(free) char *quoted = faults_quote(value);

	return err_set(err, ERR_CONFIG, "%s %s", quoted, why);
}

/* Letters, digits, '-', '_' and '.', beginning and ending with a letter or digit. */
static bool is_word(const char *text, size_t len)
{
	if (len == 0 || len > NAME_MAX_LEN || !isalnum((unsigned char)text[0]) ||
	    !isalnum((unsigned char)text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
			return false;
	return true;
}

/* [DOMAIN/]NAME */
static bool is_key(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	AUTO(free) char *domain = slash ? xstrndup(text, (size_t)(slash - text)) : NULL;

	if (!slash)
		return is_word(text, len);
	return check_is_dns_name(domain) && is_word(slash + 1, len - (size_t)(slash + 1 - text));
}

static bool is_value(const char *text, size_t len)
{
	return len == 0 || is_word(text, len);
}

static bool within(const char *domain, const char *parent)
{
	size_t len = strlen(domain), end = strlen(parent);

	return len >= end && str_eq(domain + len - end, parent) &&
	       (len == end || domain[len - end - 1] == '.');
}

/* Kubernetes documentation, reference of the kubelet, --node-labels: with any other of these
 * domains it does not start. */
static bool is_reserved(const char *key)
{
	static const char *const allowed[] = {
		"beta.kubernetes.io/arch",
		"beta.kubernetes.io/instance-type",
		"beta.kubernetes.io/os",
		"failure-domain.beta.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone",
		"kubernetes.io/arch",
		"kubernetes.io/hostname",
		"kubernetes.io/os",
		"topology.kubernetes.io/region",
		"topology.kubernetes.io/zone",
	};
	AUTO(free) char *domain = xstrndup(key, strcspn(key, "/"));

	if (!strchr(key, '/') || (!within(domain, "kubernetes.io") && !within(domain, "k8s.io")))
		return false;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (str_eq(key, allowed[i]))
			return false;
	return !within(domain, "kubelet.kubernetes.io") && !within(domain, "node.kubernetes.io");
}

int check_node_label(char **value, struct err *err)
{
	size_t len = strcspn(*value, "=");
	AUTO(free) char *key = xstrndup(*value, len);
	char *text = *value + len;

	if (!is_key(key, len) || (*text && !is_value(text + 1, strlen(text + 1))))
		return refuse(err, *value,
			      "is no label: it looks like disk=ssd or example.org/disk=ssd");
	if (is_reserved(key))
		return refuse(err, *value,
			      "is a label that a node may not give itself: on a control "
			      "plane node, kubectl label node NAME, after it has joined");
	if (!*text) {
		text = xasprintf("%s=", key);
		free(*value);
		*value = text;
	}
	return 0;
}

int check_taint(const char *text, json_t *ret, struct err *err)
{
	const char *colon = strrchr(text, ':');
	size_t len = strcspn(text, "=:");
	const char *value = text[len] == '=' ? text + len + 1 : colon;
	AUTO(free) char *effect = colon ? xstrdup(colon + 1) : NULL;
	json_t *taint;

	if (!colon || value > colon || !is_key(text, len) ||
	    !is_value(value, (size_t)(colon - value)))
		return refuse(err, text, "is no taint: it looks like dedicated=db:NoSchedule");
	if (check_taint_effect(&effect, err) < 0)
		return -1;
	taint = xjson_pack("{s:s%, s:s}", "key", text, len, "effect", effect);
	if (value < colon)
		json_object_set_new(taint, "value", json_stringn(value, (size_t)(colon - value)));
	return json_array_append_new(ret, taint);
}
