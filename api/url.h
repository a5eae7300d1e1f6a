/* Whom a URL names. */
#ifndef API_URL_H
#define API_URL_H

#include "base/err.h"

/* "host:port" (brackets around an IPv6 address, port 443 when there is none) of "https://host[:port]"
 * and nothing else: no user, no path, no other scheme. The caller frees. Errors: ERR_CONFIG. */
int url_authority(const char *url, char **ret, struct err *err);
/* The same of a URL that may have a path and a query, and those: "/" at least. The caller frees
 * both. Errors: ERR_CONFIG. */
int url_split(const char *url, char **ret_authority, char **ret_path, struct err *err);

#endif
