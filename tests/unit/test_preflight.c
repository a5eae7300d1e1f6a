#include "base_help.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include "base/proc.h"
#include "phases/diagnose.h"
#include "phases/preflight/preflight.h"

static struct err err;

static struct run *new_run(const struct scratch *s, struct config *config, bool offline)
{
	struct run *run = xcalloc(1, sizeof(*run));

	memset(&err, 0, sizeof(err));
	run->config = config;
	run->tree = tree_new();
	run->seen = tree_new();
	run->objects = json_array();
	run->facts = json_object();
	run->dry_run = true; /* pulls nothing */
	run->offline = offline;
	if (fs_open(s->dir, &run->fs, &err) < 0)
		fail_msg("%s", err.msg);
	run->cluster = xcalloc(1, sizeof(*run->cluster));
	run->cluster->version = run->cluster->kubelet = (struct semver){ 1, 20, 2 };
	run->cluster->advertise_address = xstrdup("192.0.2.1"); /* RFC 5737: nobody's */
	run->cluster->network = xstrdup("none");
	run->cluster->cri_socket = xasprintf("unix://%s/none.sock", s->dir);
	return run;
}

static void write_text(const struct scratch *s, const char *dirs, const char *path, const char *text)
{
	AUTO(free) char *command = xasprintf("%s%s", s->dir, path);
	AUTO(free) char *dir = xasprintf("mkdir -p %s%s", s->dir, dirs);
	FILE *file;

	assert_int_equal(system(dir), 0);
	file = fopen(command, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void all_that_is_wrong_is_told_at_once_each_with_what_to_run(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);

	write_text(s, "/etc/kubernetes/manifests", "/etc/kubernetes/manifests/etcd.yaml", "x");
	write_text(s, "/proc/sys/net/ipv4", "/proc/sys/net/ipv4/ip_forward", "0\n");
	write_text(s, "/proc", "/proc/swaps", "Filename\tType\n/dev/sda2\tpartition\n");
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_int_equal(err.code, ERR_HOST);
	if (geteuid() == 0) {
		assert_non_null(strstr(err.msg, "[InitSystem]"));
		assert_non_null(strstr(err.msg, "[KubeletVersion]"));
		assert_non_null(strstr(err.msg, "[Swap]"));
		assert_non_null(strstr(err.msg, "swapoff -a"));
		assert_non_null(strstr(err.msg, "sysctl -w net.ipv4.ip_forward=1"));
		assert_non_null(strstr(err.msg, "[AdvertiseAddress] 192.0.2.1"));
		assert_non_null(strstr(err.msg,
				       "[FileAvailable--etc-kubernetes-manifests-etcd.yaml]"));
	} else {
		assert_non_null(strstr(err.msg, "[IsPrivilegedUser]"));
	}
	assert_non_null(strstr(err.next, "--ignore-preflight-errors="));
}

static void a_failure_that_is_ignored_does_not_fail(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	AUTO(run) struct run *run = new_run(*state, config, false);

	json_array_append_new(config->ignore_preflight, json_string("advertiseaddress"));
	json_array_append_new(config->ignore_preflight, json_string("isprivilegeduser"));
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_null(strstr(err.msg, "[AdvertiseAddress]"));
	assert_null(strstr(err.msg, "[IsPrivilegedUser]"));
	assert_non_null(strstr(err.msg, "[InitSystem]"));
	json_array_append_new(config->ignore_preflight, json_string("all"));
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), 0);
}

static void a_file_of_ours_is_in_nobodys_way(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);

	json_array_append_new(config->ignore_preflight, json_string("isprivilegeduser"));
	write_text(s, "/etc/kubernetes/manifests", "/etc/kubernetes/manifests/etcd.yaml", "x");
	write_text(s, STATE_DIR, STATE_DIR "/journal.json",
		   "{\"/etc/kubernetes/manifests/etcd.yaml\": {\"kind\": \"file\"}}");
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_null(strstr(err.msg, "manifests-etcd.yaml"));
}

static void a_control_plane_does_not_join_another(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_JOIN);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);

	json_array_append_new(config->ignore_preflight, json_string("isprivilegeduser"));
	write_text(s, "/etc/kubernetes/manifests", "/etc/kubernetes/manifests/kube-apiserver.yaml",
		   "x");
	assert_int_equal(preflight_run(run, PREFLIGHT_JOIN, &err), -1);
	assert_non_null(strstr(err.msg, "is a control plane itself"));
	assert_null(strstr(err.msg, "[NumCPU]"));
}

/* What the checks warn of; whether they fail is no matter. The caller frees. */
static char *warnings(const struct scratch *s, struct run *run, unsigned where)
{
	AUTO(free) char *path = xasprintf("%s/warnings", s->dir);
	AUTO(fd) int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	AUTO(fd) int terminal = dup(STDERR_FILENO);
	char *text = NULL;

	assert_true(file >= 0 && terminal >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
	(void)preflight_run(run, where, &err);
	assert_int_equal(dup2(terminal, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(fs_read(s->fs, "/warnings", 65536, &text, NULL, &err), 0);
	return text;
}

static void set_proxies(struct run *run, const char *no_proxy)
{
	json_object_set_new(run->facts, "proxyEnvs",
			    xjson_pack("[{s:s, s:s}, {s:s, s:s}]", "name", "https_proxy", "value",
				       "http://192.0.2.9:3128", "name", "NO_PROXY", "value",
				       no_proxy));
}

static void a_proxy_in_the_way_is_warned_of(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);
	AUTO(free) char *some = NULL, *none = NULL;

	run->cluster->pod_subnet = xstrdup("10.244.0.0/16,fd01::/48");
	set_proxies(run, "10.96.0.0/12, localhost");
	some = warnings(s, run, PREFLIGHT_INIT);
	assert_non_null(strstr(some, "[HTTPProxy] the way to 192.0.2.1 "));
	assert_non_null(strstr(some, "[HTTPProxyCIDR] the way to 10.244.0.0/16 "));
	assert_non_null(strstr(some, "[HTTPProxyCIDR] the way to fd01::/48 "));
	assert_non_null(strstr(some, "NO_PROXY=10.244.0.0/16,$NO_PROXY"));
	assert_null(strstr(some, "10.96.0.0/12 leads"));
	set_proxies(run, "192.0.2.1,10.0.0.0/8,fd00::/8");
	none = warnings(s, run, PREFLIGHT_INIT);
	assert_null(strstr(none, "HTTPProxy"));
}

static void a_domain_is_spared_with_what_is_below_it(void **state)
{
	static const struct {
		const char *no_proxy;
		bool warned;
	} rows[] = { { "example.org", false }, { ".example.org", false }, { "API.example.ORG", false },
		     { "*", false },	       { "ample.org", true },	  { ".api.example.org", true },
		     { "example.com", true },  { "", true } };
	const struct scratch *s = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(config) struct config *config = config_new(CONFIG_JOIN);
		AUTO(run) struct run *run = new_run(s, config, false);
		AUTO(free) char *said = NULL;

		config->api_server_endpoint = xstrdup("api.example.org:6443");
		set_proxies(run, rows[i].no_proxy);
		said = warnings(s, run, PREFLIGHT_JOIN);
		if ((strstr(said, "[HTTPProxy]") != NULL) != rows[i].warned)
			fail_msg("no_proxy=%s: %s", rows[i].no_proxy, said);
	}
}

static void without_a_proxy_nothing_is_warned_of(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);
	AUTO(free) char *said = NULL;

	run->cluster->pod_subnet = xstrdup("10.244.0.0/16");
	said = warnings(s, run, PREFLIGHT_INIT);
	assert_null(strstr(said, "HTTPProxy"));
}

static void a_kernel_that_lacks_an_option_is_named(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);
	AUTO(free) char *path = NULL;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	path = xasprintf("/boot/config-%s", name.release);
	json_array_append_new(config->ignore_preflight, json_string("isprivilegeduser"));
	write_text(s, "/boot", path,
		   "#\nCONFIG_NAMESPACES=y\nCONFIG_NET_NS=y\nCONFIG_PID_NS=y\nCONFIG_IPC_NS=y\n"
		   "CONFIG_UTS_NS=y\nCONFIG_CGROUPS=y\nCONFIG_CPUSETS=y\n# CONFIG_MEMCG is not set\n"
		   "CONFIG_INET=y\nCONFIG_PROC_FS=y\nCONFIG_IP_NF_TARGET_REDIRECT=m\n"
		   "CONFIG_NETFILTER_XT_MATCH_COMMENT=m\n");
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_non_null(strstr(err.msg, "[SystemVerification] the kernel is built without "
					"CONFIG_MEMCG\n"));
	assert_null(strstr(strstr(err.msg, "CONFIG_MEMCG") + 1, "CONFIG_"));
}

/* In a mount namespace that ends with the test's program. */
static void mount_memory(const struct scratch *s, const char *path, unsigned long flags)
{
	AUTO(free) char *at = xasprintf("%s%s", s->dir, path);
	AUTO(free) char *command = xasprintf("mkdir -p %s", at);

	assert_int_equal(system(command), 0);
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", at, "tmpfs", flags, NULL), 0);
}

static void what_cannot_be_written_is_told_before(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(free) char *usr = xasprintf("%s/usr", s->dir);
	AUTO(run) struct run *run = NULL;

	if (geteuid() != 0)
		skip();
	mount_memory(s, "/usr", MS_RDONLY);
	run = new_run(s, config, false);
	for (const char *const *name = (const char *const[]){ "initsystem", "systemverification",
							      "kubeletversion", "cri", NULL };
	     *name; name++)
		json_array_append_new(config->ignore_preflight, json_string(*name));
	free(config->etcd_data_dir);
	config->etcd_data_dir = xstrdup("/usr/lib/etcd");
	free(config->profile);
	config->profile = xstrdup("kubeadm");
	json_array_append_new(config->apiserver_volumes,
			      xjson_pack("{s:s, s:s, s:s}", "name", "logs", "hostPath", "/usr/logs",
					 "pathType", "DirectoryOrCreate"));
	json_array_append_new(config->apiserver_volumes,
			      xjson_pack("{s:s, s:s, s:s}", "name", "other", "hostPath", "/usr/there",
					 "pathType", "Directory"));
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_int_equal(umount(usr), 0);
	assert_non_null(strstr(err.msg, "[DirWritable--usr-lib-etcd]"));
	assert_non_null(strstr(err.msg, "[DirWritable--usr-libexec-kubernetes-kubelet-plugins-"
					"volume-exec]"));
	assert_non_null(strstr(err.msg, "[DirWritable--usr-logs]"));
	assert_null(strstr(err.msg, "/usr/there"));
	assert_null(strstr(err.msg, "DirWritable--etc-kubernetes-pki"));
	/* Elsewhere they may lie where they like. */
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_null(strstr(err.msg, "DirWritable"));
}

static void plugins_that_could_not_be_started_are_told_before(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(free) char *var = xasprintf("%s/var", s->dir);
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *said = NULL;

	if (geteuid() != 0)
		skip();
	mount_memory(s, "/var", MS_NOEXEC);
	run = new_run(s, config, false);
	json_array_append_new(config->ignore_preflight, json_string("systemverification"));
	assert_int_equal(preflight_run(run, PREFLIGHT_JOIN, &err), -1);
	assert_contains(err.msg, "[NoExec] /var/lib/cni/bin, where the runtime starts CNI plugins, is "
				 "mounted noexec\n      mount -o remount,exec \"$(findmnt -no TARGET -T "
				 "/var/lib/cni/bin)\"");
	/* Where only some pods would notice, it is a warning. */
	assert_null(strstr(err.msg, "where pods have their volumes"));
	said = warnings(s, run, PREFLIGHT_JOIN);
	assert_contains(said, "[NoExec] /var/lib/kubelet, where pods have their volumes,");
	free(config->cni_bin_dir);
	config->cni_bin_dir = xstrdup("/opt/cni/bin");
	assert_int_equal(preflight_run(run, PREFLIGHT_JOIN, &err), -1);
	assert_null(strstr(err.msg, "[NoExec]"));
	assert_int_equal(umount(var), 0);
}

static void a_directory_for_plugins_that_cannot_be_written_or_does_not_last_is_told(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_JOIN);
	const struct scratch *s = *state;
	AUTO(free) char *opt = xasprintf("%s/opt", s->dir);
	AUTO(run) struct run *run = NULL;
	AUTO(free) char *said = NULL, *quiet = NULL;

	if (geteuid() != 0)
		skip();
	mount_memory(s, "/opt", MS_RDONLY);
	run = new_run(s, config, false);
	free(config->cni_bin_dir);
	config->cni_bin_dir = xstrdup("/opt/cni/bin");
	json_array_append_new(config->ignore_preflight, json_string("systemverification"));
	assert_int_equal(preflight_run(run, PREFLIGHT_JOIN, &err), -1);
	assert_int_equal(umount(opt), 0);
	assert_contains(err.msg, "[DirWritable--opt-cni-bin] /opt/cni/bin, for CNI plugins, lies on a "
				 "read-only file system");
	run->layout.opt = PLACE_TRANSIENT;
	said = warnings(s, run, PREFLIGHT_JOIN);
	assert_contains(said, "[CNITransient] /opt/cni/bin");
	run->layout.opt = PLACE_OVERLAY;
	quiet = warnings(s, run, PREFLIGHT_JOIN);
	assert_null(strstr(quiet, "[CNITransient]"));
}

static void what_the_next_boot_brings_is_told(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);
	AUTO(free) char *nothing = warnings(s, run, PREFLIGHT_INIT);
	AUTO(free) char *staged = NULL, *locked = NULL;

	assert_null(strstr(nothing, "[Deployment"));
	run->layout = (struct layout){ .ostree = true, .staged = true, .busy = true };
	staged = warnings(s, run, PREFLIGHT_INIT);
	assert_contains(staged, "[DeploymentBusy] somebody is changing the host's deployments");
	assert_contains(staged, "[DeploymentStaged] a deployment is staged: the next boot takes it");
	assert_contains(staged, "systemctl reboot first");
	run->layout.locked = true;
	locked = warnings(s, run, PREFLIGHT_INIT);
	assert_contains(locked, "the next boot will not take it");
	/* What is written now would be gone: that is no mere warning. */
	run->layout = (struct layout){ .ostree = true, .moves = true };
	json_array_append_new(config->ignore_preflight, json_string("systemverification"));
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_contains(err.msg, "[DeploymentPending] the next boot is into another deployment");
	run->layout.staged = true;
	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), -1);
	assert_null(strstr(err.msg, "[DeploymentPending]"));
}

static void the_layout_and_the_paths_are_shown_with_what_becomes_of_them(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, true);
	AUTO(free) char *first = NULL, *second = NULL;

	run->cluster->volume_plugin_dir = xstrdup("/var/lib/kubelet/volumeplugins");
	run->layout = (struct layout){ .ostree = true,
				       .usr_read_only = true,
				       .opt = PLACE_VAR,
				       .usr_local = PLACE_OVERLAY,
				       .selinux = SELINUX_ENFORCING,
				       .staged = true };
	write_text(s, "/usr/libexec/cni", "/usr/libexec/cni/bridge", "x");
	first = preflight_layout_text(run);
	assert_contains(first, "layout           ostree\n/usr             read-only\n");
	assert_contains(first, "\n/opt             a link into /var\n");
	assert_contains(first, "\n/usr/local       a state overlay\n");
	assert_contains(first, "\nCNI plugins      /var/lib/cni/bin: writable;");
	assert_contains(first, "\nimage's plugins  /usr/libexec/cni: read-only\n");
	assert_contains(first, "\ncertificates     /etc/kubernetes/pki: writable; merged in an upgrade");
	assert_contains(first, "\nSELinux          enforcing\n");
	assert_contains(first, "\nnext boot        a staged deployment,");
	run->layout = (struct layout){ .opt = PLACE_TRANSIENT, .sysext = true, .moves = true };
	free(config->cni_bin_dir);
	config->cni_bin_dir = xstrdup("/opt/cni/bin");
	write_text(s, "/srv/cni", "/srv/cni/bridge", "x");
	config->cni_plugins = xstrdup("/srv/cni");
	second = preflight_layout_text(run);
	assert_contains(second, "layout           no ostree: system extensions are merged\n/usr             writable\n");
	assert_contains(second, "\n/usr/local       not there\n");
	assert_contains(second, "\nCNI plugins      /opt/cni/bin: writable until the next boot\n");
	assert_contains(second, "\nimage's plugins  /srv/cni\n");
	assert_contains(second, "\nnext boot        another deployment");
}

static void volume_plugins_that_kubeadms_profile_parts_are_told(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);
	AUTO(free) char *one = NULL, *two = NULL;

	one = warnings(s, run, PREFLIGHT_INIT);
	assert_null(strstr(one, "[VolumePluginDir]"));
	json_array_append_new(config->controller_manager_args,
			      xjson_pack("{s:s, s:s}", "name", "flex-volume-plugin-dir", "value",
					 "/srv/a"));
	two = warnings(s, run, PREFLIGHT_INIT);
	assert_contains(two, "[VolumePluginDir] the kubelet looks for volume plugins in /usr/libexec/"
			     "kubernetes/kubelet-plugins/volume/exec, the controller manager in "
			     "/srv/a");
}

static void a_network_configuration_that_comes_before_the_own_one_is_told(void **state)
{
	static const struct {
		const char *network, *file;
		bool told;
	} rows[] = {
		/* what does not count, before what does */
		{ "bridge", "05-mine.conflist.bak", false },
		{ "bridge", "10-kstrap.conflist", false },
		{ "bridge", "99-mine.conf", false },
		{ "bridge", "100-crio-bridge.conf", false },
		{ "flannel", "10-flannel.conflist", false },
		{ "bridge", "10-flannel.conflist", true },
		{ "none", "10-flannel.conflist", false },
		{ "flannel", "10-containerd-net.conflist", true },
		{ "bridge", "05-mine.json", true },
		{ "bridge", "00-mine.conf", true },
		{ "none", "00-mine.conf", false },
	};
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	AUTO(run) struct run *run = new_run(s, config, false);

	/* A directory of such a name is none of them. */
	write_text(s, "/etc/cni/net.d/00-dir.conf", "/etc/cni/net.d/00-dir.conf/x", "x");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(free) char *path = xasprintf("/etc/cni/net.d/%s", rows[i].file);
		AUTO(free) char *want = xasprintf("[CNIConfOrder] runtimes take %s, the first by name, "
						  "and not 10-%s.conflist; to change that: mv %s "
						  "/etc/cni/net.d/99-%s\n", path,
						  str_eq(rows[i].network, "bridge") ? "kstrap" : "flannel",
						  path, rows[i].file);
		AUTO(free) char *said = NULL, *found = NULL;

		write_text(s, "/etc/cni/net.d", path, "{}");
		free(run->cluster->network);
		run->cluster->network = xstrdup(rows[i].network);
		said = warnings(s, run, PREFLIGHT_INIT);
		found = warnings(s, run, PREFLIGHT_FOUND);
		if (rows[i].told) {
			assert_contains(said, want);
			assert_contains(found, want);
		} else if (strstr(said, "[CNIConfOrder]") || strstr(found, "[CNIConfOrder]")) {
			fail_msg("told of %s with %s", rows[i].file, rows[i].network);
		}
	}
}

static void the_built_in_network_wants_iptables(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	AUTO(run) struct run *run = new_run(*state, config, false);
	AUTO(free) char *none = NULL, *init = NULL, *join = NULL;
	bool missing = !proc_find("iptables-restore", NULL);

	run->cluster->version = run->cluster->kubelet = (struct semver){ 1, 36, 2 };
	none = warnings(*state, run, PREFLIGHT_INIT);
	assert_null(strstr(none, "[FileExisting-iptables]"));
	free(run->cluster->network);
	run->cluster->network = xstrdup("bridge");
	init = warnings(*state, run, PREFLIGHT_INIT);
	join = warnings(*state, run, PREFLIGHT_FOUND);
	assert_int_equal(strstr(init, "[FileExisting-iptables] the program iptables is not there; "
				      "install iptables in the image") != NULL, missing);
	assert_int_equal(strstr(join, "[FileExisting-iptables]") != NULL, missing);
}

static void another_hosts_root_is_not_checked(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	AUTO(run) struct run *run = new_run(*state, config, true);

	assert_int_equal(preflight_run(run, PREFLIGHT_INIT, &err), 0);
}

static void the_lines_that_look_wrong_are_quoted_from_a_log(void **state)
{
	const struct scratch *s = *state;
	AUTO(free) char *tail = NULL;
	AUTO(free) char *none = NULL;

	write_text(s, "/log", "/log/0.log",
		   "2026-01-01T00:00:00Z stderr F started\n"
		   "2026-01-01T00:00:01Z stderr F E0101 12:00:00 cannot bind\n"
		   "2026-01-01T00:00:02Z stderr F fatal: port taken\n"
		   "2026-01-01T00:00:03Z stderr F usage:\n"
		   "2026-01-01T00:00:04Z stderr F   --flag\n");
	tail = diagnose_log_tail(s->fs, "/log/0.log", 3);
	assert_string_equal(tail, "\n    E0101 12:00:00 cannot bind\n    fatal: port taken");
	free(tail);
	write_text(s, "/log", "/log/0.log", "a stdout F one\nb stdout F two\nc stdout F three\n");
	tail = diagnose_log_tail(s->fs, "/log/0.log", 2);
	assert_string_equal(tail, "\n    two\n    three");
	none = diagnose_log_tail(s->fs, "/log/none", 2);
	assert_string_equal(none, "");
}

#define t(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		t(all_that_is_wrong_is_told_at_once_each_with_what_to_run),
		t(a_failure_that_is_ignored_does_not_fail),
		t(a_file_of_ours_is_in_nobodys_way),
		t(a_control_plane_does_not_join_another),
		t(the_built_in_network_wants_iptables),
		t(another_hosts_root_is_not_checked),
		t(a_proxy_in_the_way_is_warned_of),
		t(a_domain_is_spared_with_what_is_below_it),
		t(without_a_proxy_nothing_is_warned_of),
		t(a_kernel_that_lacks_an_option_is_named),
		t(what_cannot_be_written_is_told_before),
		t(plugins_that_could_not_be_started_are_told_before),
		t(a_directory_for_plugins_that_cannot_be_written_or_does_not_last_is_told),
		t(what_the_next_boot_brings_is_told),
		t(the_layout_and_the_paths_are_shown_with_what_becomes_of_them),
		t(volume_plugins_that_kubeadms_profile_parts_are_told),
		t(a_network_configuration_that_comes_before_the_own_one_is_told),
		t(the_lines_that_look_wrong_are_quoted_from_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
