#include "config/config.h"
#include "config/member.h"

#include "base/str.h"

#include <assert.h>

static json_t *empty(enum member_type type)
{
	if (type == MEMBER_GATES || type == MEMBER_OBJECT)
		return json_object();
	return type == MEMBER_TAINTS ? json_null() : json_array();
}

static bool is_json(enum member_type type)
{
	return type >= MEMBER_STRINGS;
}

struct config *config_new(enum config_for kind)
{
	struct config *config = xcalloc(1, sizeof(*config));

	config->kind = kind;
	for (const struct member *member = members; member->name; member++) {
		struct err err = ERR_INIT;

		if (is_json(member->type))
			*(json_t **)member_slot(config, member) = empty(member->type);
		if (member->def && member_set_text(config, member, member->def, false, &err) < 0)
			assert(!"a default that its own check refuses");
	}
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	member_wipe(config->further_tokens);
	for (const struct member *member = members; member->name; member++)
		member_clear(config, member);
	free(config);
}

const char *config_api_version(const struct semver *version)
{
	if (semver_atleast(version, 1, 31))
		return "v1beta4";
	return semver_atleast(version, 1, 22) ? "v1beta3" : "v1beta2";
}
