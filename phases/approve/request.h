/* CertificateSigningRequests as the approver sees them: which are its business, and whether they
 * have the form that their signer asks for (Kubernetes documentation, "Certificates and Certificate
 * Signing Requests", "Kubernetes signers"). Nothing here asks anybody. */
#ifndef PHASES_APPROVE_REQUEST_H
#define PHASES_APPROVE_REQUEST_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>

/* Tokens with limits are of this group, which no automatic approval names. */
#define LIMITED_GROUP "system:bootstrappers:kstrap:limited-node-token"

enum request_kind {
	REQUEST_OTHER,   /* not ours */
	REQUEST_LIMITED, /* a node's client certificate, asked for with a token that has limits */
	REQUEST_SERVING, /* a kubelet's serving certificate, asked for by its node */
};

struct request {
	enum request_kind kind;
	bool decided, issued;  /* approved or denied already; and with its certificate */
	char *name, *token_id; /* of the request; of who asks with a token */
	char *node;            /* of system:node:NAME */
	char *use;             /* names key and node, for what a token was used for */
	json_t *sans;
	char *fault; /* why its form is wrong; NULL: it is not */
};

/* Never fails: what cannot be read is a fault of a request that is ours. */
void request_read(const json_t *csr, struct request *ret);
void request_clear(struct request *request);
static inline void auto_request_(struct request *request)
{
	request_clear(request);
}

/* The patch of its subresource "approval"; a new object. */
json_t *request_decision(const json_t *csr, bool approve, const char *why, time_t now);

#endif
