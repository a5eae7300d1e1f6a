/* One gRPC question and its answer over HTTP/2 (grpc.io, "gRPC over HTTP2"). */
#ifndef API_GRPC_H
#define API_GRPC_H

#include "api/http.h"
#include "base/str.h"

#define GRPC_OK		   0
#define GRPC_NOT_FOUND	   5
#define GRPC_UNIMPLEMENTED 12

/* Calls "/package.Service/Method" with one message. *ret_status is gRPC's status; *ret is the
 * answer's message when it is GRPC_OK, else text about it, without control characters. Both are
 * wiped with buf_clear. Errors: ERR_NET, ERR_TIMEOUT, ERR_API (not gRPC). */
int grpc_call(struct http *http, const char *method, const struct buf *message, int *ret_status,
	      struct buf *ret, struct err *err);

#endif
