#include "api/url.h"

#include "base/str.h"

#include <curl/curl.h>
#include <string.h>

#define MAX_HOST 253 /* RFC 1035 2.3.4; libcurl never connects to a longer one */

/* libcurl's words for the parts, NULL where there is none. */
struct parts {
	char *scheme, *user, *host, *port, *path, *query;
};

static void auto_parts_(struct parts *parts)
{
	curl_free(parts->scheme);
	curl_free(parts->user);
	curl_free(parts->host);
	curl_free(parts->port);
	curl_free(parts->path);
	curl_free(parts->query);
}

static bool parse(const char *text, struct parts *ret)
{
	CURLU *url = curl_url();
	bool parsed =
		url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_SCHEME, &ret->scheme, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_HOST, &ret->host, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_PORT, &ret->port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_PATH, &ret->path, 0) == CURLUE_OK;

	if (parsed) { /* which there need not be */
		(void)curl_url_get(url, CURLUPART_USER, &ret->user, 0);
		(void)curl_url_get(url, CURLUPART_QUERY, &ret->query, 0);
	}
	curl_url_cleanup(url);
	return parsed;
}

int url_split(const char *text, char **ret_authority, char **ret_path, struct err *err)
{
	AUTO(parts) struct parts parts = { NULL };

	if (!parse(text, &parts))
		return err_set(err, ERR_CONFIG, "'%.300s' is not a URL", text);
	if (!str_eq(parts.scheme, "https"))
		return err_set(err, ERR_CONFIG, "%s://%s: only https:// is spoken", parts.scheme,
			       parts.host);
	if (strlen(parts.host) > MAX_HOST)
		return err_set(err, ERR_CONFIG,
			       "%.80s...: the host name is longer than 253 characters", text);
	if (parts.user)
		return err_set(err, ERR_CONFIG,
			       "https://%s:%s: expected a host and a port only, "
			       "no user",
			       parts.host, parts.port);
	*ret_authority = xasprintf("%s:%s", parts.host, parts.port);
	*ret_path = xasprintf("%s%s%s", parts.path, parts.query ? "?" : "",
			      parts.query ? parts.query : "");
	return 0;
}

int url_authority(const char *text, char **ret, struct err *err)
{
	AUTO(free) char *authority = NULL;
	AUTO(free) char *path = NULL;

	if (url_split(text, &authority, &path, err) < 0)
		return -1;
	if (!str_eq(path, "/"))
		return err_set(err, ERR_CONFIG, "https://%s: expected a host and a port only",
			       authority);
	*ret = TAKE(authority);
	return 0;
}
