/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/bit_set.h"

#include <stdlib.h>
#include <string.h>

#include "output/hash_table.h"
#include "parsers/hash.h"

enum { SLOTS_FIRST = 1024 }; /* grown by doubling */

/* The chunk of @key, or the free slot where it belongs; there is one. */
static struct bit_chunk *find_chunk(const struct bit_set *set, uint64_t key)
{
	uint64_t hash = hash_mix(key, set->seed);
	struct bit_chunk *chunk;

	for (size_t at = hash >> 32 ^ hash;; at++) {
		chunk = &set->chunk[at & (set->slots - 1)];
		if (chunk->key == key || chunk->key == 0)
			return chunk;
	}
}

static int make_room(struct bit_set *set)
{
	struct bit_set grown = *set;

	if (set->chunks < set->slots / 4 * 3)
		return 0;
	if (set->slots == 0)
		grown.seed = hash_table_seed();
	grown.slots = set->slots > 0 ? 2 * set->slots : SLOTS_FIRST;
	grown.chunk = calloc(grown.slots, sizeof(*grown.chunk));
	if (!grown.chunk)
		return -1;
	for (size_t i = 0; i < set->slots; i++)
		if (set->chunk[i].key != 0)
			*find_chunk(&grown, set->chunk[i].key) = set->chunk[i];
	free(set->chunk);
	*set = grown;
	return 0;
}

/* Make the chunk of @key, which is there or is put there, the last one. 0, or why not. */
static int open_chunk(struct bit_set *set, uint64_t key)
{
	set->last = NULL;
	if (make_room(set) < 0)
		return BIT_SET_MEMORY;
	set->last = find_chunk(set, key);
	if (set->last->key != 0)
		return 0;
	if (set->most > 0 && set->chunks >= set->most) {
		set->last = NULL;
		return BIT_SET_BEYOND;
	}
	set->last->key = key;
	set->chunks++;
	return 0;
}

int bit_set_add(struct bit_set *set, uint64_t number)
{
	uint64_t key = number / BIT_CHUNK_BITS + 1, shards = set->shards > 0 ? set->shards : 1;
	uint64_t bit = UINT64_C(1) << (number % 64), at = number - (key - 1) * BIT_CHUNK_BITS, *word;
	int result;
	bool had;

	if (number < set->first)
		return BIT_SET_BEYOND;
	if (!set->has_gaps && number - set->first > BIT_SET_FREE &&
	    (number - set->first) / shards / BIT_SET_SPREAD > set->added)
		return BIT_SET_BEYOND;
	if (!set->last || set->last->key != key) {
		result = open_chunk(set, key);
		if (result < 0)
			return result;
	}
	word = &set->last->word[at / 64];
	had = *word & bit;
	*word |= bit;
	set->added++;
	return had;
}

bool bit_set_has(const struct bit_set *set, uint64_t number)
{
	const struct bit_chunk *chunk = set->slots > 0 ? find_chunk(set, number / BIT_CHUNK_BITS + 1) : NULL;

	return chunk && chunk->word[number % BIT_CHUNK_BITS / 64] >> (number % 64) & 1;
}

void bit_set_free(struct bit_set *set)
{
	free(set->chunk);
	*set = (struct bit_set){ 0 };
}
