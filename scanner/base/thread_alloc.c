/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/thread_alloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/counted_alloc.h"

#ifdef __SANITIZE_ADDRESS__
enum { IS_WATCHED = 1 };
#else
enum { IS_WATCHED = 0 };
#endif

/* Ahead of every block. */
struct head {
	uint64_t size; /* octets the caller may use */
};

enum { CLASSES = THREAD_ALLOC_SIZE_MAX / THREAD_ALLOC_STEP };

/* Where the caller's octets were. */
struct kept {
	struct kept *next;
};

struct slab {
	struct slab *next;
	char octets[THREAD_ALLOC_SLAB];
};

static _Thread_local struct {
	struct kept *kept[CLASSES];
	struct slab *slabs;
	size_t left; /* octets of the first slab not cut yet, at its end */
} mine;

/* The n-th class holds 8, 24, 40, … octets: with its head, a multiple of the step. */
static size_t class_of(size_t size)
{
	return (size + sizeof(struct head) - 1) / THREAD_ALLOC_STEP;
}

static bool is_small(size_t size)
{
	return !IS_WATCHED && class_of(size) < CLASSES && size <= THREAD_ALLOC_SIZE_MAX;
}

static struct head *cut(size_t octets)
{
	if (mine.left < octets) {
		struct slab *slab = counted_malloc(sizeof(*slab));

		if (!slab)
			return NULL;
		slab->next = mine.slabs;
		mine.slabs = slab;
		mine.left = THREAD_ALLOC_SLAB;
	}
	mine.left -= octets;
	return (struct head *)(void *)(mine.slabs->octets + mine.left);
}

void *thread_alloc_new(size_t size)
{
	size_t class = class_of(size);
	struct head *head;

	if (!is_small(size)) {
		if (size > SIZE_MAX - sizeof(*head))
			return NULL;
		head = counted_malloc(sizeof(*head) + size);
		if (!head)
			return NULL;
		head->size = size;
		return head + 1;
	}
	if (mine.kept[class]) {
		struct kept *block = mine.kept[class];

		mine.kept[class] = block->next;
		return block;
	}
	head = cut((class + 1) * THREAD_ALLOC_STEP);
	if (!head)
		return NULL;
	head->size = (class + 1) * THREAD_ALLOC_STEP - sizeof(*head);
	return head + 1;
}

void thread_alloc_free(void *block)
{
	struct head *head;

	if (!block)
		return;
	head = (struct head *)block - 1;
	if (is_small(head->size)) {
		struct kept *kept = block;
		size_t class = class_of(head->size);

		kept->next = mine.kept[class];
		mine.kept[class] = kept;
	} else {
		free(head);
	}
}

void *thread_alloc_resize(void *block, size_t size)
{
	struct head *head = block ? (struct head *)block - 1 : NULL;
	void *larger;

	if (head && size <= head->size)
		return block;
	larger = thread_alloc_new(size);
	if (!larger || !head)
		return larger;
	memcpy(larger, block, head->size);
	thread_alloc_free(block);
	return larger;
}

void thread_alloc_trim(void)
{
	while (mine.slabs) {
		struct slab *slab = mine.slabs;

		mine.slabs = slab->next;
		free(slab);
	}
	memset(&mine, 0, sizeof(mine));
}
