#include "scanner/dns/answer_cache.h"

#include <stdlib.h>
#include <string.h>

#include "output/hash_table.h"
#include "parsers/dns_answer.h"
#include "parsers/hash.h"

struct entry {
	TAILQ_ENTRY(entry) use; /* only answered ones are in the order */
	struct answer_cache *cache;
	struct net_query query;           /* ours, while it is in flight */
	STAILQ_HEAD(, net_query) waiting; /* the others', until the answer */
	uint64_t expires_ms;
	uint64_t hash;
	unsigned in_use;           /* callbacks that read the answer just now */
	struct dns_answer *answer; /* NULL: in flight */
	size_t name_len;
	char name[];
};

struct answer_cache {
	struct net *net;
	TAILQ_HEAD(, entry) use; /* the longest unused first */
	struct answer_cache_counts counts;
	struct hash_table entries;
};

static struct entry *find(const struct answer_cache *cache, struct span name, uint16_t type, uint64_t hash)
{
	struct entry *entry;

	for (size_t at = 0; (entry = hash_table_next(&cache->entries, hash, &at));)
		if (entry->query.type == type && span_equal((struct span){ entry->name, entry->name_len }, name))
			break;
	return entry;
}

/* ---- entries ---- */

static size_t size_of(const struct entry *entry)
{
	return sizeof(*entry) + entry->name_len + (entry->answer ? dns_answer_size(entry->answer) : 0);
}

static void drop(struct answer_cache *cache, struct entry *entry)
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
		drop(cache, TAILQ_FIRST(&cache->use));
	return cache->counts.entries < ANSWER_CACHE_ENTRIES_MAX &&
	       cache->counts.octets + octets <= ANSWER_CACHE_OCTETS_MAX;
}

static struct entry *add(struct answer_cache *cache, struct span name, uint64_t hash)
{
	size_t size = sizeof(struct entry) + name.n;
	struct entry *entry = NULL;

	if (make_room(cache, size) && hash_table_reserve(&cache->entries, 1))
		entry = malloc(size);
	if (!entry)
		return NULL;
	*entry = (struct entry){ .cache = cache, .hash = hash, .name_len = name.n };
	memcpy(entry->name, name.p, name.n);
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
	TAILQ_INSERT_TAIL(&cache->use, entry, use);
}

static void on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct entry *entry = query->arg;
	STAILQ_HEAD(, net_query) all = STAILQ_HEAD_INITIALIZER(all);
	struct net_query told = *query, *waiting;

	STAILQ_CONCAT(&all, &entry->waiting);
	settle(entry->cache, entry, answer);
	/* An asker that hears the answer may ask again and push the entry out: only @answer, which lives until this
	 * returns, is touched below. */
	while ((waiting = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, own.next);
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
		TAILQ_REMOVE(&cache->use, entry, use);
	cache->counts.hits++;
	query->fault = NET_OK;
	query->status = entry->answer->status;
	query->tries = 0;
	query->on_answer(query, entry->answer);
	if (--entry->in_use == 0)
		TAILQ_INSERT_TAIL(&cache->use, entry, use);
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
	uint64_t hash = hash_octet(hash_span(net_query_name(query)), query->type);
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
		STAILQ_INSERT_TAIL(&entry->waiting, query, own.next);
		return;
	}
	entry = add(cache, net_query_name(query), hash);
	if (!entry) {
		pass(cache, query);
		return;
	}
	STAILQ_INSERT_TAIL(&entry->waiting, query, own.next);
	entry->query = (struct net_query){ .type = query->type, .on_answer = on_answer, .arg = entry };
	net_query_about(&entry->query, (struct span){ entry->name, entry->name_len });
	cache->counts.asked++;
	net_ask(cache->net, &entry->query); /* may call back at once */
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
