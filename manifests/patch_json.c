#include "manifests/patch_kinds.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* RFC 6901: the next part of the pointer, unescaped; NULL when it is no pointer. The caller frees.
 */
static char *next_part(const char **pointer)
{
	size_t len;
	char *part, *to;

	if (**pointer != '/')
		return NULL;
	len = strcspn(*pointer + 1, "/");
	part = to = xstrndup(*pointer + 1, len);
	*pointer += 1 + len;
	for (const char *from = part; *from; from++, to++) {
		*to = *from;
		if (*from == '~' && (from[1] == '0' || from[1] == '1'))
			*to = *++from == '0' ? '~' : '/';
	}
	*to = '\0';
	return part;
}

/* An array's index without sign or leading zero; -1 when it is none. */
static long read_index(const char *part)
{
	size_t len = strlen(part);

	if (len == 0 || len > 9 || strspn(part, "0123456789") != len || (*part == '0' && len > 1))
		return -1;
	return atoi(part);
}

static json_t *child(const json_t *value, const char *part)
{
	long index = read_index(part);

	if (json_is_object(value))
		return json_object_get(value, part);
	return json_is_array(value) && index >= 0 ? json_array_get(value, (size_t)index) : NULL;
}

static int no_such(const char *pointer, struct err *err)
{
	return err_set(err, ERR_CONFIG, "patch: there is no %s", pointer);
}

/* The value that holds the pointer's last part, borrowed, and that part, which the caller frees. */
static json_t *find_parent(json_t *root, const char *pointer, char **ret_last, struct err *err)
{
	const char *rest = pointer;
	json_t *value = root;

	for (;;) {
		AUTO(free) char *part = next_part(&rest);

		if (!part) {
			err_set(err, ERR_CONFIG, "patch: \"%s\" is no JSON pointer", pointer);
			return NULL;
		}
		if (!*rest) {
			*ret_last = TAKE(part);
			return value;
		}
		if (!(value = child(value, part))) {
			no_such(pointer, err);
			return NULL;
		}
	}
}

static json_t *find(json_t *root, const char *pointer, struct err *err)
{
	AUTO(free) char *last = NULL;
	json_t *parent, *value;

	if (!*pointer)
		return root;
	if (!(parent = find_parent(root, pointer, &last, err)))
		return NULL;
	if (!(value = child(parent, last)))
		no_such(pointer, err);
	return value;
}

static int add(json_t **root, const char *pointer, const json_t *value, struct err *err)
{
	AUTO(free) char *last = NULL;
	json_t *parent;
	long index;

	if (!*pointer) {
		json_t *copy = json_deep_copy(value);

		json_decref(*root);
		*root = copy;
		return 0;
	}
	if (!(parent = find_parent(*root, pointer, &last, err)))
		return -1;
	if (json_is_object(parent))
		return json_object_set_new(parent, last, json_deep_copy(value));
	index = strcmp(last, "-") == 0 ? (long)json_array_size(parent) : read_index(last);
	if (!json_is_array(parent) || index < 0 || index > (long)json_array_size(parent))
		return no_such(pointer, err);
	return json_array_insert_new(parent, (size_t)index, json_deep_copy(value));
}

static int take_away(json_t *root, const char *pointer, struct err *err)
{
	AUTO(free) char *last = NULL;
	json_t *parent;

	if (!*pointer)
		return err_set(err, ERR_CONFIG, "patch: the whole object cannot be removed");
	if (!(parent = find_parent(root, pointer, &last, err)))
		return -1;
	if (!child(parent, last))
		return no_such(pointer, err);
	if (json_is_object(parent))
		return json_object_del(parent, last);
	return json_array_remove(parent, (size_t)read_index(last));
}

static int replace(json_t **root, const char *pointer, const json_t *value, struct err *err)
{
	AUTO(free) char *last = NULL;
	json_t *parent;

	if (!*pointer)
		return add(root, pointer, value, err);
	if (!(parent = find_parent(*root, pointer, &last, err)))
		return -1;
	if (!child(parent, last))
		return no_such(pointer, err);
	if (json_is_object(parent))
		return json_object_set_new(parent, last, json_deep_copy(value));
	return json_array_set_new(parent, (size_t)read_index(last), json_deep_copy(value));
}

static int move_or_copy(json_t **root, const char *from, const char *path, bool move,
			struct err *err)
{
	json_t *found = find(*root, from, err);
	AUTO(json) json_t *value = found ? json_deep_copy(found) : NULL;
	size_t len = strlen(from);

	if (!value)
		return -1;
	if (move && strncmp(path, from, len) == 0 && path[len] == '/')
		return err_set(err, ERR_CONFIG, "patch: %s cannot be moved into itself", from);
	if (move && take_away(*root, from, err) < 0)
		return -1;
	return add(root, path, value, err);
}

static int apply_one(json_t **root, const json_t *step, struct err *err)
{
	const char *op = json_str(step, "op"), *path = json_str(step, "path");
	const char *from = json_str(step, "from");
	const json_t *value = json_object_get(step, "value"), *found;

	if (!op || !path)
		return err_set(err, ERR_CONFIG, "patch: a step without op or path");
	if (strcmp(op, "remove") == 0)
		return take_away(*root, path, err);
	if (strcmp(op, "move") == 0 || strcmp(op, "copy") == 0) {
		if (!from)
			return err_set(err, ERR_CONFIG, "patch: %s %s has no from", op, path);
		return move_or_copy(root, from, path, strcmp(op, "move") == 0, err);
	}
	if (strcmp(op, "add") != 0 && strcmp(op, "replace") != 0 && strcmp(op, "test") != 0)
		return err_set(err, ERR_CONFIG, "patch: there is no operation \"%s\"", op);
	if (!value)
		return err_set(err, ERR_CONFIG, "patch: %s %s has no value", op, path);
	if (strcmp(op, "add") == 0)
		return add(root, path, value, err);
	if (strcmp(op, "replace") == 0)
		return replace(root, path, value, err);
	if (!(found = find(*root, path, err)))
		return -1;
	if (!json_equal(found, value))
		return err_set(err, ERR_CONFIG, "patch: %s is not what the test wants", path);
	return 0;
}

int patch_json(json_t **obj, const json_t *patch, struct err *err)
{
	json_t *step;
	size_t i;

	if (!json_is_array(patch))
		return err_set(err, ERR_CONFIG, "a json patch is a list of operations");
	json_array_foreach (patch, i, step)
		if (apply_one(obj, step, err) < 0)
			return -1;
	return 0;
}
