/* What looks after certificates once they are there: renewal, their ends, requests for a CA
 * elsewhere, kubeconfigs for users. Nothing of it needs the API server. */
#ifndef PHASES_CERTS_CERTS_H
#define PHASES_CERTS_CERTS_H

#include "phases/phase.h"

/* "kstrap.io/..." of a static pod's manifest: changed, so that the kubelet makes the pod anew. */
#define RESTARTED_AT "kstrap.io/restarted-at"

/* Renews the certificate `name` ("apiserver", "admin.conf"), or all with NULL, with the CAs that
 * are on this host: subject, names and usages are the old certificate's, key and serial are new.
 * `algorithm`: of the new keys, NULL: as the old one's. Then has the kubelet restart the pods that
 * use them. Errors: ERR_USAGE (no such name); ERR_HOST (a worker; a file in the way); ERR_CRYPTO
 * (a CA that is wrong, expired or elsewhere: all that could be renewed has been). */
int certs_renew(struct run *run, const char *name, const char *algorithm, struct err *err);
/* The names that certs_renew knows, as lines with what each is; the caller frees. */
char *certs_names(void);

/* When what ends: kubeadm's CertificateExpirationInfo (output.kubeadm.k8s.io/v1alpha3). New. */
int certs_expiration(struct run *run, json_t **ret, struct err *err);
/* The same as kubeadm's table; the caller frees. */
char *certs_expiration_text(const json_t *info);

/* Writes a key and a request for each certificate below config's certificates_dir, a kubeconfig
 * with its key and a request for each kubeconfig below `kubeconfig_dir`. Nothing that is there is
 * replaced. The run must know its cluster (run_open). Errors: ERR_HOST. */
int certs_requests(struct run *run, const char *kubeconfig_dir, struct err *err);

struct user_want {
	const char *name;  /* the CN */
	json_t *orgs;      /* array of strings; may be empty */
	const char *token; /* NULL: a certificate */
	long validity_s;
};
/* A kubeconfig for a user; nothing is written. The caller frees with secret_free. */
int certs_user(struct run *run, const struct user_want *want, char **ret, struct err *err);

#endif
