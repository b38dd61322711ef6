/* A bucket is kept as the time when its next token is due (the generic cell rate algorithm): reserving moves
 * that time on by one interval, and a bucket whose time has passed is full, the same as none at all. */
#include "scanner/rules/pace_table.h"

#include <pthread.h>
#include <stdlib.h>

#include "output/hash_table.h"
#include "parsers/hash.h"
#include "scanner/rules/address.h"

enum { NOBODY = UINT32_MAX };

struct entry {
	uint64_t key;
	double due_us;         /* when the tokens taken so far will have been earned */
	uint32_t newer, older; /* in order of use */
};

struct pace_table {
	pthread_mutex_t lock;
	double interval_us; /* between tokens; 0: no limit */
	double burst_us;    /* how far ahead of time tokens may be taken */
	uint32_t keys, used;
	uint32_t newest, oldest;
	struct entry *entry;
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
	table->keys = (uint32_t)keys;
	table->newest = table->oldest = NOBODY;
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

static void unlink_use(struct pace_table *table, uint32_t at)
{
	struct entry *entry = &table->entry[at];

	*(entry->newer == NOBODY ? &table->newest : &table->entry[entry->newer].older) = entry->older;
	*(entry->older == NOBODY ? &table->oldest : &table->entry[entry->older].newer) = entry->newer;
}

static void link_newest(struct pace_table *table, uint32_t at)
{
	struct entry *entry = &table->entry[at];

	entry->newer = NOBODY;
	entry->older = table->newest;
	*(table->newest == NOBODY ? &table->oldest : &table->entry[table->newest].newer) = at;
	table->newest = at;
}

/* An entry for a new key: a free one, or the one used longest ago. */
static uint32_t make(struct pace_table *table, uint64_t key)
{
	uint32_t at = table->used;

	if (table->used < table->keys) {
		table->used++;
	} else {
		at = table->oldest;
		unlink_use(table, at);
		hash_table_remove(&table->by_key, table->entry[at].key, &table->entry[at]);
	}
	table->entry[at] = (struct entry){ .key = key };
	hash_table_put(&table->by_key, key, &table->entry[at]);
	return at;
}

uint64_t pace_table_reserve(struct pace_table *table, uint64_t key, uint64_t now_us)
{
	double now = (double)now_us, wait;
	struct entry *entry;
	size_t step = 0;
	uint32_t at;

	if (table->interval_us <= 0)
		return 0;
	pthread_mutex_lock(&table->lock);
	entry = hash_table_next(&table->by_key, key, &step);
	at = entry ? (uint32_t)(entry - table->entry) : make(table, key);
	if (entry)
		unlink_use(table, at);
	link_newest(table, at);
	entry = &table->entry[at];
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
