/* SPDX-License-Identifier: BSD-2-Clause */
/* The intervals of analysis/tables/interval.h against numbers computed elsewhere, and against what they promise: that
 * 95 of 100 samples have the truth within. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/tables/interval.h"
#include "parsers/span.h"

/* cmocka compares floats, which have seven digits */
#define near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static void shares_have_wilsons_interval(void **state)
{
	static const struct {
		uint64_t hits, of;
		double sample, low, high;
		bool few;
	} rows[] = {
		{ 0, 10000, 0, 0, 0.00038400, true }, /* "0 to 0" would be a lie */
		{ 1, 2000, 0, 0.00008827, 0.00282686, true },
		{ 4, 10000, 0, 0.00015556, 0.00102813, true },
		{ 5, 10000, 0, 0.00021359, 0.00117003, false },
		{ 80, 160000, 0, 0.00040180, 0.00062218, false },
		{ 800, 1600000, 0, 0.00046654, 0.00053586, false },
		{ 8000, 16000000, 0, 0.00048917, 0.00051107, false },
		{ 3, 3, 0, 0.43850297, 1, true },
		{ 10, 10, 0, 0.72246720, 1, false },
		/* the list is finite: n / (1 - s) */
		{ 0, 10000, 0.1, 0, 0.00034561, true },
		{ 50, 100, 0, 0.40383153, 0.59616847, false },
		{ 50, 100, 0.1, 0.40859736, 0.59140264, false },
		{ 50, 100, 0.5, 0.43136086, 0.56863914, false },
		{ 800, 1600000, 0.01, 0.00046670, 0.00053567, false },
		{ 3, 10, 1, 0.3, 0.3, true }, /* all of it: nothing is left to chance */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct interval interval = interval_of_share(rows[i].hits, rows[i].of, rows[i].sample);

		assert_true(interval.known);
		near(interval.low, rows[i].low, 5e-9);
		near(interval.high, rows[i].high, 5e-9);
		assert_int_equal(interval.few, rows[i].few);
		assert_string_equal(interval_note(&interval), rows[i].few ? "few" : "");
	}
}

static void no_share_of_nothing(void **state)
{
	static const struct interval none;
	struct interval empty = interval_of_share(0, 0, 0.1), wrong = interval_of_share(3, 2, 0.1);

	(void)state;
	assert_false(empty.known);
	assert_false(wrong.known);
	assert_false(interval_of_pairs(0, 0, 0, 0.1).known);
	assert_false(interval_of_pairs(2, 2, 3, 0.1).known);
	assert_false(interval_of_pairs(UINT64_MAX, 2, 3, 0.1).known);
	assert_string_equal(interval_note(&none), "");
}

/* How often the interval holds the truth, and how wide it is on average, over all samples there can be. */
static void coverage(uint64_t n, double truth, double *covered, double *width)
{
	*covered = *width = 0;
	for (uint64_t hits = 0; hits <= n && (double)hits < 40 + 3 * truth * (double)n; hits++) {
		double x = (double)hits, m = (double)n;
		double chance = exp(lgamma(m + 1) - lgamma(x + 1) - lgamma(m - x + 1) + x * log(truth) +
				    (m - x) * log1p(-truth));
		struct interval interval = interval_of_share(hits, n, 0);

		*width += chance * (interval.high - interval.low) / truth;
		if (interval.low <= truth && truth <= interval.high)
			*covered += chance;
	}
}

static void intervals_hold_what_they_promise(void **state)
{
	static const struct {
		uint64_t n;
		double covered, width; /* in hundredths; in shares of the truth, 0.05 % */
	} rows[] = {
		{ 2000, 92.0, 5.3 },     { 10000, 96.2, 1.88 },    { 20000, 96.3, 1.28 },
		{ 100000, 94.5, 0.558 }, { 1000000, 94.8, 0.175 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double covered, width;

		coverage(rows[i].n, 0.0005, &covered, &width);
		near(100 * covered, rows[i].covered, 0.06);
		near(width, rows[i].width, 0.006 * rows[i].width);
	}
}

static void changes_are_told_by_pairs(void **state)
{
	static const struct {
		uint64_t came, went, of;
		double sample, low, high;
		bool few;
	} rows[] = {
		{ 30, 10, 10000, 0, 0.00076103, 0.00323897, false },
		{ 10, 30, 10000, 0, -0.00323897, -0.00076103, false },
		{ 30, 10, 10000, 0.5, 0.00112392, 0.00287608, false },
		{ 1, 0, 100, 0, -0.00950140, 0.02950140, true },
		{ 0, 0, 10000, 0, -0.00038400, 0.00038400, true }, /* that none moved in the sample is no proof */
		{ 100, 0, 100, 0, 1, 1, false },
		{ 0, 100, 100, 0, -1, -1, false },
		{ 30, 10, 10000, 1, 0.002, 0.002, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct interval interval = interval_of_pairs(rows[i].came, rows[i].went, rows[i].of, rows[i].sample);

		assert_true(interval.known);
		near(interval.low, rows[i].low, 5e-9);
		near(interval.high, rows[i].high, 5e-9);
		assert_int_equal(interval.few, rows[i].few);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_have_wilsons_interval),
		cmocka_unit_test(no_share_of_nothing),
		cmocka_unit_test(intervals_hold_what_they_promise),
		cmocka_unit_test(changes_are_told_by_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
