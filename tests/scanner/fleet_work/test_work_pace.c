/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker reads out of a scan's status updates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scanner/fleet_work/work_pace.h"

static void the_last_whole_row_counts(void **state)
{
	static const struct {
		const char *head, *tail, *column;
		bool is_there;
		uint64_t number;
	} rows[] = {
		{ "time,domains,note\n", "1,5,\n2,9,\n", "domains", true, 9 },
		{ "time,domains,note\n", "1,5,\n2,9", "domains", true, 5 },
		{ "time,domains,note\n", ",7,\n2,9,\"a, b\"\n", "domains", true, 9 },
		{ "time,domains,note\n", "time,domains,note\n", "domains", false, 0 },
		{ "time,domains,note\n", "9,8,\n", "hosts", false, 0 },
		{ "time,left,domains,note\n", "9,,8,\n", "domains", true, 8 },
		{ "time,domains", "time,domains", "domains", false, 0 },
		{ "time,domains\n", "9\n", "domains", false, 0 },
		{ "time,domains\n", "", "domains", false, 0 },
		{ "", "", "domains", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t number = 0;

		assert_int_equal(work_pace_read(span_of(rows[i].head), span_of(rows[i].tail), rows[i].column, &number),
				 rows[i].is_there);
		assert_int_equal(number, rows[i].number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_last_whole_row_counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
