#include "phases/join/join.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pki/base64.h"
#include "pki/csr.h"
#include "pki/key.h"

/* .internal is nobody's in DNS, so no signer of anybody else has such a name. */
#define SIGNER       "kstrap.internal/node-name"
#define CSR_API      "/apis/certificates.k8s.io/v1/certificatesigningrequests/"
#define NAME         "kstrap-node-name"
#define HOST_NOTE    "kstrap/host"
#define ADDRESS_NOTE "kstrap/address"
#define MOST         100 /* hosts that in a day took a name and did not use it */

struct claim {
	char *host; /* of machine-id, which is not for others to know: half its SHA-256 in hex */
	const char *address;
	long fresh_s; /* for how long another's claim counts */
	long skew_s;
};

/* An image's empty or missing machine-id leaves the address alone to tell hosts apart. */
static char *read_host(const struct run *run)
{
	AUTO(free) char *id = NULL;
	struct err ignored = ERR_INIT;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	size_t len;

	if (fs_read(run->fs, "/etc/machine-id", 256, &id, &len, &ignored) < 0)
		len = 0;
	EVP_Digest(id ? id : "", len, digest, NULL, EVP_sha256(), NULL);
	return hex_encode(digest, sizeof(digest) / 2);
}

/* A request that is well-formed and asks for nothing: nobody signs for SIGNER, and its key is gone
 * when this function ends. */
static int make(const char *name, const struct claim *claim, json_t **ret, struct err *err)
{
	const struct cert_want want = { .cn = "kstrap", .usage = CERT_CLIENT };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) char *pem = NULL;
	AUTO(free) char *request = NULL;

	if (key_generate("ECDSA-P256", &key, err) < 0 || csr_make(&want, key, &pem, err) < 0)
		return -1;
	request = base64_encode(pem, strlen(pem));
	*ret = xjson_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s}}, s:{s:s, s:s, s:[s]}}", "apiVersion",
			  "certificates.k8s.io/v1", "kind", "CertificateSigningRequest", "metadata",
			  "name", name, "annotations", HOST_NOTE, claim->host, ADDRESS_NOTE,
			  claim->address, "spec", "signerName", SIGNER, "request", request,
			  "usages", "client auth");
	return 0;
}

enum verdict { VERDICT_OURS, VERDICT_THEIRS, VERDICT_OVER };

/* Whose it is; *ret_age_s by the server's clock. */
static enum verdict judge(const struct claim *claim, const json_t *csr, long *ret_age_s)
{
	const json_t *notes = json_at(csr, "metadata.annotations");
	const char *made = json_string_value(json_at(csr, "metadata.creationTimestamp"));
	time_t then = 0;

	if (!made || clock_parse_rfc3339(made, &then) < 0)
		return VERDICT_OVER;
	*ret_age_s = (long)(clock_now() - then) + claim->skew_s;
	if (*ret_age_s >= claim->fresh_s)
		return VERDICT_OVER;
	return json_str_is(notes, HOST_NOTE, claim->host) &&
			       json_str_is(notes, ADDRESS_NOTE, claim->address)
		       ? VERDICT_OURS
		       : VERDICT_THEIRS;
}

static int taken(const char *node, const char *name, const json_t *csr, long age_s, struct err *err)
{
	const char *address = json_str(json_at(csr, "metadata.annotations"), ADDRESS_NOTE);

	err_set(err, ERR_HOST, "another host, at %.60s, has begun to join as %s %ld s ago",
		address ? address : "?", node, age_s > 0 ? age_s : 0);
	return err_next(err,
			"give this one another name with --node-name; or, if it is the one that "
			"shall have it, on a control plane node: kubectl delete csr %s",
			name);
}

/* One name of the row: 1 when it is ours, 0 when the next one decides, -1 when another host has it.
 */
static int try_one(struct kube *kube, const char *node, const char *name, const struct claim *claim,
		   struct err *err)
{
	AUTO(free) char *path = xasprintf(CSR_API "%s", name);
	AUTO(json) json_t *wanted = NULL;
	AUTO(json) json_t *found = NULL;
	enum verdict verdict;
	long age_s = 0;

	if (make(name, claim, &wanted, err) < 0)
		return -1;
	if (kube_create(kube, wanted, NULL, err) == 0)
		return 1;
	if (err->code != ERR_EXISTS || kube_get(kube, path, &found, err) < 0)
		return -1;
	verdict = judge(claim, found, &age_s);
	if (verdict == VERDICT_THEIRS)
		return taken(node, name, found, age_s, err);
	return verdict == VERDICT_OURS;
}

int join_claim(struct run *run, const void *arg, struct err *err)
{
	const struct join_state *state = join_state(run);
	const char *node = run->cluster->node_name;
	const char *route = json_str(run->facts, "route");
	AUTO(free) char *host = read_host(run);
	const struct claim claim = { .host = host,
				     .address = route ? route : "?",
				     .fresh_s = run->config->timeout_tls_bootstrap_s +
						run->config->timeout_kubelet_s,
				     .skew_s = state->discovery.skew_s };
	AUTO(kube) struct kube *kube = NULL;
	int rc = 0;

	(void)arg;
	if (state->joined)
		return 0;
	if (join_open(run, &kube, err) < 0)
		return -1;
	/* The first one that nobody has, or has no more: a claim can be made but not taken back. */
	for (int i = 1; i <= MOST && rc == 0; i++) {
		AUTO(free)
		char *name = i == 1 ? xasprintf(NAME ".%s", node) : xasprintf(NAME "-%d.%s", i, node);

		rc = try_one(kube, node, name, &claim, err);
	}
	if (rc < 0 && err->code == ERR_API) { /* credentials that may do less than a token's */
		log_debug("%s", err->msg);
		return 0;
	}
	return rc < 0 ? -1 : 0;
}
