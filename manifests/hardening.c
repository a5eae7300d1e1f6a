#include "manifests/hardening.h"

#include "base/str.h"
#include "manifests/manifest.h"

#define AUDIT_DIR "/var/log/kubernetes/audit"

/* Names that Go's TLS and every release's flag checks know; for ECDSA and RSA keys alike. TLS 1.3
 * has suites of its own, which no flag chooses. */
static const char *const ciphers[] = {
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
};

int hardening_section(const char *name, const struct semver *v, const struct hardening_want *want,
		      json_t **ret, struct err *err)
{
	AUTO(free)
	char *policy = xasprintf("%s/" AUDIT_POLICY_FILE,
				 want->kubernetes_dir ? want->kubernetes_dir : "");
	AUTO(buf) struct buf text = BUF_INIT(1024);
	AUTO(json) json_t *values = NULL, *docs = NULL, *list = json_array();
	json_t *section;

	for (size_t i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++) {
		(void)buf_item(&text, ",", ciphers[i]);
		json_array_append_new(list, json_string(ciphers[i]));
	}
	values = xjson_pack("{s:s, s:s, s:s, s:O, s:b, s:s}", "audit_policy", policy, "audit_dir",
			    AUDIT_DIR, "ciphers", text.data, "cipher_list", list, "cis", want->cis,
			    "ca_file", want->ca_file ? want->ca_file : "");
	if (manifest_fill("hardening", v, values, &docs, err) < 0)
		return -1;
	section = json_object_get(json_array_get(docs, 0), name);
	if (!section)
		return err_set(err, ERR_BUG, "hardening has no section %s", name);
	*ret = json_incref(section);
	return 0;
}
