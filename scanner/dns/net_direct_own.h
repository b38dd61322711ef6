/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/net_direct_own.h - what the files of the direct way share: net_direct.c (the way of a question),
 * direct_look_up.c (addresses of name servers' hosts) and direct_audit.c (which answers are audited, and what it
 * finds).
 */
#ifndef STSURVEY_SCANNER_DNS_NET_DIRECT_OWN_H
#define STSURVEY_SCANNER_DNS_NET_DIRECT_OWN_H

#include "scanner/dns/net_direct.h"

TAILQ_HEAD(direct_ask_list, direct_ask);

struct net_direct {
	struct net_direct_options options;
	struct direct_engine *engine;
	struct direct_ask_list waiting; /* for a host's addresses */
	LIST_HEAD(, look_up) look_ups;
	uv_timer_t timer;
	bool stopping;
	struct net_direct_counts counts;
	struct dns_answer_room room; /* of the packet at hand */
};

/* One question on its way. */
struct direct_ask {
	struct net_direct *direct;
	struct net_query *query;
	struct direct_try try;
	struct net_query inner; /* of the resolver */
	TAILQ_ENTRY(direct_ask) next;
	uint32_t since_ms;            /* that it looks for a second server */
	uint32_t due_ms;              /* when to look again for a host's addresses */
	enum obs_fall_back why : 8;   /* why what it has tried did not count; of two, what leaves more open */
	enum dns_status negative : 8; /* the direct answer that is audited */
	bool is_second;               /* the second server is asked */
	bool is_crowded;              /* another owes too much to be asked */
	bool has_looked;              /* a host was looked up for it */
	bool is_silent;               /* whatever was tried was silent */
	uint8_t packets;
};

static inline uint64_t direct_now_us(const struct net_direct *direct)
{
	return uv_now(direct->options.engine.loop) * 1000;
}

/* Begin a look-up; a fault of ours, or nothing new, is what it comes to. */
void direct_look_up(struct net_direct *direct, struct span name);

/* Is the negative answer to @query to be audited? It is counted as seen. */
bool direct_audit_chooses(struct direct_audit *audit, const struct net_query *query);

/* What the resolver said: into query->audit, in its arena. 0 or enum net_fault. */
int direct_audit_keep(struct net_query *query, enum dns_status negative, const struct net_query *inner,
		      const struct dns_answer *answer);

#endif
