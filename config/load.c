#include "config/config.h"
#include "config/flags.h"
#include "config/input.h"
#include "config/member.h"
#include "config/paths.h"
#include "config/read.h"
#include "config/rules.h"
#include "config/unused.h"

#include "base/str.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define AT(name) offsetof(struct config, name)
#define JOINS	 (CONFIG_JOIN | CONFIG_WAIT)

/* What config_load works with; everything is released with it. */
struct load {
	struct config *config;
	struct argv_read read;
	struct origins origins;
	struct faults faults;
};

static void load_clear(struct load *load)
{
	config_free(load->config);
	argv_read_clear(&load->read);
	origins_clear(&load->origins);
	buf_clear(&load->faults.text);
}

static inline void auto_load_(struct load *load)
{
	load_clear(load);
}

static void set_secret(struct load *load, size_t at, const char *text, const char *from)
{
	struct err err = ERR_INIT;
	AUTO(secret) char *copy = xstrdup(text);

	/* The check first: member_set_text takes an empty text for an unset one. */
	if (member_at(at)->check(&copy, &err) < 0 ||
	    member_set_text(load->config, member_at(at), copy, false, &err) < 0)
		faults_add(&load->faults, "%s: %s", from, err.msg);
	else
		origins_set(&load->origins, at, xstrdup(from));
}

/* join's --token speaks for the cluster to the node and for the node to the cluster, wherever no
 * flag of its own does; only the first of the two can use the pin. */
static void set_join_token(struct load *load, const char *text, const char *from)
{
	AUTO(secret) char *plain = xstrdup(text);

	if (!load->config->join_token)
		set_secret(load, AT(join_token), text, from);
	else if (!load->config->tls_bootstrap_token) {
		if (check_is_token(text, true))
			plain[6 + 1 + 16] = '\0';
		set_secret(load, AT(tls_bootstrap_token), plain, from);
	}
}

static int descriptor(const char *text, struct err *err)
{
	size_t len = strspn(text, "0123456789");

	if (text[len] || len < 1 || len > 4 || fcntl(atoi(text), F_GETFD) < 0)
		return err_set(err, ERR_USAGE, "--token-fd: there is no open descriptor of that number");
	return atoi(text);
}

/* Where systemd puts what LoadCredential= and SetCredential= name (systemd.exec(5)). NULL when there
 * is none; the caller frees. */
static char *credential(void)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	AUTO(free) char *path = NULL;

	if (!dir || *dir != '/')
		return NULL;
	path = xasprintf("%s/kstrap.token", dir);
	return access(path, F_OK) == 0 ? TAKE(path) : NULL;
}

/* The token of `kind` from wherever it was not typed. */
static void set_read_token(struct load *load, enum config_for kind, char *text, const char *from)
{
	if (kind & JOINS) {
		set_join_token(load, text, from);
		return;
	}
	/* Among a running cluster's tokens the pin says nothing. */
	if (kind == CONFIG_TOKEN && check_is_token(text, true))
		text[6 + 1 + 16] = '\0';
	set_secret(load, AT(token), text, from);
}

/* Whether the run needs a token that nobody has typed or put into the file of --config. */
static bool lacks_token(const struct load *load, enum config_for kind)
{
	const char *command = json_text(load->read.args, 0);

	if (kind == CONFIG_JOIN)
		return !load->config->join_token;
	if (load->config->token || kind == CONFIG_WAIT) /* which can do without */
		return false;
	return kind == CONFIG_INIT || (json_array_size(load->read.args) == 1 &&
				       (str_eq(command, "create") || str_eq(command, "delete")));
}

static int load_token(struct load *load, enum config_for kind, struct err *err)
{
	const char *given = flags_text(&load->read, "token");
	const char *file = flags_text(&load->read, "token-file");
	const char *number = flags_text(&load->read, "token-fd");
	const char *from = file ? "--token-file" : number ? "--token-fd" : "credential kstrap.token";
	AUTO(free) char *path = NULL;
	AUTO(secret) char *text = NULL;
	int fd = -1;

	if (!!given + !!file + !!number > 1) {
		faults_add(&load->faults, "%s: %s is there as well", from,
			   given ? "--token" : "--token-fd");
		return 0;
	}
	if ((kind & JOINS) && given)
		set_join_token(load, given, "--token");
	if (given || !(kind & (CONFIG_INIT | JOINS | CONFIG_TOKEN)))
		return 0;
	if (number && (fd = descriptor(number, err)) < 0)
		return -1;
	if (!number)
		path = file ? xstrdup(file) : lacks_token(load, kind) ? credential() : NULL;
	if (!path && fd < 0)
		return 0;
	if (input_secret(path, fd, &text, err) < 0)
		return err_wrap(err, "%s", from);
	set_read_token(load, kind, text, from);
	return 0;
}

static int load_certificate_key(struct load *load, struct err *err)
{
	const char *file = flags_text(&load->read, "certificate-key-file");
	AUTO(secret) char *text = NULL;

	if (!file)
		return 0;
	if (load->config->certificate_key) {
		faults_add(&load->faults, "--certificate-key-file: the key is given as well");
		return 0;
	}
	if (input_secret(file, -1, &text, err) < 0)
		return err_wrap(err, "--certificate-key-file");
	set_secret(load, AT(certificate_key), text, "--certificate-key-file");
	return 0;
}

static void load_server(struct load *load, bool with_file, const char *text)
{
	bool first = !load->config->api_server_endpoint;
	struct err err = ERR_INIT;

	if (with_file)
		faults_add(&load->faults,
			   "the address %s cannot stand beside --config: put it into "
			   "the file",
			   text);
	else if (member_set_text(load->config,
				 member_at(first ? AT(api_server_endpoint) : AT(further_endpoints)),
				 text, true, &err) < 0)
		faults_add(&load->faults, "%s", err.msg);
}

/* join's arguments are servers; of a single phase's arguments those that no phase's name can be
 * mistaken for. */
static void load_servers(struct load *load, bool with_file)
{
	json_t *args = load->read.args;
	bool phase = str_eq(json_text(args, 0), "phase");
	size_t i = phase ? 1 : 0;

	while (i < json_array_size(args)) {
		const char *text = json_text(args, i);

		if (phase && !strpbrk(text, ".:")) {
			i++;
			continue;
		}
		load_server(load, with_file, text);
		json_array_remove(args, i);
	}
}

static void refuse_arguments(struct load *load)
{
	const char *first = json_text(load->read.args, 0);
	AUTO(free) char *quoted = NULL;

	if (!first || str_eq(first, "phase"))
		return;
	quoted = faults_quote(first);
	faults_add(&load->faults, "init takes no argument, and %s was given", quoted);
}

static bool has_kind(const struct reading *reading, const char *kind)
{
	return json_object_get(reading->kinds, kind) != NULL;
}

/* What of a ResetConfiguration reset obeys. */
static const struct {
	const char *path;
	size_t at;
} reset_fields[] = {
	{ "certificatesDir", AT(certificates_dir) },
	{ "cleanupTmpDir", AT(cleanup_tmp_dir) },
	{ "criSocket", AT(cri_socket) },
	{ "dryRun", AT(dry_run) },
	{ "force", AT(force) },
	{ "ignorePreflightErrors", AT(ignore_preflight) },
	{ "skipPhases", AT(skip_phases) },
	{ "timeouts.etcdAPICall", AT(timeout_etcd_s) },
	{ "timeouts.kubernetesAPICall", AT(timeout_api_s) },
	{ "unmountFlags", AT(unmount_flags) },
};

/* The same file may have init's kinds, whose settings are not this run's. */
static void take_reset(struct load *load, const json_t *document, const char *file)
{
	for (size_t i = 0; i < sizeof(reset_fields) / sizeof(reset_fields[0]); i++) {
		const json_t *value = json_at(document, reset_fields[i].path);
		size_t at = reset_fields[i].at;
		struct err err = ERR_INIT;

		if (!value || json_is_null(value))
			continue;
		if (member_set(load->config, member_at(at), value, false, &err) < 0)
			faults_add(&load->faults, "%s: %s: %s", file, reset_fields[i].path, err.msg);
		else
			origins_set(&load->origins, at,
				    xasprintf("%s: %s", file, reset_fields[i].path));
	}
}

/* init reads its two kinds and the components', join its one; the others' documents are judged in
 * a config that nobody sees. */
static int load_file(struct load *load, enum config_for kind, const char *file, struct err *err)
{
	bool join = kind == CONFIG_JOIN, reset = kind == CONFIG_RESET;
	AUTO(config) struct config *other =
		config_new(join || reset ? CONFIG_INIT : CONFIG_JOIN);
	AUTO(config) struct config *further = config_new(CONFIG_JOIN);
	AUTO(origins) struct origins other_origins = { { NULL } };
	AUTO(origins) struct origins further_origins = { { NULL } };
	AUTO(secret) char *text = NULL;
	struct reading reading = { join ? other : load->config, join ? load->config : other,
				   join ? &other_origins : &load->origins,
				   join ? &load->origins : &other_origins, NULL };
	const char *name = strcmp(file, "-") == 0 ? "standard input" : file;
	size_t len;

	if (reset)
		reading = (struct reading){ other, further, &other_origins, &further_origins,
					    NULL };
	if (input_read(file, READ_MAX, &text, &len, err) < 0)
		return err_wrap(err, "--config");
	read_documents(text, len, name, &reading, &load->faults);
	if (!load->faults.count && join && !has_kind(&reading, "JoinConfiguration"))
		faults_add(&load->faults, "%s: no JoinConfiguration in it, which join reads", name);
	if (!load->faults.count && kind == CONFIG_INIT &&
	    !has_kind(&reading, "InitConfiguration") && !has_kind(&reading, "ClusterConfiguration"))
		faults_add(
			&load->faults,
			"%s: neither InitConfiguration nor ClusterConfiguration in it, which init "
			"reads",
			name);
	if (!load->faults.count && reset && !has_kind(&reading, "ResetConfiguration"))
		faults_add(&load->faults, "%s: no ResetConfiguration in it, which reset reads",
			   name);
	if (!load->faults.count && reset)
		take_reset(load, other->reset_configuration, name);
	json_decref(reading.kinds);
	return 0;
}

/* The host's own paths, then the file of --config; *ret_faults is how many faults are in these. */
static int load_files(struct load *load, enum config_for kind, const char *file,
		      unsigned *ret_faults, struct err *err)
{
	const char *root = flags_text(&load->read, "root");
	const unsigned *count = &load->faults.count, typed = *count;

	if (!root)
		root = flags_text(&load->read, "rootfs");
	if (root && !*root) { /* a script's variable that is not set: never this machine */
		faults_add(&load->faults, "--root names no directory");
		return 0;
	}
	if (kind != CONFIG_FILES &&
	    paths_read(root ? root : "/", load->config, &load->origins, &load->faults, err) < 0)
		return -1;
	*ret_faults = *count - typed;
	if (!file)
		return 0;
	flags_check_mix(&load->read, &load->faults);
	if (*count > 0)
		return 0;
	if (load_file(load, kind, file, err) < 0)
		return -1;
	*ret_faults = *count;
	return 0;
}

static int load_all(struct load *load, enum config_for kind, struct err *err)
{
	const char *file = flags_text(&load->read, "config");
	bool phase = str_eq(json_text(load->read.args, 0), "phase");
	unsigned in_file = 0;

	if (load_files(load, kind, file, &in_file, err) < 0)
		return -1;
	flags_apply(&load->read, load->config, &load->origins, &load->faults);
	if (load_token(load, kind, err) < 0 || load_certificate_key(load, err) < 0)
		return -1;
	if (kind & JOINS)
		load_servers(load, file != NULL);
	else if (kind == CONFIG_INIT)
		refuse_arguments(load);
	if (load->faults.count)
		return faults_raise(&load->faults, in_file ? ERR_CONFIG : ERR_USAGE, err);
	rules_default(load->config, &load->origins);
	rules_check(load->config, &load->origins, !phase && !file, &load->faults);
	unused_check(load->config, &load->origins);
	return faults_raise(&load->faults, file ? ERR_CONFIG : ERR_USAGE, err);
}

int config_load(enum config_for kind, int argc, char **argv, struct config **ret, json_t **ret_args,
		bool *ret_help, struct err *err)
{
	AUTO(load) struct load load = { .config = config_new(kind), .faults = FAULTS_INIT };

	flags_read(kind, argc, argv, &load.read, &load.faults);
	if (!load.read.help && load_all(&load, kind, err) < 0)
		return err->code != ERR_USAGE ? -1
					      : err_next(err, "%s --help",
							 kind == CONFIG_JOIN   ? "kstrap join"
							 : kind == CONFIG_WAIT ? "kstrap wait-master"
							 : kind == CONFIG_INIT ? "kstrap init"
							 : kind == CONFIG_RESET ? "kstrap reset"
									       : "kstrap");
	*ret = load.read.help ? NULL : TAKE(load.config);
	*ret_args = TAKE(load.read.args);
	*ret_help = load.read.help;
	return 0;
}
