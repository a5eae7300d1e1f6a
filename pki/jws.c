/* The signature that lets a joining node trust cluster-info before it knows the CA (Kubernetes
 * documentation, "Authenticating with Bootstrap Tokens", "ConfigMap Signing"). */
#include "base/str.h"
#include "pki/base64.h"
#include "pki/pem.h"
#include "pki/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define PAYLOAD_MAX (1024 * 1024) /* a ConfigMap holds no more */

int jws_compute(const char *id, const char *secret, const char *payload, char **ret,
		struct err *err)
{
	AUTO(free) char *header = NULL;
	AUTO(free) char *header64 = NULL;
	AUTO(free) char *payload64 = NULL;
	AUTO(free) char *input = NULL;
	AUTO(free) char *mac64 = NULL;
	unsigned char mac[32];

	if (strlen(payload) > PAYLOAD_MAX)
		return err_set(err, ERR_CRYPTO, "cluster-info is larger than 1 MiB");
	/* Octet for octet what the controller writes: it compares whole texts, no parsed headers.
	 */
	header = xasprintf("{\"alg\":\"HS256\",\"kid\":\"%s\"}", id);
	header64 = base64url_encode(header, strlen(header));
	payload64 = base64url_encode(payload, strlen(payload));
	input = xasprintf("%s.%s", header64, payload64);
	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)input,
		  strlen(input), mac, NULL))
		return pem_ssl_err(err, "cannot sign cluster-info");
	mac64 = base64url_encode(mac, sizeof(mac));
	*ret = xasprintf("%s..%s", header64, mac64);
	return 0;
}

int jws_sign(const struct token *token, const char *payload, char **ret, struct err *err)
{
	return jws_compute(token->id, token->secret, payload, ret, err);
}

int jws_verify(const struct token *token, const char *payload, const char *jws, struct err *err)
{
	AUTO(free) char *wanted = NULL;
	bool same;

	if (jws_compute(token->id, token->secret, payload, &wanted, err) < 0)
		return -1;
	same = jws && strlen(jws) == strlen(wanted) &&
	       CRYPTO_memcmp(jws, wanted, strlen(wanted)) == 0;
	OPENSSL_cleanse(wanted, strlen(wanted));
	if (same)
		return 0;
	(void)err_set(
		err, ERR_CRYPTO,
		"cluster-info is not signed with this token: whoever answered does not know its "
		"secret, or the token's secret is mistyped");
	return err_next(err, "compare the token with the join line printed on the control plane");
}
