/* What a token with limits (`kstrap token create --uses N --node NAME`) is still good for. Limits
 * and uses stand in annotations of the token's Secret, which whoever joins cannot write. */
#ifndef PHASES_APPROVE_LIMITS_H
#define PHASES_APPROVE_LIMITS_H

#include "phases/approve/request.h"

#include <time.h>

#define LIMITS_USES   "kstrap/uses" /* how many joins, as a decimal number */
#define LIMITS_NODE   "kstrap/node" /* the one name */
#define LIMITS_USED   "kstrap/used" /* {"KEY/NODE": when}, as JSON text */
#define LIMITS_LEFT_S 30 /* that a token has left when its last join has its certificate */

/* The annotations of a new token; a new object. `uses` 0 and `node` NULL: no such limit. */
json_t *limits_annotations(int uses, const char *node);

enum limits_say {
	LIMITS_LEAVE, /* the token says no limit: a person decides */
	LIMITS_DENY,
	LIMITS_AGAIN, /* nothing to count: without --uses, or the same key for the same node again
		       */
	LIMITS_COUNT, /* a further use, to be noted by *ret_patch before it is approved */
};
/* `secret` is the Secret of the token by which `request`, whose form is right, was made; NULL when
 * there is none any more. *ret_why is static text; *ret_patch (LIMITS_COUNT) is the caller's and
 * holds only for this state of the Secret. */
enum limits_say limits_judge(const json_t *secret, const struct request *request, time_t now,
			     const char **ret_why, json_t **ret_patch);

/* The patch that ends a token that is used up, or NULL when it is not or ends soon anyway. */
json_t *limits_end(const json_t *secret, time_t now);

/* {"uses": i?, "used": i?, "node": s?} of a Secret with limits, else NULL. A new object. */
json_t *limits_read(const json_t *secret);

#endif
