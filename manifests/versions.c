/* The table of what differs between Kubernetes versions, read once from versions.yaml. */
#include "manifests/manifest.h"

#include "base/str.h"
#include "base/yaml.h"

#include <stdint.h>
#include <string.h>

/* Parsed at the first question and kept: the answers are borrowed from it. */
static json_t *table;

static int load(struct err *err)
{
	const char *text = manifest_text("versions");
	AUTO(json) json_t *docs = NULL;

	if (table)
		return 0;
	if (!text)
		return err_set(err, ERR_BUG, "there is no table of versions");
	if (yaml_parse(text, strlen(text), "versions", &docs, NULL, err) < 0)
		return -1;
	table = json_incref(json_array_get(docs, 0));
	return 0;
}

int versions_supported(const struct semver *version, struct err *err)
{
	struct semver first, last;
	const char *first_text, *last_text;

	if (load(err) < 0)
		return -1;
	first_text = json_str(json_object_get(table, "supported"), "first");
	last_text = json_str(json_object_get(table, "supported"), "last");
	if (!first_text || !last_text)
		return err_set(err, ERR_BUG, "the table of versions has no range");
	if (semver_parse(first_text, &first, err) < 0 || semver_parse(last_text, &last, err) < 0)
		return -1;
	if (version->major == first.major && version->minor >= first.minor &&
	    version->minor <= last.minor)
		return 0;
	err_set(err, ERR_CONFIG, "Kubernetes %d.%d is not supported: only %s to %s are",
		version->major, version->minor, first_text, last_text);
	return err_next(err, "choose one with --kubernetes-version, or install a kubelet of one");
}

/* Rows of a key say since when: the last one that is not after `version` holds. */
int versions_value(const struct semver *version, const char *key, const char **ret, struct err *err)
{
	const json_t *rows;
	const char *since, *found = NULL;
	struct semver bound, best = { 0, 0, 0 };
	json_t *value;

	if (versions_supported(version, err) < 0)
		return -1;
	rows = json_object_get(table, key);
	json_object_foreach ((json_t *)(uintptr_t)rows, since, value) {
		if (semver_parse(since, &bound, err) < 0)
			return err_wrap(err, "table of versions: %s", key);
		if (semver_cmp(&bound, version) > 0 || semver_cmp(&bound, &best) < 0)
			continue;
		best = bound;
		found = json_string_value(value);
	}
	if (!found)
		return err_set(err, ERR_BUG, "the table of versions says nothing of %s for %d.%d",
			       key, version->major, version->minor);
	*ret = found;
	return 0;
}
