#include "phases/host.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/label.h"
#include "base/log.h"
#include "base/net.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/runtime/runtime.h"

#define CONNTRACK_MAX "/proc/sys/net/netfilter/nf_conntrack_max"

static void note(json_t *facts, const char *key, const char *text)
{
	if (text && *text)
		json_put_str(facts, key, text);
}

/* "Kubernetes v1.20.2": anything else is no kubelet that we know. */
static void ask_kubelet(json_t *facts)
{
	static const char *const argv[] = { "kubelet", "--version", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;
	const char *version;

	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = 20 }, &result, &ignored) < 0) {
		log_debug("kubelet --version: %s", ignored.msg);
		return;
	}
	if (result.status != 0 || !str_starts(result.out, "Kubernetes v"))
		return;
	version = result.out + strlen("Kubernetes ");
	json_object_set_new(facts, "kubelet",
			    json_stringn(version, strcspn(version, " \t\r\n")));
}

static void ask_machine(json_t *facts)
{
	AUTO(free) char *hostname = net_hostname();
	AUTO(free) char *address = NULL;
	struct err ignored = ERR_INIT;

	note(facts, "hostname", hostname);
	if (net_source(NULL, &address, &ignored) == 0)
		note(facts, "address", address);
}

/* No runtime, or several, is preflight's to tell. */
static void ask_runtime(const struct config *config, struct fs *fs, bool offline, json_t *facts)
{
	AUTO(runtime) struct runtime runtime = { 0 };
	struct err ignored = ERR_INIT;

	if (runtime_find(fs, config->cri_socket, !offline, &runtime, &ignored) < 0) {
		log_debug("container runtime: %s", ignored.msg);
		return;
	}
	note(facts, "criSocket", runtime.socket);
	note(facts, "cgroupDriver", runtime.cgroup_driver);
}

/* Another host's tree may at least say its name; address and name of this machine are a guess that
 * is told, as they end up in certificates. */
static void ask_tree(const struct config *config, struct fs *fs, json_t *facts)
{
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;

	ask_machine(facts);
	if (fs_read(fs, "/etc/hostname", 4096, &text, NULL, &ignored) == 0) {
		text[strcspn(text, " \t\r\n")] = '\0';
		note(facts, "hostname", text);
	} else if (!config->node_name) {
		log_warn("the node is called %s, as this machine: give --node-name",
			 json_str(facts, "hostname"));
	}
	if (config->kind == CONFIG_INIT && !config->advertise_address &&
	    json_str(facts, "address"))
		log_warn("the API server gets this machine's address %s: give "
			 "--apiserver-advertise-address",
			 json_str(facts, "address"));
}

/* http_proxy, HTTPS_PROXY, no_proxy and the like: the control plane is given them too, as kubeadm
 * does, or webhooks and cloud controllers would not get out. */
static void ask_proxies(json_t *facts)
{
	json_t *list = json_array();

	for (char *const *env = environ; *env; env++) {
		size_t len = strcspn(*env, "=");
		AUTO(free) char *name = xstrndup(*env, len);

		if (len > strlen("_proxy") && strcasecmp(name + len - strlen("_proxy"), "_proxy") == 0 &&
		    (*env)[len] && (*env)[len + 1])
			json_array_append_new(list, xjson_pack("{s:s, s:s}", "name", name, "value",
							       *env + len + 1));
	}
	json_object_set_new(facts, "proxyEnvs", list);
}

int host_ask(const struct config *config, struct fs *fs, bool offline, json_t *facts,
	     struct err *err)
{
	(void)err;
	if (label_knows_spc(fs))
		json_object_set_new(facts, "spc", json_true());
	ask_runtime(config, fs, offline, facts);
	if (offline) {
		ask_tree(config, fs, facts);
		return 0;
	}
	ask_machine(facts);
	ask_proxies(facts);
	ask_kubelet(facts);
	if (fs_exists(fs, CONNTRACK_MAX) && access(CONNTRACK_MAX, W_OK) < 0)
		json_object_set_new(facts, "conntrackOff", json_true());
	return 0;
}
