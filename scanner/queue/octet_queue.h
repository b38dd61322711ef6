/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/octet_queue.h - very many short queues of octets in a bounded piece of memory: chains of blocks of a
 * cache line each. A queue that is empty needs none. One thread at a time.
 */
#ifndef STSURVEY_SCANNER_QUEUE_OCTET_QUEUE_H
#define STSURVEY_SCANNER_QUEUE_OCTET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OCTET_BLOCK = 60 }; /* octets of a block, beside the number of the next one */

struct octet_block {
	uint32_t next;
	char octet[OCTET_BLOCK];
};

/* All zero is an empty one. */
struct octet_queue {
	uint32_t first, last; /* blocks; of an empty one they mean nothing */
	uint32_t n;           /* octets */
	uint8_t at;           /* of the first block that are gone */
};

struct octet_pool {
	struct octet_block *block;
	uint32_t fresh; /* blocks from here on were never used, and cost no memory yet */
	uint32_t free;  /* the first of those that were given back */
	uint32_t left;  /* that are free, of either kind */
};

/* False: no memory. */
__attribute__((warn_unused_result)) bool octet_pool_init(struct octet_pool *pool, uint32_t blocks);
void octet_pool_fini(struct octet_pool *pool); /* all zero is nothing to free */

/* Blocks that @more octets would take. */
uint32_t octet_queue_needs(const struct octet_queue *queue, size_t more);

/* False: as many blocks are not left, and nothing is added. */
__attribute__((warn_unused_result)) bool octet_queue_put(struct octet_pool *pool, struct octet_queue *queue,
							 const void *octets, size_t n);

/* Copy octets from @from on; there are so many. */
void octet_queue_peek(const struct octet_pool *pool, const struct octet_queue *queue, size_t from, void *octets,
		      size_t n);

/* Take the first @n away; there are so many. */
void octet_queue_drop(struct octet_pool *pool, struct octet_queue *queue, size_t n);

#endif
