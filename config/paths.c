#include "config/paths.h"

#include "base/fs.h"
#include "base/str.h"
#include "base/yaml.h"
#include "config/flags.h"
#include "config/reader.h"

#include <string.h>

#define AT(name)    offsetof(struct config, name)
#define FILE_MAX    ((size_t)64 << 10)
#define BELOW_COUNT (sizeof(below) / sizeof(below[0]))

/* What lies in the directory of another, unless it is set. */
static const struct {
	size_t at, in;
	const char *name;
} below[] = {
	{ AT(certificates_dir), AT(kubernetes_dir), "/pki" },
	{ AT(kubeconfig_dir), AT(kubernetes_dir), "" },
	{ AT(ca_cert_path), AT(kubernetes_dir), "/pki/ca.crt" },
};

static char **slot(const struct config *config, size_t at)
{
	return member_slot(config, member_at(at));
}

/* NULL where there is none; the caller frees. */
static char *default_of(const struct config *config, size_t at)
{
	for (size_t i = 0; i < BELOW_COUNT; i++)
		if (below[i].at == at)
			return xasprintf("%s%s", *slot(config, below[i].in), below[i].name);
	return member_at(at)->def ? xstrdup(member_at(at)->def) : NULL;
}

void paths_default(struct config *config, const struct origins *origins)
{
	for (size_t i = 0; i < BELOW_COUNT; i++) {
		if (origins_get(origins, below[i].at))
			continue;
		free(*slot(config, below[i].at));
		*slot(config, below[i].at) = default_of(config, below[i].at);
	}
}

void paths_check(const struct config *config, struct faults *faults)
{
	const char *a = config->kubernetes_dir, *b = config->kubelet_dir;

	if (path_within(a, b) || path_within(b, a))
		faults_add(faults,
			   "%s cannot be both Kubernetes' directory and the kubelet's: one would be "
			   "taken away with the other",
			   path_within(a, b) ? a : b);
}

static const struct flag *find(const char *name)
{
	const struct flag *flag = flags;

	while (flag->name && !((flag->traits & FLAG_PATH) && str_eq(flag->name, name)))
		flag++;
	return flag->name ? flag : NULL;
}

static void take(const struct reader *r, json_t *doc)
{
	const struct place top = { NULL, NULL, 0 };
	const char *name;
	json_t *value;

	if (!json_is_object(doc)) {
		reader_fault(r, &top, "must be a mapping of flags' names to paths");
		return;
	}
	json_object_foreach (doc, name, value) {
		const struct place at = { &top, name, 0 };
		const struct flag *flag = find(name);
		AUTO(free) char *quoted = faults_quote(name);
		struct err err = ERR_INIT;

		if (!flag) {
			reader_fault(r, &at, "%s is no flag that names a path of this host", quoted);
			continue;
		}
		if (member_set(r->config, member_at(flag->at), value, false, &err) < 0)
			reader_fault(r, &at, "%s: %s", name, err.msg);
		else
			origins_set(r->origins, flag->at, xasprintf("%s: %s", r->name, name));
	}
}

int paths_read(const char *root, struct config *config, struct origins *origins,
	       struct faults *faults, struct err *err)
{
	AUTO(fs) struct fs *fs = NULL;
	AUTO(yaml_source) struct yaml_source *marks = NULL;
	AUTO(free) char *name = NULL;
	struct reader r = { .faults = faults, .config = config, .origins = origins };
	AUTO(json) json_t *docs = NULL;
	struct err why = ERR_INIT;
	size_t len;

	/* A root that is not there is what the command itself will tell. */
	if (fs_open(root, &fs, &why) < 0)
		return 0;
	if (fs_read(fs, CONFIG_PATHS, FILE_MAX, &config->paths_text, &len, &why) < 0) {
		if (why.code == ERR_NOT_FOUND && !fs_is_named(fs, CONFIG_PATHS))
			return 0;
		*err = why;
		return -1;
	}
	r.name = name = xasprintf("%s" CONFIG_PATHS, fs_root(fs));
	if (yaml_parse(config->paths_text, len, r.name, &docs, &marks, &why) < 0) {
		faults_add(faults, "%s", why.msg);
		return 0;
	}
	r.marks = marks;
	if (json_array_size(docs) > 1)
		faults_add(faults, "%s: one document only", r.name);
	else if (json_array_size(docs) == 1)
		take(&r, json_array_get(docs, 0));
	if (json_is_object(json_array_get(docs, 0)))
		json_object_update(config->paths, json_array_get(docs, 0));
	return 0;
}

char *config_paths_text(const struct config *config)
{
	AUTO(json) json_t *paths = json_deep_copy(config->paths);
	AUTO(free) char *text = NULL;

	for (const struct flag *flag = flags; flag->name; flag++) {
		const char *now = flag->traits & FLAG_PATH ? *slot(config, flag->at) : NULL;
		const char *was = json_str(paths, flag->name);
		AUTO(free) char *def = now && !was ? default_of(config, flag->at) : NULL;

		if (now && !str_eq(now, was ? was : def))
			json_put_str(paths, flag->name, now);
	}
	if (json_equal(paths, config->paths))
		return config->paths_text ? xstrdup(config->paths_text) : NULL;
	text = yaml_dump(paths, 1);
	return xasprintf("# Where things are on this host. kstrap's commands and services read it "
			 "before --config and their flags.\n%s",
			 text);
}
