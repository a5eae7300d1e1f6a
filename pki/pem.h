/* PEM blocks (RFC 7468), and OpenSSL's complaints as our errors. */
#ifndef PKI_PEM_H
#define PKI_PEM_H

#include "base/auto.h"
#include "base/err.h"

#include <openssl/bio.h>
#include <openssl/evp.h>

#define PEM_FILE_MAX (1024 * 1024)

AUTO_DEFINE(bio, BIO *, BIO_free_all);
AUTO_DEFINE(md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);

struct pem_block {
	char *type, *header; /* "CERTIFICATE"; what stands between it and the data */
	unsigned char *der;
	long len;
};
#define PEM_BLOCK_INIT              \
	{                           \
		NULL, NULL, NULL, 0 \
	}
void pem_block_clear(struct pem_block *block); /* wipes */
static inline void auto_pem_block_(struct pem_block *b)
{
	pem_block_clear(b);
}

/* A BIO over pem[0..len), which must outlive it. Refuses more than PEM_FILE_MAX octets. */
int pem_open(const char *pem, size_t len, const char *name, BIO **ret, struct err *err);
/* The next block: 1, or 0 at the end; -1 when a block is damaged. */
int pem_next(BIO *bio, const char *name, struct pem_block *ret, struct err *err);
/* What was written to a memory BIO; the caller frees. */
char *pem_bio_text(BIO *bio);
/* "fmt: OpenSSL's first reason" as ERR_CRYPTO; empties its queue. Returns -1. */
int pem_ssl_err(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
