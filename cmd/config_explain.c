/* kstrap config explain: the table of fields, with the words of fields.txt. */
#include "cmd/config.h"

#include "config/field.h"

#include "base/packed.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define NEWEST 4

static void list_kinds(void)
{
	for (const struct kind *kind = kinds; kind->name; kind++) {
		AUTO(free) char *help = packed_section("fields.txt", kind->name);

		printf("%-23s %s\n", kind->name, help);
	}
	puts("\nkstrap config explain KIND, or FIELD such as networking.podSubnet, says more.");
}

static void list_fields(const char *type, const char *indent)
{
	for (const struct field *field = fields; field->in; field++) {
		AUTO(free) char *help = NULL;

		if (strcmp(field->in, type) != 0)
			continue;
		help = field_help(field);
		printf("%s%-32s %s\n", indent, field->name, help);
	}
}

static void print_versions(const struct field *field)
{
	if (field->since == field->until)
		printf("  In kubeadm.k8s.io/v1beta%d only.\n", field->since);
	else
		printf("  In kubeadm.k8s.io/v1beta%d to v1beta%d.\n", field->since, field->until);
	if (field->type == FIELD_ARGS && field->since < NEWEST)
		printf("  Up to v1beta3 %s.\n", field_type_name(field, NEWEST - 1));
}

static void print_member(const struct field *field)
{
	const struct member *member;

	if (field->at == FIELD_NO_MEMBER)
		return;
	member = member_at(field->at);
	if (member->def)
		printf("  Default: %s\n", member->def);
	for (const struct flag *flag = flags; flag->name; flag++)
		if (flag->at == field->at && !(flag->traits & FLAG_HIDDEN))
			printf("  Flag: --%s\n", flag->name);
}

static void print_field(const char *kind, const char *path, const struct field *field)
{
	AUTO(free) char *help = field_help(field);

	printf("%s.%s: %s\n  %s\n", kind, path, field_type_name(field, field->until), help);
	print_versions(field);
	print_member(field);
	if (field_of(field)) {
		puts("  Fields:");
		list_fields(field->of, "    ");
	}
}

/* Follows "networking.podSubnet" or "bootstrapTokens[].token" down from a type. */
static const struct field *follow(const char *type, const char *path)
{
	const struct field *field = NULL;

	for (const char *p = path; *p;) {
		size_t len = strcspn(p, ".["), rest = strcspn(p, ".");
		AUTO(free) char *name = xstrndup(p, len);

		if (!type)
			return NULL;
		field = field_find(type, name);
		if (!field)
			return NULL;
		type = field_of(field);
		p += rest + (p[rest] == '.');
	}
	return field;
}

/* The same field can stand in several kinds; all are told. */
static bool explain_in_kinds(const char *path)
{
	bool found = false;

	for (const struct kind *kind = kinds; kind->name; kind++) {
		const struct field *field = follow(kind->name, path);

		if (field)
			print_field(kind->name, path, field);
		found |= field != NULL;
	}
	return found;
}

/* A last word that some kind knows, wherever: podSubnet alone. */
static bool explain_by_name(const char *name)
{
	bool found = false;

	for (const struct kind *kind = kinds; kind->name; kind++) {
		for (int version = NEWEST; version >= 2; version--) {
			AUTO(free) char *path = field_path(kind->name, name, version);
			const struct field *field = path ? follow(kind->name, path) : NULL;

			if (!field)
				continue;
			print_field(kind->name, path, field);
			found = true;
			break;
		}
	}
	return found;
}

static const char *nearest(const char *name)
{
	const char *names[256];
	size_t n = 0;

	for (const struct field *field = fields; field->in && n < 255; field++)
		names[n++] = field->name;
	names[n] = NULL;
	return str_nearest(name, names);
}

int config_explain(const void *config_call, const json_t *args, struct err *err)
{
	const char *what = json_text(args, 1), *dot, *last, *near;
	AUTO(free) char *first = NULL, *help = NULL;
	const struct kind *kind;
	const struct field *field;

	(void)config_call;
	if (!what) {
		list_kinds();
		return 0;
	}
	dot = strchrnul(what, '.');
	first = xstrndup(what, (size_t)(dot - what));
	kind = kind_find(first);
	if (kind && !*dot) {
		help = packed_section("fields.txt", kind->name);
		printf("%s\n  %s\n", kind->name, help);
		list_fields(kind->name, "    ");
		return 0;
	}
	field = kind ? follow(kind->name, dot + 1) : NULL;
	if (field) {
		print_field(kind->name, dot + 1, field);
		return 0;
	}
	last = strrchr(what, '.');
	if (!kind && (explain_in_kinds(what) || (!last && explain_by_name(what))))
		return 0;
	near = nearest(last ? last + 1 : what);
	if (near)
		return err_set(err, ERR_USAGE, "no kind has a field \"%s\": did you mean %s?", what,
			       near);
	return err_set(err, ERR_USAGE, "no kind has a field \"%s\"", what);
}
