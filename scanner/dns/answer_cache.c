/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/answer_cache.h"

#include <stdlib.h>
#include <string.h>

#include "output/hash_table.h"
#include "parsers/dns_answer.h"
#include "parsers/hash.h"

struct entry {
	TAILQ_ENTRY(entry) use; /* only answered ones are in the order */
	struct answer_cache *cache;
	struct net_query query;           /* what was asked */
	STAILQ_HEAD(, net_query) waiting; /* the others', until the answer */
	uint64_t expires_ms;
	uint64_t hash;
	unsigned in_use;           /* callbacks that read the answer just now */
	struct dns_answer *answer; /* NULL: in flight */
	char name[];
};

struct answer_cache {
	struct net *net;
	TAILQ_HEAD(, entry) use; /* the longest unused first */
	struct answer_cache_counts counts;
	struct hash_table entries;
};

static struct entry *entry_of(const struct answer_cache *cache, const struct net_query *query, uint64_t hash)
{
	struct entry *entry;

	for (size_t at = 0; (entry = hash_table_next(&cache->entries, hash, &at));)
		if (entry->query.type == query->type && entry->query.unchecked == query->unchecked &&
		    span_equal(net_query_name(&entry->query), net_query_name(query)))
			break;
	return entry;
}

/* ---- entries ---- */

static size_t size_of(const struct entry *entry)
{
	return sizeof(*entry) + entry->query.name_n + (entry->answer ? dns_answer_size(entry->answer) : 0);
}

static void entry_free(struct answer_cache *cache, struct entry *entry)
{
	hash_table_remove(&cache->entries, entry->hash, entry);
	if (entry->answer)
		TAILQ_REMOVE(&cache->use, entry, use);
	cache->counts.entries--;
	cache->counts.octets -= size_of(entry);
	free(entry->answer);
	free(entry);
}

/* Room for one more entry of @octets; false: what is in flight fills all of it. */
static bool make_room(struct answer_cache *cache, size_t octets)
{
	while (!TAILQ_EMPTY(&cache->use) && (cache->counts.entries >= ANSWER_CACHE_ENTRIES_MAX ||
					     cache->counts.octets + octets > ANSWER_CACHE_OCTETS_MAX))
		entry_free(cache, TAILQ_FIRST(&cache->use));
	return cache->counts.entries < ANSWER_CACHE_ENTRIES_MAX &&
	       cache->counts.octets + octets <= ANSWER_CACHE_OCTETS_MAX;
}

static void on_answer(struct net_query *query, const struct dns_answer *answer);

/* One for @query, which is not asked yet; NULL: no room, or no memory. */
static struct entry *entry_new(struct answer_cache *cache, const struct net_query *query, uint64_t hash)
{
	size_t size = sizeof(struct entry) + query->name_n;
	struct entry *entry = NULL;

	if (make_room(cache, size) && hash_table_reserve(&cache->entries, 1))
		entry = malloc(size);
	if (!entry)
		return NULL;
	*entry = (struct entry){ .cache = cache, .hash = hash };
	memcpy(entry->name, query->name, query->name_n);
	entry->query = (struct net_query){
		.type = query->type, .unchecked = query->unchecked, .name = entry->name, .name_n = query->name_n
	};
	entry->query.on_answer = on_answer;
	entry->query.arg = entry;
	STAILQ_INIT(&entry->waiting);
	hash_table_put(&cache->entries, hash, entry);
	cache->counts.entries++;
	cache->counts.octets += size;
	return entry;
}

/* ---- answers ---- */

/* Milliseconds an answer may be kept; 0: it must not. */
static uint64_t lifetime_ms(const struct dns_answer *answer)
{
	if (!answer || answer->len > ANSWER_CACHE_PACKET_MAX)
		return 0;
	if (answer->status == DNS_NXDOMAIN || answer->status == DNS_NO_ANSWER)
		return 1000ull * ANSWER_CACHE_NEGATIVE_S;
	if (answer->status != DNS_NOERROR)
		return 0;
	return 1000ull * (answer->ttl < ANSWER_CACHE_TTL_MAX_S ? answer->ttl : ANSWER_CACHE_TTL_MAX_S);
}

/* Turn the question in flight into a kept answer, or drop it. */
static void keep_answer(struct answer_cache *cache, struct entry *entry, const struct dns_answer *answer)
{
	uint64_t lifetime = lifetime_ms(answer);
	size_t size = lifetime ? dns_answer_size(answer) : 0;
	void *memory = lifetime && make_room(cache, size) ? malloc(size) : NULL;

	if (!memory) {
		entry_free(cache, entry);
		return;
	}
	entry->answer = dns_answer_copy(answer, memory);
	entry->expires_ms = cache->net->now_ms(cache->net) + lifetime;
	cache->counts.octets += size;
	TAILQ_INSERT_TAIL(&cache->use, entry, use);
}

static void on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct entry *entry = query->arg;
	STAILQ_HEAD(, net_query) all = STAILQ_HEAD_INITIALIZER(all);
	struct net_query told = *query, *waiting;

	STAILQ_CONCAT(&all, &entry->waiting);
	keep_answer(entry->cache, entry, answer);
	/* A callback may ask again, and so drop the entry: only @answer, which outlives this call, is used below. */
	while ((waiting = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, own.next);
		waiting->fault = told.fault;
		waiting->status = told.status;
		waiting->packets_sent = told.packets_sent;
		told.packets_sent = 0; /* the packets were the first one's */
		waiting->on_answer(waiting, answer);
	}
}

/* The callback may ask again: while it runs the entry is not in the order, and so is not dropped. */
static void answer_from(struct answer_cache *cache, struct entry *entry, struct net_query *query)
{
	if (entry->in_use++ == 0)
		TAILQ_REMOVE(&cache->use, entry, use);
	cache->counts.hits++;
	query->fault = NET_OK;
	query->status = entry->answer->status;
	query->packets_sent = 0;
	query->on_answer(query, entry->answer);
	if (--entry->in_use == 0)
		TAILQ_INSERT_TAIL(&cache->use, entry, use);
}

void answer_cache_ask(struct answer_cache *cache, struct net_query *query)
{
	uint64_t hash = hash_octet(hash_span(net_query_name(query)), query->type);
	struct entry *entry = entry_of(cache, query, hash);

	if (entry && entry->answer && !entry->in_use && entry->expires_ms <= cache->net->now_ms(cache->net)) {
		entry_free(cache, entry);
		entry = NULL;
	}
	if (entry && entry->answer) {
		answer_from(cache, entry, query);
		return;
	}
	if (entry) {
		cache->counts.joined++;
		STAILQ_INSERT_TAIL(&entry->waiting, query, own.next);
		return;
	}
	cache->counts.asked++;
	entry = entry_new(cache, query, hash);
	if (entry) {
		STAILQ_INSERT_TAIL(&entry->waiting, query, own.next);
		query = &entry->query;
	}
	query->shared = false;
	cache->net->ask(cache->net, query); /* may call back at once */
}

/* ---- life ---- */

struct answer_cache *answer_cache_new(struct net *net)
{
	struct answer_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->net = net;
	TAILQ_INIT(&cache->use);
	return cache;
}

void answer_cache_counts(const struct answer_cache *cache, struct answer_cache_counts *counts)
{
	*counts = cache->counts;
}

void answer_cache_free(struct answer_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->entries.slots; i++) {
		struct entry *entry = cache->entries.slot[i].item;

		if (entry)
			free(entry->answer);
		free(entry);
	}
	hash_table_fini(&cache->entries);
	free(cache);
}
