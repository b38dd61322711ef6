/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/counted_alloc.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local unsigned failures;

/* @block of @size octets that were asked for: none is no failure. */
static void *counted(void *block, size_t size)
{
	failures += !block && size > 0;
	return block;
}

void *counted_malloc(size_t size)
{
	return counted(malloc(size), size);
}

void *counted_calloc(size_t count, size_t size)
{
	return counted(calloc(count, size), count && size);
}

void *counted_realloc(void *block, size_t size)
{
	return counted(realloc(block, size), size);
}

char *counted_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = counted_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

unsigned counted_alloc_failures(void)
{
	return failures;
}
