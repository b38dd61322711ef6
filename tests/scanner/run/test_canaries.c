/* When connections time out far more often than before, a canary is asked at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/run/canaries.h"

static void many_more_time_outs_than_before_are_suspicious(void **state)
{
	static const struct {
		uint64_t connects, timeouts;
		bool suspicious;
	} table[] = {
		{ 999, 999, false },     /* too few to tell */
		{ 1000, 30, false },     /* 3 %, nothing before: at most three times 1 % */
		{ 2000, 121, true },     /* 9.1 % after 3 % */
		{ 2999, 1100, false },   /* the window is not full */
		{ 3000, 302, false },    /* 18.1 % after 6.05 % */
		{ 4000, 604, false },    /* 30.2 % after 10.07 % */
		{ 5000, 1058, true },    /* 45.4 % after 15.1 % */
		{ 5000, 1058, false },   /* once */
		{ 100000, 1058, false }, /* none at all any more */
		{ 101000, 1090, true },  /* 3.2 % after 1.06 % */
	};
	struct canary_window window = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (canary_window_look(&window, table[i].connects, table[i].timeouts) != table[i].suspicious)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(many_more_time_outs_than_before_are_suspicious) };

	return cmocka_run_group_tests_name("canaries", tests, NULL, NULL);
}
