#include "base/clock.h"

#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

double clock_mono(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

time_t clock_now(void)
{
	return time(NULL);
}

void clock_sleep(double s)
{
	struct timespec ts;

	if (!(s > 0))
		return;
	ts.tv_sec = (time_t)s;
	ts.tv_nsec = (long)((s - (double)ts.tv_sec) * 1e9);
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

void clock_rfc3339(time_t t, char ret[static 21])
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (!gmtime_r(&t, &tm) || tm.tm_year + 1900 > 9999 || tm.tm_year + 1900 < 0)
		(void)strcpy(ret, "0000-00-00T00:00:00Z");
	else
		(void)strftime(ret, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Exactly n digits. */
static bool take_digits(const char **p, int n, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return false;
		v = v * 10 + (**p - '0');
	}
	*ret = v;
	return true;
}

static bool take_char(const char **p, const char *any)
{
	if (!**p || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

/* RFC 3339 5.6: "Z" or "+hh:mm"; what to take off the local time. */
static bool take_zone(const char **p, long *ret_s)
{
	const char sign = **p;
	int h, m;

	*ret_s = 0;
	if (take_char(p, "Zz"))
		return true;
	if (!take_char(p, "+-") || !take_digits(p, 2, &h) || !take_char(p, ":") ||
	    !take_digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_s = (sign == '-' ? -1L : 1L) * (h * 3600L + m * 60L);
	return true;
}

int clock_parse_rfc3339(const char *text, time_t *ret)
{
	struct tm tm, back;
	const char *p = text;
	int year, month, leap = 0;
	long zone;
	time_t t;

	memset(&tm, 0, sizeof(tm));
	if (!take_digits(&p, 4, &year) || !take_char(&p, "-") || !take_digits(&p, 2, &month) ||
	    !take_char(&p, "-") || !take_digits(&p, 2, &tm.tm_mday) || !take_char(&p, "Tt ") ||
	    !take_digits(&p, 2, &tm.tm_hour) || !take_char(&p, ":") ||
	    !take_digits(&p, 2, &tm.tm_min) || !take_char(&p, ":") ||
	    !take_digits(&p, 2, &tm.tm_sec))
		return -1;
	if (take_char(&p, ".")) {
		if (!isdigit((unsigned char)*p))
			return -1;
		while (isdigit((unsigned char)*p))
			p++;
	}
	if (!take_zone(&p, &zone) || *p)
		return -1;
	if (tm.tm_sec == 60) { /* a leap second: timegm knows none */
		leap = 1;
		tm.tm_sec = 59;
	}
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	back = tm;
	t = timegm(&back);
	/* timegm carries 31 February over into March: such a date is none. */
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour ||
	    back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		return -1;
	*ret = t + leap - zone;
	return 0;
}

static const struct {
	const char *name;
	double s;
} units[] = {
	/* the longer name first where one begins with the other */
	{ "ns", 1e-9 }, { "us", 1e-6 }, { "\xc2\xb5s", 1e-6 }, { "\xce\xbcs", 1e-6 },
	{ "ms", 1e-3 }, { "s", 1 },     { "m", 60 },           { "h", 3600 },
};

static bool take_unit(const char **p, double *ret)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (str_starts(*p, units[i].name)) {
			*p += strlen(units[i].name);
			*ret = units[i].s;
			return true;
		}
	}
	return false;
}

static bool take_number(const char **p, double *ret)
{
	double v = 0, place = 0.1;
	bool any = false;

	for (; isdigit((unsigned char)**p); (*p)++, any = true)
		v = v * 10 + (**p - '0');
	if (**p == '.') {
		(*p)++;
		for (; isdigit((unsigned char)**p); (*p)++, any = true, place /= 10)
			v += (**p - '0') * place;
	}
	*ret = v;
	return any;
}

int clock_parse_duration(const char *text, long *ret_s)
{
	const char *p = text;
	double sum = 0;

	if (*p == '+')
		p++;
	if (strcmp(p, "0") == 0) {
		*ret_s = 0;
		return 0;
	}
	if (!*p)
		return -1;
	while (*p) {
		double number, unit;

		if (!take_number(&p, &number) || !take_unit(&p, &unit))
			return -1;
		sum += number * unit;
		if (sum > 9223372036.0) /* Go's int64 of nanoseconds */
			return -1;
	}
	/* Up, so that a short time does not become none; less what adding up fractions may err. */
	sum -= 1e-10 + sum * 1e-15;
	*ret_s = sum > 0 ? (long)sum : 0;
	if ((double)*ret_s < sum)
		(*ret_s)++;
	return 0;
}

char *clock_format_duration(long s)
{
	const char *sign = s < 0 ? "-" : "";

	if (s < 0)
		s = -s;
	if (s >= 3600)
		return xasprintf("%s%ldh%ldm%lds", sign, s / 3600, s / 60 % 60, s % 60);
	if (s >= 60)
		return xasprintf("%s%ldm%lds", sign, s / 60, s % 60);
	return xasprintf("%s%lds", sign, s);
}
