/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "output/bit_set.h"
#include "parsers/span.h"

static bool no_memory;

/* The linker sends the module's calls here (--wrap). */
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : __real_calloc(n, size);
}

static void a_number_is_in_it_from_when_it_was_added(void **state)
{
	/* the ends of a word, of a chunk and of the next */
	static const uint64_t numbers[] = { 0, 63, 64, 447, 448, 449, 1048575, 1048576, 2097152, 5000000, 1 };
	struct bit_set set = { 0 };

	(void)state;
	assert_false(bit_set_has(&set, 0));
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		assert_false(bit_set_has(&set, numbers[i]));
		assert_int_equal(bit_set_add(&set, numbers[i]), 0);
		assert_int_equal(bit_set_add(&set, numbers[i]), 1);
		for (size_t k = 0; k <= i; k++)
			assert_true(bit_set_has(&set, numbers[k]));
	}
	assert_false(bit_set_has(&set, 62));
	assert_false(bit_set_has(&set, UINT64_MAX));
	bit_set_free(&set);
	assert_false(bit_set_has(&set, 0));
}

static void what_has_no_room_is_told_and_the_rest_stays(void **state)
{
	struct bit_set set = { 0 };

	(void)state;
	no_memory = true;
	assert_int_equal(bit_set_add(&set, 7), BIT_SET_MEMORY);
	no_memory = false;
	assert_int_equal(bit_set_add(&set, 7), 0);
	no_memory = true;
	for (uint64_t i = 1; i < set.slots / 4 * 3; i++)
		assert_int_equal(bit_set_add(&set, i * BIT_CHUNK_BITS), 0);
	assert_int_equal(bit_set_add(&set, 8), BIT_SET_MEMORY);
	assert_int_equal(bit_set_add(&set, 1048576), BIT_SET_MEMORY);
	no_memory = false;
	assert_true(bit_set_has(&set, 7) && bit_set_has(&set, BIT_CHUNK_BITS));
	assert_false(bit_set_has(&set, 8) || bit_set_has(&set, 1048576));
	bit_set_free(&set);
}

static void its_memory_follows_what_was_added(void **state)
{
	struct bit_set set = { .shards = UINT32_MAX, .most = 100 };
	size_t slots;

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(bit_set_add(&set, i << 32), 0);
	slots = set.slots;
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(bit_set_add(&set, i << 32), 1);
		assert_int_equal(bit_set_add(&set, i << 32 | 1), 0);
		assert_int_equal(bit_set_add(&set, (i + 100) << 32), BIT_SET_BEYOND);
	}
	assert_int_equal(set.slots, slots);
	bit_set_free(&set);
}

static void what_is_out_of_all_proportion_is_refused(void **state)
{
	struct bit_set set = { 0 }, shard = { .shards = 1000 };

	(void)state;
	assert_int_equal(bit_set_add(&set, BIT_SET_FREE), 0);
	assert_int_equal(bit_set_add(&set, 2 * (uint64_t)BIT_SET_FREE), BIT_SET_BEYOND);
	assert_int_equal(bit_set_add(&set, UINT64_MAX), BIT_SET_BEYOND);
	for (uint64_t i = 0; i < BIT_SET_FREE / BIT_SET_SPREAD; i++)
		assert_true(bit_set_add(&set, i) >= 0);
	assert_int_equal(bit_set_add(&set, BIT_SET_FREE + 1), 0);
	bit_set_free(&set);
	for (uint64_t i = 0; i < 20000; i++)
		assert_true(bit_set_add(&shard, i) >= 0);
	assert_int_equal(bit_set_add(&shard, 20000 * BIT_SET_SPREAD * 1000), 0);
	bit_set_free(&shard);
}

static void a_part_of_a_list_begins_anywhere(void **state)
{
	static const uint64_t first = UINT64_C(1) << 40, far = UINT64_C(1) << 60;
	struct bit_set part = { .first = first }, gaps = { .first = first, .has_gaps = true, .most = 2 };

	(void)state;
	assert_int_equal(bit_set_add(&part, first - 1), BIT_SET_BEYOND);
	assert_int_equal(bit_set_add(&part, 0), BIT_SET_BEYOND);
	assert_int_equal(bit_set_add(&part, first + BIT_SET_FREE), 0);
	assert_int_equal(bit_set_add(&part, first), 0);
	assert_int_equal(bit_set_add(&part, first + 2 * (uint64_t)BIT_SET_FREE), BIT_SET_BEYOND);
	assert_int_equal(bit_set_add(&gaps, far), 0);
	assert_int_equal(bit_set_add(&gaps, first), 0);
	assert_int_equal(bit_set_add(&gaps, first - 1), BIT_SET_BEYOND);
	assert_int_equal(bit_set_add(&gaps, far + BIT_CHUNK_BITS), BIT_SET_BEYOND); /* memory still follows the file */
	assert_true(bit_set_has(&gaps, far) && bit_set_has(&gaps, first) && !bit_set_has(&gaps, first + 1));
	bit_set_free(&part);
	bit_set_free(&gaps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_in_it_from_when_it_was_added),
		cmocka_unit_test(what_is_out_of_all_proportion_is_refused),
		cmocka_unit_test(a_part_of_a_list_begins_anywhere),
		cmocka_unit_test(its_memory_follows_what_was_added),
		cmocka_unit_test(what_has_no_room_is_told_and_the_rest_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
