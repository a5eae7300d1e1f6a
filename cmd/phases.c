/* What commands share: their beginning, and phases as arguments. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/packed.h"
#include "base/str.h"

int cmd_args(const char *command, const json_t *args, size_t max, struct err *err)
{
	if (json_array_size(args) <= max)
		return 0;
	err_set(err, ERR_USAGE, "%s takes no argument \"%s\"", command,
		json_text(args, max));
	return err_next(err, "kstrap %s --help", command);
}

int cmd_phase(const char *command, const struct phase *table, json_t *args, char **ret,
	      struct err *err)
{
	const char *first = json_text(args, 0);
	const char *name = json_text(args, 1);
	const char *child = json_text(args, 2);

	*ret = NULL;
	if (!first)
		return 0;
	if (cmd_args(command, args, str_eq(first, "phase") ? 3 : 0, err) < 0)
		return -1;
	if (!name) {
		err_set(err, ERR_USAGE, "which phase of %s?", command);
		return err_next(err, "kstrap explain");
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

void cmd_help(const char *name, enum config_for kind)
{
	static const struct {
		const char *name;
		const struct phase *table;
	} tables[] = { { "init", phases_init },
		       { "join", phases_join },
		       { "reset", phases_reset } };
	AUTO(free) char *text = packed_part("help.txt", name);
	AUTO(free) char *flags = config_usage(kind);

	printf("%s\n%s", text, flags);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		AUTO(free) char *phases = NULL;

		if (!str_eq(name, tables[i].name))
			continue;
		phases = cmd_phases(tables[i].table);
		printf("\nPhases, in their order (`kstrap explain PHASE` says more):\n%s", phases);
	}
}

int cmd_run(const char *command, const struct subcommand *rows, const void *call,
	    const json_t *args, struct err *err)
{
	const char *name = json_text(args, 0), *near;
	AUTO(buf) struct buf all = BUF_INIT(1024);
	const char *names[16] = { NULL };

	for (size_t i = 0; rows[i].name; i++) {
		names[i] = rows[i].name;
		(void)buf_item(&all, ", ", names[i]);
		if (!str_eq(name, names[i]))
			continue;
		if (json_array_size(args) <= rows[i].args_max + 1)
			return rows[i].run(call, args, err);
		/* Which one is not said: token's may be tokens. */
		err_set(err, ERR_USAGE, "%s %s: too many arguments", command, name);
		return err_next(err, "kstrap %s --help", command);
	}
	near = name ? str_nearest(name, names) : NULL;
	if (near)
		return err_set(err, ERR_USAGE, "%s: unknown command \"%s\": did you mean %s?",
			       command, name, near);
	return err_set(err, ERR_USAGE, "%s: which of %s?", command, all.data);
}

int cmd_begin(const char *name, enum config_for kind, size_t args_max, int argc, char **argv,
	      struct config **ret, json_t **ret_args, struct err *err)
{
	bool asked = false;

	if (config_load(kind, argc - 1, argv + 1, ret, ret_args, &asked, err) < 0)
		return *err->next ? -1 : err_next(err, "kstrap %s --help", name);
	if (asked) {
		cmd_help(name, kind);
		return 0;
	}
	log_verbosity((*ret)->verbosity);
	return cmd_args(name, *ret_args, args_max, err);
}
