#include "phases/token/list.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonpath.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/approve/limits.h"
#include "pki/base64.h"
#include "pki/token.h"

#define USAGE      "usage-bootstrap-"
#define TEXT_MAX   ((size_t)64 << 20)
#define COLUMNS    6
#define COLUMN_GAP 3
/* As wide as kubeadm's, whose description column fits its own tokens'; wider where it must be. */
static const size_t least[COLUMNS] = { 26, 12, 23, 25, 59, 0 };

/* A member of the Secret's data; anybody who may write Secrets chose it, and it goes to a terminal:
 * control characters become '?', and so does what is no UTF-8. The caller frees, NULL when absent.
 */
static char *datum(const json_t *secret, const char *key)
{
	const char *coded = json_str(json_object_get(secret, "data"), key);
	AUTO(json) json_t *judge = NULL;
	unsigned char *bytes = NULL;
	char *text;
	size_t len = 0;

	if (!coded || !base64_decode(coded, strlen(coded), &bytes, &len))
		return NULL;
	judge = json_stringn((const char *)bytes, len);
	text = xstrndup((const char *)bytes, len);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || (!judge && (*p & 0x80)))
			*p = '?';
	secret_freen(bytes, len);
	return text;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, as kubeadm has them. */
static json_t *usages(const json_t *secret)
{
	json_t *data = json_object_get(secret, "data"), *list = json_array(), *value;
	const char **names = xcalloc(json_object_size(data) + 1, sizeof(*names));
	const char *key;
	size_t n = 0;

	json_object_foreach (data, key, value) {
		AUTO(free) char *text = str_starts(key, USAGE) ? datum(secret, key) : NULL;

		if (str_eq(text, "true"))
			names[n++] = key + strlen(USAGE);
	}
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	free(names);
	return list;
}

static json_t *groups(const json_t *secret)
{
	AUTO(free) char *text = datum(secret, "auth-extra-groups");
	json_t *list = json_array();
	char *save = NULL;

	for (char *p = text ? strtok_r(text, ",", &save) : NULL; p; p = strtok_r(NULL, ",", &save))
		json_array_append_new(list, json_string(p));
	return list;
}

static const char *judge(const json_t *secret, const char *id, const char *token,
			 const char *expires)
{
	const char *name = json_string_value(json_at(secret, "metadata.name"));
	AUTO(token) struct token parsed = { 0 };
	struct err ignored = ERR_INIT;
	time_t until;

	if (token_parse(token, &parsed, &ignored) < 0)
		return "its token-id or token-secret is none";
	if (!name || !str_starts(name, "bootstrap-token-") ||
	    !str_eq(name + strlen("bootstrap-token-"), id))
		return "its name is not that of its token-id";
	if (expires && *expires && clock_parse_rfc3339(expires, &until) < 0)
		return "its expiration is no time";
	return NULL;
}

static void put_list(json_t *item, const char *key, json_t *take)
{
	if (json_array_size(take) > 0)
		json_object_set(item, key, take);
	json_decref(take);
}

const char *token_list_add(json_t *list, const json_t *secret)
{
	AUTO(free) char *id = datum(secret, "token-id");
	AUTO(secret) char *key = datum(secret, "token-secret");
	AUTO(free) char *description = datum(secret, "description");
	AUTO(free) char *expires = datum(secret, "expiration");
	AUTO(secret) char *token = xasprintf("%s.%s", id ? id : "", key ? key : "");
	AUTO(json) json_t *limits = limits_read(secret);
	const char *why = judge(secret, id, token, expires);
	json_t *item;

	if (why)
		return why;
	item = xjson_pack("{s:s}", "token", token);
	if (description && *description)
		json_put_str(item, "description", description);
	if (expires && *expires)
		json_put_str(item, "expires", expires);
	put_list(item, "usages", usages(secret));
	put_list(item, "groups", groups(secret));
	if (limits)
		json_object_set(item, "limits", limits);
	json_array_append_new(list, item);
	return NULL;
}

/* One unit, cut off, as Kubernetes shows ages. The caller frees. */
static char *left(const char *expires, time_t now)
{
	time_t until = 0;
	long s, hours;

	if (!expires || clock_parse_rfc3339(expires, &until) < 0)
		return xstrdup("<forever>");
	s = (long)(until - now);
	hours = s / 3600;
	if (s < -1)
		return xstrdup("<invalid>");
	if (s < 60)
		return xasprintf("%lds", s < 0 ? 0 : s);
	if (hours < 1)
		return xasprintf("%ldm", s / 60);
	if (hours < 24)
		return xasprintf("%ldh", hours);
	return hours < 24 * 365 ? xasprintf("%ldd", hours / 24)
				: xasprintf("%ldy", hours / 24 / 365);
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

/* The description, and behind it how far a token with limits goes. The caller frees. */
static char *about(const json_t *item)
{
	const json_t *limits = json_object_get(item, "limits");
	const char *text = text_or(json_str(item, "description"), "<none>");
	const char *node = json_str(limits, "node");
	AUTO(buf) struct buf all = BUF_INIT(TEXT_MAX);

	(void)buf_addf(&all, "%s", text);
	if (json_object_get(limits, "uses"))
		(void)buf_addf(&all, ", used %d of %d times", (int)json_int(limits, "used"),
			       (int)json_int(limits, "uses"));
	if (node)
		(void)buf_addf(&all, ", for node %s", node);
	return xstrdup(all.data);
}

static size_t width(const char *text) /* in characters: UTF-8's first bytes */
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static char *table(const json_t *list, time_t now)
{
	AUTO(json)
	json_t *rows = xjson_pack("[[s,s,s,s,s,s]]", "TOKEN", "TTL", "EXPIRES", "USAGES",
				  "DESCRIPTION", "EXTRA GROUPS");
	struct buf out = BUF_INIT(TEXT_MAX);
	size_t widths[COLUMNS], i, j;
	const json_t *item, *cell;

	memcpy(widths, least, sizeof(widths));
	json_array_foreach (list, i, item) {
		AUTO(free) char *ttl = left(json_str(item, "expires"), now);
		AUTO(free) char *uses = json_join(json_object_get(item, "usages"));
		AUTO(free) char *names = json_join(json_object_get(item, "groups"));
		AUTO(free) char *description = about(item);

		json_array_append_new(rows,
				      xjson_pack("[s,s,s,s,s,s]", json_str(item, "token"), ttl,
						 text_or(json_str(item, "expires"), "<never>"),
						 text_or(uses, "<none>"), description,
						 text_or(names, "<none>")));
	}
	json_array_foreach (rows, i, item)
		json_array_foreach (item, j, cell) {
			size_t wide = width(json_string_value(cell)) + COLUMN_GAP;

			widths[j] = wide > widths[j] ? wide : widths[j];
		}
	json_array_foreach (rows, i, item)
		json_array_foreach (item, j, cell) {
			const char *text = json_string_value(cell);
			bool last = j + 1 == COLUMNS;

			(void)buf_addf(&out, "%s%*s", text,
				       last ? 0 : (int)(widths[j] - width(text)), "");
			if (last)
				(void)buf_add(&out, "\n", 1);
		}
	return out.data;
}

/* As kubeadm's printers see one token. */
static json_t *object(const json_t *item)
{
	json_t *kind = xjson_pack("{s:s, s:s}", "kind", "BootstrapToken", "apiVersion",
				  "output.kubeadm.k8s.io/v1alpha3");

	json_object_update(kind, (json_t *)(uintptr_t)item);
	return kind;
}

static char *documents(const json_t *list, bool yaml)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		AUTO(json) json_t *kind = object(item);
		AUTO(secret)
		char *text = yaml ? yaml_dump(kind, 1) : json_dumps(kind, JSON_INDENT(4));

		(void)buf_addf(&out, "%s%s%s", yaml && i ? "---\n" : "", text, yaml ? "" : "\n");
	}
	return out.data ? out.data : xstrdup("");
}

static int by_template(const json_t *list, const char *template, bool missing_ok, char **ret,
		       struct err *err)
{
	AUTO(buf) struct buf out = BUF_INIT(TEXT_MAX);
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		AUTO(json) json_t *kind = object(item);

		if (jsonpath_print(template, kind, missing_ok, &out, err) < 0)
			return -1;
	}
	*ret = xstrdup(out.data ? out.data : "");
	return 0;
}

int token_list_format(const json_t *list, const char *format, bool missing_ok, time_t now,
		      char **ret, struct err *err)
{
	if (str_starts(format, "jsonpath="))
		return by_template(list, format + strlen("jsonpath="), missing_ok, ret, err);
	*ret = str_eq(format, "text") ? table(list, now) :
					documents(list, str_eq(format, "yaml"));
	return 0;
}
