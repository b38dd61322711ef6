/* SPDX-License-Identifier: BSD-2-Clause */
/* Small blocks, kept and given again. Under AddressSanitizer they are malloc's own: then only their content
 * is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/base/thread_alloc.h"

#ifdef __SANITIZE_ADDRESS__
enum { IS_KEPT = 0 };
#else
enum { IS_KEPT = 1 };
#endif

enum { BLOCKS = 700 };

static void blocks_of_every_size_are_apart(void **state)
{
	unsigned char *block[BLOCKS];

	(void)state;
	for (size_t i = 0; i < BLOCKS; i++) {
		block[i] = thread_alloc_new(i);
		assert_non_null(block[i]);
		assert_int_equal((uintptr_t)block[i] % THREAD_ALLOC_ALIGNMENT, 0);
		memset(block[i], (int)(i & 0xff), i);
	}
	for (size_t i = 0; i < BLOCKS; i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_equal(block[i][k], i & 0xff);
		thread_alloc_free(block[i]);
	}
	thread_alloc_free(NULL);
	thread_alloc_trim();
}

static void a_freed_block_is_the_next_of_its_size(void **state)
{
	void *a = thread_alloc_new(100), *b;

	(void)state;
	thread_alloc_free(a);
	b = thread_alloc_new(97);
	if (IS_KEPT)
		assert_ptr_equal(a, b);
	thread_alloc_free(b);
	thread_alloc_trim();
}

static void realloc_keeps_the_content(void **state)
{
	char *p = thread_alloc_resize(NULL, 10);

	(void)state;
	assert_non_null(p);
	memcpy(p, "123456789", 10);
	for (size_t size = 11; size < 5000; size += 97) {
		p = thread_alloc_resize(p, size);
		assert_non_null(p);
		assert_string_equal(p, "123456789");
	}
	p = thread_alloc_resize(p, 10);
	assert_string_equal(p, "123456789");
	thread_alloc_free(p);
	thread_alloc_trim();
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	assert_null(thread_alloc_new(SIZE_MAX));
	assert_null(thread_alloc_new(SIZE_MAX - 4));
}

static void *use(void *arg)
{
	void *block = thread_alloc_new(64);

	*(void **)arg = block;
	memset(block, 0x55, 64);
	thread_alloc_free(block);
	thread_alloc_trim();
	return NULL;
}

static void threads_keep_blocks_of_their_own(void **state)
{
	void *mine = thread_alloc_new(64), *theirs;
	pthread_t thread;

	(void)state;
	memset(mine, 0xaa, 64);
	assert_int_equal(pthread_create(&thread, NULL, use, &theirs), 0);
	pthread_join(thread, NULL);
	assert_ptr_not_equal(mine, theirs);
	for (int i = 0; i < 64; i++)
		assert_int_equal(((unsigned char *)mine)[i], 0xaa);
	thread_alloc_free(mine);
	thread_alloc_trim();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_of_every_size_are_apart),
		cmocka_unit_test(a_freed_block_is_the_next_of_its_size),
		cmocka_unit_test(realloc_keeps_the_content),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(threads_keep_blocks_of_their_own),
	};

	return cmocka_run_group_tests_name("thread_alloc", tests, NULL, NULL);
}
