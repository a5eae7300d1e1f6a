/* The tables that config is made of, held to what their readers assume. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/packed.h"
#include "base/str.h"
#include "config/field.h"
#include "config/flags.h"
#include "config/member.h"
#include "config/origins.h"

static size_t size_of(enum member_type type)
{
	switch (type) {
	case MEMBER_BOOL:
		return sizeof(bool);
	case MEMBER_INT:
		return sizeof(int);
	case MEMBER_SECONDS:
		return sizeof(long);
	case MEMBER_STRING:
	case MEMBER_SECRET:
		return sizeof(char *);
	case MEMBER_STRINGS:
	case MEMBER_GATES:
	case MEMBER_ARGS:
	case MEMBER_LIST:
	case MEMBER_OBJECT:
	case MEMBER_TAINTS:
		return sizeof(json_t *);
	}
	return 0;
}

/* A member that no row has would be neither defaulted nor freed: it shows as a gap. */
static void rows_cover_the_whole_struct_in_order(void **state)
{
	size_t end = sizeof(enum config_for), n = 0;

	(void)state;
	for (const struct member *member = members; member->name; member++, n++) {
		if (member->at < end || member->at - end >= size_of(member->type))
			fail_msg("before %s", member->name);
		end = member->at + size_of(member->type);
	}
	assert_true(sizeof(struct config) - end < sizeof(void *));
	assert_true(n < ORIGINS_MAX);
}

static void a_new_config_has_every_default_and_no_null_list(void **state)
{
	struct config *config = config_new(CONFIG_INIT);

	(void)state;
	for (const struct member *member = members; member->name; member++)
		if (member->type >= MEMBER_STRINGS)
			assert_non_null(*(json_t **)member_slot(config, member));
	assert_string_equal(config->service_subnet, "10.96.0.0/12");
	assert_string_equal(config->key_algorithm, "ECDSA-P256");
	assert_string_equal(config->cni_bin_dir, "/var/lib/cni/bin");
	assert_int_equal(config->bind_port, 6443);
	assert_int_equal(config->cert_validity_s, 365L * 86400);
	assert_int_equal(config->ca_validity_s, 3650L * 86400);
	assert_int_equal(config->token_ttl_s, 86400);
	assert_int_equal(config->timeout_control_plane_s, 240);
	assert_int_equal(json_array_size(config->token_usages), 2);
	assert_true(json_is_null(config->taints));
	assert_null(config->kubernetes_version);
	config_free(config);
	config_free(NULL);
}

static void flags_are_named_once_and_documented(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct flag *flag = flags; flag->name; flag++, n++) {
		AUTO(free) char *section = flag_section(flag);
		AUTO(free) char *help = packed_section("flags.txt", section);

		assert_true(flag->commands != 0);
		if (!*help || strstr(help, "  "))
			fail_msg("%s: no help", section);
		assert_true(strspn(flag->name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
			    strlen(flag->name));
		if (flag->at != FLAG_NO_MEMBER) {
			const struct member *member = member_at(flag->at);

			/* What takes no value must be a boolean, and the other way round. */
			assert_true((member->type == MEMBER_BOOL) == !flag->arg);
		}
		for (const struct flag *other = flags; other < flag; other++)
			if (str_eq(other->name, flag->name) && (other->commands & flag->commands))
				fail_msg("--%s twice", flag->name);
	}
	assert_true(n < FLAGS_MAX);
}

/* Some flags have a row for some commands and another one, with other words, for others. */
static bool belongs_to(const char *name, unsigned command)
{
	for (const struct flag *flag = flags; flag->name; flag++)
		if (str_eq(flag->name, name) && flag->commands & command &&
		    !(flag->traits & FLAG_HIDDEN))
			return true;
	return false;
}

static void help_names_every_flag_of_its_command_and_no_other(void **state)
{
	static const enum config_for commands[] = { CONFIG_INIT, CONFIG_JOIN, CONFIG_OTHER,
						    CONFIG_FILES, CONFIG_TOKEN, CONFIG_WAIT,
						    CONFIG_RESET, CONFIG_CNI, CONFIG_BOOT,
						    CONFIG_UPGRADE };

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		AUTO(free) char *text = config_usage(commands[i]);

		for (const struct flag *flag = flags; flag->name; flag++) {
			AUTO(free)
			char *with = xasprintf("--%s%s", flag->name, flag->arg ? " " : "\n");
			AUTO(free) char *alone = xasprintf("--%s ", flag->name);
			AUTO(free) char *optional = xasprintf("--%s[=", flag->name);
			bool in = strstr(text, with) || strstr(text, alone) || strstr(text, optional);

			if (in != belongs_to(flag->name, commands[i]))
				fail_msg("--%s", flag->name);
		}
		for (const char *line = text, *end; *line; line = end + 1) {
			end = strchrnul(line, '\n');
			assert_true(end - line <= 100);
			if (!*end)
				break;
		}
	}
}

static bool is_type(const char *name)
{
	for (const struct field *field = fields; field->in; field++)
		if (str_eq(field->in, name))
			return true;
	return false;
}

static void fields_are_named_once_and_lead_to_members_of_their_type(void **state)
{
	static const enum member_type wanted[] = {
		[FIELD_STRING] = MEMBER_STRING,    [FIELD_SECRET] = MEMBER_SECRET,
		[FIELD_BOOL] = MEMBER_BOOL,        [FIELD_INT] = MEMBER_INT,
		[FIELD_DURATION] = MEMBER_SECONDS, [FIELD_STRINGS] = MEMBER_STRINGS,
		[FIELD_GATES] = MEMBER_GATES,      [FIELD_ARGS] = MEMBER_ARGS,
	};

	(void)state;
	for (const struct field *field = fields; field->in; field++) {
		AUTO(free) char *help = field_help(field);
		bool nested = field->type == FIELD_OBJECT || field->type == FIELD_OBJECTS;

		assert_ptr_equal(field_find(field->in, field->name), field);
		assert_true(field->since >= 2 && field->since <= field->until && field->until <= 4);
		assert_true(nested == (field_of(field) != NULL));
		assert_true(!nested || is_type(field->of));
		if (!str_ends(help, ".") || strstr(help, "  "))
			fail_msg("%s.%s: no help", field->in, field->name);
		if (field->at != FIELD_NO_MEMBER && !nested &&
		    field->type < sizeof(wanted) / sizeof(*wanted))
			assert_int_equal(member_at(field->at)->type, wanted[field->type]);
	}
	for (const struct kind *kind = kinds; kind->name; kind++) {
		AUTO(free) char *help = packed_section("fields.txt", kind->name);

		assert_true(str_ends(help, "."));
		assert_true((kind->version != NULL) != is_type(kind->name));
	}
}

static bool is_flag(const char *section)
{
	for (const struct flag *flag = flags; flag->name; flag++) {
		AUTO(free) char *own = flag_section(flag);

		if (str_eq(own, section))
			return true;
	}
	return false;
}

static bool is_field(const char *section)
{
	const char *dot = strchrnul(section, '.');
	AUTO(free) char *in = xstrndup(section, (size_t)(dot - section));

	return *dot ? field_find(in, dot + 1) != NULL : kind_find(in) != NULL;
}

/* The sections of a text: each is of something that exists, and is there once. */
static void check_sections(const char *name, bool (*is)(const char *section))
{
	size_t n = 0;

	for (const struct packed *file = packed_files(); file->name; file++) {
		if (!str_eq(file->name, name))
			continue;
		for (const char *at = file->text; (at = strstr(at, "\n# ")); n++) {
			AUTO(free) char *section = NULL;
			AUTO(free) char *twice = NULL;

			at += strlen("\n# ");
			section = xstrndup(at, strcspn(at, "\n"));
			twice = xasprintf("\n# %s\n", section);
			if (!is(section) || strstr(at, twice))
				fail_msg("%s: \"%s\" is of nothing, or there twice", name, section);
		}
	}
	assert_true(n > 0);
}

static void a_section_is_one_line_and_empty_where_there_is_none(void **state)
{
	static const struct {
		const char *file, *section, *text;
	} rows[] = {
		{ "flags.txt", "--v", "Say more" },
		{ "fields.txt", "UpgradeNode.etcdUpgrade", "Upgrade etcd as well (true)." },
		{ "fields.txt", "UpgradeApply.etcdUpgrade", "Upgrade etcd as well (true)." },
		{ "flags.txt", "--nothing", "" },
		{ "flags.txt", "", "" },
		{ "nothing.txt", "--v", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(free) char *text = packed_section(rows[i].file, rows[i].section);

		assert_string_equal(text, rows[i].text);
	}
}

static void help_is_written_for_nothing_that_is_not_there(void **state)
{
	(void)state;
	check_sections("flags.txt", is_flag);
	check_sections("fields.txt", is_field);
}

static void api_versions_follow_kubernetes(void **state)
{
	static const struct {
		int minor;
		const char *api;
	} rows[] = { { 20, "v1beta2" }, { 21, "v1beta2" }, { 22, "v1beta3" },
		     { 30, "v1beta3" }, { 31, "v1beta4" }, { 37, "v1beta4" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(config_api_version(&(struct semver){ 1, rows[i].minor, 0 }),
				    rows[i].api);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_cover_the_whole_struct_in_order),
		cmocka_unit_test(a_new_config_has_every_default_and_no_null_list),
		cmocka_unit_test(flags_are_named_once_and_documented),
		cmocka_unit_test(help_names_every_flag_of_its_command_and_no_other),
		cmocka_unit_test(fields_are_named_once_and_lead_to_members_of_their_type),
		cmocka_unit_test(a_section_is_one_line_and_empty_where_there_is_none),
		cmocka_unit_test(help_is_written_for_nothing_that_is_not_there),
		cmocka_unit_test(api_versions_follow_kubernetes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
