/* No setting falls through the floor: each has a user in phases/ or cmd/, or is told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"
#include "base/str.h"
#include "config/config.h"
#include "config/field.h"
#include "config/member.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>

#define SOURCES_MAX (8 << 20)

/* Members without a user in phases/ or cmd/, and why. */
static const struct {
	const char *name, *why;
} no_user[] = {
	{ "image_pull_serial", "told: config/unused.c" },
	{ "paths", "config/paths.c" },
	{ "paths_text", "config/paths.c" },
	{ "timeout_upgrade_s", "upgrade's" },
	{ "reset_configuration", "reset's; config migrate writes it" },
	{ "upgrade_configuration", "upgrade's; config migrate writes it" },
};

/* Fields of init's and join's kinds that are no member of struct config, and where they go. */
static const struct {
	const char *in, *name, *why;
} no_member[] = {
	{ "BootstrapToken", NULL, "config/kinds.c: the members token..., further_tokens" },
	{ "Taint", NULL, "in the member taints" },
	{ "HostPathMount", NULL, "in the members ..._volumes" },
	{ "EnvVar", NULL, "in the members ..._envs" },
	{ "ExternalEtcd", NULL, "in the member etcd_external" },
	{ "ClusterConfiguration", "useHyperKubeImage", "told: config/kinds.c" },
	{ "DNS", "type", "told: config/kinds.c" },
};

static int read_sources(const char *pattern, struct buf *text)
{
	glob_t files;
	int n = 0;

	if (glob(pattern, 0, NULL, &files) != 0)
		return 0;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "r");
		char part[4096];
		size_t len;

		if (!file)
			fail_msg("%s cannot be read", files.gl_pathv[i]);
		while ((len = fread(part, 1, sizeof(part), file)) > 0)
			assert_int_equal(buf_add(text, part, len), 0);
		(void)fclose(file);
		n++;
	}
	globfree(&files);
	return n;
}

/* "->name" or ".name" of something called config, as a whole word. */
static bool is_used(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len) {
		const char *before = at[-1] == '.' ? at - 1 : at[-1] == '>' ? at - 2 : NULL;

		if (isalnum((unsigned char)at[len]) || at[len] == '_' || !before)
			continue;
		if (strncmp(before - 6, "config", 6) == 0)
			return true;
	}
	return false;
}

static void every_member_has_a_user_or_a_reason(void **state)
{
	static const char *const places[] = { SOURCES "/phases/*.c", SOURCES "/phases/*/*.c",
					      SOURCES "/cmd/*.c" };
	AUTO(buf) struct buf text = BUF_INIT(SOURCES_MAX);
	int files = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		files += read_sources(places[i], &text);
	assert_true(files > 30);
	for (const struct member *member = members; member->name; member++) {
		bool used = is_used(text.data, member->name), excused = false;

		for (size_t i = 0; i < sizeof(no_user) / sizeof(no_user[0]); i++)
			excused |= strcmp(no_user[i].name, member->name) == 0;
		if (!used && !excused)
			fail_msg("%s is read and nobody looks at it", member->name);
		if (used && excused)
			fail_msg("%s has a user: take it from the list", member->name);
	}
}

static bool is_listed(const struct field *field)
{
	for (size_t i = 0; i < sizeof(no_member) / sizeof(no_member[0]); i++)
		if (strcmp(no_member[i].in, field->in) == 0 &&
		    (!no_member[i].name || strcmp(no_member[i].name, field->name) == 0))
			return true;
	return false;
}

static void every_field_of_init_and_join_leads_somewhere(void **state)
{
	int judged = 0;

	(void)state;
	for (const struct field *field = fields; field->in; field++) {
		bool structure = field->type == FIELD_OBJECT || field->type == FIELD_OBJECTS;

		if (str_starts(field->in, "Reset") || str_starts(field->in, "Upgrade"))
			continue;
		judged++;
		if (field->at == FIELD_NO_MEMBER && !structure && !is_listed(field))
			fail_msg("%s.%s is read and nobody looks at it", field->in, field->name);
	}
	assert_true(judged > 80);
}

static struct err load(enum config_for kind, const char *one, const char *two)
{
	char *argv[] = { xstrdup(one), xstrdup(two), xstrdup("10.77.0.10"), NULL };
	struct err err = ERR_INIT;
	struct config *config = NULL;
	json_t *args = NULL;
	bool help;

	(void)config_load(kind, 3, argv, &config, &args, &help, &err);
	config_free(config);
	json_decref(args);
	for (size_t i = 0; i < 3; i++)
		free(argv[i]);
	return err;
}

static void a_control_plane_joins_from_its_own_host_and_as_nothing_else(void **state)
{
	struct err err = load(CONFIG_JOIN, "--control-plane", "--root=/tmp");

	(void)state;
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.msg, "--root: a member of etcd joins from the host itself only"));
	err = load(CONFIG_JOIN, "--role=etcd", "--root=/tmp");
	assert_non_null(strstr(err.msg, "--root: a member of etcd"));
	err = load(CONFIG_JOIN, "--control-plane", "--role=etcd");
	assert_non_null(strstr(err.msg, "--role: --control-plane asks for a control plane"));
	err = load(CONFIG_JOIN, "--token=abcdef.0123456789abcdef", "--control-plane");
	assert_int_equal(err.code, ERR_NONE);
	err = load(CONFIG_JOIN, "--token=abcdef.0123456789abcdef", "--role=master");
	assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_has_a_user_or_a_reason),
		cmocka_unit_test(every_field_of_init_and_join_leads_somewhere),
		cmocka_unit_test(a_control_plane_joins_from_its_own_host_and_as_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
