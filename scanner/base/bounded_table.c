/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/bounded_table.h"

#include <stdlib.h>
#include <string.h>

/* Of a hash of 63 bits. */
#define HASH_BITS (UINT64_MAX >> 1)

void bounded_table_fini(struct bounded_table *table)
{
	free(table->entry);
	free(table->slot);
	table->entry = NULL;
	table->slot = NULL;
	table->count = table->capacity = 0;
}

static struct bounded_entry *entry_at(const struct bounded_table *table, uint32_t place)
{
	return bounded_table_at(table, place);
}

static uint32_t mask_of(const struct bounded_table *table)
{
	return 2 * table->capacity - 1;
}

/* The slot that holds @hash, or the free one where it belongs. */
static uint32_t *slot_of(const struct bounded_table *table, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & mask_of(table);

	while (table->slot[at] > 0 && entry_at(table, table->slot[at] - 1)->hash != hash)
		at = (at + 1) & mask_of(table);
	return &table->slot[at];
}

void *bounded_table_find(struct bounded_table *table, uint64_t hash)
{
	uint32_t place = table->count > 0 ? *slot_of(table, hash & HASH_BITS) : 0;

	if (place == 0)
		return NULL;
	entry_at(table, place - 1)->used = 1;
	return entry_at(table, place - 1);
}

/* Room for more. False: there is as much as there may be, or no memory. */
static bool grow(struct bounded_table *table)
{
	uint32_t capacity = table->capacity > 0 ? 2 * table->capacity : BOUNDED_TABLE_FIRST;
	uint32_t *slot;
	uint8_t *entry;

	if (capacity > table->most)
		capacity = table->most;
	if (capacity <= table->capacity)
		return false;
	slot = calloc(2 * (size_t)capacity, sizeof(*slot));
	entry = slot ? realloc(table->entry, capacity * table->size) : NULL;
	if (!entry) {
		free(slot);
		return false;
	}
	free(table->slot);
	table->slot = slot;
	table->entry = entry;
	table->capacity = capacity;
	for (uint32_t place = 0; place < table->count; place++)
		*slot_of(table, entry_at(table, place)->hash) = place + 1;
	return true;
}

/* Slots behind the gap move up to it, unless where they belong lies behind it. */
static void take_out(struct bounded_table *table, uint64_t hash)
{
	uint32_t mask = mask_of(table), gap = (uint32_t)(slot_of(table, hash) - table->slot);

	for (uint32_t at = (gap + 1) & mask; table->slot[at] > 0; at = (at + 1) & mask) {
		uint32_t home = (uint32_t)entry_at(table, table->slot[at] - 1)->hash & mask;

		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		table->slot[gap] = table->slot[at];
		gap = at;
	}
	table->slot[gap] = 0;
}

/* The place of an entry that makes room: one that was not used since it was last looked at, or else the first that may
 * go at all. False: of those looked at none may. */
static bool make_room(struct bounded_table *table, uint64_t now_us, uint32_t *place)
{
	bool found = false;

	for (unsigned i = 0; i < BOUNDED_TABLE_LOOK && i < table->count; i++) {
		struct bounded_entry *entry = entry_at(table, table->hand);
		bool was_used = entry->used;

		entry->used = 0;
		if (!table->may_go || table->may_go(entry, now_us)) {
			*place = found && was_used ? *place : table->hand;
			found = true;
		}
		table->hand = (table->hand + 1) % table->count;
		if (found && !was_used)
			break;
	}
	if (found) {
		take_out(table, entry_at(table, *place)->hash);
		table->evicted++;
	}
	return found;
}

void *bounded_table_add(struct bounded_table *table, uint64_t hash, uint64_t now_us)
{
	struct bounded_entry *entry;
	uint32_t place = table->count;

	if (place < table->capacity || grow(table))
		table->count++;
	else if (!make_room(table, now_us, &place))
		return NULL;
	hash &= HASH_BITS;
	entry = entry_at(table, place);
	memset(entry, 0, table->size);
	*slot_of(table, hash) = place + 1;
	entry->hash = hash;
	return entry;
}
