#include "api/url.h"

#include "base/str.h"

#include <curl/curl.h>
#include <string.h>

#define MAX_HOST 253 /* RFC 1035 2.3.4; libcurl never connects to a longer one */

int url_authority(const char *text, char **ret, struct err *err)
{
	CURLU *url = curl_url();
	char *host = NULL, *port = NULL, *scheme = NULL, *path = NULL, *user = NULL, *query = NULL;
	int rc = -1;

	if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK) {
		err_set(err, ERR_CONFIG, "'%.300s' is not a URL", text);
	} else if (!str_eq(scheme, "https")) {
		err_set(err, ERR_CONFIG, "%s://%s: only https:// is spoken", scheme, host);
	} else if (strlen(host) > MAX_HOST) {
		err_set(err, ERR_CONFIG, "%.80s...: the host name is longer than 253 characters",
			text);
	} else if (!str_eq(path, "/") ||
		   curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK ||
		   curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
		err_set(err, ERR_CONFIG, "https://%s:%s: expected a host and a port only", host,
			port);
	} else {
		*ret = xasprintf("%s:%s", host, port);
		rc = 0;
	}
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_free(path);
	curl_free(user);
	curl_free(query);
	curl_url_cleanup(url);
	return rc;
}
