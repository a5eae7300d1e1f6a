#include "phases/cni/config.h"

#include "base/str.h"
#include "phases/runtime/toml.h"

char *cni_dirs(const json_t *dirs, const json_t *theirs)
{
	AUTO(json) json_t *list = json_array();
	const json_t *dir;
	size_t i;

	json_array_foreach (dirs, i, dir)
		json_add_once(list, json_string_value(dir));
	json_array_foreach (theirs, i, dir) {
		const char *path = json_string_value(dir);

		if (*path && !str_eq(path, "/opt/cni/bin") && !str_eq(path, "/opt/cni/bin/"))
			json_add_once(list, path);
	}
	return toml_list(list);
}

int cni_overruled(const char *by, const char *path, const char *bin_dir, struct err *err)
{
	err_set(err, ERR_CONFIG, "%s sets the directories of CNI plugins and is read after %s", by, path);
	return err_next(err, "put \"%s\" first in it there, or take the setting out", bin_dir);
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
