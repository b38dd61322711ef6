/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/net_cares_own.h - what the files of the DNS adapter share: net_cares.c (open, close, what time brings)
 * and net_cares_question.c (the way of one question).
 */
#ifndef STSURVEY_SCANNER_DNS_NET_CARES_OWN_H
#define STSURVEY_SCANNER_DNS_NET_CARES_OWN_H

#include "parsers/dns_answer.h"
#include "scanner/dns/net_cares.h"
#include "scanner/dns/net_cares_channel.h"
#include "scanner/rules/pace.h"

/* Tries that will be repeated stand in lists by how long they wait, each list's wait a quarter longer than that of the
 * one before: in one list for all a long wait would hold up short ones behind it. The last list has all from 2.3 s. */
enum { REPEAT_LEVELS = 13 };

/* One packet whose answer may still come. Lives until c-ares calls back; its question may be
 * answered, and gone, long before. */
struct net_try {
	struct channel *channel;      /* whose group is the net_cares's first member */
	struct net_query *query;      /* NULL once answered otherwise */
	SLIST_ENTRY(net_try) sibling; /* the question's other tries */
	LIST_ENTRY(net_try) beside;   /* the channel's others */
	struct repeat_list *list;     /* of those to be repeated, it stands in this one; NULL: in none */
	TAILQ_ENTRY(net_try) due;
	uint32_t sent_ms, wait_ms; /* when; until it is repeated */
	unsigned answers_before;   /* the channel's, when it was sent */
	uint16_t id;
};

TAILQ_HEAD(repeat_list, net_try); /* in order of time to a quarter of it */
STAILQ_HEAD(query_list, net_query);

struct net_cares {
	struct channel_group group; /* first: see struct net_try */
	struct server_health health;
	struct channel_list channels[2 * NAME_SERVERS_MAX]; /* server n: 2n over UDP, 2n + 1 over TCP */
	struct net_cares_options options;
	double rate; /* of which pace has what no second may exceed */
	struct pace pace;
	unsigned unsent; /* packets that are written and not yet sent */
	struct repeat_list repeat[REPEAT_LEVELS];
	struct query_list waiting; /* for the rate */
	struct query_list delayed; /* for FAILURE_DELAY_MS */
	struct query_list parked;  /* for a server to come back */
	uv_timer_t timer, turn;    /* turn: while questions wait for the rate */
	uv_prepare_t prepare;
	unsigned ticks;
	uint64_t ticked_ms; /* when the last one was */
	bool late;          /* it came long after the one before */
	bool stopping;
	struct net_cares_counts counts;
	struct udp_ring ring;
	struct dns_answer_room room; /* of the packet at hand: too large for a stack that is probed each time */
};

static inline void repeat_list_remove(struct net_try *try)
{
	if (try->list)
		TAILQ_REMOVE(try->list, try, due);
	try->list = NULL;
}

static inline uint64_t now_of(const struct net_cares *net)
{
	return uv_now(net->group.loop);
}

/* The question has ended: call back. @answer NULL: none came, or none that is one; then @status says why. */
void net_cares_finish(struct net_cares *net, struct net_query *query, int fault, enum dns_status status,
		      const struct dns_answer *answer);

/* Is there another try for @query, as far as its own limits go? */
bool net_cares_may_try(const struct net_cares *net, const struct net_query *query);

/* Send the next packet of @query, now or as soon as rate and servers allow. */
void net_cares_send(struct net_cares *net, struct net_query *query);

/* Of a struct channel_group. */
size_t net_cares_complete(const struct channel *channel, uint8_t *packet, size_t n);

/* The next packet of @query is one that was lost, or that a server refused. */
void net_cares_count_repeat(struct net_cares *net, const struct net_query *query);

/* One packet to @server. */
void net_cares_transmit(struct net_cares *net, struct net_query *query, unsigned server);

/* The rate as it is told just now. */
void net_cares_follow_rate(struct net_cares *net);

/* @query waits for the rate. */
void net_cares_queue(struct net_cares *net, struct net_query *query);

/* May a packet be sent to @server just now? Then it is counted. */
bool net_cares_take_token(struct net_cares *net, unsigned server);

#endif
