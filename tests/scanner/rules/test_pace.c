/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/rules/pace.h"

enum { SECOND = 1000000 }; /* microseconds */

#define BURST_S 0.05
#define LATE_S 0.02

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

/* ---- no second has more than the rate ---- */

enum { WINDOW_US = SECOND, PLAYS = 3, TAKEN_MOST = 1 << 20 };

static uint64_t drawn;

static uint64_t draw(uint64_t below)
{
	drawn = drawn * 6364136223846793005u + 1442695040888963407u;
	return (drawn >> 33) % below;
}

/* How one loop behaves: microseconds between two looks, and how long it stands still now and then. */
struct conduct {
	const char *what;
	unsigned step_us, stall_us, stall_of; /* one look in so many is followed by a stall; 0: none */
	unsigned late_us;                     /* at most, between taking and using */
	unsigned idle_of;                     /* one look in so many wants nothing for up to 3 s; 0: none */
	double least;                         /* of the rate that it keeps to, when it always wants some */
};

static const struct conduct conducts[] = {
	{ "always there", 100, 0, 0, 0, 0, 0.999 },
	{ "every 20 ms at the latest", 10000, 0, 0, 0, 0, 0.99 },
	{ "stands still for up to 20 ms", 1000, 19000, 5, 0, 0, 0.99 },
	{ "stands still for up to a second", 1000, SECOND, 50, 0, 0, 0 },
	{ "uses late what it took", 1000, 0, 0, 9000, 0, 0.85 },
	{ "late, and standing still", 2000, 60000, 10, 60000, 0, 0 },
	{ "wants some now and then", 500, 40000, 20, 3000, 30, 0 },
};

struct used {
	uint64_t at[TAKEN_MOST]; /* a ring of those of the last second */
	uint64_t all, first;
	unsigned most; /* of any window */
};

static void use(struct used *used, unsigned n, uint64_t now)
{
	for (unsigned i = 0; i < n; i++)
		used->at[used->all++ % TAKEN_MOST] = now;
	while (now - used->at[used->first % TAKEN_MOST] >= WINDOW_US)
		used->first++;
	if (used->all - used->first > used->most)
		used->most = (unsigned)(used->all - used->first);
	assert_true(used->all - used->first <= TAKEN_MOST);
}

/* From @now until @end, as a scan that begins; when it ends. */
static uint64_t play(struct used *used, double rate, const struct conduct *conduct, uint64_t now, uint64_t end)
{
	struct pace pace = { 0 };

	pace_keep_within(&pace, rate, LATE_S);
	pace_begin_empty(&pace, now);
	while (now < end) {
		unsigned n = 0, wanted = conduct->idle_of ? (unsigned)draw(3) : TAKEN_MOST;

		while (n < wanted && pace_take(&pace, now))
			n++;
		if (conduct->late_us)
			now += draw(conduct->late_us);
		if (n > 0) {
			pace_used(&pace, n, now);
			use(used, n, now);
		}
		now += 1 + draw(2 * conduct->step_us);
		if (conduct->stall_of && draw(conduct->stall_of) == 0)
			now += draw(conduct->stall_us);
		if (conduct->idle_of && draw(conduct->idle_of) == 0)
			now += draw(3 * SECOND);
	}
	return now;
}

static void no_second_has_more_than_the_rate(void **state)
{
	static const double rates[] = { 0.1, 0.5, 1,     1.5, 2,     3,   7,    19,   20,    21,
					40,  41,  99.99, 100, 333.3, 400, 1000, 9999, 30000, 1e6 };
	static struct used used;

	(void)state;
	for (size_t c = 0; c < COUNT_OF(conducts); c++)
		for (size_t i = 0; i < COUNT_OF(rates); i++) {
			const struct conduct *conduct = &conducts[c];
			double rate = rates[i], whole = rate < 1 ? 1 : floor(rate),
			       seconds = rate < 1     ? 60
					 : rate > 1e5 ? 1.5
						      : 6;
			uint64_t now = SECOND;
			double kept = rate < whole / (1 + LATE_S) ? rate : whole / (1 + LATE_S);

			used.all = used.first = used.most = 0;
			drawn = 1 + c * 100 + i;
			/* one scan follows another, which has taken its burst */
			for (unsigned n = 0; n < PLAYS; n++)
				now = play(&used, rate, conduct, now, now + (uint64_t)(seconds * SECOND));
			if (used.most > whole)
				fail_msg("%s, rate %g: %u in a second", conduct->what, rate, used.most);
			if ((double)used.all < (kept * seconds * conduct->least - kept * LATE_S - 2) * PLAYS)
				fail_msg("%s, rate %g: %g a second", conduct->what, rate,
					 (double)used.all / seconds / PLAYS);
		}
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
		cmocka_unit_test(no_second_has_more_than_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
