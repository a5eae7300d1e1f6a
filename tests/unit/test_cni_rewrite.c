#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/yaml.h"
#include "phases/cni/rewrite.h"

#define BIN  "{/opt/cni/bin|/var/lib/cni/bin}"
#define FLEX "{/usr/libexec/kubernetes/kubelet-plugins/volume/exec|/var/lib/kubelet/volumeplugins}"

/* Shapes of published manifests, shortened. "{before|after}" is what moves; all else stays, so that
 * both documents follow from one text. A map in braces has a blank behind the brace. */
/* clang-format off */
static const struct shape {
	const char *what, *text;
	int changes;
} shapes[] = {
	{ "flannel: the init container's own path stays",
	  "---\nkind: Namespace\napiVersion: v1\nmetadata:\n  name: kube-flannel # a comment\n---\n"
	  "apiVersion: v1\ndata:\n  cni-conf.json: |\n    { \"name\": \"cbr0\",\n\n"
	  "      \"plugins\": [ { \"type\": \"flannel\" } ] }\n"
	  "kind: ConfigMap\nmetadata:\n  name: kube-flannel-cfg\n---\n"
	  "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: kube-flannel-ds\nspec:\n"
	  "  selector:\n    matchLabels:\n      app: flannel\n"
	  "  template:\n    metadata:\n      labels:\n        app: flannel\n    spec:\n"
	  "      initContainers:\n      - args:\n        - -f\n        - /flannel\n"
	  "        - /opt/cni/bin/flannel\n        command:\n        - cp\n        name: install-cni-plugin\n"
	  "        image: example.org/flannel-cni-plugin:v1\n"
	  "        volumeMounts:\n        - mountPath: /opt/cni/bin\n          name: cni-plugin\n"
	  "      containers:\n      - name: kube-flannel\n        image: example.org/flannel:v1\n"
	  "        volumeMounts:\n        - mountPath: /run/flannel\n          name: run\n"
	  "      volumes:\n      - hostPath:\n          path: /run/flannel\n        name: run\n"
	  "      - hostPath:\n          path: " BIN "\n        name: cni-plugin\n"
	  "      - hostPath:\n          path: /etc/cni/net.d\n        name: cni\n", 1 },
	{ "a policy allows what the pod mounts",
	  "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata:\n  name: psp\nspec:\n"
	  "  volumes:\n  - configMap\n  - hostPath\n  allowedHostPaths:\n"
	  "  - pathPrefix: \"/etc/cni/net.d\"\n  - pathPrefix: \"" BIN "\"\n  - pathPrefix: /opt\n", 1 },
	{ "Calico",
	  "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: calico-node\nspec:\n  template:\n"
	  "    spec:\n      initContainers:\n        - name: install-cni\n"
	  "          command: [\"/opt/cni/bin/install\"]\n          volumeMounts:\n"
	  "            - mountPath: /host/opt/cni/bin\n              name: cni-bin-dir\n"
	  "            - mountPath: /host/driver\n              name: flexvol-driver-host\n"
	  "      volumes:\n        # Used to install CNI.\n        - name: cni-bin-dir\n"
	  "          hostPath:\n            type: DirectoryOrCreate\n            path: " BIN "\n"
	  "        # Used to install Flex Volume Driver\n        - name: flexvol-driver-host\n"
	  "          hostPath:\n            type: DirectoryOrCreate\n"
	  "            path: " FLEX "/nodeagent~uds\n", 2 },
	{ "Calico by Tigera's operator",
	  "apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata:\n  name: default\nspec:\n"
	  "  flexVolumePath: '" FLEX "/'\n  kubeletVolumePluginPath: /var/lib/kubelet\n"
	  "  cni:\n    type: Calico\n    binDir: " BIN "\n    confDir: /etc/cni/net.d\n", 2 },
	{ "Cilium: BIN_PATH is a path of the host, as nothing is mounted there",
	  "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: cilium\nspec:\n  template:\n"
	  "    spec:\n      initContainers:\n      - name: mount-cgroup\n        env:\n"
	  "        - name: CGROUP_ROOT\n          value: /run/cilium/cgroupv2\n"
	  "        - name: BIN_PATH\n          value: " BIN "\n        command:\n        - sh\n"
	  "        - -ec\n        # The text of a program is left alone.\n        - |\n"
	  "          cp /usr/bin/cilium-mount /hostbin/cilium-mount;\n"
	  "          nsenter --mount=/hostproc/1/ns/mnt \"${BIN_PATH}/cilium-mount\" $CGROUP_ROOT;\n"
	  "        volumeMounts:\n        - name: hostproc\n          mountPath: /hostproc\n"
	  "        - name: cni-path\n          mountPath: /hostbin\n"
	  "      - name: another\n        env:\n        - name: INSIDE\n          value: /opt/cni/bin/x\n"
	  "        volumeMounts:\n        - name: cni-path\n          mountPath: /opt/cni/\n"
	  "      - name: install-cni-binaries\n        command:\n        - /install-plugin.sh\n"
	  "        volumeMounts:\n        - name: cni-path\n          mountPath: /host/opt/cni/bin\n"
	  "      volumes:\n      - name: hostproc\n        hostPath:\n          path: /proc\n"
	  "      - name: cni-path\n        hostPath:\n          path:  " BIN "\n"
	  "          type: DirectoryOrCreate\n", 2 },
	{ "Cilium's and others' values",
	  "cni:\n  binPath: " BIN "\n  confPath: /etc/cni/net.d\n"
	  "flannel:\n  cniBinDir: \"" BIN "\"\ninstallation:\n  cni:\n    binDir: " BIN "\n", 3 },
	{ "Multus, thin",
	  "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: kube-multus-ds\nspec:\n  template:\n"
	  "    spec:\n      containers:\n      - name: kube-multus\n        command: [\"/thin_entrypoint\"]\n"
	  "        args:\n        - \"--cni-bin-dir=/host/opt/cni/bin\"\n"
	  "        volumeMounts:\n        - name: cnibin\n          mountPath: /host/opt/cni/bin\n"
	  "      volumes:\n        - name: cnibin\n          hostPath:\n            path: " BIN "\n", 1 },
	{ "Multus, thick: a plugin has one path for its daemon and for the host",
	  "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: multus-daemon-config\ndata:\n"
	  "  daemon-config.json: |\n    {{| \"binDir\": \"/var/lib/cni/bin\",}\n"
	  "        \"chrootDir\": \"/hostroot\",\n        \"cniVersion\": \"0.3.1\",\n"
	  "        \"socketDir\": \"/host/run/multus/\"\n    }\n---\n"
	  "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: kube-multus-ds\nspec:\n  template:\n"
	  "    spec:\n      containers:\n        - name: kube-multus\n"
	  "          command: [ \"/usr/src/multus-cni/bin/multus-daemon\" ]\n          volumeMounts:\n"
	  "            - name: cnibin\n              mountPath: " BIN "\n            - name: hostroot\n"
	  "              mountPath: /hostroot\n      initContainers:\n"
	  "        - name: install-multus-binary\n          command: [ \"cp\", \"/opt/cni/bin\" ]\n"
	  "          volumeMounts:\n            - name: cnibin\n              mountPath: /host/opt/cni/bin\n"
	  "      volumes:\n        - name: cnibin\n          hostPath:\n            path: " BIN "\n"
	  "        - name: hostroot\n          hostPath:\n            path: /\n", 3 },
	{ "Multus' daemon with a directory of its own",
	  "kind: ConfigMap\napiVersion: v1\ndata:\n"
	  "  a.json: '{ \"chrootDir\": \"/hostroot\", \"binDir\" : \"" BIN "\" }'\n"
	  "  b.json: \"{ \\\"binDir\\\": \\\"" BIN "/\\\", \\\"chrootDir\\\": \\\"/hostroot\\\" }\"\n"
	  "  c.json: \"{{| \\\"binDir\\\": \\\"/var/lib/cni/bin\\\",} \\\"chrootDir\\\": \\\"/hostroot\\\" }\"\n"
	  "  d.json: '{ \"chrootDir\": \"/hostroot\", \"binDir\": \"/elsewhere\" }'\n", 3 },
	{ "Weave mounts /opt, of which cni/bin is what moves",
	  "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ServiceAccount\n"
	  "    metadata:\n      name: weave-net\n  - apiVersion: apps/v1\n    kind: DaemonSet\n"
	  "    metadata:\n      name: weave-net\n    spec:\n      minReadySeconds: 5\n      template:\n"
	  "        spec:\n          initContainers:\n            - name: weave-init\n"
	  "              command:\n                - /home/weave/init.sh\n              env:\n"
	  "              volumeMounts:\n                - name: cni-bin\n"
	  "                  mountPath: /host/opt{|/cni/bin}\n                - name: cni-bin2\n"
	  "                  mountPath: /host/home\n                - name: cni-conf\n"
	  "                  mountPath: /host/etc\n          containers:\n            - name: weave\n"
	  "              volumeMounts:\n                - mountPath: '/host/opt{|/cni/bin}/'\n"
	  "                  name: cni-bin\n          volumes:\n            - name: cni-bin\n"
	  "              hostPath:\n                path: {/opt|/var/lib/cni/bin}\n"
	  "            - name: cni-bin2\n              hostPath:\n                path: /home\n"
	  "            - name: cni-conf\n              hostPath:\n                path: /etc\n"
	  "            - name: opt\n              hostPath:\n                path: /opt\n", 3 },
	{ "each kind with a pod, and kinds of operators",
	  "kind: Pod\nspec:\n  volumes:\n  - hostPath: { path: " BIN " }\n"
	  "---\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n"
	  "          volumes:\n          - hostPath:\n              path: " BIN "\n"
	  "---\nkind: PodTemplate\ntemplate:\n  spec:\n    volumes:\n    - hostPath: { path: " BIN " }\n"
	  "---\nkind: Whatever\nspec:\n  template: { spec: { volumes: [ { hostPath: { path: '" BIN "' } } ] } }\n", 4 },
	{ "forms of one path",
	  "spec:\n  volumes:\n  - hostPath:\n      path: {/opt/cni/bin|/var/lib/cni/bin}/\n"
	  "  - hostPath:\n      path: {/opt//cni/./bin|/var/lib/cni/bin}//x\n"
	  "  - hostPath:\n      path: \"{/opt\\/cni\\/bin|/var/lib/cni/bin}\\/y\"\n"
	  "  - hostPath:\n      path: |-\n        {/opt/cni/bin|/var/lib/cni/bin}\n"
	  "  - hostPath:\n      path: >-  # folded\n        {/opt/cni/bin|/var/lib/cni/bin}/z\n"
	  "  - hostPath:\n      path: !!str \"{/opt/cni/bin|/var/lib/cni/bin}\"\n"
	  "  - name: my-cni\n    hostPath:\n      path: \"{/opt/cni|/var/lib/cni/bin}/\"\n", 7 },
	{ "what only looks like it",
	  "spec:\n  volumes:\n  - hostPath:\n      path: /opt/cni/bin2\n  - hostPath:\n      path: /opt/cni\n"
	  "  - hostPath:\n      path: /opt/cni/bin/../x\n  - hostPath:\n      path: opt/cni/bin\n"
	  "  - hostPath:\n      path: /mnt/opt/cni/bin\n  - emptyDir:\n      path: /opt/cni/bin\n"
	  "  - hostPath: null\n  - []\n  containers: /opt/cni/bin\n  path: /opt/cni/bin\n"
	  "metadata:\n  annotations:\n    a: /opt/cni/bin\nhostPath:\n  path: /opt/cni/bin\n", 0 },
	{ "JSON",
	  "{ \"kind\":\"List\",\"items\":[{ \"kind\":\"Pod\",\"spec\":{ \"volumes\":[{ \"name\":\"a\","
	  "\"hostPath\":{ \"path\":\"" BIN "\"}},{ \"hostPath\":{ \"path\":\"" FLEX "/v\"}}],"
	  "\"containers\":[{ \"name\":\"c\",\"env\":[{ \"name\":\"B\",\"value\":\"" BIN "\"}]}]}}]}", 3 },
	{ "anchors are none of our business where nothing moves",
	  "a: &a [1, *a]\nb: *a\nspec: &s\n  x: &y { z: 1 }\n  volumes:\n  - <<: *y\n    name: v\n"
	  "    hostPath:\n      path: " BIN "\n", 1 },
	{ "an anchor that only hostPaths use is changed at the anchor",
	  "spec:\n  volumes:\n  - hostPath:\n      path: &p \"" BIN "\"\n  - hostPath:\n      path: *p\n"
	  "---\nitems:\n- spec: &s\n    volumes:\n    - hostPath: { path: " BIN " }\n- spec: *s\n"
	  "---\nspec:\n  volumes:\n  - &v\n    hostPath: { path: " BIN " }\n    name: a\n  - <<: *v\n    name: b\n", 3 },
	{ "nothing at all", "", 0 },
	{ "an empty document", "---\n# only words\n...\n", 0 },
	{ "letters of two bytes and more",
	  "metadata: { name: \"ä€😀\" } # ß\nspec:\n  volumes:\n  - name: ü\n    hostPath:\n      path: " BIN " # ö\n", 1 },
};

/* What cannot be read, or not be moved by exchanging bytes; each is told with its line. */
static const struct {
	const char *text, *why;
} refused[] = {
	{ "spec:\n  volumes:\n  - hostPath: { path: &p /opt/cni/bin }\nother: *p\n", "x:3: what must not change shares" },
	{ "x-holder: &p /opt/cni/bin\nspec:\n  volumes:\n  - hostPath: { path: *p }\n", "x:1: what must not change shares" },
	{ "spec:\n  volumes:\n  - hostPath:\n      path: \"\\x2fopt/cni/bin\"\n", "x:4: write this path plainly" },
	{ "spec:\n  volumes:\n  - hostPath:\n      path: \"/opt/\\\n        cni/bin\"\n", "x:4: write this path plainly" },
	{ "spec:\n  containers:\n  - volumeMounts:\n    - { name: cni, mountPath: /o, subPath: cni/bin }\n"
	  "  volumes:\n  - { name: cni, hostPath: { path: /opt } }\n", "x:4: a part of a volume" },
	{ "spec:\n  containers:\n  - env: &e [ { name: A, value: /opt/cni/bin } ]\n"
	  "  - env: *e\n    volumeMounts: [ { name: v, mountPath: /opt } ]\n", "x:3: what must not change shares" },
	{ "a: [", "x:2:1: did not find" },
	{ "a: \"b\n\n", "x:3:1: found unexpected end of stream" },
	{ "a: 'b", "x:1:6: found unexpected end" },
	{ "a: *b\n", "x:1:4: aliases need" },
	{ "a: &b 1\n---\na: *b\n", "x:3:4: aliases need" },
	{ "a: 1\n\xff\n", "x:2:1: " },
	{ "a: {b: {c: }}}\n", "x:1:" },
	{ "a: \x01\n", "x:1:4: control characters" },
};
/* clang-format on */

static const struct cni_dirs dirs = { "/var/lib/cni/bin", "/var/lib/kubelet/volumeplugins" };

/* "{before|after}" as one or the other; the caller frees. */
static char *side(const char *text, bool after)
{
	char *ret = xcalloc(strlen(text) + 1, 1), *to = ret;

	while (*text) {
		const char *bar = strchr(text, '|'), *end = bar ? strchr(bar, '}') : NULL;

		/* A marker begins with a slash or with nothing, and ends before the line does. */
		if (*text != '{' || !end || (text[1] != '/' && text[1] != '|')) {
			*to++ = *text++;
			continue;
		}
		for (const char *p = after ? bar + 1 : text + 1; p < (after ? end : bar); p++)
			*to++ = *p;
		text = end + 1;
	}
	return ret;
}

static int lines(const struct buf *buf)
{
	int ret = 0;

	for (size_t i = 0; i < buf->len; i++)
		ret += buf->data[i] == '\n';
	return ret;
}

static void moves(const char *what, const char *before, size_t len, const char *after,
		  size_t after_len, int changes)
{
	AUTO(buf) struct buf out = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(buf) struct buf told = BUF_INIT(CNI_REWRITE_MAX);
	struct err err = ERR_INIT;

	if (cni_rewrite(before, len, "x", &dirs, &out, &told, &err) < 0)
		fail_msg("%s: %s\n%s", what, err.msg, before);
	if (out.len != after_len || (out.len && memcmp(out.data, after, out.len) != 0))
		fail_msg("%s:\n%s\nbecame\n%s\nand not\n%s", what, before, out.data, after);
	if (lines(&told) != changes)
		fail_msg("%s: %d changes, and not %d:\n%s", what, lines(&told), changes, told.data);
}

static void each_shape_has_its_directories_moved_and_not_a_byte_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		AUTO(free) char *before = side(shapes[i].text, false);
		AUTO(free) char *after = side(shapes[i].text, true);

		moves(shapes[i].what, before, strlen(before), after, strlen(after),
		      shapes[i].changes);
		moves(shapes[i].what, after, strlen(after), after, strlen(after), 0);
	}
}

static void what_cannot_be_moved_is_refused_with_its_line(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		AUTO(buf) struct buf out = BUF_INIT(CNI_REWRITE_MAX);
		AUTO(buf) struct buf told = BUF_INIT(CNI_REWRITE_MAX);
		struct err err = ERR_INIT;

		if (cni_rewrite(refused[i].text, strlen(refused[i].text), "x", &dirs, &out, &told,
				&err) == 0)
			fail_msg("taken: %s", refused[i].text);
		if (!str_starts(err.msg, refused[i].why))
			fail_msg("%s\nis refused with\n%s", refused[i].text, err.msg);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_int_equal(out.len + told.len, 0);
	}
}

static uint32_t seed = 20161127;

static unsigned dice(unsigned sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

/* Both sides get the same. */
static void both(struct buf sides[2], const char *text, size_t len)
{
	assert_int_equal(buf_add(&sides[0], text, len), 0);
	assert_int_equal(buf_add(&sides[1], text, len), 0);
}

static size_t blanks(const char *line)
{
	return strspn(line, " ");
}

/* A path that stands alone in its line, in quotes or not, with some more below it or not. */
static void vary_path(struct buf sides[2], const char *path, size_t len)
{
	static const char *const quotes[] = { "", "'", "\"" };
	static const char *const tails[] = { "", "/", "//", "/a b", "/nodeagent~uds", "/%23" };
	/* Below a directory that is moved for what is in it nothing else may stand. */
	const char *tail = tails[dice(str_starts(path, "{/opt|") ? 3 : 6)],
		   *quote = quotes[dice(3)];
	AUTO(free) char *marker = xstrndup(path, len);
	AUTO(free) char *before = side(marker, false);
	AUTO(free) char *after = side(marker, true);

	both(sides, quote, strlen(quote));
	assert_int_equal(buf_addf(&sides[0], "%s", before), 0);
	assert_int_equal(buf_addf(&sides[1], "%s", after), 0);
	both(sides, tail, strlen(tail));
	both(sides, quote, strlen(quote));
}

/* Comments, blank lines, quotes, line ends and a mark of byte order, wherever YAML allows them. */
static void vary(const char *text, struct buf sides[2])
{
	static const char *const comments[] = { "# path: /opt/cni/bin\n", "\n", "    # \"ä' {\n",
						"#\n" };
	const bool crlf = dice(3) == 0;
	size_t block = 0; /* in a literal: how deep its key is, and one */

	if (dice(4) == 0)
		both(sides, "\xef\xbb\xbf", 3);
	for (const char *line = text; *line;) {
		const size_t len = strcspn(line, "\n");
		const char *marker = memmem(line, len, ": {/", 4);
		const bool alone = marker && line[len - 1] == '}' && !memmem(line, len, "} ", 2);

		if (block && blanks(line) < len && blanks(line) < block)
			block = 0;
		if (!block && dice(4) == 0) {
			const char *comment = comments[dice(4)];

			both(sides, comment, strlen(comment));
		}
		if (!block && alone) {
			both(sides, line, (size_t)(marker + 2 - line));
			vary_path(sides, marker + 2, (size_t)(line + len - marker - 2));
			if (dice(2))
				both(sides, "  # why", 7);
		} else {
			AUTO(free) char *one = xstrndup(line, len);
			AUTO(free) char *before = side(one, false);
			AUTO(free) char *after = side(one, true);

			assert_int_equal(buf_add(&sides[0], before, strlen(before)), 0);
			assert_int_equal(buf_add(&sides[1], after, strlen(after)), 0);
		}
		if (line[len])
			both(sides, crlf ? "\r\n" : "\n", crlf ? 2 : 1);
		if (!block && len &&
		    (line[len - 1] == '|' || memmem(line, len, ": |", 3) ||
		     memmem(line, len, ": >", 3)))
			block = blanks(line) + 1;
		line += len + (line[len] != '\0');
	}
}

static void it_holds_for_whatever_comments_quotes_and_line_ends_there_are(void **state)
{
	(void)state;
	for (int round = 0; round < 400; round++) {
		const struct shape *shape = &shapes[dice(sizeof(shapes) / sizeof(shapes[0]))];
		struct buf sides[2] = { BUF_INIT(1 << 20), BUF_INIT(1 << 20) };

		vary(shape->text, sides);
		moves(shape->what, sides[0].data ? sides[0].data : "", sides[0].len,
		      sides[1].data ? sides[1].data : "", sides[1].len, shape->changes);
		buf_clear(&sides[0]);
		buf_clear(&sides[1]);
	}
}

/* Whatever is accepted comes out with the other bytes in their order; nothing else is promised of
 * such a text but that it is answered (tests/sanitized looks for more). */
static void a_damaged_text_is_answered(void **state)
{
	static const char junk[] = "{}[]:&*-|>'\"\\#\n\t %!,\0\x80\xc3/<";

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const struct shape *shape = &shapes[dice(sizeof(shapes) / sizeof(shapes[0]))];
		AUTO(free) char *text = side(shape->text, false);
		AUTO(buf) struct buf out = BUF_INIT(CNI_REWRITE_MAX);
		AUTO(buf) struct buf told = BUF_INIT(CNI_REWRITE_MAX);
		const size_t len = strlen(text);
		struct err err = ERR_INIT;

		for (unsigned n = dice(4); len && n > 0; n--)
			text[dice((unsigned)len)] = junk[dice(sizeof(junk) - 1)];
		if (cni_rewrite(text, len, "x", &dirs, &out, &told, &err) < 0) {
			assert_true(str_starts(err.msg, "x:"));
			assert_int_equal(out.len, 0);
		} else if (!told.len) {
			assert_int_equal(out.len, len);
			assert_memory_equal(len ? out.data : "", text, len);
		}
	}
}

static void expect(const char *text, size_t len, const char *why)
{
	AUTO(buf) struct buf out = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(buf) struct buf told = BUF_INIT(CNI_REWRITE_MAX);
	struct err err = ERR_INIT;
	const int failed = cni_rewrite(text, len, "x", &dirs, &out, &told, &err);

	if (!why && failed)
		fail_msg("refused: %s", err.msg);
	if (why && (!failed || !strstr(err.msg, why)))
		fail_msg("\"%s\" and not: %s", failed ? err.msg : "taken", why);
}

static char *repeat(const char *head, const char *item, unsigned n)
{
	struct buf ret = BUF_INIT((size_t)64 << 20);

	assert_int_equal(buf_addf(&ret, "%s", head), 0);
	while (n--)
		assert_int_equal(buf_add(&ret, item, strlen(item)), 0);
	return ret.data;
}

static void every_limit_holds(void **state)
{
	/* Ten aliases of ten aliases, ten times: they are followed, not multiplied. */
	static const char bomb[] =
		"a: &a [x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: &d [*c,*c,*c]\n"
		"e: &e [*d,*d,*d]\nf: &f [*e,*e,*e]\ng: &g [*f,*f,*f]\nh: &h [*g,*g,*g]\n"
		"items: [*h,*h,*h]\nspec: &s { template: { spec: *s } }\n"
		"merged: &m { <<: *m, <<: *m, <<: *m }\ntemplate: &t { <<: *t, <<: [*t, *t] }\n";
	AUTO(free) char *deep = repeat("a: ", "[", 70);
	AUTO(free) char *long_text = repeat("a: b\n", "# 3456789\n", 840000);
	AUTO(free) char *values = repeat("a: [", "1,", 500001);
	AUTO(free) char *anchors = repeat("", "- &a x\n", 1001);
	AUTO(free) char *aliases = repeat("- &a x\n", "- *a\n", 1000);
	AUTO(free) char *few = repeat("- &a x\n", "- *a\n", 999);
	AUTO(free)
	char *moving =
		repeat("spec:\n  volumes:\n", "  - { hostPath: { path: /opt/cni/bin } }\n", 1001);
	AUTO(free) char *mounts = repeat("", "    - { name: cni-9, mountPath: /m }\n", 30000);
	AUTO(free) char *volumes = repeat("", "  - { name: v }\n", 30000);
	AUTO(free)
	char *many = xasprintf("spec:\n  containers:\n  - volumeMounts:\n%s  volumes:\n%s", mounts,
			       volumes);

	(void)state;
	expect(bomb, strlen(bomb), NULL);
	expect(deep, strlen(deep), "nested more than 64 deep");
	expect(long_text, strlen(long_text), "larger than 8 MiB");
	expect(values, strlen(values), "more than 500000 values");
	expect(anchors, strlen(anchors), "more than 1000 anchors and aliases");
	expect(aliases, strlen(aliases), "more than 1000 anchors and aliases");
	expect(few, strlen(few), NULL);
	expect(moving, strlen(moving), "more than 1000 changes");
	expect(many, strlen(many), "too many volumes and mounts");
	expect("a: \0b\n", 6, "control characters");
	expect("a: \"\\0\"\n", 8, NULL);
}

static void changes_are_told_with_line_and_field(void **state)
{
	static const char text[] =
		"kind: ConfigMap\ndata:\n  c.json: |\n    x\n\n    {\"chrootDir\": 1}\n---\n"
		"items:\n- spec:\n    volumes:\n    - name: v\n      hostPath:\n        path: /opt/cni/bin/x\n";
	AUTO(buf) struct buf out = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(buf) struct buf told = BUF_INIT(CNI_REWRITE_MAX);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(cni_rewrite(text, sizeof(text) - 1, "x.yml", &dirs, &out, &told, &err), 0);
	assert_string_equal(
		told.data,
		"x.yml:6: data.c.json: /opt/cni/bin ->  \"binDir\": \"/var/lib/cni/bin\",\n"
		"x.yml:13: items[0].spec.volumes[0].hostPath.path: /opt/cni/bin/x -> "
		"/var/lib/cni/bin/x\n");
}

static void directories_are_settings(void **state)
{
	static const char text[] = "spec: { volumes: [ { hostPath: { path: /opt/cni/bin } } ] }";
	struct cni_dirs own = dirs;
	AUTO(buf) struct buf out = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(buf) struct buf told = BUF_INIT(CNI_REWRITE_MAX);
	struct err err = ERR_INIT;

	(void)state;
	own.cni_bin = "/srv/cni";
	assert_int_equal(cni_rewrite(text, sizeof(text) - 1, "x", &own, &out, &told, &err), 0);
	assert_string_equal(out.data, "spec: { volumes: [ { hostPath: { path: /srv/cni } } ] }");
	own.cni_bin = "/a: #b";
	assert_int_equal(cni_rewrite(text, sizeof(text) - 1, "x", &own, &out, &told, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	/* A directory that is not needed may have any name. */
	assert_int_equal(cni_rewrite("a: b", 4, "x", &own, &out, &told, &err), 0);
	/* Where it is /opt/cni/bin nothing is to be done. */
	buf_clear(&out);
	buf_clear(&told);
	own.cni_bin = "/opt/cni/bin";
	assert_int_equal(cni_rewrite(text, sizeof(text) - 1, "x", &own, &out, &told, &err), 0);
	assert_string_equal(out.data, text);
	assert_int_equal(told.len, 0);
}

static void an_object_of_ours_is_moved_as_a_manifest_is(void **state)
{
	json_t *object = xjson_pack("{s:s, s:{s:{s:{s:[{s:s, s:{s:s}}]}}}}", "kind", "DaemonSet",
				    "spec", "template", "spec", "volumes", "name", "cni-plugin",
				    "hostPath", "path", "/opt/cni/bin");
	AUTO(json) json_t *same = xjson_pack("{s:s}", "kind", "ConfigMap");
	json_t *borrowed = same;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(cni_rewrite_object(&object, &dirs, &err), 0);
	assert_string_equal(
		json_str(json_at(json_array_get(json_at(object, "spec.template.spec.volumes"), 0),
				 "hostPath"),
			 "path"),
		"/var/lib/cni/bin");
	json_decref(object);
	assert_int_equal(cni_rewrite_object(&same, &dirs, &err), 0);
	assert_ptr_equal(same, borrowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shape_has_its_directories_moved_and_not_a_byte_else),
		cmocka_unit_test(what_cannot_be_moved_is_refused_with_its_line),
		cmocka_unit_test(it_holds_for_whatever_comments_quotes_and_line_ends_there_are),
		cmocka_unit_test(a_damaged_text_is_answered),
		cmocka_unit_test(every_limit_holds),
		cmocka_unit_test(changes_are_told_with_line_and_field),
		cmocka_unit_test(directories_are_settings),
		cmocka_unit_test(an_object_of_ours_is_moved_as_a_manifest_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
