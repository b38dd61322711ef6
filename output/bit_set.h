/* output/bit_set.h - a set of numbers from 0 on, a bit each, whose room grows with the largest: 200 million in 34 MB.
 */
#ifndef STSURVEY_OUTPUT_BIT_SET_H
#define STSURVEY_OUTPUT_BIT_SET_H

#include <stdbool.h>
#include <stdint.h>

/* No list of names on earth reaches it, so that a damaged number can't ask for all memory. */
#define BIT_SET_MAX (UINT64_C(1) << 36)

/* All zeros is an empty one. */
struct bit_set {
	uint64_t *word;
	uint64_t bits; /* there is room for */
};

/* 1: @number was in it; 0: it is now; -1: it is BIT_SET_MAX or above, or there is no memory. */
__attribute__((warn_unused_result)) int bit_set_add(struct bit_set *set, uint64_t number);

static inline bool bit_set_has(const struct bit_set *set, uint64_t number)
{
	return number < set->bits && set->word[number / 64] >> (number % 64) & 1;
}

void bit_set_free(struct bit_set *set); /* it is empty then */

#endif
