/* etcd's members, through the JSON gateway of its v3 API (etcd documentation, "gRPC gateway"):
 * numbers of 64 bits travel as strings, keys as base64. Whoever of the members answers is asked;
 * one that is down, is a learner or has lost the others is passed over. */
#ifndef API_ETCD_H
#define API_ETCD_H

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct etcd;

struct etcd_peer { /* all PEM, in memory; copied */
	const char *ca, *cert, *key;
	long timeout_s;       /* one question to one member */
	void (*tick)(void *); /* called at least every second while we wait; may be NULL */
	void *arg;
};

/* `endpoints`: client URLs ("https://10.0.0.1:2379") of some members, an array of strings, copied.
 * Connects to nobody yet. Errors: ERR_CONFIG (an endpoint that is none, or none at all). */
int etcd_open(const struct etcd_peer *peer, const json_t *endpoints, struct etcd **ret,
	      struct err *err);
void etcd_close(struct etcd *etcd);
AUTO_DEFINE(etcd, struct etcd *, etcd_close);

struct etcd_member {
	uint64_t id;
	char *name;          /* "" until it has started for the first time */
	json_t *peer_urls;   /* of strings */
	json_t *client_urls; /* empty until it has started */
	bool learner;
	bool healthy; /* see etcd_look */
};
struct etcd_cluster {
	uint64_t id;
	struct etcd_member *members;
	size_t len;
};
void etcd_cluster_clear(struct etcd_cluster *cluster);
static inline void auto_etcd_cluster_(struct etcd_cluster *cluster)
{
	etcd_cluster_clear(cluster);
}

/*
 * The members, from one that has a quorum behind it (it is made to prove that first, since a member
 * that was cut off would tell what was once true). Those it names are asked by the calls that
 * follow, too. Replaces what *ret held.
 *
 * Errors, of this and of the calls below:
 *   ERR_NET       nobody with a quorum behind it answered: says of each why
 *   ERR_EXISTS    etcd_add: that peer URL is a member's; etcd_promote: it votes already
 *   ERR_NOT_FOUND no such member (any more)
 *   ERR_CONFLICT  not now: the learner is not in sync, there is another learner, a member is down
 *                 or has not started. It may be asked again.
 *   ERR_API       any other refusal, or an endpoint that belongs to another cluster
 * After ERR_NET from a call that changes something it may have happened: look at the members.
 */
int etcd_members(struct etcd *etcd, struct etcd_cluster *ret, struct err *err);

/* Adds a member that is to listen at peer_url. A learner has no vote, so that the others keep their
 * quorum until it is promoted. */
int etcd_add(struct etcd *etcd, const char *peer_url, bool learner, uint64_t *ret_id,
	     struct err *err);
/* Gives a learner its vote. ERR_CONFLICT until it has what the leader has. */
int etcd_promote(struct etcd *etcd, uint64_t id, struct err *err);
int etcd_remove(struct etcd *etcd, uint64_t id, struct err *err);

struct etcd_status {
	uint64_t cluster, member, leader; /* leader 0: none */
	char version[32];                 /* "3.4.23" */
	bool learner;
	bool alarmed; /* it says that something is wrong (no space, corrupt) */
};
/* What the member behind one endpoint says of itself, learners included. */
int etcd_status(struct etcd *etcd, const char *endpoint, struct etcd_status *ret, struct err *err);

/* Asks each started member of `cluster` for its status: healthy are those that answer, are of this
 * cluster and know a leader. Never fails; takes at most timeout_s for each. */
void etcd_look(struct etcd *etcd, struct etcd_cluster *cluster);
/* Whether the voting members other than `without` (0: nobody left out) would have a majority of
 * healthy ones. After etcd_look. */
bool etcd_quorum(const struct etcd_cluster *cluster, uint64_t without);
/* "n1, n2 (10.0.0.2:2380, never started)": the members that are not healthy, for messages. The
 * caller frees. */
char *etcd_unhealthy(const struct etcd_cluster *cluster);

/* Borrowed from cluster; NULL when there is none. The second: any of its peer URLs. */
const struct etcd_member *etcd_member(const struct etcd_cluster *cluster, uint64_t id);
const struct etcd_member *etcd_member_at(const struct etcd_cluster *cluster, const char *peer_url);

#endif
