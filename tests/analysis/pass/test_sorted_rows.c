/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows come out in order whatever order they were put in, each as often as it was put, from memory and from disk alike.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "analysis/pass/sorted_rows.h"

enum { LONG_ROW = 300 * 1024 }; /* more than any buffer on the way */

/* Row number @i of a permutation; some are long, some empty, and each stands twice. */
static size_t make_row(char *text, unsigned i, unsigned rows)
{
	unsigned number = (unsigned)((uint64_t)i * 7919 % rows) / 2;
	size_t n;

	if (number == 0)
		return 0;
	n = (size_t)sprintf(text, "%08u", number);
	if (number % 5000 == 17) {
		memset(text + n, 'x', LONG_ROW - n);
		n = LONG_ROW;
	}
	return n;
}

static void rows_come_out_sorted(void **state)
{
	static const struct {
		size_t memory;
		unsigned rows; /* prime to 7919 */
	} cases[] = {
		{ 1 << 30, 0 }, { 1 << 30, 1 }, { 1 << 30, 1000 }, { 0, 1000 }, { 0, 30000 }, { 3 << 20, 40000 }
	};
	static char text[LONG_ROW], expected[LONG_ROW];

	(void)state;
	for (size_t c = 0; c < COUNT_OF(cases); c++) {
		struct error error;
		struct sorted_rows *rows = sorted_rows_new(cases[c].memory, &error);
		struct span row;

		for (unsigned i = 0; i < cases[c].rows; i++)
			assert_int_equal(
				sorted_rows_put(rows, (struct span){ text, make_row(text, i, cases[c].rows) }, &error),
				0);
		assert_int_equal(sorted_rows_start(rows, &error), 0);
		for (unsigned i = 0; i < cases[c].rows; i++) {
			unsigned number = i / 2;
			size_t n = number == 0 ? 0 : number % 5000 == 17 ? LONG_ROW : 8;

			assert_int_equal(sorted_rows_next(rows, &row, &error), 1);
			sprintf(expected, "%08u", number);
			assert_int_equal(row.n, n);
			assert_memory_equal(row.p, expected, n > 8 ? 8 : n);
		}
		assert_int_equal(sorted_rows_next(rows, &row, &error), 0);
		assert_int_equal(sorted_rows_next(rows, &row, &error), 0);
		sorted_rows_free(rows);
	}
}

static void octets_are_compared_without_sign_and_the_shorter_is_first(void **state)
{
	static const struct span sorted[] = { SPAN_LITERAL(""),     SPAN_LITERAL("\x01"), SPAN_LITERAL("a"),
					      SPAN_LITERAL("a\0b"), SPAN_LITERAL("a\0c"), SPAN_LITERAL("a.b"),
					      SPAN_LITERAL("ab"),   SPAN_LITERAL("\x7f"), SPAN_LITERAL("\x80"),
					      SPAN_LITERAL("\xff") };
	struct error error;
	struct sorted_rows *rows = sorted_rows_new(0, &error);
	struct span row;

	(void)state;
	for (size_t i = COUNT_OF(sorted); i-- > 0;)
		assert_int_equal(sorted_rows_put(rows, sorted[i], &error), 0);
	assert_int_equal(sorted_rows_start(rows, &error), 0);
	for (size_t i = 0; i < COUNT_OF(sorted); i++) {
		assert_int_equal(sorted_rows_next(rows, &row, &error), 1);
		assert_true(span_equal(row, sorted[i]));
	}
	sorted_rows_free(rows);
}

static void a_full_disk_is_told_with_the_remedy(void **state)
{
	struct rlimit before, now;
	struct error error;
	struct sorted_rows *rows = sorted_rows_new(0, &error);
	int result = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	now = before;
	now.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
	for (unsigned i = 0; i < 1000000 && result == 0; i++)
		result = sorted_rows_put(rows, SPAN_LITERAL("some row or other"), &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(result, -1);
	assert_non_null(strstr(error.text, "let TMPDIR name a folder with more room"));
	sorted_rows_free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_out_sorted),
		cmocka_unit_test(octets_are_compared_without_sign_and_the_shorter_is_first),
		cmocka_unit_test(a_full_disk_is_told_with_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
