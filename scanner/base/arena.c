/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/arena.h"

#include "scanner/base/thread_alloc.h"

struct arena_block {
	struct arena_block *next;
	uint32_t used, size; /* octets of data */
	char data[];
};

_Static_assert(sizeof(struct arena_block) % THREAD_ALLOC_ALIGNMENT == 0, "data is aligned as the block is");

static struct arena_block *block_new(size_t size)
{
	struct arena_block *block = thread_alloc_new(sizeof(*block) + size);

	if (block)
		*block = (struct arena_block){ .size = (uint32_t)size };
	return block;
}

static void free_further(struct arena *arena)
{
	struct arena_block *block = arena->first ? arena->first->next : NULL;

	while (block) {
		struct arena_block *next = block->next;

		thread_alloc_free(block);
		block = next;
	}
}

void arena_reset(struct arena *arena)
{
	arena->full = false;
	if (!arena->first)
		return;
	free_further(arena);
	arena->first->next = NULL;
	arena->first->used = 0;
	arena->last = arena->first;
	arena->total = 0;
}

void arena_fini(struct arena *arena)
{
	free_further(arena);
	thread_alloc_free(arena->first);
	*arena = (struct arena){ 0 };
}

/* A block with room for @size octets becomes the last one. */
static struct arena_block *add_block(struct arena *arena, size_t size)
{
	size_t usual = !arena->first ? ARENA_FIRST_BLOCK : arena->total == 0 ? ARENA_SMALL_BLOCK : ARENA_BLOCK;
	size_t room = size > usual ? size : usual;
	struct arena_block *block;

	if (size > ARENA_CAP || arena->total + room > ARENA_CAP) {
		arena->full = true;
		return NULL;
	}
	block = block_new(room);
	if (!block)
		return NULL;
	if (arena->last) {
		arena->last->next = block;
		arena->total += (uint32_t)room;
	} else {
		arena->first = block;
	}
	arena->last = block;
	return block;
}

bool arena_reserve(struct arena *arena, size_t size)
{
	if (arena->first && arena->first->size < size)
		arena_fini(arena);
	arena_reset(arena);
	return arena->first || add_block(arena, size);
}

static char *take_octets(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->last;
	size_t at = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;

	if (!block || at + size > block->size) {
		block = add_block(arena, size);
		if (!block)
			return NULL;
		at = 0;
	}
	block->used = (uint32_t)(at + size);
	return block->data + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *p = take_octets(arena, size, THREAD_ALLOC_ALIGNMENT);

	return p ? memset(p, 0, size) : NULL;
}

char *arena_text(struct arena *arena, size_t size)
{
	return take_octets(arena, size, 1);
}

struct span arena_copy(struct arena *arena, struct span s)
{
	char *p = arena_text(arena, s.n);

	if (!p)
		return (struct span){ NULL, 0 };
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct span){ p, s.n };
}
