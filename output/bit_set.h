/* output/bit_set.h - which indexes a scan file holds: a set of numbers from 0 on, a bit each, whose room grows with the
 * largest: 200 million in 34 MB. An index out of all proportion is refused: a file of a few octets must not claim
 * memory for what it does not hold.
 */
#ifndef STSURVEY_OUTPUT_BIT_SET_H
#define STSURVEY_OUTPUT_BIT_SET_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BIT_SET_FREE = 64 * 1024 * 1024, /* up to here a bitmap of 8 MiB is nobody's harm */
	BIT_SET_SPREAD = 4, /* beyond, numbers are at most this many times what was added and @shards apart */
};

/* All zeros, but for @shards, is an empty one. */
struct bit_set {
	uint64_t *word;
	uint64_t bits;   /* there is room for */
	uint64_t added;  /* numbers, each as often as it came */
	uint64_t shards; /* the file holds one number of so many; 0 is one */
};

/* 1: @number was in it; 0: it is now; -1: it is out of all proportion, or there is no memory. */
__attribute__((warn_unused_result)) int bit_set_add(struct bit_set *set, uint64_t number);

static inline bool bit_set_has(const struct bit_set *set, uint64_t number)
{
	return number < set->bits && set->word[number / 64] >> (number % 64) & 1;
}

void bit_set_free(struct bit_set *set); /* it is empty then */

#endif
