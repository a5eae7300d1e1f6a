#include "phases/preflight/preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"

#define TEXT_MAX 1800

struct preflight {
	const json_t *ignored;
	struct buf failed; /* lines for the error */
	size_t failures, untold;
	char first[128]; /* name of the first failure, for the next step */
};

extern const struct preflight_check preflight_checks[];

static bool is_ignored(const struct preflight *preflight, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (preflight->ignored, i, item)
		if (strcasecmp(json_string_value(item), name) == 0 ||
		    strcasecmp(json_string_value(item), "all") == 0)
			return true;
	return false;
}

static void tell_warning(const char *name, const char *fix, const char *text)
{
	log_warn("[%s] %s%s%s", name, text, fix ? "; " : "", fix ? fix : "");
}

void preflight_fail(struct preflight *preflight, const char *name, const char *fix, const char *fmt,
		    ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (is_ignored(preflight, name)) {
		tell_warning(name, fix, text);
		return;
	}
	if (preflight->failures++ == 0)
		(void)snprintf(preflight->first, sizeof(preflight->first), "%s", name);
	if (buf_addf(&preflight->failed, "\n  [%s] %s%s%s", name, text, fix ? "\n      " : "",
		     fix ? fix : "") < 0)
		preflight->untold++;
}

void preflight_warn(struct preflight *preflight, const char *name, const char *fix, const char *fmt,
		    ...)
{
	char text[600];
	va_list ap;

	(void)preflight;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell_warning(name, fix, text);
}

int preflight_run(struct run *run, unsigned where, struct err *err)
{
	struct preflight preflight = { .ignored = run->config->ignore_preflight,
				       .failed = BUF_INIT(TEXT_MAX) };
	char more[40] = "";
	size_t checks = 0;

	if (run->offline)
		return 0;
	for (const struct preflight_check *check = preflight_checks; check->check; check++) {
		if (!(check->where & where))
			continue;
		check->check(&preflight, run);
		checks++;
		if (check->decides && preflight.failures > 0)
			break;
	}
	if (preflight.failures == 0) {
		if (!(where & (PREFLIGHT_KNOWN | PREFLIGHT_FOUND)))
			log_say("this host passes all %zu checks", checks);
		buf_clear(&preflight.failed);
		return 0;
	}
	if (preflight.untold)
		(void)snprintf(more, sizeof(more), "\n  and %zu more", preflight.untold);
	err_set(err, ERR_HOST, "this host does not pass %zu of the checks:%s%s", preflight.failures,
		preflight.failed.data ? preflight.failed.data : "", more);
	buf_clear(&preflight.failed);
	return err_next(err,
			"mend these and run the same command again; "
			"--ignore-preflight-errors=%s lets one pass",
			preflight.first);
}

int preflight_act(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return preflight_run(
		run, run->config->kind == CONFIG_JOIN ? PREFLIGHT_JOIN : PREFLIGHT_INIT, err);
}
