#include "phases/approve/limits.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "config/check.h"
#include "pki/base64.h"

#define USED_MAX ((size_t)256 << 10) /* of all annotations of an object (Kubernetes) */

json_t *limits_annotations(int uses, const char *node)
{
	AUTO(free) char *number = uses ? xasprintf("%d", uses) : NULL;

	return xjson_pack("{s:s*, s:s*}", LIMITS_USES, number, LIMITS_NODE, node);
}

static const char *annotation(const json_t *secret, const char *name)
{
	return json_str(json_at(secret, "metadata.annotations"), name);
}

/* A value that is no number is no use at all. */
static int uses_of(const json_t *secret)
{
	const char *text = annotation(secret, LIMITS_USES);
	size_t len = text ? strspn(text, "0123456789") : 0;

	return text && len > 0 && len < 6 && !text[len] ? atoi(text) : 0;
}

/* The uses so far; a new object, NULL when the record is damaged. */
static json_t *used_of(const json_t *secret)
{
	const char *text = annotation(secret, LIMITS_USED);
	AUTO(json) json_t *used = NULL;

	if (!text)
		return json_object();
	if (strlen(text) > USED_MAX)
		return NULL;
	used = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(used) ? TAKE(used) : NULL;
}

/* When the token ends: 0 never, -1 it cannot be read. */
static time_t end_of(const json_t *secret)
{
	const char *coded = json_str(json_object_get(secret, "data"), "expiration");
	unsigned char *text = NULL;
	size_t len = 0;
	time_t end = -1;

	if (!coded || !*coded)
		return 0;
	if (!base64_decode(coded, strlen(coded), &text, &len) ||
	    clock_parse_rfc3339((const char *)text, &end) < 0)
		end = -1;
	free(text);
	return end;
}

static bool is_of_group(const json_t *secret)
{
	const char *coded = json_str(json_object_get(secret, "data"), "auth-extra-groups");
	unsigned char *text = NULL;
	size_t len = 0;
	bool found = false;
	char *save = NULL;

	if (!coded || !base64_decode(coded, strlen(coded), &text, &len))
		return false;
	for (char *p = strtok_r((char *)text, ",", &save); p; p = strtok_r(NULL, ",", &save))
		found |= str_eq(p, LIMITED_GROUP);
	free(text);
	return found;
}

static json_t *count(const json_t *secret, json_t *used, const char *use, time_t now)
{
	AUTO(free) char *text = NULL;
	char when[21];

	clock_rfc3339(now, when);
	json_put_str(used, use, when);
	text = json_dumps(used, JSON_COMPACT);
	return xjson_pack("{s:{s:s*, s:{s:s}}}", "metadata", "resourceVersion",
			  json_string_value(json_at(secret, "metadata.resourceVersion")),
			  "annotations", LIMITS_USED, text);
}

enum limits_say limits_judge(const json_t *secret, const struct request *request, time_t now,
			     const char **ret_why, json_t **ret_patch)
{
	const char *node = annotation(secret, LIMITS_NODE);
	const char *uses = annotation(secret, LIMITS_USES);
	AUTO(json) json_t *used = used_of(secret);
	time_t end = end_of(secret);

	*ret_why = NULL;
	if (!secret || (end != 0 && end <= now))
		*ret_why = "the token has ended";
	else if (!is_of_group(secret))
		*ret_why = "the token is not of the group that asks";
	else if (node && !str_eq(node, request->node))
		*ret_why = "the token is for a node of another name";
	else if (!used)
		*ret_why = "the token's record of its uses is damaged";
	if (*ret_why)
		return LIMITS_DENY;
	if (!node && !uses)
		return LIMITS_LEAVE;
	if (!uses || json_object_get(used, request->use))
		return LIMITS_AGAIN;
	if (json_object_size(used) >= (size_t)uses_of(secret)) {
		*ret_why = "the token is used up";
		return LIMITS_DENY;
	}
	*ret_patch = count(secret, used, request->use, now);
	return LIMITS_COUNT;
}

json_t *limits_end(const json_t *secret, time_t now)
{
	AUTO(json) json_t *used = used_of(secret);
	AUTO(free) char *coded = NULL;
	time_t end = end_of(secret);
	char when[21];

	if (!is_of_group(secret) || !annotation(secret, LIMITS_USES) || !used ||
	    json_object_size(used) < (size_t)uses_of(secret) ||
	    (end > 0 && end <= now + LIMITS_LEFT_S))
		return NULL;
	clock_rfc3339(now + LIMITS_LEFT_S, when);
	coded = base64_encode(when, strlen(when));
	return xjson_pack("{s:{s:s*}, s:{s:s}}", "metadata", "resourceVersion",
			  json_string_value(json_at(secret, "metadata.resourceVersion")), "data",
			  "expiration", coded);
}

json_t *limits_read(const json_t *secret)
{
	const char *node = annotation(secret, LIMITS_NODE);
	AUTO(json) json_t *used = used_of(secret);
	json_t *ret;

	if (!node && !annotation(secret, LIMITS_USES))
		return NULL;
	/* It goes to a terminal. */
	ret = xjson_pack("{s:s*}", "node", node && !check_is_dns_name(node) ? "?" : node);
	if (!annotation(secret, LIMITS_USES))
		return ret;
	json_object_set_new(ret, "uses", json_integer(uses_of(secret)));
	json_object_set_new(ret, "used", json_integer((json_int_t)json_object_size(used)));
	return ret;
}
