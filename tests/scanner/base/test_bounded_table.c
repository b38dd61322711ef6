/* SPDX-License-Identifier: BSD-2-Clause */
/* A table that forgets: what is in it is found, what is used stays, what may not go does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/hash.h"
#include "parsers/span.h"
#include "scanner/base/bounded_table.h"
#include "tests/fake/failing_malloc.h"

enum { MOST = 1024, NOW = 100 };

struct item {
	struct bounded_entry known;
	uint64_t number, until;
};

static bool is_over(const void *entry, uint64_t now_us)
{
	return ((const struct item *)entry)->until <= now_us;
}

static struct bounded_table table_of(bool (*may_go)(const void *, uint64_t))
{
	return (struct bounded_table){ .size = sizeof(struct item), .most = MOST, .may_go = may_go };
}

static struct item *add(struct bounded_table *table, uint64_t number, uint64_t until)
{
	struct item *item = bounded_table_add(table, hash_mix(number, 1), NOW);

	if (!item)
		return NULL;
	assert_int_equal(item->number, 0); /* zeros, whoever was there before */
	item->number = number;
	item->until = until;
	return item;
}

static bool has(struct bounded_table *table, uint64_t number)
{
	const struct item *item = bounded_table_find(table, hash_mix(number, 1));

	assert_true(!item || item->number == number);
	return item;
}

static void what_was_added_is_found(void **state)
{
	struct bounded_table table = table_of(NULL);

	(void)state;
	assert_false(has(&table, 1));
	for (unsigned i = 1; i <= MOST; i++) {
		assert_non_null(add(&table, i, 0));
		for (unsigned k = 1; k <= MOST; k += 7)
			assert_int_equal(has(&table, k), k <= i);
	}
	assert_int_equal(table.count, MOST);
	assert_int_equal(table.evicted, 0);
	bounded_table_fini(&table);
	assert_false(has(&table, 1));
}

static void the_number_is_bounded_and_what_is_used_stays(void **state)
{
	struct bounded_table table = table_of(NULL);
	unsigned found = 0;

	(void)state;
	for (unsigned i = 1; i <= 20 * MOST; i++) {
		assert_non_null(add(&table, i, 0));
		assert_true(has(&table, 1)); /* looked for each time */
	}
	for (unsigned i = 1; i <= 20 * MOST; i++)
		found += has(&table, i);
	assert_int_equal(found, MOST); /* none is lost on the way, and none is there twice */
	assert_int_equal(table.count, MOST);
	assert_int_equal(table.evicted, 19 * MOST);
	bounded_table_fini(&table);
}

static void what_may_not_go_stays(void **state)
{
	struct bounded_table table = table_of(is_over);

	(void)state;
	for (unsigned i = 1; i <= MOST; i++)
		assert_non_null(add(&table, i, i % 2 ? NOW : NOW + 1));
	for (unsigned i = 1; i <= MOST / 2; i++)
		assert_non_null(add(&table, MOST + i, NOW + 1));
	for (unsigned i = 1; i <= MOST + MOST / 2; i++)
		assert_int_equal(has(&table, i), i % 2 == 0 || i > MOST);
	assert_null(add(&table, 2 * MOST, 0)); /* nobody makes room */
	assert_int_equal(table.count, MOST);
	bounded_table_fini(&table);
}

static void without_memory_it_forgets_sooner(void **state)
{
	struct bounded_table table = table_of(NULL);

	(void)state;
	for (long i = 0; i < 2; i++) {
		fail_at(i);
		assert_null(add(&table, 1, 0));
	}
	fail_at(-1);
	for (unsigned i = 1; i <= BOUNDED_TABLE_FIRST; i++)
		assert_non_null(add(&table, i, 0));
	fail_at(1);
	assert_non_null(add(&table, MOST, 0));
	fail_at(-1);
	assert_int_equal(table.count, BOUNDED_TABLE_FIRST);
	assert_int_equal(table.evicted, 1);
	assert_true(has(&table, MOST));
	assert_non_null(add(&table, MOST + 1, 0));
	assert_int_equal(table.count, BOUNDED_TABLE_FIRST + 1);
	bounded_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found),
		cmocka_unit_test(the_number_is_bounded_and_what_is_used_stays),
		cmocka_unit_test(what_may_not_go_stays),
		cmocka_unit_test(without_memory_it_forgets_sooner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
