/* SPDX-License-Identifier: BSD-2-Clause */
/* output/hash_table.h - from hashes to the caller's items; the caller says which of those with one hash is meant.
 *
 *   for (size_t at = 0; (host = hash_table_next(&hosts, hash, &at));)
 *           if (address_equal(&host->address, address))
 *                   return host;
 *
 * Open addressing, the hashes stored beside the items: 16 octets a slot, at most half of them in use. A hash is good
 * enough where its upper and lower half together are well mixed, as those of parsers/hash.h are. One thread at a time.
 */
#ifndef STSURVEY_OUTPUT_HASH_TABLE_H
#define STSURVEY_OUTPUT_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/siphash.h"

enum { HASH_TABLE_FIRST = 256 }; /* slots of a table that gets its first item: 4 KiB; a power of two */

struct hash_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

/* All zeros, but for @bound, is an empty table that has allocated nothing. Every slot may be looked at, for instance
 * to free the items. */
struct hash_table {
	struct hash_slot *slot;
	size_t slots; /* 0 or a power of two */
	size_t count; /* items */
	size_t bound; /* slots looked at for one hash, so that no input can make the table slow; then an item whose
		       * hash has none left is dropped. 0: as many as it takes */
	size_t reach; /* slots that are looked at for a hash in this table: @bound, or all where there are fewer */
};

void hash_table_fini(struct hash_table *table);

/* See that @more items have room. False: no memory, and the table is as it was. */
__attribute__((warn_unused_result)) bool hash_table_reserve(struct hash_table *table, size_t more);

/* Add an item, which must not be in the table. There is room for it. */
void hash_table_put(struct hash_table *table, uint64_t hash, void *item);

/* What hashes of strangers' texts are begun with, so that nobody can choose some that collide. */
uint64_t hash_table_seed(void);

/* The same for siphash. */
void hash_table_key(uint8_t key[static SIPHASH_KEY_OCTETS]);

/* Take an item out, if it is there. Needs no memory. */
void hash_table_remove(struct hash_table *table, uint64_t hash, const void *item);

/* Take all of them out; the slots stay. */
void hash_table_clear(struct hash_table *table);

static inline struct hash_slot *hash_table_slot(const struct hash_table *table, uint64_t hash, size_t step)
{
	return &table->slot[((hash ^ hash >> 32) + step) & (table->slots - 1)];
}

/* The next item of that hash, from *@at = 0 on; NULL behind the last. */
static inline void *hash_table_next(const struct hash_table *table, uint64_t hash, size_t *at)
{
	while (*at < table->reach) {
		const struct hash_slot *slot = hash_table_slot(table, hash, (*at)++);

		if (!slot->item || slot->hash == hash)
			return slot->item;
	}
	return NULL;
}

/* Items that are the places of an array, from 0, rather than pointers: the array may move. */
static inline void *hash_item_of(size_t place)
{
	return (void *)(uintptr_t)(place + 1);
}

static inline size_t hash_item_place(const void *item)
{
	return (size_t)(uintptr_t)item - 1;
}

#endif
