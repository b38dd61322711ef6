#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scanner/rules/pace.h"
#include "scanner/rules/pace_table.h"

enum { SECOND = 1000000 }; /* microseconds */

/* How many tokens come in @seconds when somebody asks every @step_us. */
static unsigned taken_in(struct pace *pace, uint64_t start, unsigned seconds, unsigned step_us)
{
	unsigned taken = 0;

	for (uint64_t now = start; now < start + (uint64_t)seconds * SECOND; now += step_us)
		while (pace_take(pace, 1, now))
			taken++;
	return taken;
}

static void the_average_is_the_rate(void **state)
{
	static const struct {
		double rate;
		unsigned step_us;
	} cases[] = { { 1, 10000 }, { 10.5, 777 }, { 1000, 100 }, { 1000, 20000 }, { 100000, 1000 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pace pace;
		double taken, due = cases[i].rate * 10;

		pace_init(&pace, cases[i].rate, 0);
		taken = taken_in(&pace, 123456789, 10, cases[i].step_us);
		if (taken < due * 0.999 - 1 || taken > due * 1.001 + cases[i].rate * PACE_BURST_S + 1)
			fail_msg("rate %g: %g tokens in 10 s", cases[i].rate, taken);
	}
}

static void no_rate_is_no_limit(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 0, 0);
	for (int i = 0; i < 1000; i++)
		assert_true(pace_take(&pace, 1000, 1));
	assert_int_equal(pace_wait(&pace, 1), 0);
}

static void a_long_pause_saves_no_more_than_the_burst(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 100, 7);
	assert_int_equal(taken_in(&pace, SECOND, 1, SECOND), 7);
	assert_false(pace_take(&pace, 1, SECOND));
	assert_true(pace_take(&pace, 7, 1000ull * SECOND));
	assert_false(pace_take(&pace, 1, 1000ull * SECOND));
}

static void the_wait_ends_with_a_token(void **state)
{
	struct pace pace;
	uint64_t now = SECOND, wait;

	(void)state;
	pace_init(&pace, 3, 1);
	assert_true(pace_take(&pace, 1, now));
	for (int i = 0; i < 100; i++) {
		wait = pace_wait(&pace, now);
		assert_in_range(wait, SECOND / 3 - 2, SECOND / 3 + 2);
		assert_false(pace_take(&pace, 1, now + wait / 2));
		now += wait;
		assert_true(pace_take(&pace, 1, now));
	}
}

static void a_clock_that_stands_still_yields_nothing(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 100, 1);
	assert_true(pace_take(&pace, 1, SECOND));
	assert_false(pace_take(&pace, 1, SECOND));
	assert_false(pace_take(&pace, 1, SECOND - 500000)); /* nor one that goes back */
}

static void another_rate_counts_from_now(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 10, 0);
	assert_in_range(taken_in(&pace, SECOND, 10, 1000), 99, 102);
	pace_set_rate(&pace, 1000);
	assert_in_range(taken_in(&pace, 11 * SECOND, 1, 1000), 990, 1060);
	pace_set_rate(&pace, 0);
	assert_true(pace_take(&pace, 1e9, 12 * SECOND));
}

static void each_key_has_its_own_bucket(void **state)
{
	struct pace_table *table = pace_table_new(16, 10, 2);

	(void)state;
	assert_int_equal(pace_table_reserve(table, 1, SECOND), 0);
	assert_int_equal(pace_table_reserve(table, 1, SECOND), 0);
	assert_int_equal(pace_table_reserve(table, 1, SECOND), 100000); /* in the order of asking */
	assert_int_equal(pace_table_reserve(table, 1, SECOND), 200000);
	assert_int_equal(pace_table_reserve(table, 2, SECOND), 0);
	assert_int_equal(pace_table_reserve(table, 1, SECOND + 250000), 50000);
	assert_int_equal(pace_table_reserve(table, 1, 10 * SECOND), 0);
	pace_table_free(table);
}

static void old_keys_make_room(void **state)
{
	enum { KEYS = 8 };
	struct pace_table *table = pace_table_new(KEYS, 1, 1);

	(void)state;
	for (uint64_t key = 0; key < 10000; key++) {
		assert_int_equal(pace_table_reserve(table, key * 16, SECOND), 0); /* all in one chain */
		assert_int_equal(pace_table_reserve(table, 0, SECOND), key == 0 ? SECOND : (key + 1) * SECOND);
	}
	assert_true(pace_table_reserve(table, 9999 * 16, SECOND) > 0);
	assert_int_equal(pace_table_reserve(table, 16, SECOND), 0); /* forgotten */
	pace_table_free(table);
}

static void no_rate_limits_no_key(void **state)
{
	struct pace_table *table = pace_table_new(4, 0, 1);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(pace_table_reserve(table, 1, SECOND), 0);
	pace_table_free(table);
}

static void keys_are_told_apart(void **state)
{
	struct obs_address a = { 4, { 192, 0, 2, 1 } }, b = { 4, { 192, 0, 2, 2 } }, c = { 6, { 192, 0, 2, 1 } };

	(void)state;
	assert_true(pace_key_address(&a) != pace_key_address(&b));
	assert_true(pace_key_address(&a) != pace_key_address(&c));
	assert_true(pace_key_text(SPAN_LITERAL("Example.com")) == pace_key_text(SPAN_LITERAL("example.COM")));
	assert_true(pace_key_text(SPAN_LITERAL("example.com")) != pace_key_text(SPAN_LITERAL("example.org")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_average_is_the_rate),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_long_pause_saves_no_more_than_the_burst),
		cmocka_unit_test(the_wait_ends_with_a_token),
		cmocka_unit_test(a_clock_that_stands_still_yields_nothing),
		cmocka_unit_test(another_rate_counts_from_now),
		cmocka_unit_test(each_key_has_its_own_bucket),
		cmocka_unit_test(old_keys_make_room),
		cmocka_unit_test(no_rate_limits_no_key),
		cmocka_unit_test(keys_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
