/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/arena.h - one domain's memory: handed out in order, freed all at once.
 *
 * A slot of the window owns one arena. Its first block is kept between domains and the small ones come
 * from the thread's free list, so that a domain without a policy costs no allocation once the window is warm;
 * further blocks are freed at reset. The cap makes a hostile answer an error instead of growth.
 */
#ifndef STSURVEY_SCANNER_BASE_ARENA_H
#define STSURVEY_SCANNER_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"
#include "scanner/base/limits.h"

enum {
	/* Octets of a block; with its links each is a size class of scanner/base/thread_alloc.h. The first holds a
	 * name, its two questions and two MX: seven domains of ten. */
	ARENA_FIRST_BLOCK = 168,
	ARENA_SMALL_BLOCK = 232, /* of the second: five MX */
	ARENA_BLOCK = 4096,      /* of a further one, or what one request needs */
};

struct arena_block;

/* All zeros is an empty one. */
struct arena {
	struct arena_block *first; /* kept by arena_reset */
	struct arena_block *last;  /* where the next octets come from */
	uint32_t total;            /* octets of blocks beyond the first */
	bool full;                 /* more than the cap was asked for, since it was reset */
};

void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena);

/* Reset, with a first block of @size octets at least: so much of text is surely there, now and after each reset. False:
 * no memory. */
__attribute__((warn_unused_result)) bool arena_reserve(struct arena *arena, size_t size);

/* @size octets aligned for pointers and 64-bit numbers, zeroed; NULL when the cap or memory is reached. */
__attribute__((warn_unused_result)) void *arena_alloc(struct arena *arena, size_t size);

/* Octets without alignment or zeroing, for text. */
__attribute__((warn_unused_result)) char *arena_text(struct arena *arena, size_t size);

/* A copy of @s; p NULL (n 0) when there is no room. An empty span gets a non-NULL p. */
__attribute__((warn_unused_result)) struct span arena_copy(struct arena *arena, struct span s);

#endif
