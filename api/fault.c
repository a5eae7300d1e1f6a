#include "api/fault.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>

/* X509_V_ERR_*, as far as a server's certificate meets them. */
static const char *verify_reason(long result, const char *detail)
{
	/* The name is checked after the chain, by libcurl, which has no code of its own for it. */
	if (strstr(detail, "subject name") || strstr(detail, "does not match"))
		return "its certificate is for another host name or address";
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "its certificate has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "its certificate is not valid yet";
	case X509_V_ERR_INVALID_PURPOSE:
		return "its certificate is not one for a server";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return "its certificate is not signed by the given CA";
	default:
		return X509_verify_cert_error_string(result);
	}
}

static int untrusted(const struct fault *fault, bool *ret_untrusted, struct err *err)
{
	char now[21];
	long result = 0;

	*ret_untrusted = true;
	curl_easy_getinfo(fault->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	err_set(err, ERR_NET, "%s: %s", fault->label, verify_reason(result, fault->detail));
	if (result == X509_V_ERR_CERT_HAS_EXPIRED || result == X509_V_ERR_CERT_NOT_YET_VALID) {
		clock_rfc3339(clock_now(), now);
		err_next(err, "compare the clocks of both machines: here it is %s", now);
	}
	return -1;
}

static int not_connected(const struct fault *fault, struct err *err)
{
	long sys = 0;

	curl_easy_getinfo(fault->easy, CURLINFO_OS_ERRNO, &sys);
	switch (sys) {
	case ECONNREFUSED:
		return err_set(err, ERR_NET, "%s: connection refused: nothing listens there",
			       fault->label);
	case EHOSTUNREACH:
	case ENETUNREACH:
		return err_set(err, ERR_NET, "%s: no route to host", fault->label);
	case ETIMEDOUT:
		return err_set(err, ERR_TIMEOUT, "%s: timed out while connecting", fault->label);
	case ENOENT:
		return err_set(err, ERR_NET, "%s: no such socket", fault->label);
	case 0:
		return err_set(err, ERR_NET, "%s: cannot connect: %s", fault->label, fault->detail);
	default:
		return err_set(err, ERR_NET, "%s: cannot connect: %s", fault->label,
			       strerror((int)sys));
	}
}

/* Where a transfer stood when its time was over. */
static const char *timeout_stage(CURL *easy)
{
	curl_off_t secured = 0, begun = 0;
	long port = 0;

	/* A transfer begins after TLS, if there is any; our own port is there once TCP stands. */
	curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port);
	curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &secured);
	curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
	if (!port)
		return "while connecting";
	if (begun)
		return "in the middle of the answer";
	return secured ? "waiting for an answer" : "during the TLS handshake";
}

int fault_explain(const struct fault *fault, bool *ret_untrusted, struct err *err)
{
	const char *label = fault->label;
	const char *detail = *fault->detail ? fault->detail : curl_easy_strerror(fault->result);
	long sys = 0;

	*ret_untrusted = false;
	curl_easy_getinfo(fault->easy, CURLINFO_OS_ERRNO, &sys);
	if (fault->limit)
		return err_set(err, ERR_API, "%s: answer refused: %s", label, fault->limit);
	switch ((int)fault->result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(err, ERR_NET, "%s: there is no address for that host name", label);
	case CURLE_COULDNT_CONNECT:
		return not_connected(fault, err);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_TIMEOUT, "%s: timed out %s (after %ld s)", label,
			       timeout_stage(fault->easy), fault->timeout_s);
	case CURLE_PEER_FAILED_VERIFICATION:
		return untrusted(fault, ret_untrusted, err);
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(err, ERR_CRYPTO, "%s: the given CA is no usable certificate", label);
	case CURLE_SSL_CERTPROBLEM:
		return err_set(err, ERR_CRYPTO, "%s: our certificate and key cannot be used: %s",
			       label, detail);
	case CURLE_SSL_CONNECT_ERROR:
		if (sys == ECONNRESET)
			detail = "the connection was reset";
		return err_set(err, ERR_NET, "%s: TLS handshake failed: %s", label, detail);
	case CURLE_GOT_NOTHING:
		return err_set(err, ERR_NET, "%s: closed the connection without an answer", label);
	case CURLE_PARTIAL_FILE:
		return err_set(err, ERR_NET, "%s: the answer was cut short", label);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return err_set(err, ERR_NET, "%s: the answer is not HTTP: %s", label, detail);
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		if (sys == ECONNRESET || sys == EPIPE)
			detail = "it was reset";
		return err_set(err, ERR_NET, "%s: the connection broke: %s", label, detail);
	default:
		return err_set(err, ERR_NET, "%s: %s", label, detail);
	}
}
