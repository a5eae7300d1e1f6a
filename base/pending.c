#include "base/pending.h"

#include "base/str.h"

#include <openssl/rand.h>
#include <string.h>

struct op *ops_add(struct ops *ops, enum op_kind kind, const char *path)
{
	unsigned long long random = 0;
	struct op *op;

	ops->ops = xrealloc(ops->ops, ops->len + 1, sizeof(*ops->ops));
	op = &ops->ops[ops->len++];
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->dir = path_dir(path);
	op->name = xstrdup(path_name(path));
	if (kind == OP_PUT) {
		/* Not a secret: O_EXCL decides. Chance keeps two runs' leftovers apart. */
		(void)RAND_bytes((unsigned char *)&random, sizeof(random));
		op->temp = xasprintf(TEMP_PREFIX "%016llx", random);
	}
	return op;
}

void ops_clear(struct ops *ops)
{
	for (size_t i = 0; i < ops->len; i++) {
		free(ops->ops[i].dir);
		free(ops->ops[i].name);
		free(ops->ops[i].temp);
	}
	free(ops->ops);
	ops->ops = NULL;
	ops->len = 0;
}

static const char *const kinds[] = {
	[OP_PUT] = "put", [OP_MODE] = "mode", [OP_REMOVE] = "remove", [OP_RMDIR] = "rmdir"
};

char *pending_encode(const struct ops *ops)
{
	AUTO(json) json_t *list = json_array();
	AUTO(free) char *line = NULL;

	for (size_t i = 0; i < ops->len; i++) {
		const struct op *op = &ops->ops[i];
		json_t *o = json_pack("{s:s, s:s, s:s}", "op", kinds[op->kind], "dir", op->dir,
				      "name", op->name);

		if (!o)
			return NULL;
		json_array_append_new(list, o);
		if (op->kind == OP_PUT)
			json_put_str(o, "temp", op->temp);
		if (op->kind == OP_MODE)
			json_object_set_new(o, "mode", json_integer((json_int_t)op->mode));
		if (op->kind != OP_REMOVE)
			continue;
		/* an inode number may use all 64 bits */
		json_object_set_new(o, "ino", json_integer((json_int_t)op->ino));
		json_object_set_new(o, "mtime", json_integer(op->mtime_s));
		json_object_set_new(o, "nsec", json_integer(op->mtime_ns));
	}
	line = json_dumps(list, JSON_COMPACT);
	return line ? xasprintf("%s\n", line) : NULL;
}

static bool name_ok(const char *name)
{
	return name && *name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..");
}

static bool decode_op(const json_t *o, struct ops *ops)
{
	const char *kind = json_str(o, "op"), *dir = json_str(o, "dir");
	const char *name = json_str(o, "name"), *temp = json_str(o, "temp");
	AUTO(free) char *path = NULL;
	struct op *op;
	int k = 0;

	while (k <= OP_RMDIR && !str_eq(kind, kinds[k]))
		k++;
	if (k > OP_RMDIR || !dir || *dir != '/' || !name_ok(name) ||
	    (k == OP_PUT && (!name_ok(temp) || !str_starts(temp, TEMP_PREFIX))))
		return false;
	path = xasprintf("%s/%s", strcmp(dir, "/") ? dir : "", name);
	op = ops_add(ops, (enum op_kind)k, path);
	if (k == OP_PUT) {
		free(op->temp);
		op->temp = xstrdup(temp);
	}
	op->mode = (mode_t)json_int(o, "mode") & 07777;
	op->ino = (unsigned long long)json_int(o, "ino");
	op->mtime_s = json_int(o, "mtime");
	op->mtime_ns = json_int(o, "nsec");
	return true;
}

int pending_decode(const char *text, struct ops *ret, bool *ret_marked, struct err *err)
{
	const char *end = strchr(text, '\n');
	AUTO(json) json_t *list = NULL;
	json_t *o;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	*ret_marked = false;
	if (!end)
		return 0;
	list = json_loadb(text, (size_t)(end - text), 0, NULL);
	if (!json_is_array(list))
		goto bad;
	json_array_foreach (list, i, o)
		if (!decode_op(o, ret))
			goto bad;
	*ret_marked = strcmp(end + 1, PENDING_MARK) == 0;
	return 0;
bad:
	ops_clear(ret);
	return err_set(err, ERR_HOST, "the record of an unfinished run is damaged");
}
