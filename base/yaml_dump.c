#include "base/yaml.h"

#include "base/scalar.h"
#include "base/str.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* Everything it can fail of is memory or a bug of ours, so failures are not carried around. */
struct writer {
	yaml_emitter_t emitter;
	struct buf out;
	int sorted;
};

static int write_out(void *arg, unsigned char *data, size_t len)
{
	struct writer *w = arg;

	return buf_add(&w->out, data, len) == 0;
}

static void emit(struct writer *w, yaml_event_t *event)
{
	if (yaml_emitter_emit(&w->emitter, event))
		return;
	(void)fprintf(stderr, "kstrap: bug: YAML: %s\n",
		      w->emitter.problem ? w->emitter.problem : "out of memory");
	abort();
}

static void emit_scalar(struct writer *w, const char *text, size_t len, yaml_scalar_style_t style)
{
	yaml_event_t event;

	(void)yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)len,
					   1, 1, style);
	emit(w, &event);
}

/* YAML 1.1's base 60: 12:30:45. No reader of ours takes it, but others' do. */
static bool is_base60(const char *s)
{
	bool any = false;

	s += *s == '+' || *s == '-';
	if (!isdigit((unsigned char)*s))
		return false;
	s += strspn(s, "0123456789_");
	while (*s == ':' && isdigit((unsigned char)s[1])) {
		s += s[1] <= '5' && isdigit((unsigned char)s[2]) ? 3 : 2;
		any = true;
	}
	if (any && *s == '.')
		s += 1 + strspn(s + 1, "0123456789_");
	return any && *s == '\0';
}

static void write_string(struct writer *w, const char *text, size_t len)
{
	yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;

	if (memchr(text, '\n', len))
		style = YAML_LITERAL_SCALAR_STYLE;
	else if (scalar_resolve(text, len).kind != SCALAR_STRING || is_base60(text))
		style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	emit_scalar(w, text, len, style);
}

/* The shortest text that reads back as the same number, as Go's 'g' format lays it out: an
 * exponent when it is below -4 or at least 21. */
static void write_real(struct writer *w, double v)
{
	char text[64];

	for (int digits = 1; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	if (fabs(v) < 1e21 && strchr(text, 'e') && fabs(v) >= 1)
		(void)snprintf(text, sizeof(text), "%.0f", v);
	emit_scalar(w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
}

static bool is_letter(unsigned char c)
{
	return isalpha(c) || c >= 0x80;
}

static long long take_digits(const char **p, long long sum)
{
	for (; isdigit((unsigned char)**p); (*p)++)
		if (sum < 100000000000000000LL)
			sum = sum * 10 + (**p - '0');
	return sum;
}

/* The order of keys that yaml.v2 writes maps in: numbers inside of words by their value, letters
 * after what is no letter. `a` and `b` are where the words, begun at `start`, first differ. */
static int differ(const char *start, const char *a, const char *b)
{
	const bool al = is_letter((unsigned char)*a), bl = is_letter((unsigned char)*b);
	const bool in_number = a > start && isdigit((unsigned char)a[-1]);
	const char *ae = a, *be = b;
	long long an = 0, bn = 0;

	if (al && bl)
		return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
	if (al || bl)
		return (in_number ? al : bl) ? -1 : 1;
	if (*a == '0' || *b == '0') {
		for (const char *p = a - 1; p >= start && isdigit((unsigned char)*p); p--) {
			if (*p != '0') {
				an = bn = 1;
				break;
			}
		}
	}
	an = take_digits(&ae, an);
	bn = take_digits(&be, bn);
	if (an != bn)
		return an < bn ? -1 : 1;
	if (ae - a != be - b)
		return ae - a < be - b ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_key(const void *pa, const void *pb)
{
	const char *start = *(const char *const *)pa;
	const char *a = start, *b = *(const char *const *)pb;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (!*a || !*b)
		return (*a != '\0') - (*b != '\0');
	return differ(start, a, b);
}

static void write_value(struct writer *w, json_t *value);

static void write_members(struct writer *w, json_t *object)
{
	const size_t len = json_object_size(object);
	const char **keys = xcalloc(len, sizeof(*keys));
	size_t n = 0;

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i))
		keys[n++] = json_object_iter_key(i);
	if (w->sorted && n)
		qsort(keys, n, sizeof(*keys), by_key);
	for (size_t i = 0; i < n; i++) {
		write_string(w, keys[i], strlen(keys[i]));
		write_value(w, json_object_get(object, keys[i]));
	}
	free(keys);
}

static void write_value(struct writer *w, json_t *value)
{
	yaml_event_t event;
	char text[32];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		(void)yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							  YAML_BLOCK_MAPPING_STYLE);
		emit(w, &event);
		write_members(w, value);
		(void)yaml_mapping_end_event_initialize(&event);
		emit(w, &event);
		break;
	case JSON_ARRAY:
		(void)yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
							   YAML_BLOCK_SEQUENCE_STYLE);
		emit(w, &event);
		for (size_t i = 0; i < json_array_size(value); i++)
			write_value(w, json_array_get(value, i));
		(void)yaml_sequence_end_event_initialize(&event);
		emit(w, &event);
		break;
	case JSON_STRING:
		write_string(w, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		(void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
		emit_scalar(w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
		break;
	case JSON_REAL:
		write_real(w, json_real_value(value));
		break;
	case JSON_TRUE:
		emit_scalar(w, "true", 4, YAML_PLAIN_SCALAR_STYLE);
		break;
	case JSON_FALSE:
		emit_scalar(w, "false", 5, YAML_PLAIN_SCALAR_STYLE);
		break;
	case JSON_NULL:
		emit_scalar(w, "null", 4, YAML_PLAIN_SCALAR_STYLE);
		break;
	}
}

char *yaml_dump(const json_t *value, int sorted)
{
	struct writer w = { .out = BUF_INIT((size_t)64 << 20), .sorted = sorted };
	yaml_event_t event;
	json_t *root;
	char *ret;

	memcpy(&root, &value, sizeof(root)); /* jansson's iterators take no const; read only */
	if (!yaml_emitter_initialize(&w.emitter))
		abort();
	yaml_emitter_set_output(&w.emitter, write_out, &w);
	yaml_emitter_set_unicode(&w.emitter, 1);
	(void)yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	emit(&w, &event);
	(void)yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
	emit(&w, &event);
	write_value(&w, root);
	(void)yaml_document_end_event_initialize(&event, 1);
	emit(&w, &event);
	/* a last block with |+ would be followed by "...", which Go leaves out */
	w.emitter.open_ended = 0;
	(void)yaml_stream_end_event_initialize(&event);
	emit(&w, &event);
	yaml_emitter_delete(&w.emitter);
	ret = xstrndup(w.out.data ? w.out.data : "", w.out.len);
	buf_clear(&w.out);
	return ret;
}
