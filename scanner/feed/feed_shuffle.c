/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_shuffle.h"

#include <stdlib.h>

struct feed_shuffle {
	uint64_t state;
	size_t count, used;
	struct feed_target target[SHUFFLE_TARGETS];
	char text[SHUFFLE_TEXT];
};

struct feed_shuffle *feed_shuffle_new(uint64_t seed)
{
	struct feed_shuffle *shuffle = malloc(sizeof(*shuffle));

	if (!shuffle)
		return NULL;
	shuffle->state = seed;
	shuffle->count = shuffle->used = 0;
	return shuffle;
}

bool feed_shuffle_put(struct feed_shuffle *shuffle, const struct feed_target *target)
{
	struct feed_target *copy = &shuffle->target[shuffle->count++];

	*copy = *target;
	copy->name.p = shuffle->text + shuffle->used;
	memcpy(shuffle->text + shuffle->used, target->name.p, target->name.n);
	shuffle->used += target->name.n;
	if (target->extra.n > 0) {
		copy->extra.p = memcpy(shuffle->text + shuffle->used, target->extra.p, target->extra.n);
		shuffle->used += target->extra.n;
	}
	return shuffle->count == SHUFFLE_TARGETS || SHUFFLE_TEXT - shuffle->used < FEED_TARGET_MAX;
}

/* SplitMix64: any seed will do, 0 too. */
static uint64_t random64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

bool feed_shuffle_drain(struct feed_shuffle *shuffle, bool (*on_target)(void *arg, const struct feed_target *target),
			void *arg)
{
	bool go_on = true;

	/* Fisher and Yates; the block is far smaller than 2^32, so the product's bias is none that counts. */
	for (size_t left = shuffle->count; left > 0 && go_on; left--) {
		size_t pick = (size_t)((random64(&shuffle->state) >> 32) * left >> 32);
		struct feed_target target = shuffle->target[pick];

		shuffle->target[pick] = shuffle->target[left - 1];
		go_on = on_target(arg, &target);
	}
	shuffle->count = shuffle->used = 0;
	return go_on;
}
