/* kstrap cni rewrite: a manifest from a file or a pipe, and what was moved in it to stdout. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/str.h"
#include "config/input.h"
#include "phases/cni/rewrite.h"

enum { MANIFEST_MAX = 8 << 20 };

int cmd_cni_rewrite(const struct config *config, const json_t *args, struct err *err)
{
	const char *file = json_string_value(json_array_get(args, 1));
	AUTO(free) char *ours = xasprintf("%s" VOLUME_PLUGINS, config->kubelet_dir);
	const char *given = config->volume_plugin_dir;
	const struct cni_dirs dirs = { config->cni_bin_dir, given ? given : ours };
	AUTO(buf) struct buf moved = BUF_INIT(CNI_REWRITE_MAX);
	AUTO(buf) struct buf changes = BUF_INIT(CNI_REWRITE_MAX);
	const struct buf *out = config->check ? &changes : &moved;
	AUTO(secret) char *text = NULL; /* a manifest may have a Secret in it */
	size_t len;

	if (!file)
		return err_set(err, ERR_USAGE, "cni rewrite: which file? - is the standard input");
	if (input_read(file, MANIFEST_MAX, &text, &len, err) < 0 ||
	    cni_rewrite(text, len, str_eq(file, "-") ? "standard input" : file, &dirs, &moved,
			&changes, err) < 0)
		return -1;
	if (out->len)
		(void)fwrite(out->data, 1, out->len, stdout);
	return config->check && out->len ? err_set(err, ERR_DIFFERS, "%s", "") : 0;
}
