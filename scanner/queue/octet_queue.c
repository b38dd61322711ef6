/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/octet_queue.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

bool octet_pool_init(struct octet_pool *pool, uint32_t blocks)
{
	*pool = (struct octet_pool){ .block = malloc(blocks * sizeof(*pool->block)), .free = NONE, .left = blocks };
	return pool->block;
}

void octet_pool_fini(struct octet_pool *pool)
{
	free(pool->block);
	*pool = (struct octet_pool){ 0 };
}

/* There is one left. */
static uint32_t take_block(struct octet_pool *pool)
{
	uint32_t taken = pool->free;

	pool->left--;
	if (taken == NONE)
		return pool->fresh++;
	pool->free = pool->block[taken].next;
	return taken;
}

static void give_block(struct octet_pool *pool, uint32_t block)
{
	pool->block[block].next = pool->free;
	pool->free = block;
	pool->left++;
}

static uint32_t blocks_of(const struct octet_queue *queue, size_t more)
{
	return (uint32_t)((queue->at + queue->n + more + OCTET_BLOCK - 1) / OCTET_BLOCK);
}

uint32_t octet_queue_needs(const struct octet_queue *queue, size_t more)
{
	return blocks_of(queue, more) - blocks_of(queue, 0);
}

bool octet_queue_put(struct octet_pool *pool, struct octet_queue *queue, const void *octets, size_t n)
{
	const char *from = octets;

	if (octet_queue_needs(queue, n) > pool->left)
		return false;
	while (n > 0) {
		size_t fill = (queue->at + queue->n) % OCTET_BLOCK,
		       part = OCTET_BLOCK - fill < n ? OCTET_BLOCK - fill : n;

		if (fill == 0) {
			uint32_t block = take_block(pool);

			if (queue->n == 0)
				queue->first = block;
			else
				pool->block[queue->last].next = block;
			queue->last = block;
		}
		memcpy(pool->block[queue->last].octet + fill, from, part);
		queue->n += (uint32_t)part;
		from += part;
		n -= part;
	}
	return true;
}

void octet_queue_peek(const struct octet_pool *pool, const struct octet_queue *queue, size_t from, void *octets,
		      size_t n)
{
	uint32_t block = queue->first;
	char *to = octets;
	size_t at = queue->at + from;

	for (; at >= OCTET_BLOCK; at -= OCTET_BLOCK)
		block = pool->block[block].next;
	while (n > 0) {
		size_t part = OCTET_BLOCK - at < n ? OCTET_BLOCK - at : n;

		memcpy(to, pool->block[block].octet + at, part);
		to += part;
		n -= part;
		at = 0;
		if (n > 0)
			block = pool->block[block].next;
	}
}

void octet_queue_drop(struct octet_pool *pool, struct octet_queue *queue, size_t n)
{
	while (n > 0) {
		size_t block = (size_t)OCTET_BLOCK - queue->at, part = block < n ? block : n;

		queue->n -= (uint32_t)part;
		n -= part;
		queue->at = (uint8_t)(queue->at + part);
		if (queue->at == OCTET_BLOCK || queue->n == 0) {
			uint32_t next = pool->block[queue->first].next;

			give_block(pool, queue->first);
			queue->first = next;
			queue->at = 0;
		}
	}
}
