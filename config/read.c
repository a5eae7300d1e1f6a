#include "config/read.h"
#include "config/reader.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* jansson's iterators take a json_t that is not const, and change nothing. */
static json_t *unconst(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

static bool has(const struct reader *r, const struct field *field)
{
	return r->version >= field->since && r->version <= field->until;
}

/* The nearest sibling, else the place elsewhere in the kind where a field of that name belongs. */
static char *meant(const struct reader *r, const char *type, const char *key,
		   const struct place *at)
{
	const char *names[64];
	AUTO(free) char *up = reader_path(at->up);
	const char *near;
	size_t n = 0;

	for (const struct field *field = fields; field->in; field++)
		if (strcmp(field->in, type) == 0 && has(r, field) && n < 63)
			names[n++] = field->name;
	names[n] = NULL;
	near = str_nearest(key, names);
	if (near)
		return xasprintf("%s%s%s", up, *up ? "." : "", near);
	return field_path(r->kind->name, key, r->version);
}

static void unknown(const struct reader *r, const char *type, const struct field *field,
		    const struct place *at)
{
	AUTO(free) char *path = NULL, *quoted = NULL, *near = NULL;

	if (r->faults->count >= READER_TOLD) {
		reader_fault(r, at, "unknown field");
		return;
	}
	path = reader_path(at);
	quoted = faults_quote(path);
	if (field) {
		reader_fault(r, at,
			     "field %s %s kubeadm.k8s.io/v1beta%d, and this document is v1beta%d",
			     quoted, r->version < field->since ? "came with" : "ended with",
			     r->version < field->since ? field->since : field->until, r->version);
		return;
	}
	near = meant(r, type, at->key, at);
	if (near)
		reader_fault(r, at, "unknown field %s: did you mean \"%s\"?", quoted, near);
	else
		reader_fault(r, at, "unknown field %s", quoted);
}

static void value_fault(const struct reader *r, const struct place *at, const struct err *err)
{
	AUTO(free) char *path = reader_path(at);

	reader_fault(r, at, "%s: %s", path, err->msg);
}

static void mistyped(const struct reader *r, const struct field *field, const json_t *value,
		     const struct place *at)
{
	AUTO(free) char *path = reader_path(at);
	bool plain = (field->type == FIELD_STRING || field->type == FIELD_SECRET) &&
		     (json_is_number(value) || json_is_boolean(value));

	reader_fault(r, at, "%s: must be %s%s", path, field_type_name(field, r->version),
		     plain ? ": put it in quotes" : "");
}

static void remember(const struct reader *r, const struct field *field, const struct place *at)
{
	AUTO(free) char *mark = reader_mark(r, at);
	AUTO(free) char *path = reader_path(at);

	origins_set(r->origins, field->at, xasprintf("%s%s", mark, path));
}

static void store(const struct reader *r, const struct field *field, const json_t *value,
		  const struct place *at)
{
	struct err err = ERR_INIT;
	const struct member *member;

	if (field->at == FIELD_NO_MEMBER)
		return;
	member = member_at(field->at);
	/* Go's zero value: as if the field were not there. */
	if (json_is_integer(value) && !json_integer_value(value))
		return;
	if (member_set(r->config, member, value, false, &err) < 0)
		value_fault(r, at, &err);
	else
		remember(r, field, at);
}

/* A field that only others use is still judged. */
static void judge_text(const struct reader *r, const struct field *field, const char *text,
		       const struct place *at)
{
	AUTO(secret) char *copy = xstrdup(text);
	struct err err = ERR_INIT;
	time_t when;
	long s;

	if (!*text)
		return;
	if (field->type == FIELD_DURATION && clock_parse_duration(text, &s) < 0)
		err_set(&err, ERR_CONFIG, "is no duration: it looks like 4m0s or 24h");
	else if (field->type == FIELD_TIME && clock_parse_rfc3339(text, &when) < 0)
		err_set(&err, ERR_CONFIG, "is no time: it looks like 2026-01-02T15:04:05Z");
	else if (field->check)
		field->check(&copy, &err);
	if (err.code != ERR_NONE)
		value_fault(r, at, &err);
}

static void judge(const struct reader *r, const struct field *field, const json_t *value,
		  const struct place *at)
{
	const char *text = json_string_value(value);
	const json_t *item;
	size_t i;

	if (field->type == FIELD_STRINGS && json_is_array(value)) {
		json_array_foreach (value, i, item) {
			struct place here = { at, NULL, i };

			if (json_is_string(item))
				judge_text(r, field, json_string_value(item), &here);
			else
				reader_fault(r, &here, "must be a string");
		}
	} else if (field->type == FIELD_BOOL  ? json_is_boolean(value)
		   : field->type == FIELD_INT ? json_is_integer(value)
					      : field->type != FIELD_STRINGS && text) {
		if (text)
			judge_text(r, field, text, at);
	} else {
		mistyped(r, field, value, at);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The mapping of v1beta2 and v1beta3, in the order of its names: as kubeadm converts it. */
static json_t *args_of_map(const struct reader *r, const json_t *map, const struct place *at)
{
	size_t n = json_object_size(map), i = 0;
	AUTO(json) json_t *list = json_array();
	const char **names = xcalloc(n + 1, sizeof(*names));
	bool good = true;
	const char *key;
	json_t *value;

	json_object_foreach (unconst(map), key, value) {
		struct place here = { at, key, 0 };

		names[i++] = key;
		if (!json_is_string(value)) {
			AUTO(free) char *path = reader_path(&here);

			reader_fault(r, &here, "%s: must be a string: put it in quotes", path);
			good = false;
		}
	}
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; good && i < n; i++)
		json_array_append_new(list, xjson_pack("{s:s, s:s}", "name", names[i], "value",
						       json_str(map, names[i])));
	free(names);
	return good ? TAKE(list) : NULL;
}

static bool judge_arg(const struct reader *r, const json_t *arg, const struct place *at)
{
	AUTO(free) char *path = reader_path(at);
	const char *key;
	json_t *value;

	if (!json_is_object(arg)) {
		reader_fault(r, at, "%s: must be a mapping with name and value", path);
		return false;
	}
	json_object_foreach (unconst(arg), key, value) {
		struct place here = { at, key, 0 };

		if (strcmp(key, "name") != 0 && strcmp(key, "value") != 0) {
			reader_fault(r, &here,
				     "unknown field \"%s.%s\": an argument has name and value",
				     path, key);
			return false;
		}
		if (!json_is_string(value)) {
			reader_fault(r, &here, "%s.%s: must be a string: put it in quotes", path,
				     key);
			return false;
		}
	}
	return true;
}

static void read_args(const struct reader *r, const struct field *field, const json_t *value,
		      const struct place *at)
{
	AUTO(free) char *path = reader_path(at);
	AUTO(json) json_t *list = NULL;
	const json_t *arg;
	bool good = true;
	size_t i;

	if (r->version < 4 ? !json_is_object(value) : !json_is_array(value)) {
		reader_fault(r, at, "%s: must be %s in v1beta%d%s", path,
			     field_type_name(field, r->version), r->version,
			     json_is_object(value)  ? "; a mapping is v1beta3's form"
			     : json_is_array(value) ? "; a list is v1beta4's form"
						    : "");
		return;
	}
	if (r->version < 4) {
		list = args_of_map(r, value, at);
		good = list != NULL;
	}
	json_array_foreach (value, i, arg)
		good &= judge_arg(r, arg, &(struct place){ at, NULL, i });
	if (good)
		store(r, field, list ? list : value, at);
}

static void read_object(const struct reader *r, const char *type, const json_t *obj,
			const struct place *at);

static void read_objects(const struct reader *r, const struct field *field, const json_t *value,
			 const struct place *at)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value)) {
		mistyped(r, field, value, at);
		return;
	}
	json_array_foreach (value, i, item) {
		struct place here = { at, NULL, i };

		if (json_is_object(item))
			read_object(r, field->of, item, &here);
		else
			reader_fault(r, &here, "must be a mapping");
	}
	store(r, field, value, at);
}

static void read_field(const struct reader *r, const struct field *field, const json_t *value,
		       const struct place *at)
{
	if (json_is_null(value))
		return;
	switch (field->type) {
	case FIELD_OBJECT:
		if (!json_is_object(value)) {
			mistyped(r, field, value, at);
			return;
		}
		read_object(r, field->of, value, at);
		if (field->at != FIELD_NO_MEMBER && member_at(field->at)->type == MEMBER_BOOL)
			value = json_true(); /* its presence is what counts */
		store(r, field, value, at);
		return;
	case FIELD_OBJECTS:
		read_objects(r, field, value, at);
		return;
	case FIELD_ARGS:
		read_args(r, field, value, at);
		return;
	case FIELD_ANY:
		return;
	case FIELD_STRING:
	case FIELD_SECRET:
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_DURATION:
	case FIELD_TIME:
	case FIELD_STRINGS:
	case FIELD_GATES:
		if (field->at == FIELD_NO_MEMBER)
			judge(r, field, value, at);
		else
			store(r, field, value, at);
		return;
	}
}

static bool is_empty(const json_t *value)
{
	const char *text = json_string_value(value);

	return !value || json_is_null(value) || (text && !*text);
}

static void read_object(const struct reader *r, const char *type, const json_t *obj,
			const struct place *at)
{
	const char *key;
	json_t *value;

	json_object_foreach (unconst(obj), key, value) {
		struct place here = { at, key, 0 };
		const struct field *field = field_find(type, key);

		if (!at->up && (strcmp(key, "apiVersion") == 0 || strcmp(key, "kind") == 0))
			continue;
		if (field && has(r, field))
			read_field(r, field, value, &here);
		else
			unknown(r, type, field, &here);
	}
	for (const struct field *field = fields; field->in; field++)
		if (field->required && strcmp(field->in, type) == 0 && has(r, field) &&
		    is_empty(json_object_get(obj, field->name))) {
			AUTO(free) char *path = reader_path(&(struct place){ at, field->name, 0 });

			reader_fault(r, at, "%s is missing", path);
		}
}

static const char *text_of(const struct reader *r, const json_t *doc, const char *key,
			   const struct place *at)
{
	const json_t *value = json_object_get(doc, key);
	const char *text = json_string_value(value);

	if (text && *text)
		return text;
	reader_fault(r, at,
		     value ? "%s must be a string"
			   : "%s is missing: a document begins with "
			     "apiVersion and kind",
		     key);
	return NULL;
}

/* Which release of kubeadm migrates what is too old for kstrap, as kubeadm itself says it. */
static const char *migrator(const char *version)
{
	static const char *const old[][2] = { { "v1alpha1", "v1.11" },
					      { "v1alpha2", "v1.12" },
					      { "v1alpha3", "v1.14" },
					      { "v1beta1", "v1.15" } };

	for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++)
		if (strcmp(version, old[i][0]) == 0)
			return old[i][1];
	return NULL;
}

static void wrong_version(const struct reader *r, const char *api, const struct place *at)
{
	static const char *const known[] = {
		"kubeadm.k8s.io/v1beta4",           "kubeadm.k8s.io/v1beta3",
		"kubeadm.k8s.io/v1beta2",           "kubelet.config.k8s.io/v1beta1",
		"kubeproxy.config.k8s.io/v1alpha1", NULL
	};
	struct place here = { at, "apiVersion", 0 };
	const char *own[4] = { NULL }, *near;
	AUTO(free) char *quoted = faults_quote(api);
	const char *old = str_starts(api, "kubeadm.k8s.io/")
				  ? migrator(api + strlen("kubeadm.k8s.io/"))
				  : NULL;
	size_t n = 0;

	if (old) {
		reader_fault(r, &here,
			     "apiVersion: %s is older than v1beta2, the oldest that kstrap reads: "
			     "kubeadm %s has \"kubeadm config migrate\" for it",
			     quoted, old);
		return;
	}
	for (size_t i = 0; known[i] && n < 3; i++)
		if (!r->kind || str_starts(known[i], r->kind->group))
			own[n++] = known[i];
	near = str_nearest(api, r->kind ? own : known);
	if (!near && r->kind)
		near = own[0];
	if (near)
		reader_fault(r, &here, "unknown apiVersion %s: did you mean \"%s\"?", quoted, near);
	else
		reader_fault(r, &here, "unknown apiVersion %s", quoted);
}

/* "ClusterConfig" is further from the name it begins than a mistyped letter is. */
static const char *nearest_kind(const char *word)
{
	const char *names[16], *near;
	size_t n = 0;

	for (const struct kind *kind = kinds; kind->name; kind++)
		names[n++] = kind->name;
	names[n] = NULL;
	near = str_nearest(word, names);
	for (size_t i = 0; !near && i < n; i++)
		if (strlen(word) >= 4 && strncasecmp(names[i], word, strlen(word)) == 0)
			near = names[i];
	return near;
}

/* The kind and version of a document into r; false, and told, when kstrap reads no such thing. */
static bool identify(struct reader *r, const json_t *doc, const struct place *at)
{
	const char *api = text_of(r, doc, "apiVersion", at), *kind = text_of(r, doc, "kind", at);
	const char *slash, *near;
	AUTO(free) char *quoted = NULL;
	struct place here = { at, "kind", 0 };

	if (!api || !kind)
		return false;
	r->kind = kind_find(kind);
	quoted = faults_quote(kind);
	if (!r->kind) {
		near = nearest_kind(kind);
		reader_fault(r, &here,
			     near ? "unknown kind %s: did you mean \"%s\"?" : "unknown kind %s",
			     quoted, near);
		return false;
	}
	slash = strchr(api, '/');
	r->version = 0;
	if (slash && (size_t)(slash - api) == strlen(r->kind->group) &&
	    str_starts(api, r->kind->group)) {
		if (r->kind->version)
			r->version = strcmp(slash + 1, r->kind->version) == 0;
		else if (str_starts(slash + 1, "v1beta") && slash[7] >= '2' && slash[7] <= '4' &&
			 !slash[8])
			r->version = slash[7] - '0';
	}
	if (!r->version) {
		wrong_version(r, api, at);
		return false;
	}
	if (!r->kind->version && r->version < r->kind->since) {
		reader_fault(r, &here,
			     "%s came with kubeadm.k8s.io/v1beta%d, and this document is "
			     "v1beta%d",
			     quoted, r->kind->since, r->version);
		return false;
	}
	return true;
}

static void read_document(struct reader *r, struct reading *ret, const json_t *doc,
			  const struct place *at)
{
	bool join;

	if (!json_is_object(doc)) {
		reader_fault(r, at,
			     "a document must be a mapping that begins with apiVersion and kind");
		return;
	}
	if (!identify(r, doc, at))
		return;
	if (json_object_get(ret->kinds, r->kind->name)) {
		reader_fault(r, &(struct place){ at, "kind", 0 },
			     "kind \"%s\" stands twice in the file", r->kind->name);
		return;
	}
	/* A copy: the documents are wiped when they have been read. */
	json_put_str(ret->kinds, r->kind->name, json_str(doc, "apiVersion"));
	join = strcmp(r->kind->name, "JoinConfiguration") == 0;
	r->config = join ? ret->join : ret->init;
	r->origins = join ? ret->join_origins : ret->init_origins;
	if (!r->kind->version)
		read_object(r, r->kind->name, doc, at);
	else
		components_read(r, doc, at);
	kinds_finish(r, doc, at);
}

void read_documents(const char *text, size_t len, const char *name, struct reading *ret,
		    struct faults *faults)
{
	AUTO(yaml_source) struct yaml_source *marks = NULL;
	struct reader r = { .name = name, .faults = faults };
	json_t *docs = NULL;
	const json_t *doc;
	struct err err = ERR_INIT;
	size_t i;

	ret->kinds = json_object();
	if (yaml_parse(text, len, name, &docs, &marks, &err) < 0) {
		faults_add(faults, "%s", err.msg);
		return;
	}
	r.marks = marks;
	json_array_foreach (docs, i, doc) {
		struct place at = { NULL, NULL, i };

		r.kind = NULL;
		read_document(&r, ret, doc, &at);
	}
	if (!json_array_size(docs))
		faults_add(faults, "%s: no document in it: one begins with apiVersion and kind",
			   name);
	member_wipe(docs);
	json_decref(docs);
}
