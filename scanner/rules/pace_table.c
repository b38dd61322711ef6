/* A bucket is kept as the time when its next token is due (the generic cell rate algorithm): reserving moves
 * that time on by one interval, and a bucket whose time has passed is full, the same as none at all. */
#include "scanner/rules/pace_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "output/hash_table.h"
#include "parsers/hash.h"
#include "scanner/rules/address.h"

struct entry {
	uint64_t key;
	double due_us; /* when the tokens taken so far will have been earned */
	TAILQ_ENTRY(entry) use;
};

struct pace_table {
	pthread_mutex_t lock;
	double interval_us; /* between tokens; 0: no limit */
	double burst_us;    /* how far ahead of time tokens may be taken */
	size_t keys, used;
	struct entry *entry;
	TAILQ_HEAD(, entry) use; /* the longest unused first */
	struct hash_table by_key;
};

struct pace_table *pace_table_new(size_t keys, double rate, double burst)
{
	struct pace_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->entry = calloc(keys, sizeof(*table->entry));
	if (!table->entry || !hash_table_reserve(&table->by_key, keys)) {
		free(table->entry);
		free(table);
		return NULL;
	}
	pthread_mutex_init(&table->lock, NULL);
	table->interval_us = rate > 0 ? 1e6 / rate : 0;
	table->burst_us = burst > 1 ? (burst - 1) * table->interval_us : 0;
	table->keys = keys;
	TAILQ_INIT(&table->use);
	return table;
}

void pace_table_free(struct pace_table *table)
{
	if (!table)
		return;
	pthread_mutex_destroy(&table->lock);
	free(table->entry);
	hash_table_fini(&table->by_key);
	free(table);
}

/* An entry for a new key: a free one, or the one unused longest. */
static struct entry *make(struct pace_table *table, uint64_t key)
{
	struct entry *entry = &table->entry[table->used];

	if (table->used < table->keys) {
		table->used++;
	} else {
		entry = TAILQ_FIRST(&table->use);
		TAILQ_REMOVE(&table->use, entry, use);
		hash_table_remove(&table->by_key, entry->key, entry);
	}
	*entry = (struct entry){ .key = key };
	hash_table_put(&table->by_key, key, entry);
	return entry;
}

uint64_t pace_table_reserve(struct pace_table *table, uint64_t key, uint64_t now_us)
{
	double now = (double)now_us, wait;
	struct entry *entry;
	size_t at = 0;

	if (table->interval_us <= 0)
		return 0;
	pthread_mutex_lock(&table->lock);
	entry = hash_table_next(&table->by_key, key, &at);
	if (entry)
		TAILQ_REMOVE(&table->use, entry, use);
	else
		entry = make(table, key);
	TAILQ_INSERT_TAIL(&table->use, entry, use);
	if (entry->due_us < now)
		entry->due_us = now;
	wait = entry->due_us - now - table->burst_us;
	entry->due_us += table->interval_us;
	pthread_mutex_unlock(&table->lock);
	return wait > 0 ? (uint64_t)wait : 0;
}

uint64_t pace_key_address(const struct obs_address *address)
{
	return hash_octets(hash_octet(HASH_NOTHING, address->family), address->octet, address_octets(address));
}

uint64_t pace_key_text(struct span text)
{
	return hash_span_nocase(text);
}
