/* The phases of init, as rows of phases/init/init.c call them. */
#ifndef PHASES_INIT_INIT_H
#define PHASES_INIT_INIT_H

#include "phases/phase.h"
#include "pki/spec.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A path below the certificates directory; the caller frees. */
char *pki_path(const struct run *run, const char *base, const char *suffix);

/* certs.c: certificates; arg is a struct cert_spec's name. */
int certs_ask(struct run *run, const void *arg, struct err *err);
int certs_render(struct run *run, const void *arg, struct err *err);
int certs_sa(struct run *run, const void *arg, struct err *err);
/* The cluster CA as it will be; *ret_key NULL when its key is elsewhere. Borrowed PEM in *ret_pem. */
int certs_ca(const struct run *run, const char *name, X509 **ret, EVP_PKEY **ret_key,
	     const char **ret_pem, struct err *err);

/* Refuses a CA, named by its row, that has the key of another of this cluster's CAs: who is trusted
 * by one of them would be by both. Only where certs_ask or run_see has seen all of them.
 * Errors: ERR_CRYPTO. */
int certs_distinct(const struct run *run, const struct cert_spec *spec, struct err *err);

/* kubeconfig.c; arg is a spec's name. */
int kubeconfig_ask(struct run *run, const void *arg, struct err *err);
int kubeconfig_render(struct run *run, const void *arg, struct err *err);

/* control_plane.c: static pods; arg is the component's name. */
int control_plane_ask(struct run *run, const void *arg, struct err *err);
int control_plane_render(struct run *run, const void *arg, struct err *err);

/* kubelet_start.c, finalize.c */
int kubelet_start_ask(struct run *run, const void *arg, struct err *err);
int kubelet_start_render(struct run *run, const void *arg, struct err *err);
int kubelet_start_act(struct run *run, const void *arg, struct err *err);
int kubelet_finalize_act(struct run *run, const void *arg, struct err *err);

/* wait.c */
int wait_act(struct run *run, const void *arg, struct err *err);

/* upload.c */
int upload_kubeadm(struct run *run, const void *arg, struct err *err);
int upload_kubeadm_ask(struct run *run, const void *arg, struct err *err);
int upload_kubelet(struct run *run, const void *arg, struct err *err);
int upload_certs_ask(struct run *run, const void *arg, struct err *err);
int upload_certs_act(struct run *run, const void *arg, struct err *err);

/* node.c */
int mark_act(struct run *run, const void *arg, struct err *err);

/* token.c */
int token_ask(struct run *run, const void *arg, struct err *err);
int token_render(struct run *run, const void *arg, struct err *err);
int token_rbac(struct run *run, const void *arg, struct err *err);
/* Text with a secret in it ("what" it is begins a sentence): on a terminal, else in a file that only
 * root reads, whose path is told. */
int show_secret(struct run *run, const char *what, const char *text, struct err *err);
int show_join_act(struct run *run, const void *arg, struct err *err);

/* addon.c */
int addon_ask(struct run *run, const void *arg, struct err *err);
int addon_coredns_ask(struct run *run, const void *arg, struct err *err);
int addon_coredns(struct run *run, const void *arg, struct err *err);
int addon_flannel(struct run *run, const void *arg, struct err *err);
int addon_kube_proxy(struct run *run, const void *arg, struct err *err);

#endif
