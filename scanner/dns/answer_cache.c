#include "scanner/dns/answer_cache.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/dns_answer.h"

enum {
	BUCKETS = 4096, /* twice the entries; a power of two */
	FNV_BASIS = 0x811c9dc5,
	FNV_PRIME = 0x01000193,
};

struct entry {
	struct entry *chain;         /* in its bucket */
	struct entry *newer, *older; /* in the order of use; only answered ones are in it */
	struct answer_cache *cache;
	struct net_query query;                   /* ours, while it is in flight */
	struct net_query *waiting, **waiting_end; /* the others', until the answer */
	uint64_t expires_ms;
	uint32_t hash;
	unsigned in_use;           /* callbacks that read the answer just now */
	struct dns_answer *answer; /* NULL: in flight */
	size_t name_len;
	char name[];
};

struct answer_cache {
	struct net *net;
	struct entry *newest, *oldest;
	struct answer_cache_counts counts;
	struct entry *bucket[BUCKETS];
};

static uint32_t hash_of(struct span name, uint16_t type)
{
	uint32_t hash = FNV_BASIS;

	for (size_t i = 0; i < name.n; i++)
		hash = (hash ^ (uint8_t)name.p[i]) * FNV_PRIME;
	hash = (hash ^ type) * FNV_PRIME;
	return hash ^ hash >> 15;
}

static struct entry *find(struct answer_cache *cache, struct span name, uint16_t type, uint32_t hash)
{
	struct entry *entry = cache->bucket[hash % BUCKETS];

	while (entry && (entry->hash != hash || entry->query.type != type ||
			 !span_equal((struct span){ entry->name, entry->name_len }, name)))
		entry = entry->chain;
	return entry;
}

/* ---- the order of use ---- */

static void order_add(struct answer_cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void order_remove(struct answer_cache *cache, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

/* ---- entries ---- */

static size_t size_of(const struct entry *entry)
{
	return sizeof(*entry) + entry->name_len + (entry->answer ? dns_answer_size(entry->answer) : 0);
}

static void drop(struct answer_cache *cache, struct entry *entry)
{
	struct entry **link = &cache->bucket[entry->hash % BUCKETS];

	while (*link != entry)
		link = &(*link)->chain;
	*link = entry->chain;
	if (entry->answer)
		order_remove(cache, entry);
	cache->counts.entries--;
	cache->counts.octets -= size_of(entry);
	free(entry->answer);
	free(entry);
}

/* Room for one more entry of @octets; false: what is in flight fills all of it. */
static bool make_room(struct answer_cache *cache, size_t octets)
{
	while (cache->oldest && (cache->counts.entries >= ANSWER_CACHE_ENTRIES_MAX ||
				 cache->counts.octets + octets > ANSWER_CACHE_OCTETS_MAX))
		drop(cache, cache->oldest);
	return cache->counts.entries < ANSWER_CACHE_ENTRIES_MAX &&
	       cache->counts.octets + octets <= ANSWER_CACHE_OCTETS_MAX;
}

static struct entry *add(struct answer_cache *cache, struct span name, uint32_t hash)
{
	size_t size = sizeof(struct entry) + name.n;
	struct entry *entry = make_room(cache, size) ? malloc(size) : NULL;

	if (!entry)
		return NULL;
	*entry = (struct entry){ .cache = cache, .hash = hash, .name_len = name.n };
	memcpy(entry->name, name.p, name.n);
	entry->waiting_end = &entry->waiting;
	entry->chain = cache->bucket[hash % BUCKETS];
	cache->bucket[hash % BUCKETS] = entry;
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
	switch (answer->status) {
	case DNS_NOERROR:
		return 1000ull * (answer->ttl < ANSWER_CACHE_TTL_MAX_S ? answer->ttl : ANSWER_CACHE_TTL_MAX_S);
	case DNS_NXDOMAIN:
	case DNS_NO_ANSWER:
		return 1000ull * ANSWER_CACHE_NEGATIVE_S;
	default:
		return 0;
	}
}

/* Turn the question in flight into a kept answer, or drop it. */
static void settle(struct answer_cache *cache, struct entry *entry, const struct dns_answer *answer)
{
	uint64_t lifetime = lifetime_ms(answer);
	size_t size = lifetime ? dns_answer_size(answer) : 0;
	void *memory = lifetime && make_room(cache, size) ? malloc(size) : NULL;

	if (!memory) {
		drop(cache, entry);
		return;
	}
	entry->answer = dns_answer_copy(answer, memory);
	entry->expires_ms = net_now_ms(cache->net) + lifetime;
	cache->counts.octets += size;
	order_add(cache, entry);
}

static void on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct entry *entry = query->arg;
	struct net_query *waiting = entry->waiting, *next;
	struct net_query told = *query;

	entry->waiting = NULL;
	settle(entry->cache, entry, answer);
	/* An asker that hears the answer may ask again and push the entry out: only @answer, which lives until this
	 * returns, is touched below. */
	for (; waiting; waiting = next) {
		next = waiting->own.next;
		waiting->fault = told.fault;
		waiting->status = told.status;
		waiting->tries = told.tries;
		told.tries = 0; /* the packets were the first one's */
		waiting->on_answer(waiting, answer);
	}
}

/* The asker may ask again: an entry in use is out of the order, and so can't be pushed out. */
static void answer_from(struct answer_cache *cache, struct entry *entry, struct net_query *query)
{
	if (entry->in_use++ == 0)
		order_remove(cache, entry);
	cache->counts.hits++;
	query->fault = NET_OK;
	query->status = entry->answer->status;
	query->tries = 0;
	query->on_answer(query, entry->answer);
	if (--entry->in_use == 0)
		order_add(cache, entry);
}

static void wait_for(struct entry *entry, struct net_query *query)
{
	query->own.next = NULL;
	*entry->waiting_end = query;
	entry->waiting_end = &query->own.next;
}

/* Straight on, as if there were no cache. */
static void pass(struct answer_cache *cache, struct net_query *query)
{
	query->shared = false;
	cache->counts.asked++;
	net_ask(cache->net, query);
}

void answer_cache_ask(struct answer_cache *cache, struct net_query *query)
{
	uint32_t hash = hash_of(net_query_name(query), query->type);
	struct entry *entry = find(cache, net_query_name(query), query->type, hash);

	if (entry && entry->answer && !entry->in_use && entry->expires_ms <= net_now_ms(cache->net)) {
		drop(cache, entry);
		entry = NULL;
	}
	if (entry && entry->answer) {
		answer_from(cache, entry, query);
		return;
	}
	if (entry) {
		cache->counts.joined++;
		wait_for(entry, query);
		return;
	}
	entry = add(cache, net_query_name(query), hash);
	if (!entry) {
		pass(cache, query);
		return;
	}
	wait_for(entry, query);
	entry->query = (struct net_query){ .type = query->type, .on_answer = on_answer, .arg = entry };
	net_query_about(&entry->query, (struct span){ entry->name, entry->name_len });
	cache->counts.asked++;
	net_ask(cache->net, &entry->query); /* may call back at once */
}

/* ---- life ---- */

struct answer_cache *answer_cache_new(struct net *net)
{
	struct answer_cache *cache = calloc(1, sizeof(*cache));

	if (cache)
		cache->net = net;
	return cache;
}

void answer_cache_counts(const struct answer_cache *cache, struct answer_cache_counts *counts)
{
	*counts = cache->counts;
}

void answer_cache_free(struct answer_cache *cache)
{
	struct entry *next;

	if (!cache)
		return;
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct entry *entry = cache->bucket[i]; entry; entry = next) {
			next = entry->chain;
			free(entry->answer);
			free(entry);
		}
	free(cache);
}
