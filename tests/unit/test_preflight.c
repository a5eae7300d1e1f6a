#include "base_help.h"

#include "phases/diagnose.h"
#include "phases/preflight.h"

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
		t(another_hosts_root_is_not_checked),
		t(the_lines_that_look_wrong_are_quoted_from_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
