/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "output/hash_table.h"
#include "parsers/span.h"
#include "tests/fake/failing_malloc.h"

static bool has(const struct hash_table *table, uint64_t hash, const void *item)
{
	const void *found;

	for (size_t at = 0; (found = hash_table_next(table, hash, &at));)
		if (found == item)
			return true;
	return false;
}

static void an_empty_table_has_nothing(void **state)
{
	struct hash_table table = { 0 };
	size_t at = 0;

	(void)state;
	assert_null(hash_table_next(&table, 7, &at));
	hash_table_remove(&table, 7, &at);
	hash_table_clear(&table);
	assert_true(hash_table_reserve(&table, 0));
	assert_null(table.slot);
	hash_table_fini(&table);
}

/* Hashes that mean one slot each, so that every kind of chain comes up: through one another, and around the end. */
static void what_was_put_is_found_until_it_is_removed(void **state)
{
	enum { ITEMS = 96, STEPS = 5000 };
	static const struct {
		const char *what;
		uint64_t first, hashes, apart;
	} rows[] = {
		{ "one hash", 5, 1, 0 },
		{ "one slot", 5, ITEMS, HASH_TABLE_FIRST },
		{ "neighbours", 5, 20, 1 },
		{ "around the end", HASH_TABLE_FIRST - 10, 20, 1 },
		{ "by their upper halves", 0, ITEMS, UINT64_C(1) << 32 },
		{ "far apart", 5, ITEMS, 2654435761 },
	};

	(void)state;
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct hash_table table = { 0 };
		bool is_in[ITEMS] = { false };
		uint64_t hash[ITEMS];
		size_t count = 0;
		unsigned random = 1;

		for (unsigned i = 0; i < ITEMS; i++)
			hash[i] = rows[row].first + i % rows[row].hashes * rows[row].apart;
		for (unsigned step = 0; step < STEPS; step++) {
			unsigned i = (random = random * 1103515245 + 12345) / 65536 % ITEMS;

			if (is_in[i]) {
				hash_table_remove(&table, hash[i], &is_in[i]);
			} else {
				assert_true(hash_table_reserve(&table, 1));
				hash_table_put(&table, hash[i], &is_in[i]);
			}
			count += is_in[i] ? -1ul : 1ul;
			is_in[i] = !is_in[i];
			for (unsigned k = 0; k < ITEMS; k++)
				if (has(&table, hash[k], &is_in[k]) != is_in[k])
					fail_msg("%s, step %u: item %u", rows[row].what, step, k);
			assert_int_equal(table.count, count);
		}
		assert_int_equal(table.slots, HASH_TABLE_FIRST);
		hash_table_clear(&table);
		assert_int_equal(table.count, 0);
		for (unsigned k = 0; k < ITEMS; k++)
			assert_false(has(&table, hash[k], &is_in[k]));
		hash_table_fini(&table);
	}
}

static void a_growing_table_keeps_its_items(void **state)
{
	enum { ITEMS = 10000 };
	struct hash_table table = { 0 };

	(void)state;
	for (size_t i = 0; i < ITEMS; i++) {
		assert_true(hash_table_reserve(&table, 1));
		hash_table_put(&table, i * 7, hash_item_of(i));
	}
	assert_int_equal(table.count, ITEMS);
	assert_true(table.slots >= 2 * table.count);
	for (size_t i = 0; i < ITEMS; i++) {
		size_t at = 0;

		assert_int_equal(hash_item_place(hash_table_next(&table, i * 7, &at)), i);
		assert_null(hash_table_next(&table, i * 7, &at));
	}
	assert_true(hash_table_reserve(&table, 10 * ITEMS));
	assert_true(table.slots >= 22 * ITEMS);
	hash_table_fini(&table);
}

static void without_memory_nothing_changes(void **state)
{
	struct hash_table table = { 0 };

	(void)state;
	fail_at(0);
	assert_false(hash_table_reserve(&table, 1));
	assert_null(table.slot);
	fail_at(-1);
	for (size_t i = 0; i < HASH_TABLE_FIRST / 2; i++) {
		assert_true(hash_table_reserve(&table, 1));
		hash_table_put(&table, i, hash_item_of(i));
	}
	fail_at(0);
	assert_false(hash_table_reserve(&table, 1));
	assert_true(hit);
	fail_at(-1);
	assert_int_equal(table.count, HASH_TABLE_FIRST / 2);
	for (size_t i = 0; i < HASH_TABLE_FIRST / 2; i++)
		assert_true(has(&table, i, hash_item_of(i)));
	assert_true(hash_table_reserve(&table, 1));
	hash_table_fini(&table);
}

static void a_bound_drops_what_would_make_the_table_slow(void **state)
{
	enum { BOUND = 4 };
	struct hash_table table = { .bound = BOUND };

	(void)state;
	assert_true(hash_table_reserve(&table, 10));
	for (size_t i = 0; i < 10; i++)
		hash_table_put(&table, i * HASH_TABLE_FIRST, hash_item_of(i));
	assert_int_equal(table.count, BOUND);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(has(&table, i * HASH_TABLE_FIRST, hash_item_of(i)), i < BOUND);
	hash_table_remove(&table, 9 * HASH_TABLE_FIRST, hash_item_of(9));
	assert_int_equal(table.count, BOUND);
	hash_table_remove(&table, 0, hash_item_of(0));
	hash_table_put(&table, 9 * HASH_TABLE_FIRST, hash_item_of(9));
	assert_true(has(&table, 9 * HASH_TABLE_FIRST, hash_item_of(9)));
	hash_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_has_nothing),
		cmocka_unit_test(what_was_put_is_found_until_it_is_removed),
		cmocka_unit_test(a_growing_table_keeps_its_items),
		cmocka_unit_test(without_memory_nothing_changes),
		cmocka_unit_test(a_bound_drops_what_would_make_the_table_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
