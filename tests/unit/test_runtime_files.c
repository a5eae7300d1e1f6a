#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pending.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/runtime/containerd.h"
#include "phases/runtime/crio.h"
#include "phases/runtime/toml.h"

#define BIN    "/var/lib/cni/bin"
#define MAIN   CONTAINERD_CONFIG
#define DROPIN CONTAINERD_DIR "conf.d/90-kstrap.toml"
#define V1     "[plugins.cri.cni]\n"
#define V2     "[plugins.\"io.containerd.grpc.v1.cri\".cni]\n"
#define V3     "[plugins.\"io.containerd.cri.v1.runtime\".cni]\n"
#define IMPORT "imports = [\"/etc/containerd/conf.d/*.toml\"]\n"

struct file {
	const char *path, *text;
};

/* `after` without a path is the error's text. */
struct row {
	const char *what, *version;
	struct file before[4], after[3];
};

/* clang-format off */
static const struct row containerd_rows[] = {
	{ "1.6 without a file", "1.6.20", { { NULL } },
	  { { MAIN, "version = 2\n\n" V2 "  bin_dir = \"" BIN "\"\n" } } },
	{ "1.6, Debian's file, whose other lines stay", "1.6.20~ds1",
	  { { MAIN, "# mine\nversion = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
		    "    " V2 "      bin_dir = \"/usr/lib/cni\" # old\n      conf_dir = \"/etc/cni/net.d\"\n" } },
	  { { MAIN, "# mine\nversion = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
		    "    " V2 "      bin_dir = \"" BIN "\" # old\n      conf_dir = \"/etc/cni/net.d\"\n" } } },
	{ "1.6, a file of the first layout", "1.6.20", { { MAIN, "oom_score = 1\n" } },
	  { { MAIN, "oom_score = 1\n\n" V1 "  bin_dir = \"" BIN "\"\n" } } },
	{ "1.7, imports and nobody has the plugin's section: a drop-in", "1.7.24",
	  { { MAIN, "version = 2\n" IMPORT }, { CONTAINERD_DIR "conf.d/10-x.toml", "oom_score = 1\n" } },
	  { { DROPIN, "version = 2\n\n" V2 "  bin_dir = \"" BIN "\"\n" } } },
	{ "1.7, imports and config.toml has the section, which ours would replace: edited", "1.7.24",
	  { { MAIN, "version = 2\n" IMPORT "[plugins.\"io.containerd.grpc.v1.cri\"]\n  sandbox_image = \"x\"\n" } },
	  { { MAIN, "version = 2\n" IMPORT "[plugins.\"io.containerd.grpc.v1.cri\"]\n  sandbox_image = \"x\"\n\n" V2
		    "  bin_dir = \"" BIN "\"\n" } } },
	{ "1.7, a drop-in has the section, whole: that one is edited", "1.7.24",
	  { { MAIN, "version = 2\n" IMPORT V2 "bin_dir = \"/a\"\n" },
	    { CONTAINERD_DIR "conf.d/50-x.toml", "version = 2\n" V2 "bin_dir = \"/b\"\n" } },
	  { { CONTAINERD_DIR "conf.d/50-x.toml", "version = 2\n" V2 "bin_dir = \"" BIN "\"\n" } } },
	{ "1.7, our drop-in of before would now replace a section: it goes", "1.7.24",
	  { { MAIN, "version = 2\n" IMPORT V2 "bin_dir = \"/a\"\n" }, { DROPIN, "version = 2\n" } },
	  { { MAIN, "version = 2\n" IMPORT V2 "bin_dir = \"" BIN "\"\n" }, { DROPIN, NULL } } },
	{ "1.7, a list of a later one, which it does not know", "1.7.24",
	  { { MAIN, "version = 2\n" V2 "bin_dirs = [\"" BIN "\"]\n" } },
	  { { MAIN, "version = 2\n" V2 "  bin_dir = \"" BIN "\"\nbin_dirs = [\"" BIN "\"]\n" } } },
	{ "2.0 without a file", "2.0.1", { { NULL } },
	  { { MAIN, "version = 3\n\n" V3 "  bin_dir = \"" BIN "\"\n" } } },
	{ "2.0 with imports", "2.0.1", { { MAIN, "version = 3\n" IMPORT V3 "bin_dir = '/a'\n" } },
	  { { DROPIN, "version = 3\n\n" V3 "  bin_dir = \"" BIN "\"\n" } } },
	{ "2.0 and a file of version 2: the drop-in is of version 2", "2.0.1",
	  { { MAIN, "version = 2\n" IMPORT V2 "bin_dir = '/a'\n" } },
	  { { DROPIN, "version = 2\n\n" V2 "  bin_dir = \"" BIN "\"\n" } } },
	{ "2.1 has a list", "2.1.4", { { MAIN, "version = 3\n" } },
	  { { MAIN, "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.1 refuses both names: the older one is emptied, its directory stays", "2.1.4",
	  { { MAIN, "version = 3\n" V3 "bin_dir = '/x' # mine\n" } },
	  { { MAIN, "version = 3\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\nbin_dir = \"\" # mine\n" } } },
	{ "2.1 and a file of version 2 with the older name, beside which the list is forgotten", "2.1.9",
	  { { MAIN, "version = 2\n" V2 "bin_dir = \"/usr/lib/cni\"\n" } },
	  { { MAIN, "version = 2\n" V2 "bin_dir = \"" BIN "\"\n" } } },
	{ "2.1 and a file of version 2 without it", "2.1.9", { { MAIN, "version = 2\n" } },
	  { { MAIN, "version = 2\n\n" V2 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.1 and a file of the first layout", "2.1.9", { { MAIN, "oom_score = 1\n" } },
	  { { MAIN, "oom_score = 1\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.2 without a file reads no conf.d: it gets the imports of its default", "2.2.0", { { NULL } },
	  { { MAIN, "version = 3\n" IMPORT },
	    { DROPIN, "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.2, conf.d is there and config.toml does not import it", "2.2.0",
	  { { MAIN, "version = 3\n" }, { CONTAINERD_DIR "conf.d/50-x.toml", "version = 3\n" V3 "bin_dirs = ['/x']\n" } },
	  { { MAIN, "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.2 with a list of the user's, whose text stays", "2.2.0",
	  { { MAIN, "version = 3\n" V3 "bin_dirs = [ '/x', # why\n '/y']\n" } },
	  { { MAIN, "version = 3\n" V3 "bin_dirs = [\"" BIN "\", \"/usr/lib/cni\", '/x', # why\n '/y']\n" } } },
	{ "2.2 with a list that has ours, spelled in another way", "2.2.0",
	  { { MAIN, "version = 3\n" V3 "bin_dirs = ['/x', '" BIN "//']\n" } },
	  { { MAIN, "version = 3\n" V3 "bin_dirs = ['/x', '" BIN "//']\n" } } },
	{ "2.2 with an empty list", "2.2.0", { { MAIN, "version = 3\n" V3 "bin_dirs = []\n" } },
	  { { MAIN, "version = 3\n" V3 "bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.2, a drop-in before ours: its directories stay behind", "2.2.0",
	  { { MAIN, "version = 3\n" IMPORT },
	    { CONTAINERD_DIR "conf.d/50-x.toml", "version = 3\n" V3 "bin_dirs = ['/x', '/opt/cni/bin']\n" } },
	  { { DROPIN, "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n" } } },
	{ "2.2, a drop-in after ours overrules it: told", "2.2.0",
	  { { MAIN, "version = 3\n" IMPORT },
	    { CONTAINERD_DIR "conf.d/95-x.toml", "version = 3\n" V3 "bin_dirs = ['/x']\n" } },
	  { { NULL, CONTAINERD_DIR "conf.d/95-x.toml sets the directories of CNI plugins and is read after " DROPIN } } },
	{ "2.2, a drop-in after ours that has ours", "2.2.0",
	  { { MAIN, "version = 3\n" IMPORT },
	    { CONTAINERD_DIR "conf.d/95-x.toml", "version = 3\n" V3 "bin_dirs = ['" BIN "', '/x']\n" } },
	  { { NULL } } },
	{ "another directory below /etc/containerd, relative, and a file that imports itself", "2.2.0",
	  { { MAIN, "version = 3\nimports = ['config.toml', \"config.d/*.toml\"]\n" } },
	  { { CONTAINERD_DIR "config.d/90-kstrap.toml",
	      "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "a directory of its own beside it, and one that goes up", "2.2.0",
	  { { MAIN, "version = 3\nimports = ['/etc/containerd/../x/*.toml', \"./config.d/*.toml\"]\n" } },
	  { { CONTAINERD_DIR "config.d/90-kstrap.toml",
	      "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "a pattern with several stars and a question mark", "2.2.0",
	  { { MAIN, "version = 3\nimports = ['/etc/containerd/d/?*-*.t*l']\n" },
	    { CONTAINERD_DIR "d/10-a-b.tml", "version = 3\n" V3 "bin_dirs = ['/x']\n" },
	    { CONTAINERD_DIR "d/99-a.toml.old", "version = 3\n" V3 "bin_dirs = ['/y']\n" } },
	  { { CONTAINERD_DIR "d/90-kstrap.toml",
	      "version = 3\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n" } } },
	{ "a pattern that our name does not match, and one outside", "2.2.0",
	  { { MAIN, "version = 3\nimports = ['/usr/lib/containerd/*.toml', '/etc/containerd/conf.d/*.conf']\n" } },
	  { { MAIN, "version = 3\nimports = ['/usr/lib/containerd/*.toml', '/etc/containerd/conf.d/*.conf']\n\n" V3
		    "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "a vendor's file that is read last and is not ours to edit: told", "2.2.0",
	  { { MAIN, "version = 3\nimports = ['/usr/lib/containerd/*.toml']\n" },
	    { "/usr/lib/containerd/x.toml", "version = 3\n" V3 "bin_dirs = ['/x']\n" } },
	  { { NULL, "/usr/lib/containerd/x.toml sets the directories" } } },
	{ "2.3 without a file", "2.3.0", { { NULL } },
	  { { MAIN, "version = 4\n" IMPORT },
	    { DROPIN, "version = 4\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "2.3 and its version 4", "v2.3.0", { { MAIN, "version = 4\n" IMPORT V3 "bin_dir = '/x'\n" } },
	  { { DROPIN, "version = 4\n\n" V3 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n  bin_dir = \"\"\n" } } },
	{ "2.4 without the older name, version 2", "2.4.0", { { MAIN, "version = 2\n" V2 "bin_dir = '/x'\n" } },
	  { { MAIN, "version = 2\n" V2 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\nbin_dir = \"" BIN "\"\n" } } },
	{ "2.4, version 2, with the older name empty, which it would take all the same", "2.4.0",
	  { { MAIN, "version = 2\n" V2 "bin_dir = \"\"\n" } },
	  { { MAIN, "version = 2\n" V2 "  bin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\nbin_dir = \"" BIN "\"\n" } } },
	{ "an unknown containerd without a file", NULL, { { NULL } },
	  { { MAIN, "version = 2\n\n" V2 "  bin_dir = \"" BIN "\"\n" } } },
	{ "an unknown containerd with a file of version 3", NULL, { { MAIN, "version = 3\n" IMPORT } },
	  { { DROPIN, "version = 3\n\n" V3 "  bin_dir = \"" BIN "\"\n" } } },
	{ "a file that is no text", "1.6.20",
	  { { MAIN, "version = 2 # caf\xe9\n" } }, { { NULL, MAIN " is no text" } } },
	{ "so is one that it imports", "1.7.24",
	  { { MAIN, "version = 2\n" IMPORT }, { CONTAINERD_DIR "conf.d/10-x.toml", "# \xff\n" } },
	  { { NULL, CONTAINERD_DIR "conf.d/10-x.toml is no text" } } },
	{ "a file that hides the setting is refused, with its line", "1.6.20",
	  { { MAIN, "version = 2\nplugins = { x = 1 }\n" } }, { { NULL, MAIN ":2:" } } },
};

#define NETWORK "[crio.network]\n"
#define CRIO_D	CRIO_DIR "crio.conf.d/"
static const struct row crio_rows[] = {
	{ "1.13: one directory, in crio.conf", "1.13.11",
	  { { CRIO_CONFIG, "# mine\n" NETWORK "plugin_dir = \"/opt/cni/bin/\" # x\n" } },
	  { { CRIO_CONFIG, "# mine\n" NETWORK "plugin_dir = \"" BIN "\" # x\n" } } },
	{ "1.14: the same name, a list", "1.14.0",
	  { { CRIO_CONFIG, NETWORK "plugin_dir = [\n\t\"/opt/cni/bin/\",\n]\nnetwork_dir = \"/etc/cni/net.d/\"\n" } },
	  { { CRIO_CONFIG, NETWORK "plugin_dir = [\"" BIN "\", \"/usr/lib/cni\"]\nnetwork_dir = \"/etc/cni/net.d/\"\n" } } },
	{ "1.15 to 1.17: the list has its own name, no drop-ins yet", "1.17.4",
	  { { CRIO_CONFIG, NETWORK "plugin_dirs = [\n\t\"/opt/cni/bin/\",\n\t\"/x\",\n]\n" },
	    { CRIO_D "50-x.conf", NETWORK "plugin_dirs = ['/y']\n" } },
	  { { CRIO_CONFIG, NETWORK "plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n" } } },
	{ "1.17 with the older name, too, which would be made", "1.17.4",
	  { { CRIO_CONFIG, NETWORK "plugin_dir = \"/opt/cni/bin\"\n" } },
	  { { CRIO_CONFIG, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\nplugin_dir = \"\"\n" } } },
	{ "1.17 without a file", "1.17.4", { { NULL } },
	  { { CRIO_CONFIG, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "1.18: a drop-in; the default is left out where /opt/cni/bin is not there", "1.18.0",
	  { { CRIO_CONFIG, NETWORK "plugin_dirs = [\"/opt/cni/bin/\"]\n" } },
	  { { CRIO_DROPIN, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "an unknown version has drop-ins", NULL, { { NULL } },
	  { { CRIO_DROPIN, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\"]\n" } } },
	{ "the last of the files before ours stays behind it", "1.29.1",
	  { { CRIO_D "10-vendor.conf", NETWORK "plugin_dirs = ['/run/cni/bin']\n" },
	    { CRIO_D "50-x.conf", NETWORK "plugin_dirs = [\"/x\", # why\n'/opt/cni/bin']\n" } },
	  { { CRIO_DROPIN, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n" } } },
	{ "the older name in a drop-in is emptied by ours", "1.29.1",
	  { { CRIO_D "50-x.conf", NETWORK "plugin_dir = '/y'\n" } },
	  { { CRIO_DROPIN, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/y\"]\n  plugin_dir = \"\"\n" } } },
	{ "a drop-in after ours overrules it: told", "1.29.1",
	  { { CRIO_D "99-x.conf", NETWORK "plugin_dirs = ['/x']\n" } },
	  { { NULL, CRIO_D "99-x.conf sets the directories of CNI plugins and is read after " CRIO_DROPIN } } },
	{ "a drop-in that is no text", "1.29.1",
	  { { CRIO_D "10-x.conf", "# caf\xe9\n" } }, { { NULL, CRIO_D "10-x.conf is no text" } } },
	{ "a drop-in after ours that has ours, as CRI-O's default is spelled", "1.29.1",
	  { { CRIO_D "99-x.conf", NETWORK "plugin_dirs = ['/x/', '" BIN "/']\n" } },
	  { { CRIO_DROPIN, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n" } } },
	{ "a drop-in after ours that has ours", "1.29.1",
	  { { CRIO_D "99-x.conf", NETWORK "plugin_dirs = ['/x', '" BIN "']\n" } },
	  { { CRIO_DROPIN, NETWORK "  plugin_dirs = [\"" BIN "\", \"/usr/lib/cni\", \"/x\"]\n" } } },
};
/* clang-format on */

typedef int settings_fn(const struct fs *, const char *, const json_t *, json_t **, struct err *);

static void put(const char *root, const struct file *file)
{
	AUTO(free) char *path = xasprintf("%s%s", root, file->path);
	AUTO(free) char *dir = path_dir(path);
	AUTO(free) char *command = xasprintf("mkdir -p '%s'", dir);
	FILE *f;

	assert_int_equal(system(command), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(file->text, f);
	assert_int_equal(fclose(f), 0);
}

static void check(const struct row *row, settings_fn *settings)
{
	char root[] = "/tmp/kstrap-settings.XXXXXX";
	AUTO(json) json_t *dirs = xjson_pack("[s, s]", BIN, "/usr/lib/cni");
	AUTO(json) json_t *got = NULL;
	AUTO(json) json_t *want = json_object();
	AUTO(free) char *remove = NULL;
	AUTO(fs) struct fs *fs = NULL;
	struct err err = ERR_INIT;
	bool fails = !row->after[0].path && row->after[0].text;

	assert_non_null(mkdtemp(root));
	for (size_t i = 0; row->before[i].path; i++)
		put(root, &row->before[i]);
	assert_int_equal(fs_open(root, &fs, &err), 0);
	for (size_t i = 0; row->after[i].path; i++)
		json_object_set_new(want, row->after[i].path,
				    row->after[i].text ? json_string(row->after[i].text) :
							 json_null());

	if (settings(fs, row->version, dirs, &got, &err) < 0 && !fails)
		fail_msg("%s: %s", row->what, err.msg);
	if (fails && (got || err.code != ERR_CONFIG || !strstr(err.msg, row->after[0].text)))
		fail_msg("%s: said: %s", row->what, err.msg);
	if (!fails && !json_equal(got, want)) {
		char *a = json_dumps(got, JSON_INDENT(1)), *b = json_dumps(want, JSON_INDENT(1));

		fail_msg("%s:\n%s\nis not\n%s", row->what, a, b);
	}
	/* A second time, with what the first has written, nothing is to be changed. */
	for (size_t i = 0; !fails && row->after[i].path; i++)
		if (row->after[i].text)
			put(root, &row->after[i]);
	if (!fails && row->after[0].path && !row->after[1].path) {
		json_decref(got);
		got = NULL;
		assert_int_equal(settings(fs, row->version, dirs, &got, &err), 0);
		if (!json_equal(got, want))
			fail_msg("%s: a second time: %s", row->what, json_dumps(got, 0));
	}
	assert_true(str_starts(root, "/tmp/kstrap-settings."));
	remove = xasprintf("rm -rf '%s'", root);
	assert_int_equal(system(remove), 0);
}

static void each_containerd_is_told_in_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(containerd_rows) / sizeof(containerd_rows[0]); i++)
		check(&containerd_rows[i], containerd_settings);
}

static void each_crio_is_told_in_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(crio_rows) / sizeof(crio_rows[0]); i++)
		check(&crio_rows[i], crio_settings);
}

static void a_directory_in_opt_is_kept_where_there_is_one(void **state)
{
	AUTO(json) json_t *with = xjson_pack("[s, s]", BIN, "/opt/cni/bin");
	AUTO(json) json_t *dirs = xjson_pack("[s]", BIN);
	AUTO(json) json_t *theirs = xjson_pack("[s, s, s]", "/opt/cni/bin/", "", "/x");
	AUTO(free) char *kept = cni_dirs(with, theirs);
	AUTO(free) char *left_out = cni_dirs(dirs, theirs);

	(void)state;
	assert_string_equal(kept, "[\"" BIN "\", \"/opt/cni/bin\", \"/x\"]");
	assert_string_equal(left_out, "[\"" BIN "\", \"/x\"]");
}

static void a_file_with_zeros_in_it_is_no_text(void **state)
{
	static const char text[] = "version = 2\n\0\0\0[debug]\n";
	struct err err = ERR_INIT;

	(void)state;
	assert_null(toml_file(MAIN, text, sizeof(text) - 1, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.msg, MAIN " is no text"));
}

static void what_a_runtime_prints_is_read(void **state)
{
	AUTO(json) json_t *dirs = json_array();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(containerd_told(V2 "bin_dir = \"/a\"\n", dirs, &err), 0);
	assert_int_equal(containerd_told(V3 "bin_dir = ''\nbin_dirs = ['/b', '/c']\n", dirs, &err), 0);
	assert_int_equal(crio_told(NETWORK "plugin_dirs = [\n\t\"/d\",\n]\n", dirs, &err), 0);
	for (const char *const *dir = (const char *const[]){ "/a", "/b", "/c", "/d", NULL }; *dir; dir++)
		assert_true(json_has(dirs, *dir));
	assert_false(json_has(dirs, "/e"));
	assert_int_equal(containerd_told("what\n", dirs, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(containerd_told("# \xff\n", dirs, &err), -1);
	assert_int_equal(crio_told("# \xff\n", dirs, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_containerd_is_told_in_its_own_words),
		cmocka_unit_test(each_crio_is_told_in_its_own_words),
		cmocka_unit_test(a_directory_in_opt_is_kept_where_there_is_one),
		cmocka_unit_test(a_file_with_zeros_in_it_is_no_text),
		cmocka_unit_test(what_a_runtime_prints_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
