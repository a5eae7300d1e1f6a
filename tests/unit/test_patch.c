#include "manifests/patch.h"
#include "tests/unit/manifest_help.h"

static json_t *one(const char *text)
{
	AUTO(json) json_t *docs = parse(text);

	return json_incref(json_array_get(docs, 0));
}

/* `patch` makes `wanted` of `start`, as mappings in YAML. */
static void check(const char *start, const char *patch, const char *kind, const char *wanted)
{
	AUTO(json) json_t *obj = one(start), *change = one(patch), *result = one(wanted);
	AUTO(free) char *ours = NULL, *theirs = NULL;

	assert_ok(patch_apply(&obj, change, kind, e));
	ours = yaml_dump(obj, 1);
	theirs = yaml_dump(result, 1);
	assert_string_equal(ours, theirs);
}

/* `patch` is refused with a message that has `part` in it, and `start` stays. */
static void refuse(const char *start, const char *patch, const char *kind, const char *part)
{
	AUTO(json) json_t *obj = one(start), *change = one(patch), *before = one(start);

	assert_refused(patch_apply(&obj, change, kind, e), ERR_CONFIG, part);
	assert_true(json_equal(obj, before));
}

/* The pods that the real kubeadm made of the same patch files. */
static void patched_pods_are_kubeadms(void **state)
{
	static const struct {
		const char *component, *file, *kind;
	} rows[] = {
		{ "kube-apiserver", "kube-apiserver0.yaml", "strategic" },
		{ "kube-controller-manager", "kube-controller-manager+merge.yaml", "merge" },
		{ "kube-scheduler", "kube-scheduler1+json.json", "json" },
		{ "etcd", "etcd.yaml", "strategic" },
	};
	struct input input = read_input("patched");

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		AUTO(free) char *file = xasprintf("inputs/patched.patches/%s", rows[i].file);
		AUTO(free)
		char *result = xasprintf("kubeadm-1.20.2/patched/etc/kubernetes/manifests/%s.yaml",
					 rows[i].component);
		AUTO(json) json_t *patches = golden_documents(file);
		AUTO(json) json_t *theirs = golden_documents(result);
		struct made_want made = make_want(&input, rows[i].component);
		AUTO(json) json_t *pod = NULL;
		json_t *patch;
		size_t n;

		assert_ok(pod_make(rows[i].component, &input.version, &made.want, &pod, e));
		json_array_foreach (patches, n, patch)
			assert_ok(patch_apply(&pod, patch, rows[i].kind, e));
		assert_same_substance(result, pod, json_array_get(theirs, 0));
		clear_want(&made);
	}
	clear_input(&input);
}

/* RFC 7396 appendix A, those of its cases that begin and end with an object. */
static void merge_patches_do_what_rfc_7396_says(void **state)
{
	static const char *const rows[][3] = {
		{ "{a: b}", "{a: c}", "{a: c}" },
		{ "{a: b}", "{b: c}", "{a: b, b: c}" },
		{ "{a: b}", "{a: null}", "{}" },
		{ "{a: b, b: c}", "{a: null}", "{b: c}" },
		{ "{a: [b]}", "{a: c}", "{a: c}" },
		{ "{a: c}", "{a: [b]}", "{a: [b]}" },
		{ "{a: {b: c}}", "{a: {b: d, c: null}}", "{a: {b: d}}" },
		{ "{a: [{b: c}]}", "{a: [1]}", "{a: [1]}" },
		{ "{e: null}", "{a: 1}", "{e: null, a: 1}" },
		{ "{}", "{a: {bb: {ccc: null}}}", "{a: {bb: {}}}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i][0], rows[i][1], "merge", rows[i][2]);
}

/* RFC 6902 appendix A. */
static void json_patches_do_what_rfc_6902_says(void **state)
{
	static const char *const rows[][3] = {
		{ "{foo: bar}", "[{op: add, path: /baz, value: qux}]", "{baz: qux, foo: bar}" },
		{ "{foo: [bar, baz]}", "[{op: add, path: /foo/1, value: qux}]",
		  "{foo: [bar, qux, baz]}" },
		{ "{baz: qux, foo: bar}", "[{op: remove, path: /baz}]", "{foo: bar}" },
		{ "{foo: [bar, qux, baz]}", "[{op: remove, path: /foo/1}]", "{foo: [bar, baz]}" },
		{ "{baz: qux, foo: bar}", "[{op: replace, path: /baz, value: boo}]",
		  "{baz: boo, foo: bar}" },
		{ "{foo: {bar: baz, waldo: fred}, qux: {corge: grault}}",
		  "[{op: move, from: /foo/waldo, path: /qux/thud}]",
		  "{foo: {bar: baz}, qux: {corge: grault, thud: fred}}" },
		{ "{foo: [all, grass, cows, eat]}", "[{op: move, from: /foo/1, path: /foo/3}]",
		  "{foo: [all, cows, eat, grass]}" },
		{ "{baz: qux, foo: [a, 2, c]}",
		  "[{op: test, path: /baz, value: qux}, {op: test, path: /foo/1, value: 2}]",
		  "{baz: qux, foo: [a, 2, c]}" },
		{ "{foo: bar}", "[{op: add, path: /child, value: {grandchild: {}}}]",
		  "{foo: bar, child: {grandchild: {}}}" },
		{ "{foo: bar}", "[{op: add, path: /baz, value: qux, xyz: 123}]",
		  "{foo: bar, baz: qux}" },
		{ "{/: 9, ~1: 10}", "[{op: test, path: /~01, value: 10}]", "{/: 9, ~1: 10}" },
		{ "{foo: [bar]}", "[{op: add, path: /foo/-, value: [abc, def]}]",
		  "{foo: [bar, [abc, def]]}" },
		{ "{foo: bar}", "[{op: replace, path: '', value: {a: 1}}]", "{a: 1}" },
		{ "{a: {b: 1}}", "[{op: copy, from: /a, path: /c}, {op: remove, path: /a/b}]",
		  "{a: {}, c: {b: 1}}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i][0], rows[i][1], "json", rows[i][2]);
}

static void bad_json_patches_are_refused_and_change_nothing(void **state)
{
	static const char *const rows[][3] = {
		{ "{foo: bar}", "[{op: add, path: /x, value: 1}, {op: test, path: /foo, value: b}]",
		  "/foo is not what the test wants" },
		{ "{foo: bar}", "[{op: add, path: /baz/bat, value: qux}]", "no /baz/bat" },
		{ "{foo: [1]}", "[{op: add, path: /foo/2, value: 1}]", "no /foo/2" },
		{ "{foo: [1]}", "[{op: add, path: /foo/01, value: 1}]", "no /foo/01" },
		{ "{foo: [1]}", "[{op: remove, path: /foo/1}]", "no /foo/1" },
		{ "{foo: [1]}", "[{op: replace, path: /foo/-, value: 1}]", "no /foo/-" },
		{ "{foo: 1}", "[{op: add, path: foo, value: 1}]", "no JSON pointer" },
		{ "{foo: 1}", "[{op: paint, path: /foo, value: 1}]", "\"paint\"" },
		{ "{foo: 1}", "[{op: add, path: /foo}]", "no value" },
		{ "{foo: 1}", "[{op: move, path: /foo}]", "no from" },
		{ "{foo: {a: 1}}", "[{op: move, from: /foo, path: /foo/a}]", "into itself" },
		{ "{foo: 1}", "[{path: /foo}]", "without op" },
		{ "{foo: 1}", "[{op: remove, path: ''}]", "cannot be removed" },
		{ "{foo: 1}", "{op: remove, path: /foo}", "list of operations" },
		{ "{foo: 1}", "[{op: add, path: '', value: 5}]", "leaves no object" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		refuse(rows[i][0], rows[i][1], "json", rows[i][2]);
}

#define POD "kind: Pod\nspec: {containers: [{name: a, env: [{name: X, value: '1'}], command: [c]}]}"

static void strategic_lists_are_merged_by_their_key(void **state)
{
	(void)state;
	check(POD, "spec: {containers: [{name: a, env: [{name: Y, value: '2'}]}]}", "strategic",
	      "kind: Pod\nspec: {containers: [{name: a, env: [{name: Y, value: '2'}, {name: X, "
	      "value: '1'}], command: [c]}]}");
	check(POD, "spec: {containers: [{name: a, command: [d, e]}]}", "strategic",
	      "kind: Pod\nspec: {containers: [{name: a, env: [{name: X, value: '1'}], "
	      "command: [d, e]}]}");
	check(POD, "spec: {containers: [{name: a, $patch: delete}]}", "strategic",
	      "kind: Pod\nspec: {containers: []}");
	check(POD, "spec: {containers: [{$patch: replace}, {name: b}]}", "strategic",
	      "kind: Pod\nspec: {containers: [{name: b}]}");
	/* Two ports of one number, as CoreDNS has: neither is lost. */
	check("kind: Deployment\nports: [{containerPort: 53, protocol: UDP}, "
	      "{containerPort: 53, protocol: TCP}, {containerPort: 9153}]",
	      "ports: [{containerPort: 53, name: dns}]", "strategic",
	      "kind: Deployment\nports: [{containerPort: 53, protocol: UDP, name: dns}, "
	      "{containerPort: 53, protocol: TCP}, {containerPort: 9153}]");
}

/* The kubelet's configuration has no merge keys. */
static void lists_of_other_kinds_are_replaced(void **state)
{
	(void)state;
	check("kind: KubeletConfiguration\nenv: [{name: a}]\nx: {y: 1, z: 2}",
	      "env: [{name: b}]\nx: {z: null}", "strategic",
	      "kind: KubeletConfiguration\nenv: [{name: b}]\nx: {y: 1}");
}

static void bad_strategic_patches_are_refused_and_change_nothing(void **state)
{
	(void)state;
	refuse(POD, "spec: {containers: [{image: x}]}", "strategic", "has no name");
	refuse(POD, "spec: {containers: [{name: a, image: y}], $patch: paint}", "strategic",
	       "\"paint\"");
	refuse(POD, "spec: {$retainKeys: [a]}", "strategic", "$retainKeys");
	refuse(POD, "[a]", "strategic", "a mapping");
	refuse(POD, "[a]", "merge", "a mapping");
	refuse(POD, "{a: b}", "yaml", "\"yaml\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patched_pods_are_kubeadms),
		cmocka_unit_test(merge_patches_do_what_rfc_7396_says),
		cmocka_unit_test(json_patches_do_what_rfc_6902_says),
		cmocka_unit_test(bad_json_patches_are_refused_and_change_nothing),
		cmocka_unit_test(strategic_lists_are_merged_by_their_key),
		cmocka_unit_test(lists_of_other_kinds_are_replaced),
		cmocka_unit_test(bad_strategic_patches_are_refused_and_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
