#include "phases/certs/restart.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/certs/certs.h"
#include "phases/init/init.h"

#define TEXT_MAX ((size_t)2 << 20)

/* Where line `line` (from 1) begins, or the text's end. */
static size_t line_start(const char *text, size_t len, int line)
{
	size_t at = 0;

	while (--line > 0 && at < len) {
		const char *end = memchr(text + at, '\n', len - at);

		at = end ? (size_t)(end - text) + 1 : len;
	}
	return at;
}

/* RFC 6901 section 3. */
static char *pointer_to(const char *parent, const char *key)
{
	AUTO(buf) struct buf out = BUF_INIT(TEXT_MAX);

	(void)buf_addf(&out, "%s/", parent);
	for (; *key; key++) {
		if (*key == '~' || *key == '/')
			(void)buf_addf(&out, "~%c", *key == '/' ? '1' : '0');
		else
			(void)buf_add(&out, key, 1);
	}
	return xstrdup(out.data);
}

static const char *first_key(json_t *object)
{
	return json_object_iter_key(json_object_iter(object));
}

/* Puts `lines`, indented as the key at `pointer`, before that key's line. False when there is no
 * such place. */
static bool insert_before(const char *text, size_t len, const struct yaml_source *marks,
			  const char *pointer, const char *const *lines, struct buf *out)
{
	int line, column;
	size_t at;

	yaml_mark(marks, pointer, &line, &column);
	if (line < 1)
		return false;
	at = line_start(text, len, line);
	if (buf_add(out, text, at) < 0)
		return false;
	for (; *lines; lines++)
		if (buf_addf(out, "%*s%s\n", column - 1, "", *lines) < 0)
			return false;
	return buf_add(out, text + at, len - at) == 0;
}

static bool replace_value(const char *text, size_t len, const struct yaml_source *marks,
			  const char *pointer, const char *entry, struct buf *out)
{
	int line, column;
	size_t at, end;

	yaml_mark(marks, pointer, &line, &column);
	if (line < 1)
		return false;
	at = line_start(text, len, line);
	end = at + strcspn(text + at, "\r\n");
	return buf_add(out, text, at) == 0 && buf_addf(out, "%*s%s", column - 1, "", entry) == 0 &&
	       buf_add(out, text + end, len - end) == 0;
}

/* The smallest change of the text itself. Whether it is right is for the caller to see. */
static bool edit_text(const char *text, size_t len, const struct yaml_source *marks,
		      const json_t *pod, const char *stamp, struct buf *out)
{
	json_t *metadata = json_object_get(pod, "metadata");
	json_t *annotations = json_object_get(metadata, "annotations");
	AUTO(free) char *entry = xasprintf("%s: \"%s\"", RESTARTED_AT, stamp);
	AUTO(free) char *deeper = xasprintf("  %s", entry);
	const char *const one[] = { entry, NULL };
	const char *const two[] = { "annotations:", deeper, NULL };
	AUTO(free) char *at = NULL;

	if (json_object_get(annotations, RESTARTED_AT)) {
		at = pointer_to("0/metadata/annotations", RESTARTED_AT);
		return replace_value(text, len, marks, at, entry, out);
	}
	if (json_object_size(annotations) > 0) {
		at = pointer_to("0/metadata/annotations", first_key(annotations));
		return insert_before(text, len, marks, at, one, out);
	}
	if (annotations || json_object_size(metadata) == 0)
		return false;
	at = pointer_to("0/metadata", first_key(metadata));
	return insert_before(text, len, marks, at, two, out);
}

static bool says(const char *text, size_t len, const json_t *wanted)
{
	AUTO(json) json_t *documents = NULL;
	struct err ignored = ERR_INIT;

	return yaml_parse(text, len, "", &documents, NULL, &ignored) == 0 &&
	       json_array_size(documents) == 1 && json_equal(json_array_get(documents, 0), wanted);
}

static void annotate(json_t *pod, const char *stamp)
{
	json_t *metadata = json_object_get(pod, "metadata");
	json_t *annotations = json_object_get(metadata, "annotations");

	if (!json_is_object(annotations)) {
		annotations = json_object();
		json_object_set_new(metadata, "annotations", annotations);
	}
	json_put_str(annotations, RESTARTED_AT, stamp);
}

static const char *stamp_of(const json_t *pod)
{
	return json_str(json_at(pod, "metadata.annotations"), RESTARTED_AT);
}

int restart_edit(const char *text, size_t len, const char *path, time_t now, char **ret,
		 struct err *err)
{
	AUTO(yaml_source) struct yaml_source *marks = NULL;
	AUTO(json) json_t *documents = NULL;
	AUTO(json) json_t *wanted = NULL;
	AUTO(buf) struct buf out = BUF_INIT(TEXT_MAX);
	const json_t *pod;
	char stamp[21];

	if (yaml_parse(text, len, path, &documents, &marks, err) < 0)
		return -1;
	pod = json_array_get(documents, 0);
	if (json_array_size(documents) != 1 || !json_str_is(pod, "kind", "Pod") ||
	    !json_is_object(json_object_get(pod, "metadata")))
		return err_set(err, ERR_CONFIG, "%s is no manifest of a pod", path);
	clock_rfc3339(now, stamp);
	if (str_eq(stamp_of(pod), stamp))
		clock_rfc3339(now + 1, stamp);
	wanted = json_deep_copy(pod);
	annotate(wanted, stamp);
	if (edit_text(text, len, marks, pod, stamp, &out) && says(out.data, out.len, wanted))
		*ret = xstrdup(out.data);
	else
		*ret = yaml_dump(wanted, 1);
	return 0;
}

int restart_render(struct run *run, json_t *components, struct tree *tree, struct err *err)
{
	const char *component;
	json_t *value;

	json_object_foreach (components, component, value) {
		AUTO(free) char *path = manifest_path(run, component);
		AUTO(free) char *text = NULL;
		const struct entry *file;

		if (run_see(run, path, err) < 0)
			return -1;
		file = run_file(run, path);
		if (!file) {
			log_debug("%s has no %s: not restarted", component, path);
			continue;
		}
		if (restart_edit(file->data, file->len, path, run->now, &text, err) < 0)
			return err_next(err, "move %s away: it is no static pod, or a damaged one",
					path);
		tree_file(tree, path, file->mode, text, strlen(text), 0, NULL);
	}
	return 0;
}

void restart_carry(const struct run *run, const char *path, json_t *pod)
{
	const struct entry *file = run_file(run, path);
	AUTO(json) json_t *documents = NULL;
	struct err ignored = ERR_INIT;
	const char *stamp;

	if (!file || yaml_parse(file->data, file->len, path, &documents, NULL, &ignored) < 0)
		return;
	stamp = stamp_of(json_array_get(documents, 0));
	if (stamp)
		annotate(pod, stamp);
}
