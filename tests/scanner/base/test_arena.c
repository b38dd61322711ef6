/* SPDX-License-Identifier: BSD-2-Clause */
/* One domain's memory: what is handed out, kept and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/base/arena.h"
#include "scanner/base/thread_alloc.h"

static void what_is_handed_out_is_aligned_zeroed_and_apart(void **state)
{
	struct arena arena;
	char *p[64];

	(void)state;
	arena = (struct arena){ 0 };
	for (int round = 0; round < 2; round++) { /* the second round meets used octets */
		for (size_t i = 0; i < 64; i++) {
			char *text = arena_text(&arena, 3);

			assert_non_null(text);
			memset(text, 0xff, 3);
			p[i] = arena_alloc(&arena, i);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % THREAD_ALLOC_ALIGNMENT, 0);
			for (size_t k = 0; k < i; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)i, i);
		}
		for (size_t i = 0; i < 64; i++)
			for (size_t k = 0; k < i; k++)
				assert_int_equal(p[i][k], i);
		arena_reset(&arena);
	}
	arena_fini(&arena);
}

static void reset_keeps_the_first_block_and_no_other(void **state)
{
	struct arena arena;
	void *first;

	(void)state;
	arena = (struct arena){ 0 };
	arena_reset(&arena); /* of an empty one */
	first = arena_text(&arena, 8);
	assert_non_null(first);
	assert_int_equal(arena.total, 0);
	assert_non_null(arena_text(&arena, 3 * ARENA_BLOCK));
	assert_true(arena.total >= 3 * ARENA_BLOCK);
	assert_non_null(arena_text(&arena, 1));
	arena_reset(&arena);
	assert_int_equal(arena.total, 0);
	assert_ptr_equal(arena_text(&arena, 8), first);
	arena_fini(&arena);
	assert_null(arena.first);
}

static void a_large_first_request_is_met(void **state)
{
	struct arena arena;
	char *p;

	(void)state;
	arena = (struct arena){ 0 };
	p = arena_text(&arena, 100000);
	assert_non_null(p);
	memset(p, 1, 100000);
	arena_fini(&arena);
}

static void the_cap_is_an_error_that_reset_ends(void **state)
{
	struct arena arena;
	size_t taken = 0;

	(void)state;
	arena = (struct arena){ 0 };
	assert_non_null(arena_alloc(&arena, 1));
	assert_false(arena.full);
	assert_null(arena_alloc(&arena, (size_t)ARENA_CAP + 1));
	assert_true(arena.full);
	assert_null(arena_text(&arena, SIZE_MAX / 2));
	while (arena_text(&arena, 1000))
		taken += 1000;
	assert_in_range(taken, (size_t)ARENA_CAP * 3 / 4, (size_t)ARENA_CAP + ARENA_BLOCK);
	assert_true(arena.total <= ARENA_CAP);
	assert_null(arena_alloc(&arena, ARENA_BLOCK));
	assert_true(arena.full);
	arena_reset(&arena);
	assert_non_null(arena_alloc(&arena, ARENA_BLOCK));
	assert_false(arena.full);
	arena_fini(&arena);
}

static void a_copy_of_nothing_is_something(void **state)
{
	struct arena arena;
	struct span copy;

	(void)state;
	arena = (struct arena){ 0 };
	copy = arena_copy(&arena, (struct span){ NULL, 0 });
	assert_non_null(copy.p);
	assert_int_equal(copy.n, 0);
	copy = arena_copy(&arena, SPAN_LITERAL("abc"));
	assert_memory_equal(copy.p, "abc", 3);
	assert_int_equal(copy.n, 3);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_handed_out_is_aligned_zeroed_and_apart),
		cmocka_unit_test(reset_keeps_the_first_block_and_no_other),
		cmocka_unit_test(a_large_first_request_is_met),
		cmocka_unit_test(the_cap_is_an_error_that_reset_ends),
		cmocka_unit_test(a_copy_of_nothing_is_something),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
