#include "output/pool.h"

#include <stdalign.h>
#include <stdlib.h>

struct pool_chunk {
	struct pool_chunk *next;
	size_t size;
	alignas(max_align_t) char data[];
};

void pool_init(struct pool *pool, size_t cap)
{
	*pool = (struct pool){ .cap = cap };
}

void pool_fini(struct pool *pool)
{
	for (struct pool_chunk *chunk = pool->first, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*pool = (struct pool){ .cap = pool->cap };
}

void pool_reset(struct pool *pool)
{
	pool->now = pool->first;
	pool->used = 0;
	pool->total = 0;
}

/* Go on in the next kept chunk, or a new one behind the chunk in use. */
static struct pool_chunk *next_chunk(struct pool *pool, size_t size)
{
	struct pool_chunk **link = pool->now ? &pool->now->next : &pool->first;
	struct pool_chunk *chunk = *link;

	if (chunk && chunk->size < size) {
		/* Replaced, not kept beside a larger one: what is kept stays within what one frame needed. */
		*link = chunk->next;
		free(chunk);
		chunk = NULL;
	}
	if (!chunk) {
		size_t room = size > POOL_CHUNK ? size : POOL_CHUNK;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->size = room;
		chunk->next = *link;
		*link = chunk;
	}
	pool->now = chunk;
	pool->used = 0;
	return chunk;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	void *p;

	if (size > pool->cap - pool->total)
		return NULL;
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (size > pool->cap - pool->total)
		return NULL;
	if (!pool->now || size > pool->now->size - pool->used) {
		if (!next_chunk(pool, size))
			return NULL;
	}
	p = pool->now->data + pool->used;
	pool->used += size;
	pool->total += size;
	return p;
}
