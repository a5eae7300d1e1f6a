#include "pki/key.h"

#include "base/str.h"
#include "pki/pem.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

const char *const key_algorithms[] = { "ECDSA-P256", "ECDSA-P384", "RSA-2048",
				       "RSA-3072",   "RSA-4096",   NULL };

static const struct {
	const char *name, *curve;
	size_t bits;
} algorithms[] = {
	{ "ECDSA-P256", "P-256", 0 }, { "ECDSA-P384", "P-384", 0 }, { "RSA-2048", NULL, 2048 },
	{ "RSA-3072", NULL, 3072 },   { "RSA-4096", NULL, 4096 },
};

int key_generate(const char *algorithm, EVP_PKEY **ret, struct err *err)
{
	EVP_PKEY *key = NULL;
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (str_eq(algorithm, algorithms[i].name))
			break;
	if (i == sizeof(algorithms) / sizeof(*algorithms))
		return err_set(err, ERR_CRYPTO,
			       "%s is no key algorithm: it is one of ECDSA-P256, ECDSA-P384, "
			       "RSA-2048, RSA-3072, RSA-4096",
			       algorithm ? algorithm : "(none)");
	/* EC keys come with a named curve: Go's reader takes no other (RFC 5480 2.1.1). */
	key = algorithms[i].curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithms[i].curve)
				  : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", algorithms[i].bits);
	if (!key)
		return pem_ssl_err(err, "cannot generate a key of %s", algorithm);
	*ret = key;
	return 0;
}

const char *key_algorithm(const EVP_PKEY *key)
{
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	int bits = EVP_PKEY_get_bits(key);

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (rsa ? algorithms[i].bits == (size_t)bits
			: algorithms[i].curve && atoi(algorithms[i].curve + 2) == bits)
			return algorithms[i].name;
	return rsa ? "RSA-4096" : algorithms[0].name;
}

int key_to_pem(EVP_PKEY *key, char **ret, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_secmem());

	if (!bio || PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return pem_ssl_err(err, "cannot encode a private key");
	*ret = pem_bio_text(bio);
	return 0;
}

int key_public_to_pem(EVP_PKEY *key, char **ret, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || PEM_write_bio_PUBKEY(bio, key) != 1)
		return pem_ssl_err(err, "cannot encode a public key");
	*ret = pem_bio_text(bio);
	return 0;
}

/* Whether it is RSA, or EC on a named curve: what Kubernetes' components can use. */
static bool usable(const EVP_PKEY *key)
{
	char group[64];
	size_t len;

	if (EVP_PKEY_is_a(key, "RSA"))
		return true;
	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					      &len) == 1 &&
	       (str_eq(group, "prime256v1") || str_eq(group, "secp384r1") ||
		str_eq(group, "secp521r1"));
}

/* Signs with the private half and verifies with the public one: a key file damaged in the middle
 * still parses, and would make certificates that nobody accepts. */
static bool halves_fit(EVP_PKEY *key)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[1024];
	size_t len = sizeof(sig);

	return ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestSign(ctx, sig, &len, (const unsigned char *)"probe", 5) == 1 &&
	       EVP_MD_CTX_reset(ctx) == 1 &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, sig, len, (const unsigned char *)"probe", 5) == 1;
}

static int decode_private(const struct pem_block *block, const char *name, EVP_PKEY **ret,
			  struct err *err)
{
	const unsigned char *der = block->der;
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (str_eq(block->type, "ENCRYPTED PRIVATE KEY") || *block->header)
		return err_set(
			err, ERR_CRYPTO,
			"%s: the key is encrypted with a passphrase, which nobody is there to "
			"type when a control plane starts",
			name);
	key = str_eq(block->type, "EC PRIVATE KEY")
		      ? d2i_PrivateKey(EVP_PKEY_EC, NULL, &der, block->len)
	      : str_eq(block->type, "RSA PRIVATE KEY")
		      ? d2i_PrivateKey(EVP_PKEY_RSA, NULL, &der, block->len)
		      : d2i_AutoPrivateKey(NULL, &der, block->len);
	if (!key)
		return pem_ssl_err(err, "%s: damaged private key", name);
	if (!usable(key))
		return err_set(err, ERR_CRYPTO,
			       "%s: the key is neither RSA nor ECDSA on P-256, P-384 or P-521",
			       name);
	if (!halves_fit(key)) {
		ERR_clear_error();
		return err_set(err, ERR_CRYPTO,
			       "%s: damaged key: its private half does not fit its public half",
			       name);
	}
	*ret = TAKE(key);
	return 0;
}

int key_from_pem(const char *pem, size_t len, const char *name, EVP_PKEY **ret, struct err *err)
{
	AUTO(bio) BIO *bio = NULL;
	int got;

	if (pem_open(pem, len, name, &bio, err) < 0)
		return -1;
	for (;;) {
		AUTO(pem_block) struct pem_block block = PEM_BLOCK_INIT;

		got = pem_next(bio, name, &block, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return err_set(err, ERR_CRYPTO, "%s: no private key in it", name);
		if (str_ends(block.type, "PRIVATE KEY"))
			return decode_private(&block, name, ret, err);
	}
}

int key_public_from_pem(const char *pem, size_t len, const char *name, EVP_PKEY **ret,
			struct err *err)
{
	AUTO(bio) BIO *bio = NULL;
	int got;

	if (pem_open(pem, len, name, &bio, err) < 0)
		return -1;
	for (;;) {
		AUTO(pem_block) struct pem_block block = PEM_BLOCK_INIT;
		AUTO(pkey) EVP_PKEY *key = NULL;
		const unsigned char *der;

		got = pem_next(bio, name, &block, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return err_set(err, ERR_CRYPTO, "%s: no public key in it", name);
		if (!str_eq(block.type, "PUBLIC KEY"))
			continue;
		der = block.der;
		key = d2i_PUBKEY(NULL, &der, block.len);
		if (!key)
			return pem_ssl_err(err, "%s: damaged public key", name);
		if (!usable(key))
			return err_set(
				err, ERR_CRYPTO,
				"%s: the key is neither RSA nor ECDSA on P-256, P-384 or P-521",
				name);
		*ret = TAKE(key);
		return 0;
	}
}

bool key_same(const EVP_PKEY *a, const EVP_PKEY *b)
{
	bool same = EVP_PKEY_eq(a, b) == 1;

	ERR_clear_error(); /* keys of two kinds leave a complaint behind */
	return same;
}

bool key_weak(const EVP_PKEY *key)
{
	return EVP_PKEY_get_security_bits(key) < 112;
}
