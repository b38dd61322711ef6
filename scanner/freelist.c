#include "scanner/freelist.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = FREELIST_SIZE_MAX / FREELIST_STEP };

/* Ahead of every block; the link lies where the caller's octets were. */
struct head {
	alignas(max_align_t) size_t size; /* octets the caller may use */
};

struct kept {
	struct kept *next;
};

static _Thread_local struct kept *kept[CLASSES];

static size_t class_of(size_t size)
{
	return size ? (size - 1) / FREELIST_STEP : 0;
}

void *freelist_alloc(size_t size)
{
	size_t class = class_of(size);
	struct head *head;

	if (class < CLASSES && kept[class]) {
		struct kept *block = kept[class];

		kept[class] = block->next;
		return block;
	}
	if (class < CLASSES)
		size = (class + 1) * FREELIST_STEP;
	if (size > (size_t)-1 - sizeof *head)
		return NULL;
	head = malloc(sizeof *head + size);
	if (!head)
		return NULL;
	head->size = size;
	return head + 1;
}

void freelist_free(void *block)
{
	struct head *head;
	size_t class;

	if (!block)
		return;
	head = (struct head *)block - 1;
	class = class_of(head->size);
	if (class < CLASSES) {
		((struct kept *)block)->next = kept[class];
		kept[class] = block;
	} else {
		free(head);
	}
}

void *freelist_realloc(void *block, size_t size)
{
	void *larger;

	if (!block)
		return freelist_alloc(size);
	if (size <= ((struct head *)block - 1)->size)
		return block;
	larger = freelist_alloc(size);
	if (!larger)
		return NULL;
	memcpy(larger, block, ((struct head *)block - 1)->size);
	freelist_free(block);
	return larger;
}

void freelist_trim(void)
{
	for (size_t class = 0; class < CLASSES; class++) {
		while (kept[class]) {
			struct kept *block = kept[class];

			kept[class] = block->next;
			free((struct head *)block - 1);
		}
	}
}
