#include "phases/credentials.h"

#include <openssl/x509.h>
#include <string.h>

#include "base/str.h"
#include "pki/cert.h"
#include "pki/kubeconfig.h"

#define FILE_MAX (1024 * 1024)
#define NODE	 "system:node:"

void credentials_clear(struct credentials *credentials)
{
	free(credentials->server);
	free(credentials->ca);
	free(credentials->cert);
	secret_free(credentials->key);
	free(credentials->node);
	*credentials = (struct credentials){ .server = NULL };
}

/* What is embedded, else the file that is named instead. */
static int pem(const struct fs *fs, char **embedded, const char *file, const char *path,
	       const char *what, char **ret, struct err *err)
{
	if (*embedded) {
		*ret = TAKE(*embedded);
		return 0;
	}
	if (!file)
		return err_set(err, ERR_NOT_FOUND, "%s has no %s", path, what);
	return fs_read(fs, file, FILE_MAX, ret, NULL, err);
}

static int read_identity(struct credentials *credentials, const char *path, struct err *err)
{
	AUTO(x509) X509 *cert = NULL;
	char cn[256] = "";

	if (cert_from_pem(credentials->cert, strlen(credentials->cert), path, &cert, err) < 0)
		return -1;
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof(cn));
	if (str_starts(cn, NODE))
		credentials->node = xstrdup(cn + strlen(NODE));
	credentials->not_after = cert_not_after(cert);
	return 0;
}

int credentials_read(const struct fs *fs, const char *path, struct credentials *ret,
		     struct err *err)
{
	AUTO(kubeconfig) struct kubeconfig file = { .server = NULL };
	AUTO(credentials) struct credentials found = { .server = NULL };
	AUTO(secret) char *text = NULL;
	size_t len;

	if (fs_read(fs, path, FILE_MAX, &text, &len, err) < 0 ||
	    kubeconfig_read(text, len, path, &file, err) < 0)
		return -1;
	if (!file.server)
		return err_set(err, ERR_CONFIG, "%s names no server", path);
	found.server = TAKE(file.server);
	if (pem(fs, &file.ca_pem, file.ca_file, path, "CA", &found.ca, err) < 0 ||
	    pem(fs, &file.cert_pem, file.cert_file, path, "client certificate", &found.cert, err) <
		    0 ||
	    pem(fs, &file.key_pem, file.key_file, path, "client key", &found.key, err) < 0 ||
	    read_identity(&found, path, err) < 0)
		return -1;
	*ret = found;
	found = (struct credentials){ .server = NULL };
	return 0;
}

int credentials_open(const struct credentials *credentials, long timeout_s, struct kube **ret,
		     struct err *err)
{
	const struct http_peer peer = { .url = credentials->server,
					.ca = credentials->ca,
					.cert = credentials->cert,
					.key = credentials->key,
					.timeout_s = timeout_s };

	return kube_open(&peer, ret, err);
}
