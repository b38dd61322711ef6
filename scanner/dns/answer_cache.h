/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/answer_cache.h - answers that many domains share, asked for once.
 *
 * A few providers run most policy hosts, and thousands of domains ask for the same provider's name, often at the same
 * moment. A question marked `shared` (scanner/job/net.h) goes through here: while it is in flight others like it wait
 * for its answer, and afterwards it is answered from memory for as long as its TTL says. A failure of servers or of
 * ours goes to the questions that wait, and is never kept. What was asked with CD answers no question without, nor the
 * other way round.
 *
 * One for each worker, on its loop's thread: no locks. Bounded in answers and octets; the least recently used
 * answer goes first.
 */
#ifndef STSURVEY_SCANNER_DNS_ANSWER_CACHE_H
#define STSURVEY_SCANNER_DNS_ANSWER_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "parsers/dns_answer.h"
#include "scanner/job/net.h"

enum {
	ANSWER_CACHE_ENTRIES_MAX = 2048,         /* providers of policies and mail are hundreds, not thousands */
	ANSWER_CACHE_OCTETS_MAX = 1024 * 1024,   /* of all entries: what they cost a worker at most */
	ANSWER_CACHE_PACKET_MAX = DNS_EDNS_SIZE, /* larger answers came over TCP: too rare to take the room */
	ANSWER_CACHE_TTL_MAX_S = 3600,           /* a survey measures now: no fact is older */
	ANSWER_CACHE_NEGATIVE_S = 60,            /* kept absence; zones ask for 5 minutes and more (RFC 2308 5) */
};

struct answer_cache_counts {
	uint64_t asked;  /* questions that were sent on */
	uint64_t hits;   /* answered from memory */
	uint64_t joined; /* answered together with the one in flight */
	size_t entries, octets;
};

struct answer_cache;

/* Questions go to @net, not marked as shared. @net outlives the cache. NULL: no memory. */
struct answer_cache *answer_cache_new(struct net *net);

/* As the `ask` of struct net: one callback, perhaps before this returns. `packets_sent` is 0 where the answer came from
 * memory or with another question. With no memory or no room the question is sent on as it is. */
void answer_cache_ask(struct answer_cache *cache, struct net_query *query);

void answer_cache_counts(const struct answer_cache *cache, struct answer_cache_counts *counts);

/* After @net has called back for every question. */
void answer_cache_free(struct answer_cache *cache);

#endif
