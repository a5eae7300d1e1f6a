#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "phases/runtime/runtime.h"

/* A root of another host below /tmp. */
struct host {
	char root[64];
	struct fs *fs;
};

/* A shell command below the root. */
static void sh(const char *command, const char *root)
{
	AUTO(free) char *line = xasprintf("cd %s && %s", root, command);

	assert_int_equal(system(line), 0);
}

static int make(void **state)
{
	struct host *host = calloc(1, sizeof(*host));
	struct err err = ERR_INIT;

	assert_non_null(host);
	snprintf(host->root, sizeof(host->root), "/tmp/kstrap-runtime.XXXXXX");
	assert_non_null(mkdtemp(host->root));
	sh("mkdir -p usr/bin etc/containerd etc/crio/crio.conf.d", host->root);
	assert_int_equal(fs_open(host->root, &host->fs, &err), 0);
	*state = host;
	return 0;
}

static int unmake(void **state)
{
	struct host *host = *state;

	fs_close(host->fs);
	assert_true(str_starts(host->root, "/tmp/kstrap-runtime."));
	sh("rm -rf usr etc && rmdir \"$PWD\"", host->root);
	free(host);
	return 0;
}

static void the_status_tells_driver_and_directories(void **state)
{
	AUTO(json) json_t *status = xjson_pack(
		"{s:b, s:b, s:{s:{s:s, s:s}, s:{s:s, s:{s:{s:{s:b}}, s:{s:{s:b}}}}}}",
		"runtimeReady", 1, "networkReady", 0, "config", "cni", "binDir", "/opt/cni/bin/",
		"confDir", "/etc/cni/net.d", "containerd", "defaultRuntimeName", "crun", "runtimes",
		"crun", "options", "SystemdCgroup", 1, "runc", "options", "SystemdCgroup", 0);
	AUTO(runtime) struct runtime runtime = { .socket = NULL };

	(void)state;
	runtime_read_status(&runtime, status);
	assert_string_equal(runtime.cgroup_driver, "systemd");
	assert_string_equal(runtime.conf_dir, "/etc/cni/net.d");
	assert_string_equal(json_string_value(json_array_get(runtime.bin_dirs, 0)), "/opt/cni/bin");
	assert_false(runtime.network_ready);
}

static void an_option_that_is_left_out_means_cgroupfs(void **state)
{
	AUTO(json) json_t *status = xjson_pack("{s:b, s:{s:{s:[s, s]}, s:{s:{}}}}", "networkReady", 1,
					       "config", "cni", "binDirs", "/a", "/b/", "containerd",
					       "runtimes");
	AUTO(runtime) struct runtime runtime = { .socket = NULL };

	(void)state;
	runtime_read_status(&runtime, status);
	assert_string_equal(runtime.cgroup_driver, "cgroupfs");
	assert_int_equal(json_array_size(runtime.bin_dirs), 2);
	assert_true(json_has(runtime.bin_dirs, "/b"));
	assert_true(runtime.network_ready);
}

static void a_runtime_that_tells_nothing_is_not_guessed_at(void **state)
{
	AUTO(json) json_t *status = xjson_pack("{s:b}", "networkReady", 1);
	AUTO(runtime) struct runtime runtime = { .socket = NULL };

	(void)state;
	runtime_read_status(&runtime, status);
	assert_null(runtime.cgroup_driver);
	assert_null(runtime.bin_dirs);
}

static void a_root_is_read_by_what_is_installed_there(void **state)
{
	struct host *host = *state;
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	struct err err = ERR_INIT;

	sh("touch usr/bin/containerd", host->root);
	sh("printf 'version = 2\\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc."
	   "options]\\nSystemdCgroup = true\\n' >etc/containerd/config.toml", host->root);
	assert_int_equal(runtime_find(host->fs, NULL, false, &runtime, &err), 0);
	assert_string_equal(runtime.socket, "unix:///run/containerd/containerd.sock");
	assert_string_equal(runtime.name, "containerd");
	assert_string_equal(runtime.cgroup_driver, "systemd");
	assert_string_equal(runtime_unit(&runtime), "containerd");
}

static void the_last_of_crio_s_files_counts(void **state)
{
	struct host *host = *state;
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	struct err err = ERR_INIT;

	sh("printf '[crio.runtime]\\ncgroup_manager = \"systemd\"\\n' >etc/crio/crio.conf",
	   host->root);
	sh("printf '[crio.runtime]\\ncgroup_manager = \"cgroupfs\"\\n' "
	   ">etc/crio/crio.conf.d/50-x.conf", host->root);
	assert_int_equal(runtime_find(host->fs, "/var/run/crio/crio.sock", false, &runtime, &err), 0);
	assert_string_equal(runtime.socket, "unix:///var/run/crio/crio.sock");
	assert_string_equal(runtime.cgroup_driver, "cgroupfs");
	assert_string_equal(runtime_unit(&runtime), "crio");
}

static void no_runtime_is_told_with_what_to_run(void **state)
{
	struct host *host = *state;
	AUTO(runtime) struct runtime runtime = { .socket = NULL };
	struct err err = ERR_INIT;

	assert_int_equal(runtime_find(host->fs, NULL, true, &runtime, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.next, "systemctl enable --now"));
	assert_null(runtime.socket);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_tells_driver_and_directories),
		cmocka_unit_test(an_option_that_is_left_out_means_cgroupfs),
		cmocka_unit_test(a_runtime_that_tells_nothing_is_not_guessed_at),
		cmocka_unit_test_setup_teardown(a_root_is_read_by_what_is_installed_there, make, unmake),
		cmocka_unit_test_setup_teardown(the_last_of_crio_s_files_counts, make, unmake),
		cmocka_unit_test_setup_teardown(no_runtime_is_told_with_what_to_run, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
