#include "api/grpc.h"

#include "api/guard.h"

#include <stdint.h>
#include <string.h>

#define FRAME 5u /* one byte: compressed; four: the message's length, big-endian */

static int frame(const struct buf *message, struct buf *ret)
{
	uint32_t len = (uint32_t)message->len;
	const unsigned char head[FRAME] = { 0, (unsigned char)(len >> 24),
					    (unsigned char)(len >> 16), (unsigned char)(len >> 8),
					    (unsigned char)len };

	if (buf_add(ret, head, sizeof(head)) < 0)
		return -1;
	return message->len ? buf_add(ret, message->data, message->len) : 0;
}

/* The one message of a unary answer; -1 when it is compressed (we offered nothing), cut short or
 * followed by something. */
static int unframe(const struct http_reply *reply, struct buf *ret)
{
	const unsigned char *head = (const unsigned char *)reply->body;
	size_t len;

	if (reply->len < FRAME || head[0] != 0)
		return -1;
	len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
	if (len != reply->len - FRAME)
		return -1;
	return len ? buf_add(ret, reply->body + FRAME, len) : 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* grpc-message is percent-encoded; what is not is taken as it is. */
static void add_words(const char *text, struct buf *ret)
{
	char plain[800], clean[800];
	size_t n = 0;

	for (const char *c = text ? text : ""; *c && n + 1 < sizeof(plain); c++) {
		if (*c == '%' && hex(c[1]) >= 0 && hex(c[2]) >= 0) {
			plain[n++] = (char)(hex(c[1]) << 4 | hex(c[2]));
			c += 2;
		} else {
			plain[n++] = *c;
		}
	}
	plain[n] = '\0';
	guard_text(plain, clean, sizeof(clean));
	buf_addf(ret, "%s", clean);
}

int grpc_call(struct http *http, const char *method, const struct buf *message, int *ret_status,
	      struct buf *ret, struct err *err)
{
	AUTO(http_reply) struct http_reply reply = { 0 };
	AUTO(buf) struct buf body = BUF_INIT(1u << 20);

	if (frame(message, &body) < 0)
		return err_set(err, ERR_BUG, "%s: message too long", method);
	if (http_call(http, "POST", method, "application/grpc", body.data, body.len, &reply, err) <
	    0)
		return -1;
	if (reply.status != 200 || reply.grpc_status < 0)
		return err_set(err, ERR_API, "%s: does not speak gRPC (HTTP status %ld)",
			       http_label(http), reply.status);
	*ret_status = reply.grpc_status;
	if (reply.grpc_status != GRPC_OK) {
		add_words(reply.grpc_message, ret);
		return 0;
	}
	if (unframe(&reply, ret) < 0)
		return err_set(err, ERR_API, "%s: %s: the answer is not one gRPC message",
			       http_label(http), method);
	return 0;
}
