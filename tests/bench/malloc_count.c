/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/malloc_count.c - preloaded into a program, it counts what the program asks of the heap.
 *
 * LD_PRELOAD=libmalloc_count.so MALLOC_COUNT=FILE program…; at its end FILE holds allocations=N. The counts of
 * two runs of different sizes, subtracted, tell what one domain more costs.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc's own, under the names it exports for this purpose. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_ullong allocations;

static void count(void)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
	count();
	return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count();
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	count();
	*block = __libc_memalign(alignment, size);
	return !*block ? 12 : 0; /* ENOMEM; errno is not to be touched */
}

__attribute__((destructor)) static void report(void)
{
	const unsigned long long total = atomic_load(&allocations);
	const char *path = getenv("MALLOC_COUNT");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	fprintf(out, "allocations=%llu\n", total);
	fclose(out);
}
