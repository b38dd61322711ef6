/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/tables/stats.h"
#include "scanner/scan/counts.h"
#include "tests/analysis/facts.h"

/* The progress line and the tables speak of the same domains. */
static void what_is_counted_is_what_the_tables_count(void **state)
{
	static const char *const domains[] = {
		"",
		"mx SERVFAIL",
		"mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED",
		"sts -",
		"sts SERVFAIL",
		"sts v=STSv1;",
		"connect connection-refused",
		"san other.example",
		"http 404",
		"failure timeout",
		"failure too-large",
		"challenge sg-captcha: x",
		"body ",
		"body version: STSv1|",
		"input illegal",
		"input blocklisted",
	};
	static struct facts facts;
	static struct domain_counts counts;
	static struct stats stats;
	struct classification result;

	(void)state;
	stats_init(&stats);
	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		facts_make(&facts, domains[i]);
		classify(&facts.observation, &result);
		counts_add_domain(&counts, &facts.observation, &result.judgement);
		stats_add(&stats, &facts.observation, &result);
	}
	assert_int_equal(counts.domains, COUNT_OF(domains));
	assert_int_equal(counts.sts, stats.metric[METRIC_STS_RECORD]);
	assert_int_equal(counts.fetched, stats.metric[METRIC_POLICY_FETCHED]);
	assert_int_equal(counts.unknown, stats.metric[METRIC_UNKNOWN]);
	assert_int_equal(counts.blocklisted, stats.metric[METRIC_BLOCKLISTED]);
	assert_int_equal(counts.illegal, stats.metric[METRIC_ILLEGAL_INPUT]);
	assert_int_equal(counts.nxdomain, stats.metric[METRIC_NXDOMAIN]);
	assert_int_equal(counts.nxdomain, 1);
	assert_int_equal(counts.fetched, 4);
	stats_fini(&stats);
}

/* So does the file's trailer, which is held against its records. */
static void what_direct_counts_is_what_the_trailer_counts(void **state)
{
	static struct domain_counts counts;
	static struct facts facts;
	struct direct_counts direct = { 0 };
	struct obs_audit audit = { .kind = AUDIT_ABSENT };
	struct classification result;

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		facts_make(&facts, "");
		facts.observation.mx.answer.source = i % SOURCE_COUNT;
		facts.observation.txt[TXT_STS].answer.source = i / 4 % SOURCE_COUNT;
		facts.observation.mx.answer.fall_back = facts.observation.txt[TXT_STS].answer.fall_back = i;
		facts.observation.audit = &audit;
		facts.observation.audit_count = i % 2;
		classify(&facts.observation, &result);
		counts_add_domain(&counts, &facts.observation, &result.judgement);
		direct_counts_add(&direct, &facts.observation);
	}
	for (unsigned i = 0; i < DIRECT_COUNTERS; i++)
		assert_int_equal(counts.direct[i], direct.counter[i]);
	assert_true(direct_counts_questions(&direct) == 8 + 8 && direct.audit[AUDIT_ABSENT] == 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_counted_is_what_the_tables_count),
		cmocka_unit_test(what_direct_counts_is_what_the_trailer_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
