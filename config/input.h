/* Files that the user names on the command line: relative to the working directory, of this host
 * whatever --root says, and possibly a pipe. */
#ifndef CONFIG_INPUT_H
#define CONFIG_INPUT_H

#include "base/err.h"

#include <stddef.h>

/* Reads `path` ("-": the standard input) up to its end. *ret is NUL-terminated and freed with
 * secret_free; ret_len may be NULL. Errors: ERR_NOT_FOUND, ERR_HOST, ERR_CONFIG (longer than max).
 */
int input_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *err);

/* A secret: the first line of `path` ("-": the standard input), or of the open descriptor `fd` with
 * `path` NULL, which is closed then. At most 4095 bytes, waited for a minute. A file that others
 * than its owner may read is warned about. *ret is freed with secret_free. Errors: ERR_NOT_FOUND,
 * ERR_HOST, ERR_CONFIG (longer), ERR_TIMEOUT. */
int input_secret(const char *path, int fd, char **ret, struct err *err);

#endif
