/* SPDX-License-Identifier: BSD-2-Clause */
/* output/bit_set.h - which indexes a scan file holds: a set of numbers from @first on, in chunks of neighbours: 200
 * million in a row take 60 MB. Its memory follows what was added, not the largest: a file of a few octets must not
 * claim memory for what it does not hold. An index out of all proportion is refused.
 */
#ifndef STSURVEY_OUTPUT_BIT_SET_H
#define STSURVEY_OUTPUT_BIT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BIT_SET_FREE = 64 * 1024 * 1024, /* up to here an index is nobody's harm */
	BIT_SET_SPREAD = 4,  /* beyond, numbers are at most this many times what was added and @shards apart */
	BIT_SET_BEYOND = -1, /* bit_set_add: the number is out of all proportion */
	BIT_SET_MEMORY = -2,
	BIT_CHUNK_WORDS = 7,
	BIT_CHUNK_BITS = 64 * BIT_CHUNK_WORDS,
};

/* A cache line. */
struct bit_chunk {
	uint64_t key; /* first number / BIT_CHUNK_BITS + 1; 0: free */
	uint64_t word[BIT_CHUNK_WORDS];
};

/* All zeros, but for @first, @shards, @has_gaps and @most, is an empty one. */
struct bit_set {
	struct bit_chunk *chunk; /* open addressing */
	struct bit_chunk *last;  /* that was added to, where most of those that follow belong; NULL: none */
	size_t slots;            /* 0 or a power of two */
	size_t chunks;           /* in use, at most three quarters */
	uint64_t seed;           /* so that no file can choose numbers that meet in one slot */
	uint64_t added;          /* numbers, each as often as it came */
	uint64_t shards;         /* the file holds one number of so many, of a shard or a sample; 0 is one */
	uint64_t first;          /* no number is below, and proportion begins here */
	bool has_gaps;           /* of any width: no number is out of proportion, and @most alone limits memory */
	uint64_t most;           /* chunks; 0: as many as there is memory for */
};

/* 1: @number was in it; 0: it is now; BIT_SET_BEYOND, BIT_SET_MEMORY: it is not, and nothing has changed. */
__attribute__((warn_unused_result)) int bit_set_add(struct bit_set *set, uint64_t number);

bool bit_set_has(const struct bit_set *set, uint64_t number);

void bit_set_free(struct bit_set *set); /* it is empty then */

#endif
