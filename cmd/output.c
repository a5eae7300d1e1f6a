/* Results in the form that --output asks for. */
#include "cmd/cmd.h"

#include <string.h>

#include "base/jsonpath.h"
#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"

int cmd_print(const struct config *config, const json_t *value, const char *text, struct err *err)
{
	static const char jsonpath[] = "jsonpath=";
	const char *format = config->output;
	AUTO(buf) struct buf out = BUF_INIT((size_t)1 << 20);
	AUTO(free) char *whole = str_eq(format, "json") ? json_dumps(value, JSON_INDENT(4)) :
				 str_eq(format, "yaml") ? yaml_dump(value, 1) :
							  NULL;

	if (!whole && jsonpath_print(str_starts(format, jsonpath) ? format + strlen(jsonpath) : text,
				     value, config->missing_keys, &out, err) < 0)
		return -1;
	log_raw(whole ? whole : out.data ? out.data : "");
	if (str_eq(format, "json"))
		log_raw("\n");
	return 0;
}
