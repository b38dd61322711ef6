/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/failing_malloc.h - where the linker sends malloc, calloc and realloc (--wrap) of a test whose memory runs
 * out.
 *
 * Included once, by the test itself. Of the thread that says fail_at; with FAILING_MALLOC_ANY_THREAD defined before, of
 * whichever thread comes to it.
 */
#ifndef STSURVEY_TESTS_FAKE_FAILING_MALLOC_H
#define STSURVEY_TESTS_FAKE_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef FAILING_MALLOC_ANY_THREAD
#define FAILING_MALLOC_OF _Atomic
#else
#define FAILING_MALLOC_OF _Thread_local
#endif

static FAILING_MALLOC_OF long left = -1; /* allocations before the one that fails; below 0: none does */
static FAILING_MALLOC_OF long more;      /* that fail behind it … */
static FAILING_MALLOC_OF long gap;       /* … and that don't, between two of them */
static FAILING_MALLOC_OF bool hit;       /* it has failed */

static bool fails(void)
{
	if (left < 0 || left > 0) {
		left -= left > 0;
		return false;
	}
	left = more > 0 ? gap : -1;
	more -= more > 0;
	hit = true;
	return true;
}

/* Let allocation @n (from 0) and no other fail in what follows; -1: none. */
static void fail_at(long n)
{
	hit = false;
	left = n;
	more = gap = 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

#endif
