#include "config/field.h"

#include "base/auto.h"
#include "base/packed.h"
#include "base/str.h"

#include <string.h>

const struct kind *kind_find(const char *name)
{
	for (const struct kind *kind = kinds; kind->name; kind++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}

const struct field *field_find(const char *in, const char *name)
{
	for (const struct field *field = fields; field->in; field++)
		if (strcmp(field->in, in) == 0 && strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

const char *field_of(const struct field *field)
{
	return field->type == FIELD_OBJECT || field->type == FIELD_OBJECTS ? field->of : NULL;
}

/* The table has no cycles: a type refers only to types that do not contain it. */
char *field_path(const char *in, const char *name, int version)
{
	for (const struct field *field = fields; field->in; field++) {
		AUTO(free) char *rest = NULL;

		if (strcmp(field->in, in) != 0 || version < field->since || version > field->until)
			continue;
		if (strcmp(field->name, name) == 0)
			return xstrdup(name);
		if (!field_of(field))
			continue;
		rest = field_path(field->of, name, version);
		if (rest)
			return xasprintf("%s%s.%s", field->name,
					 field->type == FIELD_OBJECTS ? "[]" : "", rest);
	}
	return NULL;
}

char *field_help(const struct field *field)
{
	AUTO(free) char *section = xasprintf("%s.%s", field->in, field->name);

	return packed_section("fields.txt", section);
}

const char *field_type_name(const struct field *field, int version)
{
	static const char *const names[] = {
		[FIELD_STRING] = "a string",
		[FIELD_SECRET] = "a string",
		[FIELD_BOOL] = "true or false",
		[FIELD_INT] = "a whole number",
		[FIELD_DURATION] = "a duration such as 4m0s",
		[FIELD_TIME] = "a time such as 2026-01-02T15:04:05Z",
		[FIELD_STRINGS] = "a list of strings",
		[FIELD_GATES] = "a mapping of names to true or false",
		[FIELD_ARGS] = "a list of {name, value}",
		[FIELD_OBJECT] = "a mapping",
		[FIELD_OBJECTS] = "a list of mappings",
		[FIELD_ANY] = "any value",
	};

	if (field->type == FIELD_ARGS && version < 4)
		return "a mapping of names to strings";
	return names[field->type];
}
