/* Known answers: Kubernetes' own unit test of its signer, and one computed by hand from RFC 7515.
 */
#include "pki/base64.h"
#include "pki/token.h"

#include "pki_help.h"

static const char payload[] = "apiVersion: v1\n";
static const char signature[] =
	"eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..K1chermAQEq0rdqy-ehj0VDfmA_ytv8Wzh9g26FldrE";
static const struct token token = { .id = "abcdef", .secret = "0123456789abcdef" };

static void kubernetes_own_known_answer_is_ours(void **state)
{
	AUTO(free) char *jws = NULL;

	(void)state;
	assert_ok(jws_compute("joshua", "my voice is my passcode",
			      "Hello from the other side. I must have called a thousand times.",
			      &jws, e));
	assert_string_equal(jws, "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9.."
				 "VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8");
}

static void a_tokens_signature_is_the_known_one_and_verifies(void **state)
{
	AUTO(free) char *jws = NULL;

	(void)state;
	assert_ok(jws_sign(&token, payload, &jws, e));
	assert_string_equal(jws, signature);
	assert_int_equal(strlen(jws), 85);
	assert_ok(jws_verify(&token, payload, jws, e));
}

static void another_payload_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "apiVersion: v1",
					   "apiVersion: v1\n\n",
					   "apiVersion: v2\n",
					   " apiVersion: v1\n",
					   NULL };

	(void)state;
	for (size_t i = 0; bad[i]; i++)
		assert_refused(jws_verify(&token, bad[i], signature, e), ERR_CRYPTO,
			       "not signed with this token");
}

static void another_token_is_refused(void **state)
{
	static const struct token other_id = { .id = "abcdeg", .secret = "0123456789abcdef" };
	static const struct token other_secret = { .id = "abcdef", .secret = "0123456789abcdee" };

	(void)state;
	assert_refused(jws_verify(&other_id, payload, signature, e), ERR_CRYPTO, "not signed");
	assert_refused(jws_verify(&other_secret, payload, signature, e), ERR_CRYPTO, "not signed");
}

static char *with_header(const char *json)
{
	AUTO(free) char *header = base64url_encode(json, strlen(json));

	return xasprintf("%s%s", header, strstr(signature, ".."));
}

static void what_the_header_claims_is_not_followed(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"kid\":\"abcdef\"}",
		"{\"alg\":\"RS256\",\"kid\":\"abcdef\"}",
		"{\"kid\":\"abcdef\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"kid\":\"abcdef\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS256\"}",
		"{}",
		NULL,
	};
	AUTO(free) char *same = with_header("{\"alg\":\"HS256\",\"kid\":\"abcdef\"}");

	(void)state;
	assert_ok(jws_verify(&token, payload, same, e)); /* the twin */
	for (size_t i = 0; headers[i]; i++) {
		AUTO(free) char *jws = with_header(headers[i]);

		assert_refused(jws_verify(&token, payload, jws, e), ERR_CRYPTO, "not signed");
	}
}

static void signatures_of_another_form_are_refused(void **state)
{
	AUTO(free) char *padded = xasprintf("%s=", signature);
	AUTO(free) char *cut = xstrndup(signature, strlen(signature) - 1);
	AUTO(free) char *none = xstrndup(signature, 42);
	AUTO(free)
	char *attached = xasprintf("%.40s.YXBpVmVyc2lvbjogdjEK%s", signature, signature + 41);
	AUTO(free) char *large = xcalloc(1, 1024 * 1024);
	const char *const bad[] = { "", "..", padded, cut, none, attached, large };

	(void)state;
	memset(large, 'A', 1024 * 1024 - 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(jws_verify(&token, payload, bad[i], e), ERR_CRYPTO, "not signed");
	assert_refused(jws_verify(&token, payload, NULL, e), ERR_CRYPTO, "not signed");
}

static void one_character_changed_anywhere_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; signature[i]; i++) {
		AUTO(free) char *jws = xstrdup(signature);

		jws[i] = jws[i] == 'A' ? 'B' : 'A';
		assert_refused(jws_verify(&token, payload, jws, e), ERR_CRYPTO, "not signed");
	}
}

static void a_payload_of_a_megabyte_is_signed_and_a_larger_one_refused(void **state)
{
	AUTO(free) char *large = xcalloc(1, 1024 * 1024 + 2);
	AUTO(free) char *jws = NULL;
	char *none = NULL;

	(void)state;
	memset(large, 'x', 1024 * 1024);
	assert_ok(jws_sign(&token, large, &jws, e));
	assert_ok(jws_verify(&token, large, jws, e));
	large[1024 * 1024] = 'x';
	assert_refused(jws_sign(&token, large, &none, e), ERR_CRYPTO, "larger than 1 MiB");
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kubernetes_own_known_answer_is_ours),
		cmocka_unit_test(a_tokens_signature_is_the_known_one_and_verifies),
		cmocka_unit_test(another_payload_is_refused),
		cmocka_unit_test(another_token_is_refused),
		cmocka_unit_test(what_the_header_claims_is_not_followed),
		cmocka_unit_test(signatures_of_another_form_are_refused),
		cmocka_unit_test(one_character_changed_anywhere_is_noticed),
		cmocka_unit_test(a_payload_of_a_megabyte_is_signed_and_a_larger_one_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
