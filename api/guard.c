#include "api/guard.h"

#include <stdbool.h>
#include <string.h>

/* Structure only: whether text stays within the limits, whatever else may be wrong with it. */
static const char *beyond(const char *text, size_t len)
{
	size_t depth = 0, values = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > GUARD_DEPTH)
				return "more than 64 levels deep";
			values++;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		} else if (c == ',' || c == ':') {
			values++;
		}
		if (values > GUARD_VALUES)
			return "more than 500,000 values";
	}
	return NULL;
}

int guard_json(const char *text, size_t len, const char *name, json_t **ret, struct err *err)
{
	const char *why = beyond(text, len);
	json_error_t error;
	json_t *value;

	if (why)
		return err_set(err, ERR_API, "%s: the answer is %s", name, why);
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value)
		return err_set(err, ERR_API, "%s: the answer is no JSON: line %d, column %d", name,
			       error.line, error.column);
	*ret = value;
	return 0;
}

void guard_text(const char *text, char *ret, size_t size)
{
	size_t n = 0;

	for (; text && *text && n + 1 < size; text++) {
		unsigned char c = (unsigned char)*text;

		ret[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	ret[n] = '\0';
}
