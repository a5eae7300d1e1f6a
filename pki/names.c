#include "pki/names.h"

#include "base/net.h"
#include "base/str.h"
#include "pki/pem.h"

#include <openssl/objects.h>
#include <string.h>
#include <sys/socket.h>

static bool add_entry(X509_NAME *subject, int nid, const char *value, int set)
{
	int type = ASN1_PRINTABLE_type((const unsigned char *)value, -1);

	return X509_NAME_add_entry_by_NID(subject, nid,
					  type == V_ASN1_PRINTABLESTRING ? type : V_ASN1_UTF8STRING,
					  (const unsigned char *)value, -1, -1, set) == 1;
}

int names_subject(const struct cert_want *want, X509_NAME **ret, struct err *err)
{
	AUTO(x509_name) X509_NAME *subject = X509_NAME_new();
	const json_t *org;
	bool ok = subject != NULL;
	size_t i;

	if (!want->cn || !*want->cn)
		return err_set(err, ERR_CRYPTO, "a certificate needs a common name");
	if (ok && want->org)
		ok = add_entry(subject, NID_organizationName, want->org, 0);
	/* Several organizations are one set (RDN), as Go encodes them. */
	json_array_foreach (want->orgs, i, org)
		ok = ok && json_is_string(org) &&
		     add_entry(subject, NID_organizationName, json_string_value(org),
			       X509_NAME_entry_count(subject) > 0 ? -1 : 0);
	if (!ok || !add_entry(subject, NID_commonName, want->cn, 0))
		return pem_ssl_err(err, "cannot make the subject %s", want->cn);
	*ret = TAKE(subject);
	return 0;
}

/* RFC 1123 host name, or a wildcard of one as first label: what kubeadm takes in certSANs. */
static bool is_dns_name(const char *name)
{
	size_t label = 0;

	if (strlen(name) > 253)
		return false;
	if (str_starts(name, "*."))
		name += 2;
	for (const char *p = name;; p++) {
		bool alnum = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9');

		if (*p == '.' || *p == '\0') {
			if (label == 0 || label > 63 || p[-1] == '-')
				return false;
			if (*p == '\0')
				return true;
			label = 0;
		} else if (alnum || (*p == '-' && label > 0)) {
			label++;
		} else {
			return false;
		}
	}
}

static bool insert(GENERAL_NAMES *sans, int at, int type, const void *data, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value =
		ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

	if (!name || !value || ASN1_STRING_set(value, data, (int)len) != 1) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return false;
	}
	GENERAL_NAME_set0_value(name, type, value);
	if (sk_GENERAL_NAME_insert(sans, name, at) > 0)
		return true;
	GENERAL_NAME_free(name);
	return false;
}

static int compare(const GENERAL_NAME *name, const void *data, size_t len)
{
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, NULL);
	size_t have = (size_t)ASN1_STRING_length(value);
	int order = memcmp(ASN1_STRING_get0_data(value), data, have < len ? have : len);

	return order != 0 ? order : (have > len) - (have < len);
}

/* The first *dns members are the names, sorted. */
static bool add_dns(GENERAL_NAMES *sans, int *dns, const char *text)
{
	char name[254];
	size_t len = 0;
	int at = 0;

	for (; text[len] && len < sizeof(name) - 1; len++)
		name[len] =
			(char)(text[len] >= 'A' && text[len] <= 'Z' ? text[len] + 32 : text[len]);
	for (; at < *dns; at++) {
		int order = compare(sk_GENERAL_NAME_value(sans, at), name, len);

		if (order == 0)
			return true;
		if (order > 0)
			break;
	}
	*dns += 1;
	return insert(sans, at, GEN_DNS, name, len);
}

static bool add_addr(GENERAL_NAMES *sans, int dns, const struct net_addr *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *bytes = addr->bytes;
	size_t len = addr->family == AF_INET ? 4 : 16;

	/* ::ffff:10.0.0.1 is 10.0.0.1 to Go, which compares the short form. */
	if (len == 16 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		bytes += 12;
		len = 4;
	}
	for (int i = dns; i < sk_GENERAL_NAME_num(sans); i++)
		if (compare(sk_GENERAL_NAME_value(sans, i), bytes, len) == 0)
			return true;
	return insert(sans, sk_GENERAL_NAME_num(sans), GEN_IPADD, bytes, len);
}

int names_sans(const struct cert_want *want, GENERAL_NAMES **ret, struct err *err)
{
	AUTO(general_names) GENERAL_NAMES *sans = sk_GENERAL_NAME_new_null();
	const json_t *item;
	bool ok = sans != NULL;
	int dns = 0;
	size_t i;

	if (ok && want->san_cn)
		ok = add_dns(sans, &dns, want->cn);
	json_array_foreach (want->sans, i, item) {
		const char *text = json_string_value(item);
		struct net_addr addr;

		if (text && net_parse_addr(text, &addr))
			ok = ok && add_addr(sans, dns, &addr);
		else if (text && is_dns_name(text))
			ok = ok && add_dns(sans, &dns, text);
		else
			return err_set(
				err, ERR_CRYPTO,
				"certificate of %s: \"%s\" is neither an IP address nor a host name",
				want->cn, text ? text : "(not a string)");
	}
	if (!ok)
		return pem_ssl_err(err, "cannot make the names of %s", want->cn);
	if (sk_GENERAL_NAME_num(sans) == 0)
		*ret = NULL;
	else
		*ret = TAKE(sans);
	return 0;
}

ASN1_BIT_STRING *names_key_usage(const struct cert_want *want, const EVP_PKEY *key)
{
	enum { DIGITAL_SIGNATURE = 0, KEY_ENCIPHERMENT = 2, KEY_CERT_SIGN = 5 }; /* 4.2.1.3 */
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	bool ok = usage && ASN1_BIT_STRING_set_bit(usage, DIGITAL_SIGNATURE, 1) == 1;

	/* RFC 8813 3: not with EC keys, which encipher nothing. */
	if (ok && EVP_PKEY_is_a(key, "RSA"))
		ok = ASN1_BIT_STRING_set_bit(usage, KEY_ENCIPHERMENT, 1) == 1;
	if (ok && want->usage & CERT_CA)
		ok = ASN1_BIT_STRING_set_bit(usage, KEY_CERT_SIGN, 1) == 1;
	if (ok)
		return usage;
	ASN1_BIT_STRING_free(usage);
	return NULL;
}

EXTENDED_KEY_USAGE *names_ext_key_usage(const struct cert_want *want)
{
	EXTENDED_KEY_USAGE *usage = sk_ASN1_OBJECT_new_null();
	bool ok = usage != NULL;

	if (ok && want->usage & CERT_SERVER)
		ok = sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_server_auth)) > 0;
	if (ok && want->usage & CERT_CLIENT)
		ok = sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_client_auth)) > 0;
	if (ok)
		return usage;
	sk_ASN1_OBJECT_free(usage);
	return NULL;
}

const EVP_MD *names_digest(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256 ? EVP_sha384()
									: EVP_sha256();
}

json_t *names_entries(const X509_NAME *name, int nid)
{
	json_t *list = xjson_pack("[]");
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
		unsigned char *text = NULL;
		int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));

		if (len >= 0)
			(void)json_array_append_new(list,
						    json_stringn((const char *)text, (size_t)len));
		OPENSSL_free(text);
	}
	return list;
}

json_t *names_sans_list(const GENERAL_NAMES *sans)
{
	json_t *list = xjson_pack("[]");

	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		int type;
		const ASN1_STRING *value =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(sans, i), &type);
		struct net_addr addr = { 0 };
		size_t len;

		if (type != GEN_DNS && type != GEN_IPADD)
			continue;
		len = (size_t)ASN1_STRING_length(value);
		if (type == GEN_DNS) {
			const char *text = (const char *)ASN1_STRING_get0_data(value);

			/* "good.example\0.evil.example" must not read as its first half. */
			if (!memchr(text, '\0', len))
				(void)json_array_append_new(list, json_stringn(text, len));
		} else if (len == 4 || len == 16) {
			AUTO(free) char *text = NULL;

			addr.family = len == 4 ? AF_INET : AF_INET6;
			memcpy(addr.bytes, ASN1_STRING_get0_data(value), len);
			text = net_format_addr(&addr);
			(void)json_array_append_new(list, json_string(text));
		}
	}
	return list;
}
