/* Small blocks, kept and given again. Under AddressSanitizer they are malloc's own: then only their content
 * is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/base/freelist.h"

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
		block[i] = freelist_alloc(i);
		assert_non_null(block[i]);
		assert_int_equal((uintptr_t)block[i] % FREELIST_ALIGNMENT, 0);
		memset(block[i], (int)(i & 0xff), i);
	}
	for (size_t i = 0; i < BLOCKS; i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_equal(block[i][k], i & 0xff);
		freelist_free(block[i]);
	}
	freelist_free(NULL);
	freelist_trim();
}

static void a_freed_block_is_the_next_of_its_size(void **state)
{
	void *a = freelist_alloc(100), *b;

	(void)state;
	freelist_free(a);
	b = freelist_alloc(97);
	if (IS_KEPT)
		assert_ptr_equal(a, b);
	freelist_free(b);
	freelist_trim();
}

static void realloc_keeps_the_content(void **state)
{
	char *p = freelist_realloc(NULL, 10);

	(void)state;
	assert_non_null(p);
	memcpy(p, "123456789", 10);
	for (size_t size = 11; size < 5000; size += 97) {
		p = freelist_realloc(p, size);
		assert_non_null(p);
		assert_string_equal(p, "123456789");
	}
	p = freelist_realloc(p, 10);
	assert_string_equal(p, "123456789");
	freelist_free(p);
	freelist_trim();
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	assert_null(freelist_alloc(SIZE_MAX));
	assert_null(freelist_alloc(SIZE_MAX - 4));
}

static void *use(void *arg)
{
	void *block = freelist_alloc(64);

	*(void **)arg = block;
	memset(block, 0x55, 64);
	freelist_free(block);
	freelist_trim();
	return NULL;
}

static void threads_keep_blocks_of_their_own(void **state)
{
	void *mine = freelist_alloc(64), *theirs;
	pthread_t thread;

	(void)state;
	memset(mine, 0xaa, 64);
	assert_int_equal(pthread_create(&thread, NULL, use, &theirs), 0);
	pthread_join(thread, NULL);
	assert_ptr_not_equal(mine, theirs);
	for (int i = 0; i < 64; i++)
		assert_int_equal(((unsigned char *)mine)[i], 0xaa);
	freelist_free(mine);
	freelist_trim();
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

	return cmocka_run_group_tests_name("freelist", tests, NULL, NULL);
}
