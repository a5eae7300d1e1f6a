/* judge ROOT REFERENCE PART...: what a run of init has left below ROOT. By OpenSSL itself, so that
 * our own code is not its own judge. Says the first fault and exits with 1. PARTs:
 *   whole     each file of REFERENCE that is there is whole and has its mode; besides them there is
 *             only what is staged (.kstrap-*) and the state directory
 *   complete  all of them are there, nothing is staged or pending, and certificates, keys and
 *             kubeconfigs belong together
 *   kept      files are those of REFERENCE byte for byte, but for apiserver.crt and apiserver.key;
 *             otherwise what is new in each run (keys, certificates, kubeconfigs) differs
 *   name=X    the API server's certificate is for X */
#include <dirent.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE "/var/lib/kstrap"
#define PKI   "/etc/kubernetes/pki"

static const char *root, *reference;
static bool complete, kept;

__attribute__((noreturn)) static void fault(const char *path, const char *what)
{
	printf("%s: %s\n", path, what);
	exit(1);
}

static bool ends(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

static void full(char out[static 4096], const char *top, const char *path)
{
	(void)snprintf(out, 4096, "%s%s", top, path);
}

/* A whole file, NUL-terminated; NULL when there is none. Nothing here is freed: it ends at once. */
static char *slurp(const char *top, const char *path, size_t *ret_len)
{
	const size_t room = 1 << 17;
	char name[4096], *text = malloc(room);
	FILE *file;

	full(name, top, path);
	file = fopen(name, "re");
	if (!file || !text)
		return NULL;
	*ret_len = fread(text, 1, room - 1, file);
	text[*ret_len] = '\0';
	(void)fclose(file);
	return text;
}

static X509 *cert_of(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *key_of(const char *pem, size_t len, bool public)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = public ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL)
			       : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

/* A base64 member of a kubeconfig, decoded in place; NULL when it is not there or cut off. */
static char *member(char *conf, const char *name, size_t *ret_len)
{
	char *at = strstr(conf, name), *end;
	unsigned char *out;
	int n;

	if (!at)
		return NULL;
	at += strlen(name) + strspn(at + strlen(name), " ");
	end = strchr(at, '\n');
	if (!end)
		return NULL;
	out = malloc((size_t)(end - at) + 4);
	n = EVP_DecodeBlock(out, (unsigned char *)at, (int)(end - at));
	while (n > 0 && *--end == '=')
		n--;
	*ret_len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : (char *)out;
}

struct identity {
	X509 *cert;
	EVP_PKEY *key;
	char *ca;
	size_t ca_len;
};

static bool identity_of(const char *path, struct identity *ret)
{
	size_t conf_len, len = 0;
	char *conf = slurp(root, path, &conf_len), *copy, *pem;

	if (!conf)
		return false;
	copy = strdup(conf);
	pem = member(copy, "client-certificate-data:", &len);
	ret->cert = pem ? cert_of(pem, len) : NULL;
	pem = member(copy, "client-key-data:", &len);
	ret->key = pem ? key_of(pem, len, false) : NULL;
	ret->ca = member(copy, "certificate-authority-data:", &ret->ca_len);
	return ret->cert && ret->key && ret->ca;
}

static bool is_identity(const char *path)
{
	static const char *const names[] = { "admin", "super-admin", "kubelet",
					     "controller-manager", "scheduler" };
	char name[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(name, sizeof(name), "/etc/kubernetes/%s.conf", names[i]);
		if (strcmp(path, name) == 0)
			return true;
	}
	return false;
}

/* Whether the file differs from run to run. */
static bool is_new_each_time(const char *path)
{
	if (kept)
		return strcmp(path, PKI "/apiserver.crt") == 0 ||
		       strcmp(path, PKI "/apiserver.key") == 0;
	return strncmp(path, PKI "/", strlen(PKI "/")) == 0 || is_identity(path);
}

static void check_content(const char *path)
{
	struct identity identity = { 0 };
	size_t len = 0, wanted_len = 0;
	char *text = slurp(root, path, &len), *wanted = slurp(reference, path, &wanted_len);

	if (!text || !wanted)
		fault(path, "cannot be read");
	if (!is_new_each_time(path)) {
		if (len != wanted_len || memcmp(text, wanted, len) != 0)
			fault(path, "has another content");
	} else if (ends(path, ".crt")   ? !cert_of(text, len)
		   : ends(path, ".key") ? !key_of(text, len, false)
		   : ends(path, ".pub") ? !key_of(text, len, true)
					: !identity_of(path, &identity)) {
		fault(path, "is not whole");
	} else if (!len || text[len - 1] != '\n') {
		fault(path, "is cut off");
	}
}

static void check_entry(const char *path, const struct stat *wanted)
{
	char name[4096], here[4096] = "", there[4096] = "";
	struct stat st;

	full(name, root, path);
	if (lstat(name, &st) < 0) {
		if (complete)
			fault(path, "is missing");
		return;
	}
	if (st.st_mode != wanted->st_mode)
		fault(path, "has another mode");
	if (S_ISLNK(st.st_mode)) {
		if (readlink(name, here, sizeof(here) - 1) < 0)
			fault(path, "cannot be read");
		full(name, reference, path);
		if (readlink(name, there, sizeof(there) - 1) < 0 || strcmp(here, there) != 0)
			fault(path, "leads elsewhere");
	} else if (S_ISREG(st.st_mode)) {
		check_content(path);
	}
}

/* Calls check_entry for all below REFERENCE, or (extra) refuses what only ROOT has. */
static void walk(const char *top, const char *path, bool extra)
{
	char name[4096], other[4096];
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	full(name, top, path);
	dir = opendir(name);
	while (dir && (entry = readdir(dir))) {
		char below[2048];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (strcmp(below, STATE) == 0)
			continue;
		if (strncmp(entry->d_name, ".kstrap-", 8) == 0) {
			if (complete)
				fault(below, "is left behind");
			continue;
		}
		full(name, top, below);
		full(other, reference, below);
		if (extra && access(other, F_OK) < 0 && lstat(other, &st) < 0)
			fault(below, "has nothing to do here");
		if (lstat(name, &st) < 0)
			fault(below, "cannot be read");
		if (!extra)
			check_entry(below, &st);
		if (S_ISDIR(st.st_mode))
			walk(top, below, extra);
	}
	if (dir)
		(void)closedir(dir);
}

static X509 *cert_at(const char *path)
{
	size_t len = 0;
	char *text = slurp(root, path, &len);
	X509 *cert = text ? cert_of(text, len) : NULL;

	if (!cert)
		fault(path, "is no certificate");
	return cert;
}

static void check_pair(const char *base, const char *ca)
{
	char path[512];
	size_t len = 0;
	X509 *cert;
	char *text;

	(void)snprintf(path, sizeof(path), PKI "/%s.key", base);
	text = slurp(root, path, &len);
	(void)snprintf(path, sizeof(path), PKI "/%s.crt", base);
	cert = cert_at(path);
	if (!text || X509_check_private_key(cert, key_of(text, len, false)) != 1)
		fault(path, "belongs to another key");
	(void)snprintf(path, sizeof(path), PKI "/%s.crt", ca);
	if (X509_verify(cert, X509_get0_pubkey(cert_at(path))) != 1)
		fault(base, "is signed by another CA");
}

static void check_identity(const char *name)
{
	struct identity identity = { 0 };
	size_t len = 0;
	char *ca = slurp(root, PKI "/ca.crt", &len);

	if (!identity_of(name, &identity) ||
	    X509_check_private_key(identity.cert, identity.key) != 1)
		fault(name, "has another key's certificate");
	if (X509_verify(identity.cert, X509_get0_pubkey(cert_at(PKI "/ca.crt"))) != 1)
		fault(name, "is signed by another CA");
	if (identity.ca_len != len || memcmp(identity.ca, ca, len) != 0)
		fault(name, "trusts another CA");
}

static void check_together(void)
{
	static const char *const pairs[][2] = {
		{ "ca", "ca" },
		{ "apiserver", "ca" },
		{ "apiserver-kubelet-client", "ca" },
		{ "front-proxy-ca", "front-proxy-ca" },
		{ "front-proxy-client", "front-proxy-ca" },
		{ "etcd/ca", "etcd/ca" },
		{ "etcd/server", "etcd/ca" },
		{ "etcd/peer", "etcd/ca" },
		{ "etcd/healthcheck-client", "etcd/ca" },
		{ "apiserver-etcd-client", "etcd/ca" },
	};
	size_t len = 0, pub_len = 0;
	char *key = slurp(root, PKI "/sa.key", &len), *pub = slurp(root, PKI "/sa.pub", &pub_len);
	char name[4096];
	json_t *journal;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_pair(pairs[i][0], pairs[i][1]);
	check_identity("/etc/kubernetes/admin.conf");
	check_identity("/etc/kubernetes/kubelet.conf");
	check_identity("/etc/kubernetes/controller-manager.conf");
	check_identity("/etc/kubernetes/scheduler.conf");
	if (!key || !pub || EVP_PKEY_eq(key_of(key, len, false), key_of(pub, pub_len, true)) != 1)
		fault(PKI "/sa.pub", "belongs to another key");
	full(name, root, STATE "/pending");
	if (access(name, F_OK) == 0)
		fault(STATE "/pending", "is left behind");
	full(name, root, STATE "/journal.json");
	journal = json_load_file(name, 0, NULL);
	if (!json_is_object(journal))
		fault(STATE "/journal.json", "is not whole");
	json_decref(journal);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	root = argv[1];
	reference = argv[2];
	for (int i = 3; i < argc; i++) {
		complete |= strcmp(argv[i], "complete") == 0;
		kept |= strcmp(argv[i], "kept") == 0;
	}
	walk(reference, "", false);
	walk(root, "", true);
	if (complete)
		check_together();
	for (int i = 3; i < argc; i++)
		if (strncmp(argv[i], "name=", 5) == 0 &&
		    X509_check_host(cert_at(PKI "/apiserver.crt"), argv[i] + 5, 0, 0, NULL) != 1)
			fault(PKI "/apiserver.crt", "is not for the name that was asked for");
	return 0;
}
