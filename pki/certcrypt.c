#include "pki/certcrypt.h"

#include "base/str.h"
#include "pki/base64.h"
#include "pki/pem.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define NONCE_LEN  12
#define TAG_LEN    16
#define SEALED_MAX (1024 * 1024) /* a Secret holds no more */

enum { DECRYPT, ENCRYPT }; /* for EVP_CipherInit_ex */

AUTO_DEFINE(cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);

int certcrypt_key_generate(struct certcrypt_key *ret, struct err *err)
{
	if (RAND_priv_bytes(ret->bytes, sizeof(ret->bytes)) != 1)
		return pem_ssl_err(err, "cannot generate a certificate key");
	return 0;
}

static int refuse(struct err *err, const char *why)
{
	(void)err_set(err, ERR_CRYPTO, "certificate key: %s", why);
	return err_next(err, "make one with: kstrap certs certificate-key");
}

int certcrypt_key_parse(const char *hex, struct certcrypt_key *ret, struct err *err)
{
	AUTO(certcrypt_key) struct certcrypt_key key = { { 0 } };
	size_t same = 0;

	if (!hex || !hex_decode(hex, key.bytes, sizeof(key.bytes)))
		return refuse(err, "not 64 hexadecimal digits (32 octets)");
	for (size_t i = 0; i < sizeof(key.bytes); i++)
		same += key.bytes[i] == key.bytes[0];
	if (same == sizeof(key.bytes))
		return refuse(err, "all its octets are the same, so anybody can guess it");
	*ret = key;
	return 0;
}

char *certcrypt_key_format(const struct certcrypt_key *key)
{
	return hex_encode(key->bytes, sizeof(key->bytes));
}

void certcrypt_key_clear(struct certcrypt_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

int certcrypt_seal(const struct certcrypt_key *key, const void *data, size_t len,
		   unsigned char **ret, size_t *ret_len, struct err *err)
{
	AUTO(cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *out;
	int n = 0, tail = 0;

	if (len > SEALED_MAX)
		return err_set(err, ERR_CRYPTO,
			       "larger than 1 MiB, which no key or certificate is");
	out = xcalloc(1, len + CERTCRYPT_OVERHEAD);
	if (!ctx || RAND_bytes(out, NONCE_LEN) != 1 ||
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, out, ENCRYPT) != 1 ||
	    EVP_CipherUpdate(ctx, out + NONCE_LEN, &n, data, (int)len) != 1 ||
	    EVP_CipherFinal_ex(ctx, out + NONCE_LEN + n, &tail) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, out + NONCE_LEN + len) != 1) {
		free(out);
		return pem_ssl_err(err, "cannot encrypt");
	}
	*ret = out;
	*ret_len = len + CERTCRYPT_OVERHEAD;
	return 0;
}

int certcrypt_open(const struct certcrypt_key *key, const void *data, size_t len, const char *name,
		   char **ret, size_t *ret_len, struct err *err)
{
	AUTO(cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const unsigned char *in = data;
	unsigned char tag[TAG_LEN], *out;
	size_t plain;
	int n = 0, tail = 0;

	if (len < CERTCRYPT_OVERHEAD || len > SEALED_MAX + CERTCRYPT_OVERHEAD)
		return err_set(err, ERR_CRYPTO, "%s: %zu octets are no encrypted file", name, len);
	plain = len - CERTCRYPT_OVERHEAD;
	memcpy(tag, in + len - TAG_LEN, TAG_LEN);
	out = xcalloc(1, plain + 1);
	if (!ctx || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, in, DECRYPT) != 1 ||
	    EVP_CipherUpdate(ctx, out, &n, in + NONCE_LEN, (int)plain) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) != 1 ||
	    EVP_CipherFinal_ex(ctx, out + n, &tail) != 1) {
		secret_freen(out, plain + 1);
		ERR_clear_error();
		(void)err_set(err, ERR_CRYPTO,
			      "%s: cannot be decrypted: another certificate key, or it was changed",
			      name);
		return err_next(err,
				"give the certificate key that belongs to the upload, or upload "
				"anew: kstrap init phase upload-certs --upload-certs");
	}
	*ret = (char *)out;
	*ret_len = plain;
	return 0;
}
