/* What the tests of pki/ share. */
#ifndef TESTS_UNIT_PKI_HELP_H
#define TESTS_UNIT_PKI_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "pki/cert.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z: no test looks at the clock */

#define assert_ok(call)                                      \
	do {                                                 \
		struct err err_ = ERR_INIT, *e = &err_;      \
		if ((call) < 0)                              \
			fail_msg("%s: %s", #call, err_.msg); \
	} while (0)

/* The call fails with `code` and its message has `part` in it. */
#define assert_refused(call, wanted_code, part)                                            \
	do {                                                                               \
		struct err err_ = ERR_INIT, *e = &err_;                                    \
		if ((call) == 0)                                                           \
			fail_msg("%s: was taken", #call);                                  \
		if (err_.code != (wanted_code) || !strstr(err_.msg, (part)))               \
			fail_msg("%s: code %d, \"%s\", not \"%s\"", #call, (int)err_.code, \
				 err_.msg, (part));                                        \
	} while (0)

/* A CA with its key, and certificates under it. */
struct ca {
	EVP_PKEY *key;
	X509 *cert;
};

static inline struct ca make_ca(const char *algorithm, const char *cn, long validity_s)
{
	struct cert_want want = {
		.cn = cn, .san_cn = true, .usage = CERT_CA, .now = NOW, .validity_s = validity_s
	};
	struct ca ca = { NULL, NULL };

	assert_ok(key_generate(algorithm, &ca.key, e));
	assert_ok(cert_issue(&want, ca.key, NULL, NULL, &ca.cert, e));
	return ca;
}

static inline void free_ca(struct ca *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
}

#endif
