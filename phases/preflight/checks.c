/* The checks. Names are kubeadm's where it has the check. */
#include "phases/preflight/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "api/cri.h"
#include "base/log.h"
#include "base/net.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/kubelet.h"
#include "phases/runtime/runtime.h"

#define NODES	   (PREFLIGHT_JOIN | PREFLIGHT_PLANE | PREFLIGHT_MEMBER)
#define ANY	   (PREFLIGHT_INIT | NODES)
#define PLANES	   (PREFLIGHT_INIT | PREFLIGHT_PLANE)
#define MEMBERS	   (PLANES | PREFLIGHT_MEMBER)
#define MIN_MB	   1700
#define PULL_S	   300
#define ASK_S	   5
#define PROC_MAX   65536
#define CONFIG_MAX ((size_t)1 << 20)
#define MANIFESTS  4

extern const struct preflight_check preflight_checks[];

static const char *const pods[MANIFESTS + 1] = { "kube-apiserver", "kube-controller-manager",
						 "kube-scheduler", "etcd", NULL };

static void is_root(struct preflight *preflight, struct run *run)
{
	if (geteuid() == 0)
		return;
	if (run->config->dry_run)
		preflight_warn(preflight, "IsPrivilegedUser", NULL,
			       "not root: files that only root reads are missing from this dry run");
	else
		preflight_fail(preflight, "IsPrivilegedUser", "run it as root: sudo ...",
			       "only root can set up a node");
}

static void has_systemd(struct preflight *preflight, struct run *run)
{
	if (!fs_is_dir(run->fs, "/run/systemd/system"))
		preflight_fail(preflight, "InitSystem", NULL,
			       "this host was not booted with systemd, which runs the kubelet");
}

static void processors(struct preflight *preflight, struct run *run)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	(void)run;
	if (n < 2)
		preflight_fail(preflight, "NumCPU", NULL,
			       "%ld processor, and a control plane needs 2", n);
}

static void memory(struct preflight *preflight, struct run *run)
{
	struct sysinfo info;
	unsigned long long mb;

	(void)run;
	if (sysinfo(&info) < 0)
		return;
	mb = (unsigned long long)info.totalram * info.mem_unit >> 20;
	if (mb < MIN_MB)
		preflight_fail(preflight, "Mem", NULL,
			       "%llu MB of memory, and a control plane needs %d", mb, MIN_MB);
}

static void kernel(struct preflight *preflight, struct run *run)
{
	static const char *const wanted[] = { "cpu", "cpuset", "memory", "pids", NULL };
	AUTO(free) char *v1 = NULL;
	AUTO(free) char *v2 = NULL;
	struct err ignored = ERR_INIT;
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	    (major < 3 || (major == 3 && minor < 10)))
		preflight_fail(preflight, "SystemVerification", NULL,
			       "kernel %s is older than 3.10", name.release);
	(void)fs_read(run->fs, "/proc/cgroups", PROC_MAX, &v1, NULL, &ignored);
	(void)fs_read(run->fs, "/sys/fs/cgroup/cgroup.controllers", PROC_MAX, &v2, NULL, &ignored);
	for (const char *const *controller = wanted; *controller; controller++) {
		AUTO(free) char *row = xasprintf("\n%s\t", *controller);

		/* Version 2 lists its controllers in one line; version 1 all that the kernel has. */
		if (v2 ? strstr(v2, *controller) != NULL : v1 && strstr(v1, row))
			continue;
		preflight_fail(preflight, "SystemVerification",
			       "enable it on the kernel's command line (cgroup_enable=...)",
			       "the kernel has no cgroup controller \"%s\"", *controller);
	}
}

/* What Kubernetes' system validator wants of a kernel, but for file systems, of which any will do. */
static const struct {
	const char *name, *former;
} kernel_options[] = {
	{ "NAMESPACES", NULL },
	{ "NET_NS", NULL },
	{ "PID_NS", NULL },
	{ "IPC_NS", NULL },
	{ "UTS_NS", NULL },
	{ "CGROUPS", NULL },
	{ "CPUSETS", NULL },
	{ "MEMCG", NULL },
	{ "INET", NULL },
	{ "PROC_FS", NULL },
	{ "NETFILTER_XT_TARGET_REDIRECT", "IP_NF_TARGET_REDIRECT" },
	{ "NETFILTER_XT_MATCH_COMMENT", NULL },
	{ NULL, NULL },
};

static bool is_set(const char *configuration, const char *option)
{
	AUTO(free) char *built_in = xasprintf("\nCONFIG_%s=y", option);
	AUTO(free) char *module = xasprintf("\nCONFIG_%s=m", option);

	return strstr(configuration, built_in) || strstr(configuration, module);
}

/* Where the host keeps the configuration of its kernel as text; without one there is no answer. */
static void kernel_configuration(struct preflight *preflight, struct run *run)
{
	static const char *const places[] = { "/usr/lib/modules/%s/config", "/boot/config-%s",
					      "/usr/lib/ostree-boot/config-%s",
					      "/usr/lib/kernel/config-%s" };
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;
	struct utsname name;

	if (uname(&name) < 0)
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !text; i++) {
		AUTO(free) char *path = NULL;

		path = xasprintf("%.*s%s%s", (int)strcspn(places[i], "%"), places[i], name.release,
				 strchr(places[i], '%') + strlen("%s"));
		(void)fs_read(run->fs, path, CONFIG_MAX, &text, NULL, &ignored);
	}
	for (size_t i = 0; text && kernel_options[i].name; i++) {
		const char *option = kernel_options[i].name, *former = kernel_options[i].former;

		if (!is_set(text, option) && !(former && is_set(text, former)))
			preflight_fail(preflight, "SystemVerification",
				       "boot a kernel of the distribution's",
				       "the kernel is built without CONFIG_%s", option);
	}
}

static void swap(struct preflight *preflight, struct run *run)
{
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;
	const char *line;

	if (fs_read(run->fs, "/proc/swaps", PROC_MAX, &text, NULL, &ignored) < 0)
		return;
	line = strchr(text, '\n');
	if (!line || !line[1])
		return;
	if (semver_atleast(&run->cluster->kubelet, 1, 28))
		preflight_warn(preflight, "Swap", NULL,
			       "swap is on; pods may be slower than they should be");
	else
		preflight_fail(preflight, "Swap", "swapoff -a, and take swap out of /etc/fstab",
			       "swap is on, and a kubelet of this version does not start with it");
}

static void one_setting(struct preflight *preflight, const struct run *run, const char *path,
			const char *key, const char *module)
{
	AUTO(free) char *text = NULL;
	AUTO(free) char *name = xasprintf("FileContent-%s", path);
	AUTO(free) char *fix = NULL;
	struct err ignored = ERR_INIT;

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	if (fs_read(run->fs, path, 64, &text, NULL, &ignored) == 0 && text[0] == '1')
		return;
	fix = xasprintf("%s%s%ssysctl -w %s=1", module && !text ? "modprobe " : "",
			module && !text ? module : "", module && !text ? " && " : "", key);
	preflight_fail(preflight, name, fix, text ? "%s is not 1" : "%s is not there", path);
}

static void forwarding(struct preflight *preflight, struct run *run)
{
	struct net_addr addr;

	/* kstrap-network.service turns it on; before a join is through, nobody knows which network. */
	if (!str_eq(run->cluster->network, "none"))
		return;
	if (run->cluster->advertise_address &&
	    net_parse_addr(run->cluster->advertise_address, &addr) &&
	    strchr(run->cluster->advertise_address, ':'))
		one_setting(preflight, run, "/proc/sys/net/ipv6/conf/default/forwarding",
			    "net.ipv6.conf.default.forwarding", NULL);
	else if (str_eq(run->cluster->network, "none")) /* else kstrap-network.service sets it */
		one_setting(preflight, run, "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward",
			    NULL);
}

/* Pods on one bridge reach services only when the bridge shows its packets to iptables; where the
 * kernel has no such module loaded and the runtime's plugins do not use a bridge, it is no matter. */
static void bridge(struct preflight *preflight, struct run *run)
{
	if (fs_exists(run->fs, "/proc/sys/net/bridge/bridge-nf-call-iptables"))
		one_setting(preflight, run, "/proc/sys/net/bridge/bridge-nf-call-iptables",
			    "net.bridge.bridge-nf-call-iptables", "br_netfilter");
	else
		preflight_warn(preflight,
			       "FileContent--proc-sys-net-bridge-bridge-nf-call-iptables",
			       "modprobe br_netfilter",
			       "packets between pods of one node do not pass iptables");
}

static void programs(struct preflight *preflight, struct run *run)
{
	static const char *const old[] = { "conntrack", "ip", "iptables", "mount", "nsenter", NULL };
	static const char *const new[] = { "losetup", "mount", "cp", NULL };
	static const char *const useful[] = { "ebtables", "ethtool", "socat", "tc", "touch", NULL };

	for (const char *const *name = useful;
	     *name && !semver_atleast(&run->cluster->kubelet, 1, 33); name++) {
		AUTO(free) char *check = xasprintf("FileExisting-%s", *name);

		if (!proc_find(*name, NULL))
			preflight_warn(preflight, check, NULL,
				       "the program %s, which kubelets of this version may use, "
				       "is not there",
				       *name);
	}
	for (const char *const *name =
		     semver_atleast(&run->cluster->kubelet, 1, 32) ? new : old;
	     *name; name++) {
		AUTO(free) char *check = xasprintf("FileExisting-%s", *name);

		if (!proc_find(*name, NULL))
			preflight_fail(preflight, check, "install it", "the program %s is not there",
				       *name);
	}
}

static void kubelet(struct preflight *preflight, struct run *run)
{
	const struct semver *host = &run->cluster->kubelet, *wanted = &run->cluster->version;
	int behind = semver_atleast(wanted, 1, 28) ? 3 : 1;

	if (!json_str(run->facts, "kubelet")) {
		preflight_fail(preflight, "KubeletVersion",
			       "install the kubelet; on ostree: rpm-ostree install kubernetes-node",
			       "there is no kubelet on this host (`kubelet --version` in /usr/bin, "
			       "/usr/local/bin)");
		return;
	}
	if (host->major == wanted->major &&
	    (host->minor > wanted->minor || host->minor < wanted->minor - behind))
		preflight_fail(preflight, "KubeletVersion",
			       "give --kubernetes-version of the kubelet's, or install another",
			       "the kubelet is %d.%d, which does not go with Kubernetes %d.%d",
			       host->major, host->minor, wanted->major, wanted->minor);
}

static void container_runtime(struct preflight *preflight, struct run *run)
{
	AUTO(runtime) struct runtime runtime = { 0 };
	struct err err = ERR_INIT;

	if (runtime_find(run->fs, run->config->cri_socket, true, &runtime, &err) < 0)
		preflight_fail(preflight, "CRI",
			       *err.next ? err.next : "systemctl status containerd crio", "%s",
			       err.msg);
	else if (runtime.conf_dir && !path_same(runtime.conf_dir, run->config->cni_conf_dir) &&
		 !str_eq(run->cluster->network, "none"))
		/* Whether a cluster that is joined has our network is not known yet. */
		(str_eq(run->cluster->network, "bridge") ? preflight_fail : preflight_warn)(
			preflight, "CNIConfDir", "give --cni-conf-dir that directory",
			"the runtime reads network configurations from %s, not from %s",
			runtime.conf_dir, run->config->cni_conf_dir);
	else if (!runtime.driver_told && semver_atleast(&run->cluster->kubelet, 1, 35))
		preflight_warn(preflight, "ContainerRuntimeVersion",
			       "update it (containerd 2, CRI-O 1.28 or later)",
			       "the runtime does not tell kubelets its cgroup driver, which later ones "
			       "will ask for");
}

static bool made_by_us(struct run *run, const char *pod)
{
	AUTO(free) char *path = manifest_path(run, pod);

	return run_made(run, path) != NULL;
}

/* A port of ours is taken by ourselves on a second run. After one that failed somebody else may have
 * it, and that may be why: so the container has to run as well, as far as the runtime tells. */
static bool runs_already(struct run *run, const char *pod)
{
	AUTO(json) json_t *containers = NULL;
	AUTO(cri) struct cri *cri = NULL;
	struct err ignored = ERR_INIT;
	const json_t *container;
	size_t i;

	if (!made_by_us(run, pod))
		return false;
	if (!run->cluster->cri_socket ||
	    cri_open(run->cluster->cri_socket, ASK_S, &cri, &ignored) < 0 ||
	    cri_containers(cri, &containers, &ignored) < 0)
		return true;
	json_array_foreach (containers, i, container)
		if (json_str_is(container, "name", pod) &&
		    json_str_is(container, "state", "running"))
			return true;
	return false;
}

static bool only_etcd(const struct run *run)
{
	return str_eq(run->config->role, "etcd");
}

static void port_free(struct preflight *preflight, int port, const char *whose)
{
	AUTO(free) char *name = xasprintf("Port-%d", port);
	AUTO(free) char *fix = xasprintf("see who has it: ss -ltnp 'sport = :%d'", port);

	if (net_port_in_use(port))
		preflight_fail(preflight, name, fix, "port %d, %s, is taken", port, whose);
}

static void ports(struct preflight *preflight, struct run *run)
{
	bool etcd = json_object_size(run->config->etcd_external) == 0;
	bool plane = !only_etcd(run);

	if (plane && !runs_already(run, "kube-apiserver"))
		port_free(preflight, run->config->bind_port, "the API server's");
	if (plane && !runs_already(run, "kube-scheduler"))
		port_free(preflight, 10259, "the scheduler's");
	if (plane && !runs_already(run, "kube-controller-manager"))
		port_free(preflight, 10257, "the controller manager's");
	if (etcd && !runs_already(run, "etcd")) {
		port_free(preflight, 2379, "etcd's");
		port_free(preflight, 2380, "etcd's for its peers");
	}
}

static void kubelet_port(struct preflight *preflight, struct run *run)
{
	AUTO(free) char *config = kubelet_path(run, "config.yaml");

	if (!run_made(run, config) || !kubelet_healthy())
		port_free(preflight, 10250, "the kubelet's");
}

static void available(struct preflight *preflight, struct run *run, const char *path,
		      const char *fix)
{
	AUTO(free) char *name = xasprintf("FileAvailable-%s", path);

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	if (fs_exists(run->fs, path) && !run_made(run, path))
		preflight_fail(preflight, name, fix, "%s is in the way: kstrap did not make it",
			       path);
}

static void manifests_free(struct preflight *preflight, struct run *run)
{
	for (const char *const *pod = pods; *pod; pod++) {
		AUTO(free) char *path = manifest_path(run, *pod);

		available(preflight, run, path,
			  "move it away, or undo what another tool set up (kubeadm reset)");
	}
}

static void etcd_free(struct preflight *preflight, struct run *run)
{
	const char *dir = run->config->etcd_data_dir;
	AUTO(free) char *name = xasprintf("DirAvailable-%s", dir);
	AUTO(json) json_t *list = NULL;
	struct err ignored = ERR_INIT;

	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	if (json_object_size(run->config->etcd_external) > 0 || made_by_us(run, "etcd") ||
	    run_made(run, dir))
		return;
	if (fs_list(run->fs, dir, &list, &ignored) == 0 && json_array_size(list) > 0)
		preflight_fail(preflight, name, "move it away; it may be the only copy of a cluster",
			       "%s has another etcd's data in it", dir);
}

static void address(struct preflight *preflight, struct run *run)
{
	if (!net_addr_is_local(run->cluster->advertise_address))
		preflight_fail(preflight, "AdvertiseAddress",
			       "ip -brief address shows this host's addresses",
			       "%s is not an address of this host", run->cluster->advertise_address);
}

static void firewall(struct preflight *preflight, struct run *run)
{
	static const char *const argv[] = { "systemctl", "is-active", "--quiet", "firewalld", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	AUTO(free) char *fix = NULL;
	struct err ignored = ERR_INIT;

	if (!fs_exists(run->fs, "/usr/lib/systemd/system/firewalld.service") ||
	    proc_call(&(struct proc){ .argv = argv, .timeout_s = 10 }, &result, &ignored) < 0 ||
	    result.status != 0)
		return;
	fix = xasprintf("firewall-cmd --permanent --add-port=10250/tcp%s",
			run->config->kind == CONFIG_INIT ? " --add-port=6443/tcp" : "");
	preflight_warn(preflight, "Firewalld", fix,
		       "firewalld runs and may keep others from this node's ports");
}

static void pull(struct preflight *preflight, struct cri *cri, const char *image, bool always)
{
	struct err err = ERR_INIT;
	bool have = false;

	if (!always && cri_has_image(cri, image, &have, &err) == 0 && have)
		return;
	log_say("pulls %s", image);
	if (cri_pull(cri, image, &err) < 0)
		preflight_fail(preflight, "ImagePull",
			       "load it by hand (ctr -n k8s.io images import FILE), or name another "
			       "place with --image-repository",
			       "image %s is not here and cannot be pulled: %.200s", image, err.msg);
}

/* The control plane's images only: what comes later, the kubelet pulls. */
static void images(struct preflight *preflight, struct run *run)
{
	AUTO(cri) struct cri *cri = NULL;
	AUTO(json) json_t *version = NULL;
	struct err ignored = ERR_INIT;

	if (run->dry_run || str_eq(run->config->image_pull_policy, "Never") ||
	    cri_open(run->cluster->cri_socket, PULL_S, &cri, &ignored) < 0 ||
	    cri_version(cri, &version, &ignored) < 0) /* the check CRI tells that */
		return;
	for (const char *const *pod = pods; *pod; pod++)
		if (str_eq(*pod, "etcd") ? json_object_size(run->config->etcd_external) == 0 :
					   !only_etcd(run))
			pull(preflight, cri, json_str(run->cluster->images, *pod),
			     str_eq(run->config->image_pull_policy, "Always"));
}

static void no_control_plane(struct preflight *preflight, struct run *run)
{
	AUTO(free) char *path = manifest_path(run, "kube-apiserver");

	if (fs_exists(run->fs, path))
		preflight_fail(preflight, "DirAvailable--etc-kubernetes-manifests",
			       "run kjoin on another machine", "this host is a control plane itself");
}

static void no_other_cluster(struct preflight *preflight, struct run *run)
{
	static const char *const names[] = { "kubelet.conf", "bootstrap-kubelet.conf", NULL };
	AUTO(free) char *ca = xasprintf("%s/ca.crt", run->config->certificates_dir);

	AUTO(free) char *kubelet = kubelet_path(run, "config.yaml");

	/* The kubelet writes kubelet.conf itself once it has joined. */
	if (run_made(run, ca) || run_made(run, kubelet))
		return;
	/* The CAs that control planes share may be brought by hand. */
	if (!run->config->join_control_plane && !only_etcd(run))
		available(preflight, run, ca, "move it away, or undo what another tool set up");
	for (const char *const *name = names; *name; name++) {
		AUTO(free) char *path = conf_path(run, *name);

		available(preflight, run, path, "move it away, or undo what another tool set up");
	}
}

const struct preflight_check preflight_checks[] = {
	{ ANY, is_root, true },
	{ ANY, has_systemd, false },
	{ PLANES, processors, false },
	{ PLANES, memory, false },
	{ ANY, kernel, false },
	{ ANY, kernel_configuration, false },
	{ ANY, swap, false },
	{ ANY, forwarding, false },
	{ ANY, bridge, false },
	{ ANY, programs, false },
	{ ANY, kubelet, false },
	{ ANY, container_runtime, false },
	{ PREFLIGHT_INIT | PREFLIGHT_KNOWN, address, false },
	{ MEMBERS, ports, false },
	{ ANY, kubelet_port, false },
	{ MEMBERS, manifests_free, false },
	{ MEMBERS, etcd_free, false },
	{ ANY, firewall, false },
	{ ANY, preflight_layout, false },
	{ ANY, preflight_proxies, false },
	{ PREFLIGHT_INIT | PREFLIGHT_FOUND, preflight_overlaps, false },
	{ PREFLIGHT_INIT | PREFLIGHT_FOUND, preflight_network, false },
	{ PREFLIGHT_INIT | PREFLIGHT_KNOWN, preflight_paths, false },
	{ ANY, preflight_labels, false },
	{ PREFLIGHT_INIT | PREFLIGHT_KNOWN, preflight_external_etcd, false },
	{ PREFLIGHT_JOIN | PREFLIGHT_MEMBER, no_control_plane, false },
	{ NODES, no_other_cluster, false },
	{ PREFLIGHT_INIT | PREFLIGHT_KNOWN, images, false },
	{ 0 },
};
