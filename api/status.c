#include "api/status.h"

#include "api/guard.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static enum err_code code_of(long status, const char *reason)
{
	if (status == 404)
		return ERR_NOT_FOUND;
	if (status == 409) /* RFC 9110 has one number for what Kubernetes tells apart by reason */
		return str_eq(reason, "AlreadyExists") ? ERR_EXISTS : ERR_CONFLICT;
	return ERR_API;
}

/* An answer about a Secret that was found invalid may quote its data. */
static bool may_quote_secret(const char *path, long status)
{
	return strstr(path, "/secrets") && (status == 400 || status == 422 || status >= 500);
}

int status_fail(const struct kube *kube, const char *method, const char *path, long code,
		const char *body, size_t len, struct err *err)
{
	AUTO(json) json_t *status = NULL;
	struct err ignored = ERR_INIT;
	const char *reason = NULL, *message = NULL;
	char said[600] = "", why[64] = "";

	if (body && guard_json(body, len, "", &status, &ignored) == 0) {
		reason = json_str(status, "reason");
		message = json_str(status, "message");
	}
	guard_text(reason, why, sizeof(why));
	guard_text(message ? message : body, said, sizeof(said));
	if (may_quote_secret(path, code))
		snprintf(said, sizeof(said), "(withheld: it may quote the secret)");
	return err_set(err, code_of(code, reason), "%s %.300s: the API server at %s answered %ld%s%s%s%s",
		       method, path, http_label(kube->http), code, *why ? " " : "", why,
		       *said ? ": " : "", said);
}
