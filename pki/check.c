/* Whether an existing certificate still does what is wanted of it, and if not, why. */
#include "base/clock.h"
#include "base/net.h"
#include "base/str.h"
#include "pki/names.h"
#include "pki/pem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

static int check_validity(X509 *cert, const struct cert_want *want, const char *name,
			  struct err *err)
{
	char from[21], until[21], now[21];

	clock_rfc3339(cert_not_before(cert), from);
	clock_rfc3339(cert_not_after(cert), until);
	clock_rfc3339(want->now, now);
	if (cert_not_after(cert) < want->now)
		return err_set(err, ERR_CRYPTO, "%s: expired on %s (it is %s)", name, until, now);
	if (cert_not_before(cert) > want->now)
		return err_set(err, ERR_CRYPTO,
			       "%s: not valid before %s (it is %s: is this host's clock right?)",
			       name, from, now);
	return 0;
}

static int check_strength(X509 *cert, const char *name, struct err *err)
{
	int bits = 0;
	bool own = X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(cert)) == 0;

	if (key_weak(X509_get0_pubkey(cert)))
		return err_set(err, ERR_CRYPTO, "%s: its key of %d bits is too weak", name,
			       EVP_PKEY_get_bits(X509_get0_pubkey(cert)));
	/* Nobody relies on the signature of a CA that is trusted because it is configured. */
	if (!own && (X509_get_signature_info(cert, NULL, NULL, &bits, NULL) != 1 || bits < 112))
		return err_set(err, ERR_CRYPTO, "%s: its signature's digest is too weak", name);
	return 0;
}

static int check_signed_by(X509 *cert, X509 *ca, const char *name, struct err *err)
{
	char issuer[256] = "", wanted[256] = "";

	(void)X509_NAME_oneline(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	(void)X509_NAME_oneline(X509_get_subject_name(ca), wanted, sizeof(wanted));
	if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(ca)) != 0)
		return err_set(err, ERR_CRYPTO, "%s: signed by %s and not by this cluster's CA %s",
			       name, issuer, wanted);
	if (X509_verify(cert, X509_get0_pubkey(ca)) == 1)
		return 0;
	ERR_clear_error();
	return cert == ca ? err_set(err, ERR_CRYPTO,
				    "%s: names itself as issuer, but its signature is not its own",
				    name)
			  : err_set(err, ERR_CRYPTO,
				    "%s: signed by another CA that has the same name %s", name,
				    wanted);
}

static int check_issuer(X509 *cert, const struct cert_want *want, X509 *ca, const char *name,
			struct err *err)
{
	if (ca)
		return check_signed_by(cert, ca, name, err);
	if (want->usage & CERT_CA &&
	    X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(cert)) == 0)
		return check_signed_by(cert, cert, name, err);
	return 0;
}

static int check_usage(X509 *cert, const struct cert_want *want, const char *name, struct err *err)
{
	uint32_t key = X509_get_key_usage(cert), extended = X509_get_extended_key_usage(cert);

	if (want->usage & CERT_CA) {
		if (!(X509_get_extension_flags(cert) & EXFLAG_CA))
			return err_set(err, ERR_CRYPTO, "%s: is no CA (basicConstraints CA:TRUE)",
				       name);
		/* 1: by basicConstraints; its other answers are for certificates of version 1. */
		if (!(key & KU_KEY_CERT_SIGN) || X509_check_ca(cert) != 1)
			return err_set(err, ERR_CRYPTO, "%s: may not sign certificates (keyUsage)",
				       name);
		return 0;
	}
	if (X509_get_extension_flags(cert) & EXFLAG_CA)
		return err_set(err, ERR_CRYPTO, "%s: is a CA, which no server or client should be",
			       name);
	if (!(key & KU_DIGITAL_SIGNATURE))
		return err_set(err, ERR_CRYPTO, "%s: may not sign handshakes (keyUsage)", name);
	if (want->usage & CERT_SERVER && !(extended & XKU_SSL_SERVER))
		return err_set(err, ERR_CRYPTO, "%s: is not for servers (extendedKeyUsage)", name);
	if (want->usage & CERT_CLIENT && !(extended & XKU_SSL_CLIENT))
		return err_set(err, ERR_CRYPTO, "%s: is not for clients (extendedKeyUsage)", name);
	return 0;
}

static bool in_list(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcasecmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

/* Who the API server takes a client for: exact, where letter case counts too. */
static int check_identity(X509 *cert, const struct cert_want *want, const char *name,
			  struct err *err)
{
	AUTO(json) json_t *cns = names_entries(X509_get_subject_name(cert), NID_commonName);
	AUTO(json) json_t *orgs = names_entries(X509_get_subject_name(cert), NID_organizationName);
	const char *cn = json_text(cns, json_array_size(cns) - 1);
	const json_t *org;
	bool found = !want->org;
	size_t i;

	if (!str_eq(cn, want->cn))
		return err_set(err, ERR_CRYPTO, "%s: names %s and not %s", name, cn ? cn : "nobody",
			       want->cn);
	json_array_foreach (orgs, i, org)
		if (str_eq(json_string_value(org), want->org) ||
		    str_eq(json_string_value(org), "system:masters"))
			found = true;
	if (!found)
		return err_set(err, ERR_CRYPTO, "%s: is not of the group %s", name, want->org);
	return 0;
}

static bool serves_name(X509 *cert, const json_t *names, const char *wanted)
{
	const unsigned flags =
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	struct net_addr addr;

	if (net_parse_addr(wanted, &addr))
		return X509_check_ip(cert, addr.bytes, addr.family == AF_INET ? 4 : 16, 0) == 1;
	return in_list(names, wanted) ||
	       (*wanted != '*' && X509_check_host(cert, wanted, 0, flags, NULL) == 1);
}

static int check_sans(X509 *cert, const struct cert_want *want, const char *name, struct err *err)
{
	AUTO(general_names)
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	AUTO(json) json_t *names = names_sans_list(sans);
	AUTO(buf) struct buf missing = BUF_INIT(1024);
	const json_t *item;
	size_t i;

	json_array_foreach (want->sans, i, item) {
		const char *wanted = json_string_value(item);

		if (wanted && !serves_name(cert, names, wanted))
			(void)buf_item(&missing, ", ", wanted);
	}
	if (missing.len)
		return err_set(err, ERR_CRYPTO, "%s: is not valid for %s", name, missing.data);
	return 0;
}

int cert_check(X509 *cert, const struct cert_want *want, EVP_PKEY *key, X509 *ca, const char *name,
	       struct err *err)
{
	if (key && !key_same(X509_get0_pubkey(cert), key))
		return err_set(err, ERR_CRYPTO, "%s: belongs to another key than the one beside it",
			       name);
	if (check_usage(cert, want, name, err) < 0 || check_issuer(cert, want, ca, name, err) < 0 ||
	    check_strength(cert, name, err) < 0)
		return -1;
	if (want->usage == CERT_CLIENT && check_identity(cert, want, name, err) < 0)
		return -1;
	if (want->usage & CERT_SERVER && check_sans(cert, want, name, err) < 0)
		return -1;
	return check_validity(cert, want, name, err);
}

int cert_describe(X509 *cert, json_t **ret, struct err *err)
{
	AUTO(general_names)
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	AUTO(json) json_t *cns = names_entries(X509_get_subject_name(cert), NID_commonName);
	uint32_t extended = X509_get_extended_key_usage(cert);
	unsigned usage = 0;

	if (X509_get_extension_flags(cert) & EXFLAG_INVALID)
		return err_set(err, ERR_CRYPTO, "a certificate with damaged extensions");
	if (X509_check_ca(cert) == 1) {
		usage = CERT_CA;
	} else {
		usage |= extended & XKU_SSL_SERVER ? CERT_SERVER : 0;
		usage |= extended & XKU_SSL_CLIENT ? CERT_CLIENT : 0;
	}
	*ret = xjson_pack("{s:o, s:o, s:i}", "orgs",
			  names_entries(X509_get_subject_name(cert), NID_organizationName), "sans",
			  names_sans_list(sans), "usage", (int)usage);
	if (json_array_size(cns) > 0)
		(void)json_object_set(*ret, "cn", json_array_get(cns, json_array_size(cns) - 1));
	return 0;
}
