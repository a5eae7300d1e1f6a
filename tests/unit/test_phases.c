#include "base_help.h"

#include "base/log.h"
#include "base/packed.h"
#include "phases/phase.h"

/* A table of phases that only note that they ran, and a run that has no host behind it. */
static char trace[512];
static struct err err;

static int note(struct run *run, const void *arg, struct err *e)
{
	(void)run, (void)e;
	(void)strcat(strcat(trace, trace[0] ? " " : ""), arg);
	return 0;
}

static int put_file(struct run *run, const void *arg, struct err *e)
{
	tree_text(run->tree, arg, 0644, "content\n");
	return note(run, "render", e);
}

/* Succeeds only when what was rendered before is on the disk. */
static int see_file(struct run *run, const void *arg, struct err *e)
{
	if (!fs_exists(run->fs, arg))
		return err_set(e, ERR_BUG, "%s is not there yet", (const char *)arg);
	return note(run, "act", e);
}

static int break_down(struct run *run, const void *arg, struct err *e)
{
	(void)run;
	return err_set(e, ERR_CRYPTO, "%s", (const char *)arg);
}

static int holds(struct run *run, const void *arg, struct err *e)
{
	(void)run, (void)arg, (void)e;
	return 1;
}

static const struct phase children[] = {
	{ .name = "one", .doc = "d", .render = note, .arg = "b/one" },
	{ .name = "two", .doc = "d", .render = note, .arg = "b/two" },
	{ .name = "old", .doc = "d", .flags = PHASE_HIDDEN, .render = note, .arg = "b/old" },
	{ 0 },
};
static const struct phase table[] = {
	{ .name = "a", .doc = "d", .render = note, .arg = "a" },
	{ .name = "b", .doc = "d", .ask = note, .arg = "ask-b", .children = children },
	{ .name = "c", .doc = "d", .kind = PHASE_ACTS, .flags = PHASE_EVEN_OFFLINE,
	  .act = note, .arg = "c" },
	{ 0 },
};

static struct run *new_run(const struct scratch *s, struct config *config)
{
	struct run *run = NULL;

	free(config->root);
	config->root = xstrdup(s->dir);
	trace[0] = '\0';
	memset(&err, 0, sizeof(err));
	run = xcalloc(1, sizeof(*run));
	run->config = config;
	run->tree = tree_new();
	run->seen = tree_new();
	run->objects = json_array();
	run->facts = json_object();
	run->dry_run = config->dry_run;
	run->offline = true;
	if (fs_open(config->root, &run->fs, &err) < 0)
		fail_msg("%s", err.msg);
	return run;
}

static void assert_ran(struct run *take, const struct phase *phases, const char *only,
		       const char *wanted)
{
	if (phases_run(phases, take, only, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(trace, wanted);
	run_close(take);
}

static void all_run_in_their_order_but_the_hidden(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	assert_ran(new_run(*state, config), table, NULL, "a ask-b b/one b/two c");
}

static void one_runs_with_what_its_parents_ask(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	assert_ran(new_run(*state, config), table, "b/two", "ask-b b/two");
	assert_ran(new_run(*state, config), table, "b", "ask-b b/one b/two");
	assert_ran(new_run(*state, config), table, "b/all", "ask-b b/one b/two");
	assert_ran(new_run(*state, config), table, "b/old", "ask-b b/old");
	assert_ran(new_run(*state, config), table, "a", "a");
}

static void skipped_ones_and_their_children_do_not_run(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	json_array_append_new(config->skip_phases, json_string("b/one"));
	assert_ran(new_run(*state, config), table, NULL, "a ask-b b/two c");
	json_array_append_new(config->skip_phases, json_string("b"));
	assert_ran(new_run(*state, config), table, NULL, "a c");
}

static void a_name_that_is_none_is_refused_before_anything_runs(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	struct run *run = new_run(*state, config);

	assert_int_equal(phases_run(table, run, "b/tow", &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.next, "\"b/two\""));
	run_close(run);
	json_array_append_new(config->skip_phases, json_string("d"));
	run = new_run(*state, config);
	assert_int_equal(phases_run(table, run, NULL, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(trace, "");
	run_close(run);
}

static const struct phase transaction[] = {
	{ .name = "r", .doc = "d", .render = put_file, .arg = "/etc/x" },
	{ .name = "s", .doc = "d", .kind = PHASE_ACTS, .flags = PHASE_EVEN_OFFLINE,
	  .act = see_file, .arg = "/etc/x" },
	{ 0 },
};

static void what_is_rendered_is_on_disk_before_a_phase_acts(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	assert_ran(new_run(*state, config), transaction, NULL, "render act");
}

static int speak(struct run *run, const void *arg, struct err *e)
{
	(void)run, (void)e;
	log_say("%s", (const char *)arg);
	return 0;
}

/* The files are of many phases; the one that happens to act next has nothing to do with them. */
static void what_is_put_on_disk_is_told_under_no_phases_name(void **state)
{
	static const struct phase speaking[] = {
		{ .name = "r", .doc = "d", .render = put_file, .arg = "/etc/x" },
		{ .name = "s", .doc = "d", .kind = PHASE_ACTS,
		  .flags = PHASE_EVEN_OFFLINE, .render = speak, .act = speak, .arg = "speaks" },
		{ 0 },
	};
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	struct run *run = new_run(s, config);
	AUTO(free) char *path = xasprintf("%s/out", s->dir);
	AUTO(fd) int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	AUTO(fd) int terminal = dup(STDOUT_FILENO);
	AUTO(free) char *said = NULL;
	int status;

	assert_true(file >= 0 && terminal >= 0);
	assert_int_equal(fflush(stdout), 0);
	assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
	status = phases_run(speaking, run, NULL, &err);
	assert_int_equal(dup2(terminal, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(status, 0);
	run_close(run);
	assert_int_equal(fs_read(s->fs, "/out", 4096, &said, NULL, &err), 0);
	assert_string_equal(said, "[s] speaks\n"
				  "on disk: 1 made, 0 changed, 0 removed, 0 as they were\n"
				  "[s] speaks\n");
}

static void a_dry_run_renders_and_neither_writes_nor_acts(void **state)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;

	config->dry_run = true;
	assert_ran(new_run(s, config), transaction, NULL, "render");
	assert_false(fs_exists(s->fs, "/etc/x"));
	assert_false(fs_exists(s->fs, STATE_DIR));
}

static void a_failure_is_named_by_its_path_and_nothing_is_written(void **state)
{
	static const struct phase inner[] = {
		{ .name = "g", .doc = "d", .render = break_down, .arg = "why" },
		{ 0 },
	};
	static const struct phase failing[] = {
		{ .name = "r", .doc = "d", .render = put_file, .arg = "/etc/x" },
		{ .name = "f", .doc = "d", .children = inner },
		{ 0 },
	};
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;
	struct run *run = new_run(s, config);

	assert_int_equal(phases_run(failing, run, NULL, &err), -1);
	assert_int_equal(err.code, ERR_CRYPTO);
	assert_string_equal(err.msg, "f/g: why");
	run_close(run);
	assert_false(fs_exists(s->fs, "/etc/x"));
}

static void a_phase_whose_effect_holds_does_not_act(void **state)
{
	static const struct phase held[] = {
		{ .name = "h", .doc = "d", .kind = PHASE_ACTS,
		  .flags = PHASE_EVEN_OFFLINE, .act = note, .holds = holds, .arg = "acted" },
		{ 0 },
	};
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	assert_ran(new_run(*state, config), held, NULL, "");
}

static void nothing_acts_on_another_hosts_root(void **state)
{
	static const struct phase acting[] = {
		{ .name = "x", .doc = "d", .kind = PHASE_ACTS, .act = note, .arg = "acted" },
		{ .name = "y", .doc = "d", .flags = PHASE_OBJECTS, .render = note, .arg = "objects" },
		{ .name = "z", .doc = "d", .kind = PHASE_ACTS, .render = put_file,
		  .act = break_down, .arg = "/etc/z" },
		{ 0 },
	};
	AUTO(config) struct config *config = config_new(CONFIG_INIT);
	const struct scratch *s = *state;

	assert_ran(new_run(s, config), acting, NULL, "render");
	assert_true(fs_exists(s->fs, "/etc/z"));
}

/* Names are what users type and scripts keep. */
static void check_table(const struct phase *phases, const char *prefix)
{
	for (const struct phase *phase = phases; phase && phase->name; phase++) {
		AUTO(free) char *path = xasprintf("%s%s", prefix, phase->name);
		AUTO(free) char *deeper = xasprintf("%s/", path);

		if (strspn(phase->name, "abcdefghijklmnopqrstuvwxyz-") != strlen(phase->name))
			fail_msg("%s: small letters and '-' only", path);
		if (!phase->doc || strlen(phase->doc) > 80 || strchr(phase->doc, '\n'))
			fail_msg("%s: its doc is no line", path);
		if ((phase->kind == PHASE_ACTS) != (phase->act != NULL))
			fail_msg("%s: kind and act disagree", path);
		if (!phase->act && !phase->render && !phase->ask && !phase->children)
			fail_msg("%s: does nothing", path);
		for (const struct phase *other = phase + 1; other->name; other++)
			if (str_eq(other->name, phase->name))
				fail_msg("%s: twice", path);
		check_table(phase->children, deeper);
	}
}

static void check_explained(const struct phase *phases, const char *prefix)
{
	for (const struct phase *phase = phases; phase && phase->name; phase++) {
		AUTO(free) char *path = xasprintf("%s%s", prefix, phase->name);
		AUTO(free) char *deeper = xasprintf("%s/", path);
		AUTO(free) char *text = packed_section("explain.txt", path);

		if (strlen(text) < 20)
			fail_msg("%s: not explained", path);
		if (text[strlen(text) - 1] != '.' || strstr(text, "  ") || strchr(text, '\n'))
			fail_msg("%s: its explanation is no text", path);
		check_explained(phase->children, deeper);
	}
}

static const struct {
	const char *prefix;
	const struct phase *phases;
} commands[] = { { "init ", phases_init }, { "join ", phases_join }, { "reset ", phases_reset } };

/* The phase of a section "init certs/ca". */
static const struct phase *explained_phase(const char *section)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (str_starts(section, commands[i].prefix))
			return phase_find(commands[i].phases,
					  section + strlen(commands[i].prefix));
	return NULL;
}

static void every_phase_is_explained_and_nothing_else(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		check_explained(commands[i].phases, commands[i].prefix);
	for (const struct packed *file = packed_files(); file->name; file++) {
		if (!str_eq(file->name, "explain.txt"))
			continue;
		for (const char *at = file->text; (at = strstr(at, "\n# ")); n++) {
			AUTO(free) char *section = NULL;
			AUTO(free) char *twice = NULL;
			const struct phase *phase;

			at += strlen("\n# ");
			section = xstrndup(at, strcspn(at, "\n"));
			twice = xasprintf("\n# %s\n", section);
			phase = explained_phase(section);
			if (!phase || !str_ends(section, phase->name))
				fail_msg("%s: no such phase", section);
			if (strstr(at, twice))
				fail_msg("%s: twice", section);
		}
	}
	assert_true(n > 0);
}

static void every_phase_has_a_name_words_and_something_to_do(void **state)
{
	(void)state;
	check_table(phases_init, "");
	check_table(phases_join, "");
}

#define t(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		t(all_run_in_their_order_but_the_hidden),
		t(one_runs_with_what_its_parents_ask),
		t(skipped_ones_and_their_children_do_not_run),
		t(a_name_that_is_none_is_refused_before_anything_runs),
		t(what_is_rendered_is_on_disk_before_a_phase_acts),
		t(what_is_put_on_disk_is_told_under_no_phases_name),
		t(a_dry_run_renders_and_neither_writes_nor_acts),
		t(a_failure_is_named_by_its_path_and_nothing_is_written),
		t(a_phase_whose_effect_holds_does_not_act),
		t(nothing_acts_on_another_hosts_root),
		cmocka_unit_test(every_phase_has_a_name_words_and_something_to_do),
		cmocka_unit_test(every_phase_is_explained_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
