/* Bootstrap tokens as they are shown: kubeadm's columns and its kind BootstrapToken. */
#ifndef PHASES_TOKEN_LIST_H
#define PHASES_TOKEN_LIST_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <time.h>

/* Appends what a Secret says: {token, description?, expires?, usages?, groups?}, as kubeadm reads
 * it, and limits? as limits_read has them. NULL, or why it is no token (static text, without anything of the Secret). */
const char *token_list_add(json_t *list, const json_t *secret);

/* As "text", "json", "yaml" or "jsonpath=TEMPLATE" (of each token; missing_ok as jsonpath_print has
 * it); the caller frees *ret with secret_free. Errors: ERR_CONFIG (the template). */
int token_list_format(const json_t *list, const char *format, bool missing_ok, time_t now,
		      char **ret, struct err *err);

#endif
