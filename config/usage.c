/* --help's list of flags, out of the table and flags.txt. */
#include "config/flags.h"

#include "base/packed.h"
#include "base/str.h"

#include <string.h>

#define WIDTH  100
#define COLUMN 34

static void wrap(struct buf *out, const char *text)
{
	size_t column = COLUMN;

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, " ");

		if (column + len > WIDTH && column > COLUMN) {
			(void)buf_addf(out, "\n%*s", COLUMN, "");
			column = COLUMN;
		}
		(void)buf_addf(out, "%s%.*s", column > COLUMN ? " " : "", (int)len, p);
		column += len + 1;
		p += len + strspn(p + len, " ");
	}
	(void)buf_addf(out, "\n");
}

/* Rows of the same name have different commands; the first command names all but the first row. */
char *flag_section(const struct flag *flag)
{
	static const char *const commands[] = { "init",	 "join", "other", "config", "token",
						"certs", "user", "reset", "wait",
						"cni",	 "boot", "upgrade" };
	const char *command = commands[__builtin_ctz(flag->commands)];

	for (const struct flag *row = flags; row < flag; row++)
		if (str_eq(row->name, flag->name))
			return xasprintf("--%s of %s", flag->name, command);
	return xasprintf("--%s", flag->name);
}

static void one(struct buf *out, const struct flag *flag)
{
	const char *def = flag->at == FLAG_NO_MEMBER ? NULL : member_at(flag->at)->def;
	AUTO(free)
	char *left = xasprintf("  %c%c%c --%s%s%s", flag->letter ? '-' : ' ',
			       flag->letter ? flag->letter : ' ', flag->letter ? ',' : ' ',
			       flag->name,
			       flag->arg && !(flag->traits & FLAG_ALONE) ? " " : "",
			       flag->arg ? flag->arg : "");
	AUTO(free) char *section = flag_section(flag);
	AUTO(free) char *text = packed_section("flags.txt", section);
	AUTO(free)
	char *help = def && strcmp(flag->name, "root") != 0
			     ? xasprintf("%s (default: %s)", text, def)
			     : xstrdup(text);

	if (strlen(left) + 2 > COLUMN)
		(void)buf_addf(out, "%s\n%*s", left, COLUMN, "");
	else
		(void)buf_addf(out, "%-*s", COLUMN, left);
	wrap(out, help);
}

char *config_usage(enum config_for kind)
{
	static const char *const titles[] = { "As kubeadm has them:\n", "\nkstrap's own:\n" };
	struct buf out = BUF_INIT(64 * 1024);

	for (unsigned ours = 0; ours < 2; ours++) {
		(void)buf_addf(&out, "%s", titles[ours]);
		for (const struct flag *flag = flags; flag->name; flag++)
			if ((flag->commands & kind) && !(flag->traits & FLAG_HIDDEN) &&
			    !(flag->traits & FLAG_OURS) == !ours)
				one(&out, flag);
	}
	return out.data;
}
