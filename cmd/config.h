/* What the parts of `kstrap config` share. */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "base/err.h"
#include "config/flags.h"
#include "config/read.h"

/* What its own commands are called with. */
struct config_call {
	struct argv_read read;
	const char *api; /* "v1beta4" */
	char *version;   /* of Kubernetes; NULL when not said */
};

/* A file with all that is in it. */
struct config_file {
	struct config *init, *join;
	struct origins init_origins, join_origins;
	json_t *kinds;
};

/* Reads `path`, defaults and checks it as a whole. `ret` is cleared by the caller in any case.
 * Errors: ERR_CONFIG with every fault, ERR_NOT_FOUND, ERR_HOST. */
int config_file_read(const char *path, struct config_file *ret, struct err *err);
void config_file_clear(struct config_file *file);

/* Prints a document in YAML, after the separator if one was printed before. */
void config_print_document(json_t *take);
/* Those of --component-configs; none without that flag. */
int config_components_print(const struct config_call *call, struct err *err);

int config_print(const void *config_call, const json_t *args, struct err *err);
int config_validate(const void *config_call, const json_t *args, struct err *err);
int config_migrate(const void *config_call, const json_t *args, struct err *err);
int config_images(const void *config_call, const json_t *args, struct err *err);
int config_explain(const void *config_call, const json_t *args, struct err *err);

#endif
