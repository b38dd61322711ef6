/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/hash_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

uint64_t hash_table_seed(void)
{
	uint64_t seed;

	/* a kernel that has none yet, just after it has started, is not waited for */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < (ssize_t)sizeof(seed))
		seed = (uintptr_t)&seed ^ (uint64_t)time(NULL) << 32;
	return seed;
}

void hash_table_key(uint8_t key[static SIPHASH_KEY_OCTETS])
{
	for (size_t i = 0; i < SIPHASH_KEY_OCTETS; i += sizeof(uint64_t)) {
		uint64_t seed = hash_table_seed();

		memcpy(&key[i], &seed, sizeof(seed));
	}
}

void hash_table_fini(struct hash_table *table)
{
	free(table->slot);
	*table = (struct hash_table){ .bound = table->bound };
}

bool hash_table_reserve(struct hash_table *table, size_t more)
{
	struct hash_table bigger = { .slots = table->slots > 0 ? table->slots : HASH_TABLE_FIRST,
				     .bound = table->bound };

	if (table->count + more <= table->slots / 2)
		return true;
	while (table->count + more > bigger.slots / 2)
		bigger.slots *= 2;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	bigger.reach = bigger.bound > 0 ? bigger.bound : bigger.slots;
	for (size_t i = 0; i < table->slots; i++)
		if (table->slot[i].item)
			hash_table_put(&bigger, table->slot[i].hash, table->slot[i].item);
	free(table->slot);
	*table = bigger;
	return true;
}

void hash_table_put(struct hash_table *table, uint64_t hash, void *item)
{
	for (size_t at = 0; at < table->reach; at++) {
		struct hash_slot *slot = hash_table_slot(table, hash, at);

		if (slot->item)
			continue;
		*slot = (struct hash_slot){ hash, item };
		table->count++;
		return;
	}
}

/* Items behind the gap move up to it, unless their own first slot is behind it: so no mark is needed where an item was,
 * and chains do not grow as items come and go. */
static void close_gap(struct hash_table *table, size_t gap)
{
	size_t mask = table->slots - 1;

	for (size_t i = (gap + 1) & mask; table->slot[i].item; i = (i + 1) & mask) {
		size_t home = (size_t)(hash_table_slot(table, table->slot[i].hash, 0) - table->slot);

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		table->slot[gap] = table->slot[i];
		gap = i;
	}
	table->slot[gap].item = NULL;
}

void hash_table_remove(struct hash_table *table, uint64_t hash, const void *item)
{
	for (size_t at = 0; at < table->reach; at++) {
		struct hash_slot *slot = hash_table_slot(table, hash, at);

		if (!slot->item)
			return;
		if (slot->item != item)
			continue;
		table->count--;
		close_gap(table, (size_t)(slot - table->slot));
		return;
	}
}

void hash_table_clear(struct hash_table *table)
{
	if (table->count > 0)
		memset(table->slot, 0, table->slots * sizeof(*table->slot));
	table->count = 0;
}
