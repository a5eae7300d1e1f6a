/* The annotation that restarts a static pod: put into the text with every other byte kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "phases/certs/certs.h"
#include "phases/certs/restart.h"

#define NOW   1798000000 /* 2026-12-23T04:26:40Z */
#define STAMP "2026-12-23T04:26:40Z"
#define NEXT  "2026-12-23T04:26:41Z"
#define SPEC  "spec:\n  containers: [] # as they are\n"

static char *edit(const char *text)
{
	struct err err = ERR_INIT;
	char *ret = NULL;

	if (restart_edit(text, strlen(text), "pod.yaml", NOW, &ret, &err) < 0)
		fail_msg("%s", err.msg);
	return ret;
}

static void the_annotation_stands_before_the_others_and_no_other_byte_changes(void **state)
{
	AUTO(free)
	char *text = edit("# mine\nkind:   Pod\nmetadata:\n    annotations:\n"
			  "        a/b: \"1\"   # why\n    name: x\n" SPEC);

	(void)state;
	assert_string_equal(text, "# mine\nkind:   Pod\nmetadata:\n    annotations:\n"
				  "        " RESTARTED_AT ": \"" STAMP "\"\n"
				  "        a/b: \"1\"   # why\n    name: x\n" SPEC);
}

static void a_pod_without_annotations_gets_them(void **state)
{
	AUTO(free) char *text = edit("kind: Pod\nmetadata:\n  name: x\n" SPEC);

	(void)state;
	assert_string_equal(text, "kind: Pod\nmetadata:\n  annotations:\n    " RESTARTED_AT
				  ": \"" STAMP "\"\n  name: x\n" SPEC);
}

static void an_old_annotation_gets_the_new_time(void **state)
{
	AUTO(free)
	char *text = edit("kind: Pod\nmetadata:\n  annotations:\n    " RESTARTED_AT
			  ": \"2020-01-01T00:00:00Z\"\n    z: \"\"\n" SPEC);

	(void)state;
	assert_string_equal(text, "kind: Pod\nmetadata:\n  annotations:\n    " RESTARTED_AT
				  ": \"" STAMP "\"\n    z: \"\"\n" SPEC);
}

static void the_same_second_twice_is_still_a_change(void **state)
{
	AUTO(free) char *once = edit("kind: Pod\nmetadata:\n  name: x\n" SPEC);
	AUTO(free) char *twice = edit(once);

	(void)state;
	assert_non_null(strstr(once, STAMP));
	assert_non_null(strstr(twice, NEXT));
	assert_null(strstr(twice, STAMP));
}

/* Where an insertion would be wrong the document is laid out anew, and says the same. */
static void other_forms_are_laid_out_anew(void **state)
{
	static const char *const forms[] = {
		"{\"kind\": \"Pod\", \"metadata\": {\"name\": \"x\", \"annotations\": {\"a\": \"b\"}}}",
		"kind: Pod\nmetadata: {name: x, annotations: {a: b}}\n",
		"kind: Pod\nmetadata:\n  annotations: {a: b}\n  name: x\n",
		"kind: Pod\nmetadata:\n  name: x\n  annotations:\n    a: b\n    " RESTARTED_AT
		": |-\n      two\n      lines\n",
		"kind: Pod\nmetadata:\n  name: x\n  annotations:\n    ? a\n    : b\n",
		"kind: Pod\r\nmetadata:\r\n  name: x\r\n  annotations:\r\n    a: b\r\n",
	};
	AUTO(json)
	json_t *wanted = xjson_pack("{s:s, s:{s:s, s:{s:s, s:s}}}", "kind", "Pod", "metadata",
				    "name", "x", "annotations", "a", "b", RESTARTED_AT, STAMP);

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		AUTO(free) char *text = edit(forms[i]);
		AUTO(json) json_t *documents = NULL;
		struct err err = ERR_INIT;

		if (yaml_parse(text, strlen(text), "pod.yaml", &documents, NULL, &err) < 0)
			fail_msg("%zu: %s\n%s", i, err.msg, text);
		assert_int_equal(json_array_size(documents), 1);
		if (!json_equal(json_array_get(documents, 0), wanted))
			fail_msg("%zu: says something else:\n%s", i, text);
	}
}

static void what_is_no_pod_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"kind: Service\nmetadata:\n  name: x\n",
		"kind: Pod\n",
		"kind: Pod\nmetadata: x\n",
		"- kind: Pod\n",
		"kind: Pod\nmetadata:\n  name: x\n---\nkind: Pod\nmetadata:\n  name: y\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err err = ERR_INIT;
		char *ret = NULL;

		if (restart_edit(texts[i], strlen(texts[i]), "pod.yaml", NOW, &ret, &err) == 0)
			fail_msg("%zu was taken for a pod", i);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_non_null(strstr(err.msg, "pod.yaml"));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_annotation_stands_before_the_others_and_no_other_byte_changes),
		cmocka_unit_test(a_pod_without_annotations_gets_them),
		cmocka_unit_test(an_old_annotation_gets_the_new_time),
		cmocka_unit_test(the_same_second_twice_is_still_a_change),
		cmocka_unit_test(other_forms_are_laid_out_anew),
		cmocka_unit_test(what_is_no_pod_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
