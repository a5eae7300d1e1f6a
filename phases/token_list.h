/* Bootstrap tokens as they are shown: kubeadm's columns and its kind BootstrapToken. */
#ifndef PHASES_TOKEN_LIST_H
#define PHASES_TOKEN_LIST_H

#include "base/auto.h"

#include <time.h>

/* Appends what a Secret says: {token, description?, expires?, usages?, groups?}, as kubeadm reads
 * it. NULL, or why it is no token (static text, without anything of the Secret). */
const char *token_list_add(json_t *list, const json_t *secret);

/* As "text", "json" or "yaml"; the caller frees with secret_free. */
char *token_list_format(const json_t *list, const char *format, time_t now);

#endif
