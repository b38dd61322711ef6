/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_shuffle.h - a block of targets, handed on in an order that the seed alone decides.
 *
 * Lists come sorted by name or by customer, so neighbours share servers; spread over a block of this size
 * they do not meet at one server at once. Memory is bounded by the block, whatever the list.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_SHUFFLE_H
#define STSURVEY_SCANNER_FEED_FEED_SHUFFLE_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/feed/feed.h"

enum {
	SHUFFLE_TARGETS = 65536,
	SHUFFLE_TEXT = 4 * 1024 * 1024, /* octets: 64 for a name and its labels; a block of longer ones is smaller */
};

struct feed_shuffle;

/* NULL: no memory. To be freed with free(3). */
struct feed_shuffle *feed_shuffle_new(uint64_t seed);

/* Copy @target in. True: full now; it must be drained before the next put, which would write beyond the block. */
bool feed_shuffle_put(struct feed_shuffle *shuffle, const struct feed_target *target);

/* Hand every target to @on_target in the new order and empty the block. False: on_target said so. */
bool feed_shuffle_drain(struct feed_shuffle *shuffle, bool (*on_target)(void *arg, const struct feed_target *target),
			void *arg);

#endif
