/* CNI plugins: where they come from, and whether they run. They are copies in a tree, DIR/NAME each,
 * whose sources are open from when they are looked at until they are written: what was proven is what
 * is installed. */
#ifndef PHASES_CNI_PLUGINS_H
#define PHASES_CNI_PLUGINS_H

#include "base/fs.h"
#include "base/tree.h"

/* Into `ret`: the programs called `names` (NULL at the end) of directory `from` below `fs`, or, where
 * `names` is NULL, every executable file there with a plugin's name.
 * Errors: ERR_NOT_FOUND, ERR_HOST. */
int plugins_list(const struct fs *fs, const char *from, const char *const *names, const char *dir,
		 struct tree *ret, struct err *err);

/* The same of what the user named: a directory or an archive below `fs`, or an https URL of an
 * archive. `sha256` is the archive's, 64 lower-case hex digits; NULL: any, but for a URL it must be
 * given. It is compared before anything is unpacked. base/archive.h says what an archive may hold.
 * Errors: ERR_USAGE, ERR_CONFIG (refused), ERR_NOT_FOUND, ERR_HOST, ERR_NET, ERR_TIMEOUT, ERR_API. */
int plugins_load(const struct fs *fs, const char *from, const char *sha256, const char *dir,
		 struct tree *ret, struct err *err);

/* What a plugin answers to CNI_COMMAND=VERSION (CNI specification): an object with a list
 * supportedVersions. One that cannot be run or answers something else is an error, with its name and
 * the reason. The caller frees. Errors: ERR_HOST, ERR_TIMEOUT. */
int plugin_ask(const struct entry *plugin, json_t **ret, struct err *err);
/* The release that it says it is from ("v1.4.0"), NULL when it does not tell. The caller frees. */
char *plugin_release(const struct entry *plugin);

/* Asks all of them, which are to be installed: 64 MiB each at most. Errors: as plugin_ask. */
int plugins_prove(const struct tree *plugins, struct err *err);

#endif
