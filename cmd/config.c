/* kstrap config: kubeadm's configuration files printed, checked, rewritten and explained. None
 * of it asks this host or the network for anything, except `images`. */
#include "cmd/config.h"
#include "cmd/cmd.h"

#include "config/document.h"
#include "config/input.h"
#include "config/rules.h"

#include "base/commit.h"
#include "base/str.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>

#define MIGRATED_MAX (4 << 20)

int config_file_read(const char *path, struct config_file *ret, struct err *err)
{
	AUTO(secret) char *text = NULL;
	AUTO(faults) struct faults faults = FAULTS_INIT;
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	struct reading reading;
	size_t len;

	*ret = (struct config_file){ .init = config_new(CONFIG_INIT),
				     .join = config_new(CONFIG_JOIN) };
	if (input_read(path, READ_MAX, &text, &len, err) < 0)
		return -1;
	reading = (struct reading){ ret->init, ret->join, &ret->init_origins, &ret->join_origins,
				    NULL };
	read_documents(text, len, name, &reading, &faults);
	ret->kinds = reading.kinds;
	if (!faults.count) {
		rules_default(ret->init, &ret->init_origins);
		rules_default(ret->join, &ret->join_origins);
		rules_check(ret->init, &ret->init_origins, false, &faults);
		rules_check(ret->join, &ret->join_origins, false, &faults);
	}
	return faults_raise(&faults, ERR_CONFIG, err);
}

void config_file_clear(struct config_file *file)
{
	config_free(file->init);
	config_free(file->join);
	origins_clear(&file->init_origins);
	origins_clear(&file->join_origins);
	json_decref(file->kinds);
}

void config_print_document(json_t *take)
{
	static bool further;
	AUTO(json) json_t *doc = take;
	AUTO(secret) char *text = yaml_dump(doc, 1);

	printf("%s%s", further ? "---\n" : "", text);
	further = true;
}

static int print_version(struct config *config, const struct config_call *call)
{
	if (call->version) {
		free(config->kubernetes_version);
		config->kubernetes_version = xstrdup(call->version);
	}
	return 0;
}

/* The placeholders are kubeadm's: they show the form, and nobody's host. */
static void print_init(const struct config_call *call)
{
	AUTO(config) struct config *config = config_new(CONFIG_INIT);

	config->token = xstrdup("abcdef.0123456789abcdef");
	config->advertise_address = xstrdup("1.2.3.4");
	config->node_name = xstrdup("node");
	config->cri_socket = xstrdup("unix:///run/containerd/containerd.sock");
	print_version(config, call);
	config_print_document(document_init(config, call->api));
	config_print_document(config_cluster_document(config, call->api));
}

static void print_join(const struct config_call *call)
{
	AUTO(config) struct config *config = config_new(CONFIG_JOIN);

	config->join_token = xstrdup("abcdef.0123456789abcdef");
	config->api_server_endpoint = xstrdup("kube-apiserver:6443");
	config->unsafe_skip_ca_verification = true;
	config->node_name = xstrdup("node");
	config->cri_socket = xstrdup("unix:///run/containerd/containerd.sock");
	config_print_document(document_join(config, call->api));
}

int config_print(const void *config_call, const json_t *args, struct err *err)
{
	const struct config_call *call = config_call;
	static const char *const names[] = { "init-defaults", "join-defaults", "reset-defaults",
					     "upgrade-defaults", NULL };
	AUTO(config) struct config *config = config_new(CONFIG_OTHER);
	const char *what = json_text(args, 1), *near = what ? str_nearest(what, names) : NULL;
	bool later = str_eq(what, names[2]) || str_eq(what, names[3]);

	if (later && !str_eq(call->api, "v1beta4"))
		return err_set(err, ERR_USAGE,
			       "%s: its kind came with v1beta4, and %s is asked for", what,
			       call->api);
	if (str_eq(what, names[0]))
		print_init(call);
	else if (str_eq(what, names[1]))
		print_join(call);
	else if (str_eq(what, names[2]))
		config_print_document(document_reset(config));
	else if (str_eq(what, names[3]))
		config_print_document(document_upgrade(config));
	else if (near)
		return err_set(err, ERR_USAGE, "config print: unknown \"%s\": did you mean %s?",
			       what, near);
	else
		return err_set(err, ERR_USAGE,
			       "config print: which of init-defaults, join-defaults, "
			       "reset-defaults, upgrade-defaults?");
	return config_components_print(call, err);
}

/* So that every fault is a line of its own that begins with the file's name, as editors read it. */
static int head_line(const char *path, struct err *err)
{
	AUTO(free) char *faults = xstrdup(err->msg);

	return err_set(err, ERR_CONFIG, "%s is not valid:\n%s", path, faults);
}

int config_validate(const void *config_call, const json_t *args, struct err *err)
{
	const struct config_call *call = config_call;
	const char *path = flags_text(&call->read, "config");
	struct config_file file = { 0 };
	int failed;

	(void)args;
	if (!path)
		return err_set(err, ERR_USAGE, "config validate needs --config=FILE");
	failed = config_file_read(path, &file, err);
	config_file_clear(&file);
	if (failed < 0)
		return err->code == ERR_CONFIG ? head_line(path, err) : -1;
	puts("ok");
	return 0;
}

static bool has(const struct config_file *file, const char *kind)
{
	return json_object_get(file->kinds, kind) != NULL;
}

/* A document behind those that are in the text; 1, with an error, when it has no room. */
static int add_document(struct buf *text, json_t *take, struct err *err)
{
	AUTO(json) json_t *doc = take;
	AUTO(secret) char *one = yaml_dump(doc, 1);

	if (buf_addf(text, "%s%s", text->len ? "---\n" : "", one) == 0)
		return 0;
	err_set(err, ERR_CONFIG, "the file would be larger than %d KiB in its new form",
		MIGRATED_MAX / 1024);
	return 1;
}

static int migrate_later(const struct config_file *file, const char *api, struct buf *text,
			 struct err *err)
{
	bool reset = has(file, "ResetConfiguration"), upgrade = has(file, "UpgradeConfiguration");

	if ((reset || upgrade) && !str_eq(api, "v1beta4"))
		return err_set(err, ERR_CONFIG, "%s came with v1beta4: there is none in %s",
			       reset ? "ResetConfiguration" : "UpgradeConfiguration", api);
	return -((reset && add_document(text, document_reset(file->init), err)) ||
		 (upgrade && add_document(text, document_upgrade(file->init), err)));
}

static int migrate(const struct config_call *call, const struct config_file *file, struct buf *text,
		   struct err *err)
{
	bool first = has(file, "InitConfiguration") || has(file, "ClusterConfiguration");
	const struct config *init = file->init;

	if (migrate_later(file, call->api, text, err) < 0)
		return -1;
	print_version(file->init, call);
	return -((first && (add_document(text, document_init(init, call->api), err) ||
			    add_document(text, config_cluster_document(init, call->api), err))) ||
		 (has(file, "JoinConfiguration") &&
		  add_document(text, document_join(file->join, call->api), err)) ||
		 (has(file, "KubeletConfiguration") &&
		  add_document(text, json_incref(init->kubelet_configuration), err)) ||
		 (has(file, "KubeProxyConfiguration") &&
		  add_document(text, json_incref(init->kube_proxy_configuration), err)));
}

/* For its tokens a file's new form is the owner's alone. */
static int migrated(const struct config_call *call, const struct buf *text, struct err *err)
{
	const char *path = flags_text(&call->read, "new-config");

	if (path)
		return commit_result(path, 0600, text->data, err);
	fputs(text->data, stdout);
	return 0;
}

int config_migrate(const void *config_call, const json_t *args, struct err *err)
{
	const struct config_call *call = config_call;
	const char *path = flags_text(&call->read, "old-config");
	struct config_file file = { 0 };
	AUTO(buf) struct buf text = BUF_INIT(MIGRATED_MAX);
	int failed;

	(void)args;
	if (!path)
		return err_set(err, ERR_USAGE, "config migrate needs --old-config=FILE");
	failed = config_file_read(path, &file, err);
	if (failed == 0)
		failed = migrate(call, &file, &text, err);
	if (failed == 0)
		failed = migrated(call, &text, err);
	config_file_clear(&file);
	return failed;
}

/* --kubernetes-version and --api-version, of which the second decides what is written. */
static int read_versions(struct config_call *call, struct err *err)
{
	static const char *const known[] = { "v1beta2", "v1beta3", "v1beta4", NULL };
	const char *version = flags_text(&call->read, "kubernetes-version");
	const char *api = flags_text(&call->read, "api-version");
	struct semver semver;

	call->api = "v1beta4";
	if (version) {
		call->version = xstrdup(version);
		if (check_version(&call->version, err) < 0 ||
		    semver_parse(call->version, &semver, err) < 0) {
			err->code = ERR_USAGE;
			return err_wrap(err, "--kubernetes-version");
		}
		call->api = config_api_version(&semver);
	}
	for (size_t i = 0; api && known[i]; i++)
		if (str_eq(api, known[i])) {
			call->api = known[i];
			return 0;
		}
	return api ? err_set(err, ERR_USAGE, "--api-version: one of v1beta2, v1beta3, v1beta4") : 0;
}

/* Each takes an argument at most. */
static const struct subcommand subcommands[] = {
	{ "print", 1, config_print },     { "validate", 0, config_validate },
	{ "migrate", 0, config_migrate }, { "images", 1, config_images },
	{ "explain", 1, config_explain }, { 0 },
};

int cmd_config(int argc, char **argv, struct err *err)
{
	struct config_call call = { 0 };
	AUTO(faults) struct faults faults = FAULTS_INIT;
	int failed = 0;

	flags_read(CONFIG_FILES, argc - 1, argv + 1, &call.read, &faults);
	if (call.read.help)
		cmd_help("config", CONFIG_FILES);
	else if (faults_raise(&faults, ERR_USAGE, err) < 0 || read_versions(&call, err) < 0 ||
		 cmd_run("config", subcommands, &call, call.read.args, err) < 0)
		failed = -1;
	free(call.version);
	argv_read_clear(&call.read);
	if (failed && err->code == ERR_USAGE)
		err_next(err, "kstrap config --help");
	return failed;
}
