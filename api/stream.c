/* A GET whose answer is read line by line. */
#include "api/transfer.h"

#include <string.h>

struct http_stream {
	struct transfer transfer;
	size_t taken;   /* of the body: handed out already */
	size_t scanned; /* no line end between taken and this */
};

int http_stream_open(struct http *http, const char *path, long timeout_s, struct http_stream **ret,
		     struct err *err)
{
	AUTO(http_stream) struct http_stream *stream = xcalloc(1, sizeof(*stream));

	if (transfer_begin(&stream->transfer, http, path, NULL, timeout_s, MAX_LINE, err) < 0 ||
	    transfer_start(&stream->transfer, err) < 0)
		return -1;
	*ret = TAKE(stream);
	return 0;
}

void http_stream_close(struct http_stream *stream)
{
	if (!stream)
		return;
	transfer_end(&stream->transfer);
	free(stream);
}

long http_stream_status(const struct http_stream *stream)
{
	long status = 0;

	curl_easy_getinfo(stream->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Room for more: what has been taken goes. Done once a turn, so that many short lines stay cheap.
 */
static void drop_taken(struct http_stream *stream)
{
	struct buf *body = &stream->transfer.body;

	if (!stream->taken)
		return;
	memmove(body->data, body->data + stream->taken, body->len - stream->taken);
	body->len -= stream->taken;
	body->data[body->len] = '\0';
	stream->scanned -= stream->taken;
	stream->taken = 0;
}

/* The next line of what has come, or at the end what is left; NULL when there is none. */
static char *take_line(struct http_stream *stream)
{
	struct buf *body = &stream->transfer.body;
	const char *begin = body->data + stream->taken, *end = NULL;
	char *line;

	if (body->len > stream->scanned)
		end = memchr(body->data + stream->scanned, '\n', body->len - stream->scanned);
	if (!end) {
		stream->scanned = body->len;
		if (!stream->transfer.done || stream->transfer.result != CURLE_OK ||
		    body->len == stream->taken)
			return NULL;
		end = body->data + body->len;
	}
	line = xstrndup(begin, (size_t)(end - begin));
	stream->taken = (size_t)(end - body->data) + 1;
	if (stream->taken > body->len)
		stream->taken = body->len;
	stream->scanned = stream->taken;
	return line;
}

int http_stream_next(struct http_stream *stream, double wait_s, enum http_got *ret, char **ret_line,
		     struct err *err)
{
	struct transfer *t = &stream->transfer;
	char *line = take_line(stream);

	if (!line && !t->done) {
		drop_taken(stream);
		if (transfer_turn(t->http, wait_s, err) < 0)
			return -1;
		line = take_line(stream);
	}
	if (line) {
		*ret_line = line;
		*ret = HTTP_LINE;
		return 0;
	}
	if (t->done && transfer_result(t, err) < 0)
		return -1;
	*ret = t->done ? HTTP_END : HTTP_NOTHING;
	return 0;
}
