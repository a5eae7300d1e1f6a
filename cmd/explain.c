/* kstrap explain: the phases, and what each writes or does, and why (phases/explain.txt). */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/packed.h"
#include "base/str.h"

#define WIDTH 80

static void list(void)
{
	AUTO(free) char *init = cmd_phases(phases_init);
	AUTO(free) char *join = cmd_phases(phases_join);
	AUTO(free) char *reset = cmd_phases(phases_reset);

	printf("Phases of init:\n%s\nPhases of join:\n%s\nPhases of reset:\n%s\n"
	       "kstrap explain PHASE says more.\n",
	       init, join, reset);
}

/* Wraps at blanks. */
static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > WIDTH) {
			putchar('\n');
			column = 0;
		}
		if (column > 0) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, len, stdout);
		column += len;
		text += len;
		text += *text != '\0';
	}
	putchar('\n');
}

/* "certs/" and "certs/all" are certs. */
static char *explanation(const char *command, const char *path, const struct phase *phase)
{
	AUTO(free) char *section = xasprintf("%s %s", command, path);
	char *last = strrchr(section, '/');

	if (last && !str_eq(last + 1, phase->name))
		*last = '\0';
	return packed_section("explain.txt", section);
}

static void print_phase(const char *command, const char *path, const struct phase *phase)
{
	AUTO(free) char *text = explanation(command, path, phase);

	printf("kstrap %s phase %s\n%s\n\n", command, path, phase->doc);
	print_wrapped(text);
	if (phase->children) {
		AUTO(free) char *children = cmd_phases(phase->children);

		printf("\nIts parts:\n%s", children);
	}
}

int cmd_explain(int argc, char **argv, struct err *err)
{
	const struct {
		const char *name;
		const struct phase *table;
	} tables[] = { { "init", phases_init },
		       { "join", phases_join },
		       { "reset", phases_reset } };
	AUTO(free) char *path = NULL;
	const char *command = NULL;
	bool found = false;
	int at = 1;

	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			AUTO(free) char *text = packed_part("help.txt", "explain");

			puts(text);
			return 0;
		}
	}
	for (size_t i = 0; at < argc && i < sizeof(tables) / sizeof(tables[0]) && !command; i++)
		if (str_eq(argv[at], tables[i].name))
			command = argv[at++];
	if (at < argc && str_eq(argv[at], "phase"))
		at++;
	if (at == argc) {
		list();
		return 0;
	}
	path = at + 1 < argc ? xasprintf("%s/%s", argv[at], argv[at + 1]) : xstrdup(argv[at]);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct phase *phase = phase_find(tables[i].table, path);

		if (!phase || (command && !str_eq(command, tables[i].name)))
			continue;
		if (found)
			putchar('\n');
		print_phase(tables[i].name, path, phase);
		found = true;
	}
	if (found)
		return 0;
	err_set(err, ERR_USAGE, "there is no phase \"%s\"", path);
	return err_next(err, "kstrap explain lists them");
}
