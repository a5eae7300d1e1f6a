/* Bootstrap tokens of a running cluster. A token's signature of cluster-info is made and removed
 * with it, so that a join need not wait for the controller that does it too. */
#ifndef PHASES_TOKEN_TOKEN_H
#define PHASES_TOKEN_TOKEN_H

#include "api/kube.h"
#include "config/config.h"
#include "phases/credentials.h"
#include "pki/token.h"

struct tokens {
	struct credentials admin;
	struct kube *kube;
};
/* Reads --kubeconfig, else the first file there is of $KUBECONFIG (not under --root), else
 * admin.conf; connects to nobody yet. Errors: ERR_HOST (this is no control plane), ERR_CONFIG,
 * ERR_CRYPTO. */
int tokens_open(const struct config *config, struct tokens *ret, struct err *err);
void tokens_close(struct tokens *tokens);
static inline void auto_tokens_(struct tokens *tokens)
{
	tokens_close(tokens);
}

struct token_want {
	const char *text;        /* id.secret; NULL: made */
	const char *description; /* may be NULL */
	long ttl_s;              /* 0: for ever */
	const json_t *usages;
	const json_t *groups; /* only for the usage "authentication" */
	int uses;	      /* so many joins; 0: any number */
	const char *node;     /* of this node; NULL: any */
};
/* Pins *ret to the cluster's CA. A cluster-info that cannot be signed is only warned about: the
 * token is there, and the controller manager signs too. Errors: as kube_create, but a token that is
 * there already is ERR_API, and so are limits in a cluster where nobody would hold hosts to them. */
int tokens_create(struct tokens *tokens, const struct token_want *want, bool dry_run,
		  struct token *ret, struct err *err);
/* As token_list_add makes them; the caller frees. A Secret that is no token is warned about. */
int tokens_list(struct tokens *tokens, json_t **ret, struct err *err);
/* Errors: as kube_delete; ERR_API when there is no such token (its signature goes all the same). */
int tokens_delete(struct tokens *tokens, const char *id, struct err *err);

/* Two lines, kjoin's and kubeadm's. certificate_key, for a further control plane, may be NULL. The
 * caller frees with secret_free. Errors: ERR_CRYPTO, ERR_CONFIG (the kubeconfig's CA, server). */
int tokens_join_lines(const struct tokens *tokens, const struct token *token,
		      const char *certificate_key, char **ret, struct err *err);

#endif
