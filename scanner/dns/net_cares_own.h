/* scanner/dns/net_cares_own.h - what the files of the DNS adapter share: net_cares.c (its life and its clock),
 * net_cares_question.c (the way of one question).
 */
#ifndef STSURVEY_SCANNER_DNS_NET_CARES_OWN_H
#define STSURVEY_SCANNER_DNS_NET_CARES_OWN_H

#include "scanner/dns/net_cares.h"
#include "scanner/dns/net_cares_channel.h"
#include "scanner/rules/pace.h"

/* Tries to be repeated stand in lists by how long they wait, each level's a quarter longer than the one before: a long
 * wait at the head of one list for all would hold up the short ones behind it. The last level, from 2.3 s, holds all
 * beyond. */
enum { REPEAT_LEVELS = 13 };

/* One packet whose answer may still come. Lives until c-ares calls back; its question may be
 * answered, and gone, long before. */
struct net_try {
	struct channel *channel;      /* whose group is the net_cares's first member */
	struct net_query *query;      /* NULL once answered otherwise */
	SLIST_ENTRY(net_try) sibling; /* the question's other tries */
	TAILQ_ENTRY(net_try) due;     /* in its level's list of those to be repeated */
	uint32_t sent_ms, wait_ms;    /* when; until it is repeated */
	uint16_t id;
	uint8_t level;
	bool listed;
};

TAILQ_HEAD(repeat_list, net_try); /* in order of time to a quarter of it */
STAILQ_HEAD(query_list, net_query);

struct net_cares {
	struct channel_group group; /* first: see struct net_try */
	struct resolver resolver;
	struct channel_list udp[NAME_SERVERS_MAX], tcp[NAME_SERVERS_MAX];
	unsigned tries;
	uint32_t tries_ms;
	const _Atomic double *rate;
	struct pace pace;
	struct repeat_list repeat[REPEAT_LEVELS];
	struct query_list waiting; /* for the rate */
	struct query_list delayed; /* for FAILURE_DELAY_MS */
	struct query_list parked;  /* for a server to come back */
	uv_timer_t timer;
	uv_prepare_t prepare;
	unsigned ticks;
	uint64_t ticked_ms; /* when the last one was */
	bool late;          /* it came long after the one before */
	bool stopping;
	struct net_cares_counts counts;
	struct udp_ring ring;
};

/* NULL: empty. */
static inline struct net_query *query_list_pop(struct query_list *list)
{
	struct net_query *query = STAILQ_FIRST(list);

	if (query)
		STAILQ_REMOVE_HEAD(list, own.next);
	return query;
}

static inline void repeat_list_add(struct net_cares *net, struct net_try *try)
{
	try->level = 0;
	for (uint32_t ms = RESOLVER_RTO_MIN_MS; ms < try->wait_ms && try->level < REPEAT_LEVELS - 1; ms += ms / 4)
		try->level++;
	try->listed = true;
	TAILQ_INSERT_TAIL(&net->repeat[try->level], try, due);
}

static inline void repeat_list_remove(struct net_cares *net, struct net_try *try)
{
	if (try->listed)
		TAILQ_REMOVE(&net->repeat[try->level], try, due);
	try->listed = false;
}

static inline uint64_t now_of(const struct net_cares *net)
{
	return uv_now(net->group.loop);
}

/* The question has ended: tell the asker. @answer NULL: none came. */
void net_cares_finish(struct net_cares *net, struct net_query *query, int fault, enum dns_status status,
		      const struct dns_answer *answer);

/* Is there another try for @query, as far as its own limits go? */
bool net_cares_may_try(const struct net_cares *net, const struct net_query *query);

/* Send the next packet of @query, now or as soon as rate and servers allow. */
void net_cares_send(struct net_cares *net, struct net_query *query);

/* One packet to @server. */
void net_cares_transmit(struct net_cares *net, struct net_query *query, unsigned server);

/* May a packet be sent to @server just now? Then it is counted. */
bool net_cares_take_token(struct net_cares *net, unsigned server);

#endif
