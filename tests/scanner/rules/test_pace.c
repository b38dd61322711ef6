/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/rules/pace.h"

enum { SECOND = 1000000 }; /* microseconds */

#define BURST_S 0.05

/* How many tokens come in @seconds when somebody asks every @step_us. */
static unsigned taken_in(struct pace *pace, uint64_t start, unsigned seconds, unsigned step_us)
{
	unsigned taken = 0;

	for (uint64_t now = start; now < start + (uint64_t)seconds * SECOND; now += step_us)
		while (pace_take(pace, now))
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
		struct pace pace = { .rate = cases[i].rate, .burst_s = BURST_S };
		double taken, due = cases[i].rate * 10;

		taken = taken_in(&pace, 123456789, 10, cases[i].step_us);
		if (taken < due * 0.999 - 1 || taken > due * 1.001 + cases[i].rate * BURST_S + 1)
			fail_msg("rate %g: %g tokens in 10 s", cases[i].rate, taken);
	}
}

static void no_rate_is_no_limit(void **state)
{
	struct pace pace = { .burst_s = BURST_S };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(pace_take(&pace, 1));
	assert_int_equal(pace_wait(&pace, 1), 0);
	assert_int_equal(pace_reserve(&pace, 1), 0);
}

static void a_long_pause_saves_no_more_than_the_burst(void **state)
{
	struct pace pace = { .rate = 100, .burst_s = 0.07 };

	(void)state;
	assert_int_equal(taken_in(&pace, SECOND, 1, SECOND), 7);
	assert_false(pace_take(&pace, SECOND));
	assert_int_equal(taken_in(&pace, 1000ull * SECOND, 1, SECOND), 7);
	assert_false(pace_take(&pace, 1000ull * SECOND));
}

static void the_wait_ends_with_a_token(void **state)
{
	struct pace pace = { .rate = 3 };
	uint64_t now = SECOND, wait;

	(void)state;
	assert_true(pace_take(&pace, now));
	for (int i = 0; i < 100; i++) {
		wait = pace_wait(&pace, now);
		assert_in_range(wait, SECOND / 3 - 2, SECOND / 3 + 2);
		assert_false(pace_take(&pace, now + wait / 2));
		now += wait;
		assert_true(pace_take(&pace, now));
	}
}

static void a_clock_that_stands_still_yields_nothing(void **state)
{
	struct pace pace = { .rate = 100 };

	(void)state;
	assert_true(pace_take(&pace, SECOND));
	assert_false(pace_take(&pace, SECOND));
	assert_false(pace_take(&pace, SECOND - 500000)); /* nor one that goes back */
}

static void what_is_reserved_is_used_in_the_order_of_asking(void **state)
{
	struct pace pace = { .rate = 10, .burst_s = 0.2 };

	(void)state;
	assert_int_equal(pace_reserve(&pace, SECOND), 0);
	assert_int_equal(pace_reserve(&pace, SECOND), 0);
	assert_int_equal(pace_reserve(&pace, SECOND), 100000);
	assert_int_equal(pace_reserve(&pace, SECOND), 200000);
	assert_int_equal(pace_reserve(&pace, SECOND + 250000), 50000);
	assert_false(pace_take(&pace, SECOND + 300000));
	assert_int_equal(pace_reserve(&pace, 10 * SECOND), 0);
}

static void another_rate_counts_from_now(void **state)
{
	struct pace pace = { .rate = 10, .burst_s = BURST_S };

	(void)state;
	assert_in_range(taken_in(&pace, SECOND, 10, 1000), 99, 102);
	pace.rate = 1000;
	assert_in_range(taken_in(&pace, 11 * SECOND, 1, 1000), 990, 1060);
	pace.rate = 0;
	for (int i = 0; i < 1000; i++)
		assert_true(pace_take(&pace, 12 * SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_average_is_the_rate),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_long_pause_saves_no_more_than_the_burst),
		cmocka_unit_test(the_wait_ends_with_a_token),
		cmocka_unit_test(a_clock_that_stands_still_yields_nothing),
		cmocka_unit_test(what_is_reserved_is_used_in_the_order_of_asking),
		cmocka_unit_test(another_rate_counts_from_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
