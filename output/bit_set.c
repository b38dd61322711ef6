#include "output/bit_set.h"

#include <stdlib.h>
#include <string.h>

enum { BITS_FIRST = 1 << 20 }; /* grown by doubling */

static int make_room(struct bit_set *set, uint64_t number)
{
	uint64_t bits = set->bits ? set->bits : BITS_FIRST;
	uint64_t *grown;

	while (bits <= number)
		bits *= 2;
	grown = realloc(set->word, bits / 8);
	if (!grown)
		return -1;
	memset((char *)grown + set->bits / 8, 0, (bits - set->bits) / 8);
	set->word = grown;
	set->bits = bits;
	return 0;
}

int bit_set_add(struct bit_set *set, uint64_t number)
{
	uint64_t bit = UINT64_C(1) << (number % 64), shards = set->shards > 0 ? set->shards : 1;
	bool had;

	if (number > BIT_SET_FREE && number / shards / BIT_SET_SPREAD > set->added)
		return -1;
	if (number >= set->bits && make_room(set, number) < 0)
		return -1;
	set->added++;
	had = set->word[number / 64] & bit;
	set->word[number / 64] |= bit;
	return had;
}

void bit_set_free(struct bit_set *set)
{
	free(set->word);
	*set = (struct bit_set){ 0 };
}
