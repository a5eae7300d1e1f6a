/* A join without a kubelet, for tests/bench/joins: kjoin's own discovery, verification and files
 * (below --root), then what its kubelet would do next, from its key to the issued certificate.
 *
 *   joiner kjoin's arguments
 */
#include "api/kube.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/join/join.h"
#include "pki/base64.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "pki/key.h"
#include "pki/token.h"

#include <stdio.h>
#include <string.h>

#define REQUESTS   "/apis/certificates.k8s.io/v1/certificatesigningrequests"
#define DEADLINE_S 60

struct wish {
	char *pem; /* the issued certificate */
};

/* Waits for the certificate; a denied request will never have one. */
static int issued(void *arg, const char *type, const json_t *request, struct err *err)
{
	struct wish *wish = arg;
	const char *text = json_string_value(json_at(request, "status.certificate"));
	unsigned char *pem = NULL;
	size_t len = 0, i;
	json_t *condition;

	(void)type;
	json_array_foreach (json_at(request, "status.conditions"), i, condition)
		if (!str_eq(json_str(condition, "type"), "Approved"))
			return err_set(err, ERR_API, "the request is %s",
				       json_str(condition, "type"));
	if (!text)
		return 0;
	if (!base64_decode(text, strlen(text), &pem, &len))
		return err_set(err, ERR_API, "the issued certificate is no base64");
	wish->pem = (char *)pem;
	return 1;
}

static int ask(struct run *run, struct kube *kube, EVP_PKEY *key, const struct cert_want *want,
	       struct wish *wish, struct err *err)
{
	AUTO(free) char *pem = NULL;
	AUTO(free) char *encoded = NULL;
	AUTO(free) char *path = NULL;
	AUTO(json) json_t *request = NULL;
	AUTO(json) json_t *made = NULL;

	if (csr_make(want, key, &pem, err) < 0)
		return -1;
	encoded = base64_encode(pem, strlen(pem));
	request = xjson_pack("{s:s, s:s, s:{s:s+}, s:{s:s, s:[s,s,s], s:s}}", "apiVersion",
			     "certificates.k8s.io/v1", "kind", "CertificateSigningRequest",
			     "metadata", "name", "node-csr-", run->cluster->node_name, "spec",
			     "signerName", "kubernetes.io/kube-apiserver-client-kubelet", "usages",
			     "digital signature", "key encipherment", "client auth", "request",
			     encoded);
	path = xasprintf(REQUESTS "?fieldSelector=metadata.name%%3Dnode-csr-%s",
			 run->cluster->node_name);
	if (kube_create(kube, request, &made, err) < 0)
		return -1;
	return kube_watch(kube, path, DEADLINE_S, issued, NULL, wish, err);
}

static int get_certificate(struct run *run, struct err *err)
{
	const struct discovery *found = &join_state(run)->discovery;
	AUTO(free) char *cn = xasprintf("system:node:%s", run->cluster->node_name);
	struct cert_want want = { .cn = cn, .org = "system:nodes", .usage = CERT_CLIENT };
	AUTO(token) struct token token = { .pinned = false };
	AUTO(secret) char *bearer = NULL;
	AUTO(kube) struct kube *kube = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *ca = NULL;
	AUTO(x509) X509 *cert = NULL;
	struct wish wish = { .pem = NULL };
	int status;

	if (token_parse(run->config->join_token, &token, err) < 0)
		return -1;
	bearer = token_format_plain(&token);
	if (kube_open(&(struct http_peer){ .url = found->server,
					   .ca = found->ca_pem,
					   .bearer = bearer,
					   .timeout_s = DEADLINE_S },
		      &kube, err) < 0 ||
	    key_generate(key_algorithms[0], &key, err) < 0 ||
	    ask(run, kube, key, &want, &wish, err) < 0)
		return -1;
	status = cert_from_pem(wish.pem, strlen(wish.pem), "the issued certificate", &cert, err);
	free(wish.pem);
	want.now = run->now;
	if (status < 0 ||
	    cert_from_pem(found->ca_pem, strlen(found->ca_pem), "the CA", &ca, err) < 0)
		return -1;
	return cert_check(cert, &want, key, ca, "the issued certificate", err);
}

int main(int argc, char **argv)
{
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *args = NULL;
	AUTO(run) struct run *run = NULL;
	struct err err = ERR_INIT;
	bool help = false;

	if (config_load(CONFIG_JOIN, argc - 1, argv + 1, &config, &args, &help, &err) == 0 &&
	    config && run_open(config, &run, &err) == 0 &&
	    phases_run(phases_join, run, "kubelet-start", &err) == 0 &&
	    get_certificate(run, &err) == 0) {
		log_say("%s has its certificate", run->cluster->node_name);
		return 0;
	}
	fprintf(stderr, "joiner: %s\n", err.msg);
	return 1;
}
