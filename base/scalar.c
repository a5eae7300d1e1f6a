#include "base/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* YAML 1.1's words, as gopkg.in/yaml.v2 has them, which sigs.k8s.io/yaml reads with. */
static const struct {
	char text[6];
	unsigned char kind; /* enum scalar_kind */
	bool truth;
} words[] = {
#define TRUE_WORD(text)  { text, SCALAR_BOOL, true }
#define FALSE_WORD(text) { text, SCALAR_BOOL, false }
#define NULL_WORD(text)  { text, SCALAR_NULL, false }
#define ODD_WORD(text)   { text, SCALAR_NOT_FINITE, false }
	TRUE_WORD("y"),      TRUE_WORD("Y"),
	TRUE_WORD("yes"),    TRUE_WORD("Yes"),
	TRUE_WORD("YES"),    TRUE_WORD("true"),
	TRUE_WORD("True"),   TRUE_WORD("TRUE"),
	TRUE_WORD("on"),     TRUE_WORD("On"),
	TRUE_WORD("ON"),     FALSE_WORD("n"),
	FALSE_WORD("N"),     FALSE_WORD("no"),
	FALSE_WORD("No"),    FALSE_WORD("NO"),
	FALSE_WORD("false"), FALSE_WORD("False"),
	FALSE_WORD("FALSE"), FALSE_WORD("off"),
	FALSE_WORD("Off"),   FALSE_WORD("OFF"),
	NULL_WORD(""),       NULL_WORD("~"),
	NULL_WORD("null"),   NULL_WORD("Null"),
	NULL_WORD("NULL"),   ODD_WORD(".nan"),
	ODD_WORD(".NaN"),    ODD_WORD(".NAN"),
	ODD_WORD(".inf"),    ODD_WORD(".Inf"),
	ODD_WORD(".INF"),    ODD_WORD("+.inf"),
	ODD_WORD("+.Inf"),   ODD_WORD("+.INF"),
	ODD_WORD("-.inf"),   ODD_WORD("-.Inf"),
	ODD_WORD("-.INF"),   { "<<", SCALAR_MERGE, false },
};

enum { NUMBER_MAX = 400 }; /* longer words of digits are strings */

static const char *digits(const char *p)
{
	while (isdigit((unsigned char)*p))
		p++;
	return p;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool float_form(const char *p)
{
	const char *q;

	if (*p == '+' || *p == '-')
		p++;
	q = digits(p);
	if (q == p) {
		if (*p != '.' || !isdigit((unsigned char)p[1]))
			return false;
		p = digits(p + 1);
	} else {
		p = *q == '.' ? digits(q + 1) : q;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if (!isdigit((unsigned char)*p))
			return false;
		p = digits(p);
	}
	return *p == '\0';
}

static bool as_float(const char *text, struct scalar *ret)
{
	double v;

	if (!float_form(text))
		return false;
	v = strtod(text, NULL);
	if (!isfinite(v))
		return false;
	ret->kind = SCALAR_FLOAT;
	ret->real = v;
	/* Go writes a whole float without a point, so that it is an integer to whoever reads on. */
	if (v >= -9007199254740992.0 && v <= 9007199254740992.0 && v == (double)(long long)v) {
		ret->kind = SCALAR_INT;
		ret->integer = (long long)v;
	}
	return true;
}

/* Go's ParseInt with base 0: 0x, 0o, 0b, and a leading 0 for octal. */
static bool as_int(const char *text, struct scalar *ret)
{
	const bool minus = *text == '-';
	const char *p = text + (*text == '-' || *text == '+');
	char *end;
	unsigned long long v;
	int base = 10;

	if (p[0] == '0' && p[1]) {
		const int c = tolower((unsigned char)p[1]);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		p += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!isxdigit((unsigned char)*p))
		return false;
	/* "0x0x1": strtoull would take a second prefix */
	if (p[0] == '0' && tolower((unsigned char)p[1]) == 'x')
		return false;
	errno = 0;
	v = strtoull(p, &end, base);
	if (*end)
		return false;
	if (errno || v > 9223372036854775807ULL + minus) {
		double sum = 0; /* beyond 64 bits: a number still, too large for any field */

		for (; *p; p++) {
			const int c = tolower((unsigned char)*p);

			sum = sum * base + (isdigit(c) ? c - '0' : c - 'a' + 10);
		}
		if (!isfinite(sum))
			return false;
		ret->kind = SCALAR_FLOAT;
		ret->real = minus ? -sum : sum;
		return true;
	}
	ret->kind = SCALAR_INT;
	ret->integer = minus ? (long long)(0 - v) : (long long)v;
	return true;
}

static bool take(const char **p, int least, int most)
{
	int n = 0;

	for (; n < most && isdigit((unsigned char)**p); n++)
		(*p)++;
	return n >= least;
}

/* "2006-1-2", "2006-1-2 15:4:5.9", "2006-1-2T15:4:5.9Z" (or t; or +07:00). */
static bool time_form(const char *p)
{
	bool zone;

	if (!take(&p, 4, 4) || *p++ != '-' || !take(&p, 1, 2) || *p++ != '-' || !take(&p, 1, 2))
		return false;
	if (*p == '\0')
		return true;
	if (!strchr("Tt ", *p))
		return false;
	zone = *p++ != ' ';
	if (!take(&p, 1, 2) || *p++ != ':' || !take(&p, 1, 2) || *p++ != ':' || !take(&p, 1, 2))
		return false;
	if (*p == '.') {
		p++;
		if (!take(&p, 1, 9))
			return false;
	}
	if (!zone)
		return *p == '\0';
	if (*p == 'Z')
		return p[1] == '\0';
	if (*p != '+' && *p != '-')
		return false;
	p++;
	return take(&p, 2, 2) && *p++ == ':' && take(&p, 2, 2) && *p == '\0';
}

struct scalar scalar_resolve(const char *text, size_t len)
{
	struct scalar ret = { .kind = SCALAR_STRING };
	char plain[NUMBER_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].text) == len && memcmp(words[i].text, text, len) == 0)
			return (struct scalar){ .kind = words[i].kind, .truth = words[i].truth };
	if (len > NUMBER_MAX || !(isdigit((unsigned char)*text) || strchr("+-.", *text)))
		return ret;
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (*text == '.') {
		(void)as_float(plain, &ret);
		return ret;
	}
	if (time_form(plain)) {
		ret.kind = SCALAR_TIME;
		return ret;
	}
	for (size_t i = 0; i < len; i++)
		if (text[i] != '_')
			plain[n++] = text[i];
	plain[n] = '\0';
	if (!as_int(plain, &ret))
		(void)as_float(plain, &ret);
	return ret;
}
