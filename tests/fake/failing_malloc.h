/* tests/fake/failing_malloc.h - where the linker sends malloc, calloc and realloc (--wrap) of a test whose memory runs
 * out.
 *
 * Included once, by the test itself, behind its `static bool fails(void)`: is this allocation the one that fails?
 */
#ifndef STSURVEY_TESTS_FAKE_FAILING_MALLOC_H
#define STSURVEY_TESTS_FAKE_FAILING_MALLOC_H

#include <stddef.h>

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
