/* SPDX-License-Identifier: BSD-2-Clause */
/* stsurvey stats --series: what stayed from week to week.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/options/exit_status.h"
#include "tests/analysis/drift/scan_of_facts.h"
#include "tests/analysis/run_command.h"

#define TESTING "body version: STSv1|mode: testing|max_age: 86400|mx: mail.example.com|"
#define NO_RECORD "sts -\nrpt -"
#define WEEK(n) ((INT64_C(1800000000) + (n)*604800) * 1000)

/* Each line a domain, each column a week. */
static const struct scan_of_facts scans[] = {
	{ .name = "w1",
	  .start_ms = WEEK(0),
	  .domain = { OF("for-ever.example", TESTING), OF("leaves.example", TESTING), OF("gives-up.example", TESTING),
		      OF("open.example", "http 404"), OF("mended.example", "http 404"),
		      OF("hidden.example", "http 404"), OF("turns.example", "http 404"), OF("plain.org", NO_RECORD),
		      OF("late.example", "expires 604800"), OF("early.example", "expires 2592000"),
		      OF("worse.example", ""), OF("foreign.example", "leaf 3\nno-san"),
		      OF("for-ever.example", "http 404") } },
	{ .name = "w2",
	  .start_ms = WEEK(1),
	  .domain = { OF("for-ever.example", TESTING), OF("leaves.example", TESTING), OF("gives-up.example", TESTING),
		      OF("open.example", "http 404"), OF("mended.example", ""), OF("hidden.example", "sts SERVFAIL"),
		      OF("turns.example", "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped"),
		      OF("plain.org", NO_RECORD), OF("late.example", "leaf 1\nissued 605000"),
		      OF("early.example", "leaf 1\nissued 86400"),
		      OF("worse.example", "leaf 1\nexpires -60\nverify 10"), OF("foreign.example", "") } },
	{ .name = "w3",
	  .start_ms = WEEK(2),
	  .domain = { OF("for-ever.example", TESTING), OF("leaves.example", ""), OF("open.example", "http 404"),
		      OF("mended.example", ""), OF("hidden.example", "http 404"), OF("turns.example", ""),
		      OF("plain.org", NO_RECORD), OF("late.example", "leaf 1\nissued 605000"),
		      OF("early.example", "leaf 2\nissued 1000000\nno-san"),
		      OF("worse.example", "leaf 1\nexpires -60\nverify 10"), OF("foreign.example", "") } },
	{ .name = "half", .sample = 0.5, .key = 1, .domain = { OF("a.example", "") } },
	{ .name = "half-other", .sample = 0.5, .key = 2, .domain = { OF("a.example", "") } },
};

static int write_scans(void **state)
{
	return command_folder_make(state) == 0 ? scans_of_facts_write(scans, COUNT_OF(scans)) : -1;
}

#define W1 "2027-01-15T08:00:00.000Z"
#define W2 "2027-01-22T08:00:00.000Z"
#define W3 "2027-01-29T08:00:00.000Z"

static const char *const lines[] = { "stats %w1 %w2 %w3 --series %s", "stats -t5 %w3 %w1 %w2 --series %s" };

/* Whatever the order they are given in. */
static void adoption_is_told_by_week_and_tld(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_COMPLETE);
		assert_non_null(strstr(said, "3 scans, tables in"));
		assert_string_equal(table_of("s", "series"),
				    "date,tld,domains,with_mx,sts,misconfigured,enforce,tlsrpt,share_sts\n" W1
				    ",all,13,13,12,6,3,12,0.923077\n" W1 ",example,12,12,12,6,3,12,1.000000\n" W1
				    ",org,1,1,0,0,0,0,0.000000\n" W2 ",all,12,12,10,3,4,11,0.833333\n" W2
				    ",example,11,11,10,3,4,11,0.909091\n" W2 ",org,1,1,0,0,0,0,0.000000\n" W3
				    ",all,11,11,10,4,5,10,0.909091\n" W3 ",example,10,10,10,4,5,10,1.000000\n" W3
				    ",org,1,1,0,0,0,0,0.000000\n");
	}
}

static void testing_is_told_by_how_long_it_lasts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_COMPLETE);
		assert_string_equal(table_of("s", "testing"),
				    "since,until,scans,days,became,domains\n" W1 "," W2 ",2,7.0,no-policy,1\n" W1 "," W2
				    ",2,7.0,enforce,1\n" W1 "," W3 ",3,14.0,still,1\n");
	}
}

/* What could not be found out in between neither ends a fault nor begins one. */
static void a_fault_lasts_until_something_else_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_COMPLETE);
		assert_string_equal(table_of("s", "faults"), "component,since,until,scans,days,became,domains\n"
							     "dns," W2 "," W2 ",1,0.0,ok,1\n"
							     "tls," W1 "," W1 ",1,0.0,ok,1\n"
							     "tls," W2 "," W3 ",2,7.0,still,1\n"
							     "tls," W3 "," W3 ",1,0.0,still,1\n"
							     "http," W1 "," W1 ",1,0.0,dns,1\n"
							     "http," W1 "," W1 ",1,0.0,ok,1\n"
							     "http," W1 "," W3 ",3,14.0,still,2\n");
	}
}

static void renewals_are_told_by_days_left(void **state)
{
	(void)state;
	assert_int_equal(run(lines[0]), EXIT_COMPLETE);
	assert_string_equal(table_of("s", "renewals"), "days_left_bucket,renewals,domains,of,share\n"
						       "expired,1,1,2,0.500000\n"
						       "0d-6d,0,0,2,0.000000\n"
						       "7d-13d,0,0,2,0.000000\n"
						       "14d-29d,1,1,2,0.500000\n"
						       "30d-59d,0,0,2,0.000000\n"
						       "60d-89d,0,0,2,0.000000\n"
						       "90d-179d,0,0,2,0.000000\n"
						       "180d-364d,0,0,2,0.000000\n"
						       ">=365d,0,0,2,0.000000\n");
}

static void one_scan_is_a_series_and_samples_are_of_one_key(void **state)
{
	(void)state;
	assert_int_equal(run("stats %w1 --series %s"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "1 scan, tables in"));
	assert_int_equal(run("stats %half %half-other --series %s"), EXIT_FATAL);
	assert_non_null(strstr(said, "samples with different keys"));
	assert_int_equal(run("stats %half --series %s"), EXIT_COMPLETE);
	assert_non_null(strstr(table_of("s", "series"), ",share_sts,share_low,share_high,note\n"));
	assert_int_equal(run("stats %w1"), EXIT_USAGE);
	assert_non_null(strstr(said, "--directory is missing"));
	assert_int_equal(run("stats %w1 -d %s --series %s"), EXIT_COMPLETE);
	assert_non_null(strstr(table_of("s", "overview"), "\nscanned,13,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adoption_is_told_by_week_and_tld),
		cmocka_unit_test(testing_is_told_by_how_long_it_lasts),
		cmocka_unit_test(a_fault_lasts_until_something_else_is_known),
		cmocka_unit_test(renewals_are_told_by_days_left),
		cmocka_unit_test(one_scan_is_a_series_and_samples_are_of_one_key),
	};

	return cmocka_run_group_tests(tests, write_scans, command_folder_remove);
}
