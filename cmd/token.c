/* kstrap token: the invitations with which hosts join. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "config/member.h"
#include "phases/token/list.h"
#include "phases/token/token.h"

static int print_token(char *take)
{
	puts(take);
	secret_free(take);
	return 0;
}

static int generate(const void *call, const json_t *args, struct err *err)
{
	AUTO(token) struct token token = { 0 };

	(void)call;
	(void)args;
	return token_generate(&token, err) < 0 ? -1 : print_token(token_format_plain(&token));
}

/* The file's tokens after its first, which alone is printed. */
static int create_further(struct tokens *tokens, const struct config *config, struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach (config->further_tokens, i, item) {
		AUTO(token) struct token token = { 0 };
		const json_t *ttl = json_object_get(item, "ttl_s");
		const json_t *usages = json_object_get(item, "usages");
		const json_t *groups = json_object_get(item, "groups");
		const struct token_want want = {
			.text = json_str(item, "token"),
			.description = json_str(item, "description"),
			.ttl_s = ttl ? (long)json_integer_value(ttl) : config->token_ttl_s,
			.usages = usages ? usages : config->token_usages,
			.groups = groups ? groups : config->token_groups,
		};

		if (tokens_create(tokens, &want, config->dry_run, &token, err) < 0)
			return -1;
	}
	return 0;
}

/* Those among `take` that `only` names; NULL: all. */
static int show(const struct config *config, json_t *take, const struct token *only,
		struct err *err)
{
	AUTO(json) json_t *shown = json_array();
	AUTO(secret) char *plain = only ? token_format_plain(only) : NULL;
	AUTO(secret) char *text = NULL;
	json_t *item;
	size_t i;
	int failed;

	json_array_foreach (take, i, item)
		if (!only || json_str_is(item, "token", plain))
			json_array_append(shown, item);
	/* The second that has begun is not left any more. */
	failed = token_list_format(shown, config->output, config->missing_keys, clock_now() + 1,
				   &text, err);
	if (failed == 0)
		log_raw(text);
	member_wipe(take);
	json_decref(take);
	return failed;
}

/* As the cluster has it. */
static int show_created(const struct config *config, struct tokens *tokens,
			const struct token *token, struct err *err)
{
	json_t *found = NULL;

	if (config->dry_run || str_eq(config->output, "text"))
		return print_token(token_format(token));
	return tokens_list(tokens, &found, err) < 0 ? -1 : show(config, found, token, err);
}

static int create(const void *call, const json_t *args, struct err *err)
{
	const struct config *config = call;
	AUTO(tokens) struct tokens tokens = { .kube = NULL };
	AUTO(token) struct token token = { 0 };
	AUTO(secret) char *lines = NULL;
	const char *given = json_text(args, 1);
	const struct token_want want = { .text = given ? given : config->token,
					 .description = config->token_description,
					 .ttl_s = config->token_ttl_s,
					 .usages = config->token_usages,
					 .groups = config->token_groups,
					 .uses = config->token_uses,
					 .node = config->token_node };

	if (given && config->token)
		return err_set(err, ERR_USAGE, "a token is given here and by a file or descriptor");
	/* What was typed is judged before anybody is asked. */
	if ((given && token_parse(given, &token, err) < 0) ||
	    tokens_open(config, &tokens, err) < 0 ||
	    tokens_create(&tokens, &want, config->dry_run, &token, err) < 0 ||
	    create_further(&tokens, config, err) < 0)
		return -1;
	if (!config->print_join_command)
		return show_created(config, &tokens, &token, err);
	if (tokens_join_lines(&tokens, &token, config->certificate_key, &lines, err) < 0)
		return -1;
	log_raw(lines);
	return 0;
}

static int list(const void *call, const json_t *args, struct err *err)
{
	const struct config *config = call;
	AUTO(tokens) struct tokens tokens = { .kube = NULL };
	json_t *found = NULL;

	(void)args;
	if (tokens_open(config, &tokens, err) < 0 || tokens_list(&tokens, &found, err) < 0)
		return -1;
	return show(config, found, NULL, err);
}

/* "abcdef" of a token or of what is the ID of one; the caller frees. */
static char *id_of(const char *text, struct err *err)
{
	AUTO(secret)
	char *whole = strchr(text, '.') ? xstrdup(text) : xasprintf("%s.0123456789abcdef", text);
	AUTO(token) struct token token = { 0 };

	return token_parse(whole, &token, err) < 0 ? NULL : xstrdup(token.id);
}

static int delete_all(const void *call, const json_t *args, struct err *err)
{
	const struct config *config = call;
	AUTO(tokens) struct tokens tokens = { .kube = NULL };
	AUTO(json) json_t *ids = json_array();

	for (size_t i = 1; i < json_array_size(args); i++) {
		AUTO(free) char *id = id_of(json_text(args, i), err);

		if (!id)
			return -1;
		json_array_append_new(ids, json_string(id));
	}
	if (config->token)
		json_array_append_new(ids, json_stringn(config->token, TOKEN_ID_LEN));
	if (json_array_size(ids) == 0)
		return err_set(err, ERR_USAGE, "token delete: which? an ID or a token");
	if (tokens_open(config, &tokens, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_text(ids, i);

		if (config->dry_run)
			log_say("would delete bootstrap token \"%s\"", id);
		else if (tokens_delete(&tokens, id, err) < 0)
			return -1;
		else
			log_say("bootstrap token \"%s\" deleted", id);
	}
	return 0;
}

static const struct subcommand subcommands[] = {
	{ "create", 1, create },
	{ "list", 0, list },
	{ "delete", 1000, delete_all },
	{ "generate", 0, generate },
	{ 0 },
};

int cmd_token(int argc, char **argv, struct err *err)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	bool help = false;
	int failed = config_load(CONFIG_TOKEN, argc - 1, argv + 1, &config, &args, &help, err);

	if (failed == 0 && help)
		cmd_help("token", CONFIG_TOKEN);
	else if (failed == 0) {
		log_verbosity(config->verbosity);
		failed = cmd_run("token", subcommands, config, args, err);
		member_wipe(args);
	}
	return failed && err->code == ERR_USAGE ? err_next(err, "kstrap token --help") : failed;
}
