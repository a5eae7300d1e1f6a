#include "phases/kubelet.h"

#include <string.h>

#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/yaml.h"
#include "manifests/manifest.h"
#include "manifests/objects.h"
#include "phases/patches.h"
#include "phases/runtime/runtime.h"
#include "phases/service.h"

#define UNIT_DIR  "/etc/systemd/system"
#define UNIT	  UNIT_DIR "/kubelet.service"
#define DROP_IN	  UNIT_DIR "/kubelet.service.d/10-kubeadm.conf"
#define WANTED	  UNIT_DIR "/multi-user.target.wants/kubelet.service"
#define RESOLVED  "/run/systemd/resolve/resolv.conf"
#define BOOT	  "kstrap-boot"
#define START_S	  90

static const char *const unit_dirs[] = { "/usr/lib/systemd/system", "/lib/systemd/system",
					 "/usr/local/lib/systemd/system", NULL };

int kubelet_ask(struct run *run, struct err *err)
{
	AUTO(free) char *path = NULL;

	for (const char *const *dir = unit_dirs; *dir; dir++) {
		AUTO(free) char *unit = xasprintf("%s/kubelet.service", *dir);

		if (fs_exists(run->fs, unit)) {
			json_put_str(run->facts, "kubeletUnit", unit);
			break;
		}
	}
	/* A unit below /etc that we did not put there is the host's own. */
	if (!json_object_get(run->facts, "kubeletUnit") &&
	    fs_is_named(run->fs, UNIT) && !run_made(run, UNIT))
		json_put_str(run->facts, "kubeletUnit", UNIT);
	if (!run->offline && proc_find("kubelet", &path))
		json_put_str(run->facts, "kubeletPath", path);
	service_ask(run, BOOT);
	if (!run->offline && fs_exists(run->fs, RESOLVED))
		json_put_str(run->facts, "resolvConf", RESOLVED);
	return patches_ask(run, err);
}

/* `over`'s members take the place of those of `base`, mappings member by member. */
static void overlay(json_t *base, json_t *over)
{
	const char *key;
	json_t *value;

	json_object_foreach (over, key, value) {
		json_t *have = json_object_get(base, key);

		if (json_is_object(have) && json_is_object(value))
			overlay(have, value);
		else
			json_object_set(base, key, value);
	}
}

int kubelet_configuration(const struct run *run, json_t **ret, struct err *err)
{
	const struct config *config = run->config;
	AUTO(free) char *ca = xasprintf("%s/ca.crt", config->certificates_dir);
	AUTO(free) char *pods = conf_path(run, "manifests");
	struct component_want want = {
		.kubeadm_profile = str_eq(config->profile, "kubeadm"),
		.cis_profile = str_eq(config->profile, "cis"),
		.feature_gates = config->feature_gates,
		.dns_ip = run->cluster->dns_ip,
		.dns_domain = config->dns_domain,
		.pod_subnet = run->cluster->pod_subnet,
		.cgroup_driver = run->cluster->cgroup_driver,
		.static_pod_path = pods,
		.client_ca_file = ca,
		.volume_plugin_dir = run->cluster->volume_plugin_dir,
	};
	AUTO(json) json_t *own = json_deep_copy(config->kubelet_configuration);

	if (objects_kubelet_configuration(&run->cluster->version, &want, ret, err) < 0)
		return -1;
	overlay(*ret, own);
	return 0;
}

/* Since 1.34 the runtime's socket is a file's word, not a flag's (kubeadm's NodeLocalCRISocket). */
static bool has_instance_config(const struct run *run)
{
	return semver_atleast(&run->cluster->kubelet, 1, 34);
}

static void add_flag(json_t *list, const char *name, const char *value)
{
	json_array_append_new(list, xjson_pack("s++", name, "=", value));
}

static char *taints_flag(const json_t *taints)
{
	AUTO(buf) struct buf text = BUF_INIT(4096);
	const json_t *taint;
	size_t i;

	json_array_foreach (taints, i, taint) {
		const char *value = json_str(taint, "value");

		(void)buf_addf(&text, "%s%s=%s:%s", i ? "," : "", json_str(taint, "key"),
			       value ? value : "", json_str(taint, "effect"));
	}
	return xstrdup(text.data ? text.data : "");
}

/* With docker the kubelet itself calls the plugins (flags that went with dockershim in 1.24). */
static void add_dockershim(const struct run *run, json_t *base)
{
	AUTO(free) char *dirs = json_join(json_at(run->facts, "cni.dirs"));

	add_flag(base, "--network-plugin", "cni");
	add_flag(base, "--cni-bin-dir", dirs ? dirs : run->config->cni_bin_dir);
	add_flag(base, "--cni-conf-dir", run->config->cni_conf_dir);
}

const char *kubelet_node_ip(const struct config *config)
{
	const char *found = config->node_ip;
	const json_t *arg;
	size_t i;

	json_array_foreach (config->kubelet_args, i, arg)
		if (json_str_is(arg, "name", "node-ip"))
			found = json_str(arg, "value");
	return found;
}

json_t *kubelet_flags(const struct run *run, const json_t *taints)
{
	const struct cluster *cluster = run->cluster;
	const struct semver *v = &cluster->kubelet;
	const char *hostname = json_str(run->facts, "hostname");
	const char *own_address = json_str(run->facts, "address");
	AUTO(json) json_t *base = json_array();
	const char *pause = json_str(cluster->images, "pause");
	AUTO(free) char *labels = json_join(run->config->node_labels);
	const char *dir = run->config->kubelet_dir;

	if (!semver_atleast(v, 1, 24) && runtime_is_dockershim(cluster->cri_socket)) {
		add_dockershim(run, base);
	} else {
		if (!semver_atleast(v, 1, 26)) /* kubernetes#112000 */
			add_flag(base, "--container-runtime", "remote");
		if (!has_instance_config(run))
			add_flag(base, "--container-runtime-endpoint", cluster->cri_socket);
	}
	if (!str_eq(dir, KUBELET_DIR)) {
		AUTO(free) char *pki = xasprintf("%s/pki", dir);

		add_flag(base, "--root-dir", dir);
		add_flag(base, "--cert-dir", pki);
	}
	if (pause && semver_atleast(v, 1, 21) && !semver_atleast(v, 1, 35))
		add_flag(base, "--pod-infra-container-image", pause);
	if (json_array_size(taints) > 0) {
		AUTO(free) char *text = taints_flag(taints);

		add_flag(base, "--register-with-taints", text);
	}
	if (!str_eq(hostname, cluster->node_name))
		add_flag(base, "--hostname-override", cluster->node_name);
	/* With several networks the kubelet would take the default route's address, and the API
	 * server would look for it there. */
	if (labels)
		add_flag(base, "--node-labels", labels);
	if (run->config->node_ip)
		add_flag(base, "--node-ip", run->config->node_ip);
	else if (cluster->advertise_address && !run->offline &&
		 !str_eq(run->config->profile, "kubeadm") &&
		 !str_eq(own_address, cluster->advertise_address))
		add_flag(base, "--node-ip", cluster->advertise_address);
	else if (json_object_get(run->facts, "several") && !run->offline &&
		 !str_eq(run->config->profile, "kubeadm"))
		add_flag(base, "--node-ip", json_str(run->facts, "route"));
	return manifest_args(v, base, run->config->kubelet_args);
}

static void render_env(struct run *run, const json_t *taints)
{
	AUTO(free) char *path = kubelet_path(run, "kubeadm-flags.env");
	AUTO(buf) struct buf text = BUF_INIT(65536);
	AUTO(json) json_t *flags = kubelet_flags(run, taints);
	const json_t *flag;
	size_t i;

	(void)buf_addf(&text, "KUBELET_KUBEADM_ARGS=\"");
	json_array_foreach (flags, i, flag) {
		const char *c = json_string_value(flag);

		if (i)
			(void)buf_addf(&text, " ");
		for (; *c; c++) /* systemd reads it as Go's %q writes it */
			(void)buf_addf(&text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	}
	(void)buf_addf(&text, "\"\n");
	tree_text(run->tree, path, 0644, text.data);
}

static int render_config(struct run *run, const json_t *configuration, struct err *err)
{
	AUTO(free) char *path = kubelet_path(run, "config.yaml");
	AUTO(free) char *instance = kubelet_path(run, "instance-config.yaml");
	AUTO(json) json_t *own = json_deep_copy(configuration);
	const char *resolv = json_str(run->facts, "resolvConf");
	AUTO(free) char *text = NULL;

	/* Behind systemd-resolved /etc/resolv.conf leads to 127.0.0.53, which pods do not have. */
	if (resolv && !json_object_get(own, "resolvConf"))
		json_put_str(own, "resolvConf", resolv);
	if (patches_apply(run, "kubeletconfiguration", &own, err) < 0)
		return -1;
	if (has_instance_config(run)) {
		AUTO(free) char *line = xasprintf("containerRuntimeEndpoint: \"%s\"\n",
						  run->cluster->cri_socket);

		json_put_str(own, "containerRuntimeEndpoint", run->cluster->cri_socket);
		tree_text(run->tree, instance, 0644, line);
	}
	text = yaml_dump(own, 1);
	tree_text(run->tree, path, str_eq(run->config->profile, "kubeadm") ? 0644 : 0600, text);
	return 0;
}

/* The template's @NAME@ words by our paths: a unit file has no structure to fill. */
static char *fill_unit(const struct run *run, const char *name)
{
	const char *path = json_str(run->facts, "kubeletPath");
	const struct {
		const char *word, *text;
	} words[] = {
		{ "@KUBELET@", path ? path : "/usr/bin/kubelet" },
		{ "@KUBERNETES_DIR@", run->config->kubernetes_dir },
		{ "@KUBELET_DIR@", run->config->kubelet_dir },
	};
	AUTO(buf) struct buf text = BUF_INIT(65536);
	const char *at = manifest_text(name);

	while (at && *at) {
		bool found = false;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !found; i++) {
			if (!str_starts(at, words[i].word))
				continue;
			(void)buf_addf(&text, "%s", words[i].text);
			at += strlen(words[i].word);
			found = true;
		}
		if (!found)
			(void)buf_add(&text, at++, 1);
	}
	return xstrdup(text.data ? text.data : "");
}

int kubelet_render(struct run *run, const json_t *configuration, const json_t *taints,
		   struct err *err)
{
	AUTO(free) char *drop_in = fill_unit(run, "10-kubeadm.conf");
	const char *unit = json_str(run->facts, "kubeletUnit");

	if (render_config(run, configuration, err) < 0)
		return -1;
	render_env(run, taints);
	service_paths(run);
	tree_text(run->tree, DROP_IN, 0644, drop_in);
	if (!unit) {
		AUTO(free) char *text = fill_unit(run, "kubelet.service");

		tree_text(run->tree, UNIT, 0644, text);
	}
	/* What `systemctl enable` would make: the same under --root, and known to the journal. */
	tree_link(run->tree, WANTED, unit ? unit : UNIT);
	/* On a host that runs, preflight sees to these. */
	if (run->offline && !str_eq(run->config->profile, "kubeadm")) {
		tree_text(run->tree, "/etc/modules-load.d/kstrap.conf", 0644,
			  "overlay\nbr_netfilter\n");
		tree_text(run->tree, "/etc/sysctl.d/50-kstrap.conf", 0644,
			  "net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n"
			  "net.bridge.bridge-nf-call-ip6tables = 1\n");
	}
	return run->layout.ostree ? service_render(run, BOOT, "", err) : 0;
}

char *kubelet_last_words(void)
{
	static const char *const argv[] = { "journalctl", "-u", "kubelet.service", "-b", "-n", "300",
					    "-o", "cat", "--no-pager", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;
	const char *lines[4] = { NULL };
	AUTO(buf) struct buf text = BUF_INIT(1200);
	char *save = NULL;
	size_t n = 0;

	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = 10 }, &result, &ignored) < 0)
		return xstrdup("");
	for (char *line = strtok_r(result.out, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		/* klog: E0821 12:00:00.. or F..; else systemd's words. A usage text is indented. */
		bool bad = ((*line == 'E' || *line == 'F') && line[1] >= '0' && line[1] <= '9') ||
			   strstr(line, "Failed") || strstr(line, "rror");

		if (bad && *line != ' ' && *line != '\t')
			lines[n++ % 4] = line;
	}
	for (size_t i = n > 4 ? n - 4 : 0; i < n; i++)
		(void)buf_addf(&text, "%s%.280s", text.len ? "\n    " : "", lines[i % 4]);
	return xstrdup(text.data ? text.data : "");
}

static int systemctl(const char *verb, const char *unit, struct err *err)
{
	const char *const argv[] = { "systemctl", verb, unit, NULL };

	return proc_run(&(struct proc){ .argv = argv, .timeout_s = START_S }, err);
}

bool kubelet_healthy(void)
{
	static const char *const argv[] = { "systemctl", "is-active", "kubelet.service", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;

	return proc_call(&(struct proc){ .argv = argv, .timeout_s = 10 }, &result, &ignored) == 0 &&
	       result.status == 0;
}

int kubelet_restart(struct run *run, struct err *err)
{
	AUTO(free) char *words = NULL;

	(void)run;
	if (systemctl("restart", "kubelet.service", err) == 0)
		return 0;
	words = kubelet_last_words();
	if (*words)
		err_wrap(err, "the kubelet did not start; it said:\n    %s\n ", words);
	return err_next(err, "journalctl -xeu kubelet");
}

/* A reload takes a tenth of a second, more than all else of a join. systemd itself knows whether it
 * holds an older state of the unit and its drop-ins; a unit that it has not read yet it reads now. Of
 * a unit that it has (one that failed, or that it starts again and again) it does not see that a
 * directory for drop-ins is new: so ours must be among those that it names. */
static bool is_current(void)
{
	static const char *const argv[] = { "systemctl", "show", "-p", "LoadState", "-p",
					    "NeedDaemonReload", "-p", "DropInPaths",
					    "kubelet.service", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	struct err ignored = ERR_INIT;

	return proc_call(&(struct proc){ .argv = argv, .timeout_s = START_S }, &result,
			 &ignored) == 0 &&
	       result.status == 0 && strstr(result.out, "LoadState=loaded\n") &&
	       strstr(result.out, "NeedDaemonReload=no\n") && strstr(result.out, DROP_IN);
}

int kubelet_start(struct run *run, struct err *err)
{
	if (!is_current() && systemctl("daemon-reload", NULL, err) < 0)
		return err_next(err, "systemctl status: kstrap starts the kubelet through systemd");
	return kubelet_restart(run, err);
}

int kubelet_stop(struct run *run, struct err *err)
{
	(void)run;
	return systemctl("stop", "kubelet.service", err);
}
