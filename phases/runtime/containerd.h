/* Which of containerd's files says where CNI plugins are, and what it has to say: by the version of
 * containerd and of the file, and by how that version puts its files together. */
#ifndef PHASES_RUNTIME_CONTAINERD_H
#define PHASES_RUNTIME_CONTAINERD_H

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"

#define CONTAINERD_DIR	  "/etc/containerd/"
#define CONTAINERD_CONFIG CONTAINERD_DIR "config.toml"
#define CONTAINERD_DROPIN "90-kstrap.toml"

/* What is to be written so that containerd looks in dirs[0] first, and in the rest and what it had
 * before where it takes several: {path: text, or null for a drop-in of ours that has to go}. A
 * drop-in where the files that are there import its directory and merging it does no harm, else
 * the file that decides, edited: its other bytes stay. `version` is containerd's own ("1.6.20"),
 * NULL when unknown; `dirs` an array of directories. *ret is the caller's.
 * Errors: ERR_CONFIG: a file cannot be edited safely, or one that is read later sets it, too. */
int containerd_settings(const struct fs *fs, const char *version, const json_t *dirs, json_t **ret,
			struct err *err);

/* What a text of containerd's format (a file of it, or `containerd config dump`) says of it: adds
 * to `dirs`. Errors: ERR_CONFIG. */
int containerd_told(const char *text, json_t *dirs, struct err *err);

#endif
