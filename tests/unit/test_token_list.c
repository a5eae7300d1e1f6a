#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/token/list.h"
#include "pki/base64.h"

#define NOW 1600000000 /* 2020-09-13T12:26:40Z */

static char *format(const json_t *list, const char *how)
{
	struct err err = ERR_INIT;
	char *text = NULL;

	if (token_list_format(list, how, true, NOW, &text, &err) < 0)
		fail_msg("%s: %s", how, err.msg);
	return text;
}

static void put(json_t *secret, const char *key, const char *text, size_t len)
{
	AUTO(free) char *coded = base64_encode(text, len);

	json_object_set_new(json_object_get(secret, "data"), key, json_string(coded));
}

/* A Secret as the API server has it; `more` is key, text, ... up to NULL. */
static json_t *secret(const char *id, ...)
{
	json_t *made =
		xjson_pack("{s:{s:s+}, s:{}}", "metadata", "name", "bootstrap-token-", id, "data");
	va_list more;

	put(made, "token-id", id, strlen(id));
	put(made, "token-secret", "0123456789abcdef", 16);
	va_start(more, id);
	for (const char *key; (key = va_arg(more, const char *));) {
		const char *text = va_arg(more, const char *);

		put(made, key, text, strlen(text));
	}
	va_end(more);
	return made;
}

static const char *add(json_t *list, json_t *take)
{
	const char *why = token_list_add(list, take);

	json_decref(take);
	return why;
}

/* The n-th column of a table's second line; the columns' places are the first's. */
static char *cell(const char *table, const char *title, const char *next)
{
	const char *row = strchr(table, '\n') + 1;
	size_t from = (size_t)(strstr(table, title) - table);
	size_t to = next ? (size_t)(strstr(table, next) - table) : strcspn(row, "\n");

	while (to > from && row[to - 1] == ' ')
		to--;
	return xstrndup(row + from, to - from);
}

static char *ttl_after(long s)
{
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *text = NULL;
	char when[21];

	clock_rfc3339(NOW + s, when);
	assert_null(add(list, secret("abcdef", "expiration", when, NULL)));
	text = format(list, "text");
	return cell(text, "TTL", "EXPIRES");
}

static void time_left_is_told_in_its_largest_unit_cut_off(void **state)
{
	static const struct {
		long s;
		const char *text;
	} cases[] = {
		{ -100000, "<invalid>" },
		{ -2, "<invalid>" },
		{ -1, "0s" },
		{ 0, "0s" },
		{ 59, "59s" },
		{ 60, "1m" },
		{ 3599, "59m" },
		{ 3600, "1h" },
		{ 86399, "23h" },
		{ 86400, "1d" },
		{ 365L * 86400 - 1, "364d" },
		{ 365L * 86400, "1y" },
		{ 3L * 365 * 86400, "3y" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO(free) char *ttl = ttl_after(cases[i].s);

		assert_string_equal(ttl, cases[i].text);
	}
}

static void a_table_has_kubeadms_columns(void **state)
{
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *none = format(list, "text");
	AUTO(free) char *text = NULL;

	(void)state;
	assert_string_equal(
		none,
		"TOKEN                     TTL         EXPIRES                USAGES                 "
		"  DESCRIPTION                                                EXTRA GROUPS\n");
	assert_null(add(list, secret("abcdef", "usage-bootstrap-signing", "true",
				     "usage-bootstrap-authentication", "true", "usage-bootstrap-x",
				     "false", "auth-extra-groups", "a,b", "expiration",
				     "2020-09-13T13:26:40Z", NULL)));
	assert_null(add(list, secret("foreve", NULL)));
	text = format(list, "text");
	assert_true(str_starts(text, none));
	assert_string_equal(
		text + strlen(none),
		"abcdef.0123456789abcdef   1h          2020-09-13T13:26:40Z   authentication,signing "
		"  <none>                                                     a,b\n"
		"foreve.0123456789abcdef   <forever>   <never>                <none>                 "
		"  <none>                                                     <none>\n");
}

static void a_long_description_moves_all_rows(void **state)
{
	static const char description[] =
		"\xc3\xa4\xc3\xa4 a description that is a good deal longer "
		"than the one that kubeadm gives its own";
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *text = NULL;
	AUTO(free) char *groups = NULL;

	(void)state;
	assert_null(add(list, secret("foreve", "auth-extra-groups", "g", NULL)));
	assert_null(add(list, secret("abcdef", "description", description, NULL)));
	text = format(list, "text");
	groups = cell(text, "EXTRA GROUPS", NULL);
	assert_string_equal(groups, "g");
	assert_non_null(strstr(text, description));
}

static void nothing_in_a_secret_speaks_to_the_terminal(void **state)
{
	static const char octets[] = "\xff\xfe\x1b[2J";
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *text = NULL;
	json_t *odd = secret("binary", NULL);

	(void)state;
	put(odd, "description", octets, sizeof(octets)); /* with its NUL */
	assert_null(add(list, odd));
	assert_null(add(list, secret("escape", "description", "a\n\t\x7f\x1b]0;x\x07", NULL)));
	text = format(list, "text");
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p < 0x7f));
	assert_non_null(strstr(text, "a????]0;x?"));
}

static void a_secret_that_is_no_token_is_told_without_what_it_has(void **state)
{
	AUTO(json) json_t *list = json_array();
	AUTO(json) json_t *empty = json_object();
	AUTO(json)
	json_t *odd =
		xjson_pack("{s:i, s:[s], s:{s:i}}", "metadata", 1, "data", "x", "type", "y", 2);
	json_t *other = secret("abcdef", NULL);
	const char *why[] = {
		token_list_add(list, empty),
		token_list_add(list, odd),
		add(list, secret("ABCDEF", NULL)),
		add(list, secret("abcdefg", NULL)),
		add(list, secret("canary", "token-secret", "canary", NULL)),
		add(list, secret("canary", "token-secret", "0123456789abcdef.x", NULL)),
		add(list, secret("canary", "expiration", "canary", NULL)),
		NULL,
	};

	(void)state;
	for (size_t i = 0; why[i] || i < 7; i++) {
		assert_non_null(why[i]);
		assert_null(strstr(why[i], "canary"));
	}
	json_object_set_new(json_object_get(other, "metadata"), "name",
			    json_string("bootstrap-token-x"));
	assert_non_null(add(list, other));
	other = secret("abcdef", NULL);
	json_object_set_new(json_object_get(other, "data"), "token-secret",
			    json_string("no base64!"));
	assert_non_null(add(list, other));
	assert_int_equal(json_array_size(list), 0);
}

static void documents_are_kubeadms_kind(void **state)
{
	AUTO(json) json_t *list = json_array();
	AUTO(json) json_t *read = NULL;
	AUTO(free) char *none = format(list, "json");
	AUTO(free) char *json = NULL;
	AUTO(free) char *yaml = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_string_equal(none, "");
	assert_null(add(list, secret("abcdef", "description", "what", "usage-bootstrap-signing",
				     "true", "expiration", "2020-09-13T13:26:40Z", NULL)));
	assert_null(add(list, secret("foreve", "auth-extra-groups", "a,,b", NULL)));
	json = format(list, "json");
	yaml = format(list, "yaml");
	assert_string_equal(json, "{\n"
				  "    \"kind\": \"BootstrapToken\",\n"
				  "    \"apiVersion\": \"output.kubeadm.k8s.io/v1alpha3\",\n"
				  "    \"token\": \"abcdef.0123456789abcdef\",\n"
				  "    \"description\": \"what\",\n"
				  "    \"expires\": \"2020-09-13T13:26:40Z\",\n"
				  "    \"usages\": [\n        \"signing\"\n    ]\n"
				  "}\n"
				  "{\n"
				  "    \"kind\": \"BootstrapToken\",\n"
				  "    \"apiVersion\": \"output.kubeadm.k8s.io/v1alpha3\",\n"
				  "    \"token\": \"foreve.0123456789abcdef\",\n"
				  "    \"groups\": [\n        \"a\",\n        \"b\"\n    ]\n"
				  "}\n");
	assert_int_equal(yaml_parse(yaml, strlen(yaml), "list", &read, NULL, &err), 0);
	assert_int_equal(json_array_size(read), 2);
	assert_string_equal(json_str(json_array_get(read, 0), "expires"), "2020-09-13T13:26:40Z");
	assert_string_equal(json_str(json_array_get(read, 1), "token"), "foreve.0123456789abcdef");
}

static void a_template_is_filled_for_each_token(void **state)
{
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *text = NULL;
	AUTO(free) char *none = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_null(add(list, secret("abcdef", "description", "what", "auth-extra-groups", "a,b", NULL)));
	assert_null(add(list, secret("foreve", NULL)));
	text = format(list, "jsonpath={.token} {.description}{range .groups[*]}<{@}>{end}{\"\\n\"}");
	assert_string_equal(text, "abcdef.0123456789abcdef what<a><b>\nforeve.0123456789abcdef \n");
	none = format(list, "jsonpath={.gone}");
	assert_string_equal(none, "");
	assert_int_equal(token_list_format(list, "jsonpath={.gone}", false, NOW, &text, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
}

static void limits_stand_behind_the_description(void **state)
{
	AUTO(json) json_t *list = json_array();
	AUTO(json) json_t *limited = secret("abcdef", "description", "two", NULL);
	AUTO(free) char *text = NULL;
	AUTO(free) char *path = NULL;

	(void)state;
	json_object_set_new(json_object_get(limited, "metadata"), "annotations",
			    json_pack("{s:s, s:s, s:s}", "kstrap/uses", "2", "kstrap/node", "n1",
				      "kstrap/used", "{\"a/n1\":\"t\"}"));
	assert_null(token_list_add(list, limited));
	text = format(list, "text");
	assert_non_null(strstr(text, "two, used 1 of 2 times, for node n1"));
	path = format(list, "jsonpath={.limits.uses} {.limits.used} {.limits.node} {.description}");
	assert_string_equal(path, "2 1 n1 two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_is_filled_for_each_token),
		cmocka_unit_test(limits_stand_behind_the_description),
		cmocka_unit_test(time_left_is_told_in_its_largest_unit_cut_off),
		cmocka_unit_test(a_table_has_kubeadms_columns),
		cmocka_unit_test(a_long_description_moves_all_rows),
		cmocka_unit_test(nothing_in_a_secret_speaks_to_the_terminal),
		cmocka_unit_test(a_secret_that_is_no_token_is_told_without_what_it_has),
		cmocka_unit_test(documents_are_kubeadms_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
