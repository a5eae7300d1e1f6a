/* What reset takes away, planned from a journal alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/str.h"
#include "phases/network/route.h"
#include "phases/reset/reset.h"

static json_t *journal_of(const char *const *paths)
{
	json_t *journal = json_object();

	for (; *paths; paths++)
		json_object_set_new(journal, *paths,
				    xjson_pack("{s:s, s:s}", "kind", "file", "phase", "x"));
	return journal;
}

static const char *const control_plane[] = {
	"/etc/kubernetes/manifests/etcd.yaml",
	"/var/lib/kubelet/config.yaml",
	"/etc/kubernetes/kubelet.conf",
	"/etc/systemd/system/kubelet.service",
	"/etc/systemd/system/kstrap-network.service",
	"/etc/systemd/system/multi-user.target.wants/kubelet.service",
	"/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
	NULL,
};

static void a_host_is_what_the_journal_says(void **state)
{
	static const struct {
		const char *paths[3];
		struct reset_scope scope;
	} rows[] = {
		{ { NULL }, { .any = false } },
		{ { "/etc/kubernetes/pki/ca.crt", NULL }, { .any = true } },
		{ { "/var/lib/kubelet/kubeadm-flags.env", NULL }, { .any = true, .node = true } },
		{ { "/etc/kubernetes/manifests/etcd.yaml", NULL }, { .any = true, .etcd = true } },
		{ { "/etc/cni/net.d/10-kstrap.conflist", NULL }, { .any = true, .network = true } },
		{ { "/etc/cni/net.d/10-flannel.conflist", NULL }, { .any = true } },
		{ { "/var/lib/cni/flannel", NULL }, { .any = true, .flannel = true } },
	};
	AUTO(config) struct config *config = config_new(CONFIG_RESET);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(json) json_t *journal = journal_of(rows[i].paths);
		struct reset_scope got = reset_scope(config, journal);

		assert_int_equal(got.any, rows[i].scope.any);
		assert_int_equal(got.node, rows[i].scope.node);
		assert_int_equal(got.etcd, rows[i].scope.etcd);
		assert_int_equal(got.network, rows[i].scope.network);
		assert_int_equal(got.flannel, rows[i].scope.flannel);
	}
}

static void nothing_is_swept_where_nothing_was_made(void **state)
{
	static const char *const pki[] = { "/etc/kubernetes/pki/ca.crt", NULL };
	AUTO(config) struct config *config = config_new(CONFIG_RESET);
	AUTO(json) json_t *none = json_object();
	AUTO(json) json_t *certs = journal_of(pki);
	AUTO(json) json_t *of_none = reset_written(config, none, "/var/lib/etcd");
	AUTO(json) json_t *of_certs = reset_written(config, certs, "/var/lib/etcd");

	(void)state;
	assert_int_equal(json_array_size(of_none), 0);
	assert_int_equal(json_array_size(of_certs), 0);
}

static void what_parts_of_the_node_wrote_is_named(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_RESET);
	AUTO(json) json_t *journal = journal_of(control_plane);
	AUTO(json) json_t *list = reset_written(config, journal, "/srv/etcd");
	AUTO(json) json_t *with_tmp = NULL;

	(void)state;
	for (const char *const *path =
		     (const char *const[]){ "/var/lib/kubelet/pods", "/var/lib/kubelet/pki",
					    "/srv/etcd/member", "/var/lib/cni/networks/kstrap",
					    "/etc/kubernetes/bootstrap-kubelet.conf", NULL };
	     *path; path++)
		if (!json_has(list, *path))
			fail_msg("%s is not swept", *path);
	/* The journal's own files go with it, and what may be the user's stays. */
	for (const char *const *path =
		     (const char *const[]){
			     "/etc/kubernetes/kubelet.conf", "/var/lib/kubelet",
			     "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/config.json",
			     "/var/lib/kubelet/seccomp", "/srv/etcd", "/etc/kubernetes",
			     "/etc/kubernetes/tmp", "/etc/cni/net.d", NULL };
	     *path; path++)
		if (json_has(list, *path))
			fail_msg("%s is swept", *path);
	config->cleanup_tmp_dir = true;
	with_tmp = reset_written(config, journal, NULL);
	assert_true(json_has(with_tmp, "/etc/kubernetes/tmp"));
	assert_false(json_has(with_tmp, "/srv/etcd/member"));
}

static void what_flannel_wrote_is_swept_on_its_nodes_alone(void **state)
{
	static const char *const node[] = { "/var/lib/kubelet/config.yaml", "/var/lib/cni/flannel",
					    NULL };
	static const char *const swept[] = { "/run/flannel/subnet.env", "/var/lib/cni/networks/cbr0",
					     "/var/lib/cni/flannel", NULL };
	AUTO(config) struct config *config = config_new(CONFIG_RESET);
	AUTO(json) json_t *ours = journal_of(node);
	AUTO(json) json_t *others = journal_of(control_plane);
	AUTO(json) json_t *list = reset_written(config, ours, NULL);
	AUTO(json) json_t *none = reset_written(config, others, NULL);

	(void)state;
	for (const char *const *path = swept; *path; path++) {
		if (!json_has(list, *path))
			fail_msg("%s is not swept", *path);
		if (json_has(none, *path))
			fail_msg("%s is swept where flannel is not ours", *path);
	}
	assert_false(json_has(list, "/var/lib/cni/networks/kstrap"));
}

static void paths_are_settings_here_too(void **state)
{
	static const char *const paths[] = { "/srv/kubelet/config.yaml", NULL };
	AUTO(config) struct config *config = config_new(CONFIG_RESET);
	AUTO(json) json_t *journal = journal_of(paths);
	AUTO(json) json_t *list = NULL;

	(void)state;
	free(config->kubelet_dir);
	config->kubelet_dir = xstrdup("/srv/kubelet");
	free(config->cni_conf_dir);
	config->cni_conf_dir = xstrdup("/srv/net.d");
	assert_false(reset_scope(config, journal).network);
	json_object_set_new(journal, "/srv/net.d/10-kstrap.conflist", json_object());
	assert_true(reset_scope(config, journal).network);
	list = reset_written(config, journal, NULL);
	assert_true(json_has(list, "/srv/kubelet/pods"));
	assert_false(json_has(list, "/var/lib/kubelet/pods"));
}

static void services_are_those_of_the_journal_and_the_kubelet_is_last(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_RESET);
	AUTO(json) json_t *journal = journal_of(control_plane);
	struct reset_scope scope = reset_scope(config, journal), none = { .any = true };
	AUTO(json) json_t *units = reset_units(&scope, journal);
	AUTO(json) json_t *few = reset_units(&none, journal);

	(void)state;
	assert_int_equal(json_array_size(units), 2);
	assert_string_equal(json_string_value(json_array_get(units, 0)), "kstrap-network.service");
	assert_string_equal(json_string_value(json_array_get(units, 1)), "kubelet.service");
	assert_int_equal(json_array_size(few), 1);
}

static void a_changed_file_goes_only_where_the_place_is_kubernetes_own(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_RESET);

	(void)state;
	assert_true(reset_is_inside(config, "/etc/kubernetes/manifests/etcd.yaml"));
	assert_true(reset_is_inside(config, "/var/lib/kubelet/config.yaml"));
	assert_true(reset_is_inside(config, "/var/lib/cni/bin/bridge"));
	assert_false(reset_is_inside(config, "/etc/kubernetes.old/x"));
	assert_false(reset_is_inside(config, "/etc/containerd/config.toml"));
	assert_false(reset_is_inside(config, "/etc/systemd/system/kubelet.service"));
	assert_false(reset_is_inside(config, "/etc/cni/net.d/10-kstrap.conflist"));
}

#define MANIFEST(path)                                                     \
	"spec:\n  volumes:\n  - hostPath: {path: /pki}\n    name: certs\n" \
	"  - hostPath: {path: " path "}\n    name: etcd-data\n"

static void the_manifest_says_where_etcd_keeps_its_data(void **state)
{
	AUTO(json)
	json_t *journal = xjson_pack("{s:{s:s, s:s}, s:{s:s, s:s}}", "/etc/kubernetes/manifests",
				     "kind", "dir", "phase", "etcd/local", "/srv/e", "kind", "dir",
				     "phase", "etcd/local");
	AUTO(json) json_t *none = json_object();
	const struct {
		const char *manifest, *dir;
	} rows[] = {
		{ MANIFEST("/data/etcd"), "/data/etcd" },
		{ MANIFEST("relative"), "/srv/e" },
		{ MANIFEST("/"), "/srv/e" },
		{ MANIFEST("/a/../b"), "/srv/e" },
		{ "no: volumes\n", "/srv/e" },
		{ "{{{", "/srv/e" },
		{ NULL, "/srv/e" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(free) char *dir = reset_etcd_dir(rows[i].manifest, journal);

		assert_non_null(dir);
		assert_string_equal(dir, rows[i].dir);
	}
	assert_null(reset_etcd_dir(NULL, none));
}

static void mounts_are_those_below_and_the_latest_comes_first(void **state)
{
	static const char text[] =
		"22 28 0:21 / /proc rw - proc proc rw\n"
		"30 28 8:1 / /var/lib/kubelet rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
		"31 30 0:40 / /var/lib/kubelet/pods/a/volumes/t rw - tmpfs tmpfs rw\n"
		"32 31 0:41 / /var/lib/kubelet/pods/a/volumes/t/in rw - tmpfs tmpfs rw\n"
		"33 28 0:42 / /var/lib/kubelet2/x rw - tmpfs tmpfs rw\n"
		"34 28 0:43 / /mnt/var/lib/kubelet/x rw - tmpfs tmpfs rw\n"
		"35 30 0:44 / /var/lib/kubelet/a\\040blank\\134 rw - tmpfs tmpfs rw\n"
		"36 30 0:45 /var/lib/kubelet/no rw\n"
		"37";
	AUTO(mounts) struct mounts table = { 0 };
	AUTO(json) json_t *mounts = NULL;
	const char *const want[] = { "/var/lib/kubelet/a blank\\",
				     "/var/lib/kubelet/pods/a/volumes/t/in",
				     "/var/lib/kubelet/pods/a/volumes/t" };

	(void)state;
	mounts_parse(text, &table);
	mounts = reset_mounts(&table, "/var/lib/kubelet");
	assert_int_equal(json_array_size(mounts), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(json_string_value(json_array_get(mounts, i)), want[i]);
}

static int run_ip(const char *line)
{
	const char *argv[16] = { "ip", "link", "add" };
	AUTO(free) char *words = xstrdup(line);
	char *rest = words;
	struct err err = ERR_INIT;
	size_t n = 3;

	while (n < 15 && (argv[n] = strsep(&rest, " ")))
		n++;
	return proc_run(&(struct proc){ .argv = argv, .timeout_s = 20 }, &err);
}

static bool there(const char *name)
{
	return if_nametoindex(name) != 0;
}

static bool all_there(const char *const *names)
{
	while (*names && there(*names))
		names++;
	return !*names;
}

#define CHECK(what)                      \
	do {                             \
		if (!(what))             \
			return __LINE__; \
	} while (0)

/* The line of the first check that fails, for the parent. */
static int links_go(void)
{
	static const struct reset_scope none = { .any = true, .node = true };
	static const struct reset_scope bridge = { .any = true, .network = true };
	static const struct reset_scope flannel = { .any = true, .flannel = true };
	static const char *const add[] = {
		"kstrap0 type bridge",
		"kstrap1 type veth peer name kstrap2",
		"cni0 type bridge",
		"cni1 type bridge",
		"flannel.1 type vxlan id 1 dstport 8472",
		"flannel.4096 type vxlan id 4096 dstport 8472",
		"flannel-v6.1 type vxlan id 2 dstport 8473",
		"flannel.1x type vxlan id 3 dstport 8474",
		"flannel.2 type bridge",
		"flannel. type vxlan id 4 dstport 8475",
		"vxlan1 type vxlan id 5 dstport 8476",
	};
	static const char *const ours[] = { "cni0", "flannel.1", "flannel.4096", "flannel-v6.1",
					    "kstrap0", NULL };
	static const char *const others[] = { "kstrap1", "cni1", "flannel.1x", "flannel.2",
					      "flannel.", "vxlan1", NULL };
	AUTO(route) struct route *route = NULL;
	struct err err = ERR_INIT;
	bool found = true;

	for (size_t i = 0; i < sizeof(add) / sizeof(add[0]); i++)
		CHECK(run_ip(add[i]) == 0);
	CHECK(route_open(&route, &err) == 0);
	CHECK(reset_links(route, &none, false, &err) == 0 && all_there(ours));
	CHECK(reset_links(route, &bridge, true, &err) == 0 && all_there(ours));
	CHECK(reset_links(route, &bridge, false, &err) == 0 && !there("kstrap0"));
	CHECK(there("cni0") && there("flannel.1"));
	CHECK(reset_links(route, &flannel, true, &err) == 0 && there("cni0") && there("flannel.1"));
	CHECK(reset_links(route, &flannel, false, &err) == 0);
	for (const char *const *name = ours; *name; name++)
		CHECK(!there(*name));
	CHECK(all_there(others));
	/* Again, and with another kind under the name. */
	CHECK(run_ip("cni0 type veth peer name peer0") == 0);
	CHECK(reset_links(route, &flannel, false, &err) == 0 && there("cni0"));
	CHECK(route_remove_link(route, "kstrap0", "bridge", false, &found, &err) == 0 && !found);
	return 0;
}

/* In a network of its own, with the kernel's own answers. */
static void links_go_by_name_and_kind_and_all_others_stay(void **state)
{
	int status = -1, line = -1, pipes[2];
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		line = unshare(CLONE_NEWNET) < 0 ? __LINE__ : links_go();
		_exit(write(pipes[1], &line, sizeof(line)) != sizeof(line));
	}
	assert_int_equal(close(pipes[1]), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(read(pipes[0], &line, sizeof(line)), sizeof(line));
	assert_int_equal(close(pipes[0]), 0);
	if (line != 0)
		fail_msg("the check in line %d does not hold", line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_what_the_journal_says),
		cmocka_unit_test(nothing_is_swept_where_nothing_was_made),
		cmocka_unit_test(what_parts_of_the_node_wrote_is_named),
		cmocka_unit_test(what_flannel_wrote_is_swept_on_its_nodes_alone),
		cmocka_unit_test(paths_are_settings_here_too),
		cmocka_unit_test(services_are_those_of_the_journal_and_the_kubelet_is_last),
		cmocka_unit_test(a_changed_file_goes_only_where_the_place_is_kubernetes_own),
		cmocka_unit_test(the_manifest_says_where_etcd_keeps_its_data),
		cmocka_unit_test(mounts_are_those_below_and_the_latest_comes_first),
		cmocka_unit_test(links_go_by_name_and_kind_and_all_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
