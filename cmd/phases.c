#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

int cmd_phase(const char *command, const struct phase *table, json_t *args, char **ret,
	      struct err *err)
{
	const char *first = json_string_value(json_array_get(args, 0));
	const char *name = json_string_value(json_array_get(args, 1));
	const char *child = json_string_value(json_array_get(args, 2));

	*ret = NULL;
	if (!first)
		return 0;
	if (!str_eq(first, "phase")) {
		err_set(err, ERR_USAGE, "%s takes no argument \"%s\"", command, first);
		return err_next(err, "kstrap %s --help", command);
	}
	if (!name) {
		err_set(err, ERR_USAGE, "which phase of %s?", command);
		return err_next(err, "kstrap explain");
	}
	if (json_array_size(args) > 3) {
		err_set(err, ERR_USAGE, "%s phase takes one phase, not also \"%s\"", command,
			json_string_value(json_array_get(args, 3)));
		return err_next(err, "kstrap %s --help", command);
	}
	*ret = child ? xasprintf("%s/%s", name, child) : xstrdup(name);
	if (phase_find(table, *ret))
		return 0;
	err_set(err, ERR_USAGE, "%s has no phase \"%s\"", command, *ret);
	free(TAKE(*ret));
	return err_next(err, "kstrap explain lists the phases");
}

static void add(struct buf *text, const struct phase *table, int depth)
{
	for (; table && table->name; table++) {
		if (table->flags & PHASE_HIDDEN)
			continue;
		(void)buf_addf(text, "%*s%-*s %s\n", 2 + depth, "", 30 - depth, table->name,
			       table->doc);
		add(text, table->children, depth + 2);
	}
}

char *cmd_phases(const struct phase *table)
{
	AUTO(buf) struct buf text = BUF_INIT(65536);

	add(&text, table, 0);
	return xstrdup(text.data ? text.data : "");
}
