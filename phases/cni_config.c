#include "phases/cni_config.h"

#include <string.h>

#include "base/semver.h"
#include "base/str.h"
#include "phases/runtime.h"
#include "phases/toml.h"

/* Where containerd's CRI plugin has its CNI settings, by the version that the file says of itself
 * (containerd's docs/cri/config.md; 1 is the layout of files without a version). */
static const struct layout {
	int since;
	const char *table[4];
} layouts[] = {
	{ 3, { "plugins", "io.containerd.cri.v1.runtime", "cni", NULL } },
	{ 2, { "plugins", "io.containerd.grpc.v1.cri", "cni", NULL } },
	{ 1, { "plugins", "cri", "cni", NULL } },
};

static bool atleast(const char *version, int major, int minor)
{
	struct err ignored = ERR_INIT;
	struct semver v;

	return version && semver_parse(version, &v, &ignored) == 0 &&
	       semver_atleast(&v, major, minor);
}

static int file_version(const char *text, int *ret, struct err *err)
{
	static const char *const top[] = { NULL };
	AUTO(free) char *raw = NULL;

	*ret = 1;
	if (toml_get(text, CONTAINERD_CONFIG, top, "version", &raw, err) < 0)
		return -1;
	if (raw)
		*ret = atoi(raw);
	return 0;
}

/* Ours in front of the list that is there, else of containerd's default. */
static char *with_ours(const char *raw, const char *bin_dir)
{
	AUTO(free) char *ours = toml_quote(bin_dir);
	const char *rest = raw ? raw + strspn(raw, "[ \t\r\n") : "\"/opt/cni/bin\"]";

	if (raw && (raw[0] != '[' || *rest == ']'))
		return xasprintf("[%s]", ours);
	return xasprintf("[%s, %s", ours, rest);
}

int cni_containerd_config(const char *text, const char *version, const char *bin_dir, char **ret,
			  struct err *err)
{
	AUTO(free) char *fresh = NULL;
	AUTO(free) char *one = NULL;
	AUTO(free) char *many = NULL;
	AUTO(free) char *wanted = NULL;
	const struct layout *layout = layouts;
	int has;

	if (!text)
		text = fresh = xasprintf("version = %d\n", atleast(version, 2, 0) ? 3 : 2);
	if (file_version(text, &has, err) < 0)
		return -1;
	while (layout->since > 1 && layout->since > has)
		layout++;
	if (toml_get(text, CONTAINERD_CONFIG, layout->table, "bin_dir", &one, err) < 0 ||
	    toml_get(text, CONTAINERD_CONFIG, layout->table, "bin_dirs", &many, err) < 0)
		return -1;

	/* 2.1 deprecates bin_dir and refuses a file that has both; 2.4 takes it away. */
	if (many || (atleast(version, 2, 1) && (!one || atleast(version, 2, 4)))) {
		AUTO(free) char *ours = toml_quote(bin_dir);

		wanted = many && strstr(many, ours) ? xstrdup(many) : with_ours(many, bin_dir);
		return toml_set(text, CONTAINERD_CONFIG, layout->table, "bin_dirs", wanted, ret,
				err);
	}
	wanted = toml_quote(bin_dir);
	return toml_set(text, CONTAINERD_CONFIG, layout->table, "bin_dir", wanted, ret, err);
}

char *cni_crio_dropin(const char *bin_dir, const json_t *further)
{
	AUTO(free) char *ours = toml_quote(bin_dir);
	AUTO(free) char *list = xstrdup(ours);
	const json_t *dir;
	size_t i;

	json_array_foreach (further, i, dir) {
		AUTO(free) char *before = list;
		AUTO(free) char *one = toml_quote(json_string_value(dir));

		list = xasprintf("%s, %s", before, one);
	}
	return xasprintf("[crio.network]\nplugin_dirs = [%s]\n", list);
}

/* CNI specification 0.3.1; the fields are those of the plugins' documentation (cni.dev/plugins).
 * Masquerading is the network daemon's: the plugin would also rewrite what goes to other nodes'
 * pods. forceAddress: a node that registers anew may get another pod CIDR. */
char *cni_conflist(const json_t *pod_cidrs, int mtu)
{
	AUTO(json) json_t *ranges = json_array();
	AUTO(json) json_t *list = NULL;
	AUTO(free) char *text = NULL;
	const json_t *cidr;
	size_t i;

	json_array_foreach (pod_cidrs, i, cidr)
		json_array_append_new(ranges,
				      xjson_pack("[{s:s}]", "subnet", json_string_value(cidr)));
	list = xjson_pack("{s:s, s:s, s:[{s:s, s:s, s:b, s:b, s:b, s:{s:s, s:O}}, "
			  "{s:s, s:{s:b}}]}",
			  "cniVersion", "0.3.1", "name", "kstrap", "plugins", "type", "bridge",
			  "bridge", CNI_BRIDGE, "isDefaultGateway", 1, "forceAddress", 1,
			  "hairpinMode", 1, "ipam", "type", "host-local", "ranges", ranges, "type",
			  "portmap", "capabilities", "portMappings", 1);
	if (mtu > 0)
		json_object_set_new(json_array_get(json_object_get(list, "plugins"), 0), "mtu",
				    json_integer(mtu));
	text = json_dumps(list, JSON_INDENT(2));
	return xasprintf("%s\n", text);
}
