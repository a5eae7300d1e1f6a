#include "pki/pem.h"

#include "base/str.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

void pem_block_clear(struct pem_block *block)
{
	OPENSSL_free(block->type);
	OPENSSL_free(block->header);
	if (block->der)
		OPENSSL_clear_free(block->der, (size_t)block->len);
	*block = (struct pem_block)PEM_BLOCK_INIT;
}

int pem_open(const char *pem, size_t len, const char *name, BIO **ret, struct err *err)
{
	if (len > PEM_FILE_MAX)
		return err_set(err, ERR_CRYPTO,
			       "%s: larger than 1 MiB, which no key or certificate is", name);
	*ret = BIO_new_mem_buf(pem ? pem : "", (int)len);
	return *ret ? 0 : pem_ssl_err(err, "%s: cannot read", name);
}

int pem_next(BIO *bio, const char *name, struct pem_block *ret, struct err *err)
{
	unsigned long code;

	if (PEM_read_bio(bio, &ret->type, &ret->header, &ret->der, &ret->len) == 1)
		return 1;
	code = ERR_peek_last_error();
	if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return 0;
	}
	return pem_ssl_err(err, "%s: damaged PEM block", name);
}

char *pem_bio_text(BIO *bio)
{
	const char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	return xstrndup(data ? data : "", len > 0 ? (size_t)len : 0);
}

int pem_ssl_err(struct err *err, const char *fmt, ...)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());
	char inner[256];
	va_list ap;

	ERR_clear_error();
	(void)snprintf(inner, sizeof(inner), "%s", reason ? reason : "OpenSSL gives no reason");
	va_start(ap, fmt);
	(void)err_vset(err, ERR_CRYPTO, fmt, ap);
	va_end(ap);
	strncat(err->msg, ": ", sizeof(err->msg) - strlen(err->msg) - 1);
	strncat(err->msg, inner, sizeof(err->msg) - strlen(err->msg) - 1);
	return -1;
}
