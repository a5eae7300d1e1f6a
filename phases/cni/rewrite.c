#include "phases/cni/rewrite.h"

#include "base/log.h"
#include "base/yaml.h"
#include "base/yaml_source.h"

#include <string.h>
#include <yaml.h>

enum { EDITS_MAX = 1000, STEPS_MAX = 50000000, MERGES_MAX = 8 };

struct move {
	const char *from, *to;
	const char *hint; /* in the name of a volume that may be meant with a directory above */
};

/* What a value is, by where it stands. Kinds are not asked: a pod template is one in whatever
 * operator's object it lies. A list's items are what the list is. */
enum role {
	OBJECT, /* with a spec: a document, an item of a List, a pod template */
	SPEC,   /* of a pod, too */
	VOLUME,
	HOSTPATH,
	CONTAINER,
	ENV,
	MOUNT,
	MOUNTED,
	ALLOWED, /* a PodSecurityPolicy's */
	CNI,     /* of Tigera's Installation, or of a chart's values */
	DATA,    /* of a ConfigMap */
	FILE_,   /* in one */
	VALUE,   /* of a variable */
	PATH,    /* of the host */
	ROLES,
};

static const struct {
	unsigned char in, role;
	char key[20];
} steps[] = {
	{ OBJECT, OBJECT, "items" },
	{ OBJECT, OBJECT, "template" },
	{ OBJECT, SPEC, "spec" },
	{ OBJECT, DATA, "data" },
	{ SPEC, OBJECT, "template" },
	{ SPEC, OBJECT, "jobTemplate" },
	{ SPEC, VOLUME, "volumes" },
	{ VOLUME, HOSTPATH, "hostPath" },
	{ HOSTPATH, PATH, "path" },
	{ SPEC, CONTAINER, "containers" },
	{ SPEC, CONTAINER, "initContainers" },
	{ SPEC, CONTAINER, "ephemeralContainers" },
	{ CONTAINER, ENV, "env" },
	{ ENV, VALUE, "value" },
	{ CONTAINER, MOUNT, "volumeMounts" },
	{ MOUNT, MOUNTED, "mountPath" },
	/* policy/v1beta1: a moved hostPath has to be allowed where it is now. */
	{ SPEC, ALLOWED, "allowedHostPaths" },
	{ ALLOWED, PATH, "pathPrefix" },
	/* operator.tigera.io/v1 Installation */
	{ SPEC, PATH, "flexVolumePath" },
	{ SPEC, CNI, "cni" },
	{ CNI, PATH, "binDir" },
	/* Values of the Helm charts tigera-operator, cilium, istio's cni and flannel */
	{ OBJECT, SPEC, "installation" },
	{ OBJECT, CNI, "cni" },
	{ CNI, PATH, "binPath" },
	{ OBJECT, CNI, "flannel" },
	{ CNI, PATH, "cniBinDir" },
};

static const char spelled[] = "write this path plainly, in one line and without escapes";

/* text[from..to) becomes `text`; so the word `was` becomes was[0..keep), `text` and was[rest..).
 * All strings are another's. */
struct edit {
	size_t from, to;
	struct yaml_node *node;
	struct yaml_node *within; /* the node that the decision depends on */
	const char *text, *was;
	size_t keep, rest;
};

struct rewrite {
	const char *text, *name;
	struct err *err;
	struct move moves[2];
	struct yaml_source *source;
	struct yaml_node *at[ROLES]; /* the nearest map of each role around the current node */
	bool merging; /* the coming map's members are those of the one that is open */
	int steps;
	char *binary_dir[2]; /* as in file() */
	struct edit edits[EDITS_MAX + 1];
	int len;
	bool failed;
};

/* The first reason stays. */
static void refuse(struct rewrite *r, const struct yaml_node *at, const char *why)
{
	if (!r->failed)
		(void)err_set(r->err, ERR_CONFIG, "%s:%d: %s", r->name, at->line, why);
	r->failed = true;
}

static struct yaml_node *resolve(struct yaml_node *at)
{
	return at && at->target ? at->target : at;
}

/* The word at `at`; "" when it is none. */
static const char *word(struct yaml_node *at)
{
	at = resolve(at);
	return at && at->text ? at->text : "";
}

static bool is_merge(const struct yaml_node *key)
{
	return key->style == YAML_PLAIN_SCALAR_STYLE && str_eq(key->text, "<<");
}

/* The value of `key` in the map `at`, merged ones last; NULL: there is none. */
static struct yaml_node *get(struct rewrite *r, struct yaml_node *at, const char *key)
{
	for (int merges = 0; at && merges < MERGES_MAX; merges++) {
		struct yaml_node *merged = NULL;

		at = resolve(at);
		if (at->kind != YAML_NODE_MAP)
			return NULL;
		for (struct yaml_node *k = at->first; k; k = k->next->next) {
			if (++r->steps > STEPS_MAX)
				return NULL;
			if (str_eq(k->text, key))
				return resolve(k->next);
			if (is_merge(k))
				merged = k->next;
		}
		at = merged;
	}
	return NULL;
}

/* The first item or key of what `key` has. */
static struct yaml_node *first(struct rewrite *r, struct yaml_node *at, const char *key)
{
	at = get(r, at, key);
	return at ? at->first : NULL;
}

/* One slash may be written as several, as "/." and, in JSON, with a backslash. */
static size_t slashes(const char *text)
{
	size_t i = 0;

	for (;;) {
		if (text[i] == '/')
			i++;
		else if (text[i] == '\\' && text[i + 1] == '/')
			i += 2;
		else if (i && text[i] == '.' && (text[i + 1] == '/' || text[i + 1] == '\\'))
			i++;
		else
			return i;
	}
}

/* Without the slashes at its end. */
static size_t length(const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	return len;
}

/* How much of the text is dir[0..len); 0: it does not begin like this. */
static size_t covers(const char *text, const char *dir, size_t len)
{
	size_t i = 0, n;

	for (size_t d = 0; d < len; d++) {
		n = dir[d] == '/' ? slashes(text + i) : text[i] == dir[d];
		if (!n)
			return 0;
		i += n;
	}
	return i;
}

/* Of a path, or of one in quotes. What climbs is not judged: Kubernetes takes no path with "..". */
static size_t is_below(const char *path, const char *dir, size_t len)
{
	const size_t n = covers(path, dir, len);

	/* strchr finds the end, too. */
	return n && strchr("/\\\"'\r\n", path[n]) && !strstr(path + n, "/..") ? n : 0;
}

/* The move that makes `path`, a directory above, one to be exchanged, when the volume's name says
 * that it is meant: then *ret is what is below the old one ("/cni/bin" for /opt). */
static const struct move *from_above(struct rewrite *r, struct yaml_node *volume, const char *path,
				     const char **ret)
{
	for (const struct move *m = r->moves; m < r->moves + 2; m++) {
		if (!m->to || !strstr(word(get(r, volume, "name")), m->hint))
			continue;
		for (const char *p = strchr(m->from + 1, '/'); p; p = strchr(p + 1, '/')) {
			const size_t len = is_below(path, m->from, (size_t)(p - m->from));

			if (len && !path[len + slashes(path + len)]) {
				*ret = p;
				return m;
			}
		}
	}
	return NULL;
}

/* Where the value of the word begins in the text; only what stands there as it is will be found. */
static size_t content(const struct rewrite *r, const struct yaml_node *at)
{
	const char *start = r->text + at->from;
	size_t i = 0, len = strlen(at->text);

	switch ((yaml_scalar_style_t)at->style) {
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return at->from + strcspn(start, "\"") + 1;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		i = strcspn(start, "|>");
		i += strcspn(start + i, "\r\n");
		return at->from + i + strspn(start + i, "\r\n ");
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		len++;
		break;
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:
		break;
	}
	return at->to - at->from < len ? at->from : at->to - len;
}

/* One more, to be filled; the last is kept for those beyond the limit. */
static struct edit *edit(struct rewrite *r, struct yaml_node *at, size_t from, size_t to,
			 const char *text)
{
	struct edit *ret = &r->edits[r->len];

	if (r->len == EDITS_MAX)
		refuse(r, at, "more than 1000 changes");
	else
		r->len++;
	*ret = (struct edit){ .from = from, .to = to, .node = at, .text = text };
	ret->was = word(at);
	return ret;
}

/* Exchanges the directory, the first `len` bytes of m->from, at the beginning of the word. */
static void exchange(struct rewrite *r, struct yaml_node *at, struct yaml_node *within,
		     const struct move *m, size_t len)
{
	const size_t from = content(r, at), n = covers(r->text + from, m->from, len);
	struct edit *e = edit(r, at, from, from + n, m->to);

	if (!n || from + n > at->to)
		refuse(r, at, spelled);
	e->within = within;
	e->rest = covers(e->was, m->from, len);
}

static const struct move *moved(const struct rewrite *r, const char *path)
{
	for (const struct move *m = r->moves; m < r->moves + 2; m++)
		if (m->to && is_below(path, m->from, strlen(m->from)))
			return m;
	return NULL;
}

static void host_path(struct rewrite *r, struct yaml_node *at)
{
	const char *path = word(at), *rest;
	const struct move *m = moved(r, path);
	struct yaml_node *volume = r->at[VOLUME];

	if (m)
		exchange(r, at, NULL, m, strlen(m->from));
	else if (volume && (m = from_above(r, volume, path, &rest)))
		exchange(r, at, volume, m, (size_t)(rest - m->from));
}

/* A variable names a directory of the host when the container has nothing mounted there: so do
 * Cilium's init containers, which run a program in the host's mounts. */
static void variable(struct rewrite *r, struct yaml_node *at)
{
	const char *path = word(at);
	const struct move *m = moved(r, path);
	struct yaml_node *i = m ? first(r, r->at[CONTAINER], "volumeMounts") : NULL;

	for (; i; i = i->next) {
		const char *mounted = word(get(r, i, "mountPath"));

		if (is_below(path, mounted, length(mounted)))
			return;
	}
	if (m)
		exchange(r, at, r->at[CONTAINER], m, strlen(m->from));
}

/* multus-daemon looks for plugins in its own mounts and runs them in the host's, so a directory
 * must have one path in both (its published DaemonSet says so). */
static bool needs_one_path(struct rewrite *r)
{
	static const char *const keys[] = { "command", "args" };

	for (size_t k = 0; k < 2; k++)
		for (struct yaml_node *i = first(r, r->at[CONTAINER], keys[k]); i; i = i->next)
			if (strstr(word(i), "multus-daemon"))
				return true;
	return false;
}

static struct yaml_node *volume_of(struct rewrite *r, struct yaml_node *mount)
{
	const char *name = word(get(r, mount, "name"));
	struct yaml_node *i = *name ? first(r, r->at[SPEC], "volumes") : NULL;

	while (i && !str_eq(word(get(r, i, "name")), name))
		i = i->next;
	return i;
}

/* A container sees what it saw before, so what it mounts stays where it is, but for two cases. */
static void mount(struct rewrite *r, struct yaml_node *at)
{
	struct yaml_node *volume = volume_of(r, at), *mounted = get(r, at, "mountPath");
	const char *path = word(get(r, get(r, volume, "hostPath"), "path"));
	const char *target = word(mounted), *rest;
	const struct move *m = moved(r, path);
	const size_t len = length(target);
	size_t from, n;
	struct edit *e;

	if (!*target)
		return;
	if (m) {
		if (is_below(target, m->from, strlen(m->from)) && needs_one_path(r))
			exchange(r, mounted, r->at[CONTAINER], m, strlen(m->from));
		return;
	}
	if (!from_above(r, volume, path, &rest))
		return;
	if (get(r, at, "subPath") || get(r, at, "subPathExpr")) {
		refuse(r, at, "a part of a volume that is to move; mount all of it");
		return;
	}
	from = content(r, mounted);
	n = covers(r->text + from, target, len);
	if (!n)
		refuse(r, mounted, spelled);
	e = edit(r, mounted, from + n, from + n, rest);
	e->within = r->at[SPEC];
	e->keep = e->rest = len;
}

/* A file of a ConfigMap. Multus' daemon looks in "binDir", or in /opt/cni/bin without one. */
static void file(struct rewrite *r, struct yaml_node *at)
{
	const struct move *m = r->moves;
	const struct yaml_node *n = at;
	const bool escaped = n->style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	const char *start = r->text + n->from, *q = escaped ? "\\\"" : "\"", *p;
	const size_t len = n->to - n->from;
	char **made = &r->binary_dir[escaped];
	struct edit *e = NULL;
	size_t cut;

	if (m->to && (p = memmem(start, len, "binDir", 6))) {
		p += 6 + strspn(p + 6, "\\\": \t");
		cut = is_below(p, m->from, strlen(m->from));
		if (cut && p + cut <= start + len)
			e = edit(r, at, (size_t)(p - r->text), (size_t)(p - r->text) + cut, m->to);
	} else if (m->to && memmem(start, len, "chrootDir", 9) && (p = memchr(start, '{', len))) {
		if (!*made)
			*made = xasprintf(" %sbinDir%s: %s%s%s,", q, q, q, m->to, q);
		cut = (size_t)(p - r->text) + 1;
		e = edit(r, at, cut, cut, *made);
	}
	if (e) {
		e->was = m->from;
		e->rest = strlen(m->from);
	}
}

/* The operator's own default is /opt/cni/bin, and lines are not added here. */
static void warn_of_default(struct rewrite *r, struct yaml_node *at)
{
	if (r->moves[0].to && str_eq(word(get(r, at, "kind")), "Installation") &&
	    str_starts(word(get(r, at, "apiVersion")), "operator.tigera.io/") &&
	    !get(r, get(r, get(r, at, "spec"), "cni"), "binDir"))
		log_warn("%s:%d: set spec.cni.binDir to %s: its default is %s", r->name, at->line,
			 r->moves[0].to, r->moves[0].from);
}

static void walk(struct rewrite *r, struct yaml_node *at, enum role role);

static void members(struct rewrite *r, struct yaml_node *at, enum role role)
{
	for (struct yaml_node *k = at->first; k; k = k->next->next) {
		if (role == DATA)
			walk(r, k->next, FILE_);
		else if ((r->merging = is_merge(k)))
			walk(r, k->next, role);
		r->merging = false;
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			if (steps[i].in == role && str_eq(k->text, steps[i].key))
				walk(r, k->next, (enum role)steps[i].role);
	}
}

static void map(struct rewrite *r, struct yaml_node *at, enum role role)
{
	struct yaml_node *outer = r->at[role];
	const bool merging = r->merging;

	if (!merging)
		r->at[role] = at;
	if (role == MOUNT && !merging)
		mount(r, at);
	else if (role == OBJECT)
		warn_of_default(r, at);
	members(r, at, role);
	r->at[role] = outer;
}

/* Each value once in each role, so aliases neither multiply the work nor go round. */
static void walk(struct rewrite *r, struct yaml_node *at, enum role role)
{
	const unsigned bit = 1U << role;
	const bool merging = r->merging;

	at->uses |= bit;
	at = resolve(at);
	if (at->seen & bit || r->failed)
		return;
	at->seen |= bit;
	if (at->kind == YAML_NODE_MAP)
		map(r, at, role);
	else if (at->kind == YAML_NODE_LIST)
		for (struct yaml_node *i = at->first; i; i = i->next) {
			r->merging = merging;
			walk(r, i, role);
		}
	else if (role == PATH)
		host_path(r, at);
	else if (role == VALUE)
		variable(r, at);
	else if (role == FILE_)
		file(r, at);
}

/* A value under an anchor changes for all who use it: they must all want it, and for the same
 * reason. */
static void check_shared(struct rewrite *r, const struct edit *e)
{
	bool alone = e->within != NULL;

	for (struct yaml_node *at = e->node; at; at = at->parent) {
		alone = alone && at != e->within;
		for (const struct yaml_node *a = at->aliases; a; a = a->aliases)
			if (alone || a->uses != at->uses) {
				refuse(r, e->node,
				       "what must not change shares this path by an anchor");
				return;
			}
	}
}

static int by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* "spec.volumes[1].hostPath.path" */
static void put_path(struct yaml_node *at, struct buf *out)
{
	struct yaml_node *parent = at->parent, *key = parent->first;
	int i = 0;

	if (!parent->parent)
		return; /* a document */
	put_path(parent, out);
	if (parent->kind == YAML_NODE_LIST) {
		for (; key != at; key = key->next)
			i++;
		(void)buf_addf(out, "[%d]", i);
		return;
	}
	while (key->next != at)
		key = key->next->next;
	(void)buf_addf(out, "%s%s", out->len ? "." : "", word(key));
}

static void put_change(const struct rewrite *r, const struct edit *e, struct buf *out)
{
	struct buf path = BUF_INIT(65536);
	int line = e->node->line;

	for (size_t i = e->node->from; i < e->from; i++)
		line += r->text[i] == '\n';
	put_path(e->node, &path);
	(void)buf_addf(out, "%s:%d: %s: %s -> %.*s%s%s\n", r->name, line, path.data, e->was,
		       (int)e->keep, e->was, e->text, e->was + e->rest);
	buf_clear(&path);
}

static void put(struct rewrite *r, size_t len, struct buf *ret, struct buf *ret_changes)
{
	size_t at = 0;

	qsort(r->edits, (size_t)r->len, sizeof(r->edits[0]), by_place);
	for (const struct edit *e = r->edits; e < r->edits + r->len; e++) {
		(void)buf_add(ret, r->text + at, e->from - at);
		(void)buf_addf(ret, "%s", e->text);
		put_change(r, e, ret_changes);
		at = e->to;
	}
	(void)buf_add(ret, r->text + at, len - at);
}

static int rewrite(struct rewrite *r, size_t len)
{
	if (yaml_source_read(r->text, len, r->name, 8, 500000, &r->source, r->err) < 0)
		return -1;
	walk(r, r->source->root, OBJECT);
	for (int i = 0; i < r->len; i++)
		check_shared(r, &r->edits[i]);
	if (r->steps > STEPS_MAX)
		refuse(r, r->source->root, "too many volumes and mounts");
	/* They are put into whatever quotes there are, so they must need none. */
	for (int i = 0; r->len && !r->failed && i < 2; i++)
		if (r->moves[i].to && strpbrk(r->moves[i].to, " #:,[]{}'\"\\"))
			return err_set(r->err, ERR_USAGE, "%s would have to be quoted in YAML",
				       r->moves[i].to);
	return r->failed ? -1 : 0;
}

static void set_move(struct move *m, const char *from, const char *to, const char *hint)
{
	*m = (struct move){ from, to && !is_below(to, from, strlen(from)) ? to : NULL, hint };
}

int cni_rewrite(const char *text, size_t len, const char *name, const struct cni_dirs *dirs,
		struct buf *ret, struct buf *ret_changes, struct err *err)
{
	struct rewrite *r = xcalloc(1, sizeof(*r));
	int failed;

	r->text = text;
	r->name = name;
	r->err = err;
	set_move(&r->moves[0], "/opt/cni/bin", dirs->cni_bin, "cni");
	set_move(&r->moves[1], "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
		 dirs->volume_plugins, "flex");
	failed = rewrite(r, len) < 0;
	if (!failed)
		put(r, len, ret, ret_changes);
	yaml_source_free(r->source);
	free(r->binary_dir[0]);
	free(r->binary_dir[1]);
	free(r);
	return failed ? -1 : 0;
}

int cni_rewrite_object(json_t **object, const struct cni_dirs *dirs, struct err *err)
{
	AUTO(buf) struct buf text = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(buf) struct buf changes = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(free) char *before = yaml_dump(*object, 0);
	json_t *docs;

	if (cni_rewrite(before, strlen(before), "addon", dirs, &text, &changes, err) < 0)
		return -1;
	if (!changes.len)
		return 0;
	if (yaml_parse(text.data, text.len, "addon", &docs, NULL, err) < 0)
		return -1;
	json_decref(*object);
	*object = json_incref(json_array_get(docs, 0));
	xjson_release(docs);
	return 0;
}
