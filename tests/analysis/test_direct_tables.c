/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tables tell of scans with --direct: their whole text, of domains known one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/tables/interval.h"
#include "analysis/tables/stats_tables.h"
#include "tests/analysis/facts.h"

#define ABSENT "mx NXDOMAIN\nsts NXDOMAIN\nrpt NO_ANSWER\n"
#define CLEAN "source MX direct\nsource STS direct\nsource TLSRPT direct\n"

static const char *const survey[] = {
	ABSENT CLEAN "audit MX absent\naudit TLSRPT data",
	ABSENT CLEAN "audit STS failed\naudit MX data",
	ABSENT CLEAN,
	"source MX resolver confirmed\nsource STS resolver confirmed\nsource TLSRPT direct timeout",
	"mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED\nsource MX resolver undelegated",
	"input blocklisted",
	"mx -", /* as of a file that was scanned without */
};

static struct stats stats;

static void count(double sample, struct scan_headers *headers, size_t first, size_t count)
{
	static struct facts facts;

	stats_init(&stats);
	*headers = (struct scan_headers){ .sample = sample };
	stats_set_headers(&stats, headers);
	for (size_t i = first; i < first + count; i++) {
		struct classification result;

		facts_make(&facts, survey[i]);
		classify(&facts.observation, &result);
		stats_add(&stats, &facts.observation, &result);
	}
}

static void expect_table(const char *name, const char *due)
{
	struct text text;

	text_open_memory(&text);
	assert_true(stats_tables_put(&stats, name, &text));
	text_char(&text, '\0');
	assert_string_equal(text.data, due);
	text_free(&text);
}

static void sources_stand_beside_the_reasons(void **state)
{
	struct scan_headers headers;

	(void)state;
	count(0, &headers, 0, COUNT_OF(survey));
	expect_table("direct", "question,source,fall_back,domains\n"
			       "MX,resolver,confirmed,1\n"
			       "MX,resolver,undelegated,1\n"
			       "MX,direct,,3\n"
			       "STS,resolver,confirmed,1\n"
			       "STS,direct,,3\n"
			       "TLSRPT,direct,,3\n"
			       "TLSRPT,direct,timeout,1\n");
	stats_fini(&stats);
}

/* One row of audit.csv. */
static void put_row(char *due, const char *question, const char *kind, unsigned part, unsigned of, double sample)
{
	struct interval interval = interval_of_share(part, of, sample);

	due += strlen(due);
	if (of == 0)
		sprintf(due, "%s,%s,%u,%u,,,,\n", question, kind, part, of);
	else
		sprintf(due, "%s,%s,%u,%u,%.6f,%.6f,%.6f,few\n", question, kind, part, of, (double)part / of,
			interval.low, interval.high);
}

/* 4 of 9 negative answers were audited; of a sample of the list, so much less of the list's. What failed is a share of
 * all that were asked, and makes no other smaller. */
static void audits_have_the_interval_of_a_sample(void **state)
{
	static const struct {
		const char *question, *kind;
		unsigned part, of;
	} row[] = {
		{ "all", "absent", 1, 3 },    { "all", "data", 2, 3 },    { "all", "changed", 0, 3 },
		{ "all", "failed", 1, 4 },    { "MX", "absent", 1, 2 },   { "MX", "data", 1, 2 },
		{ "MX", "changed", 0, 2 },    { "MX", "failed", 0, 2 },   { "STS", "absent", 0, 0 },
		{ "STS", "data", 0, 0 },      { "STS", "changed", 0, 0 }, { "STS", "failed", 1, 1 },
		{ "TLSRPT", "absent", 0, 1 }, { "TLSRPT", "data", 1, 1 }, { "TLSRPT", "changed", 0, 1 },
		{ "TLSRPT", "failed", 0, 1 },
	};
	static const double samples[] = { 0, 0.25 };
	struct scan_headers headers;

	(void)state;
	for (size_t s = 0; s < COUNT_OF(samples); s++) {
		char due[4096] = "question,kind,answers,of,share,share_low,share_high,note\n";
		double sample = (samples[s] > 0 ? samples[s] : 1) * 4 / 9;

		for (size_t i = 0; i < COUNT_OF(row); i++)
			put_row(due, row[i].question, row[i].kind, row[i].part, row[i].of, sample);
		count(samples[s], &headers, 0, COUNT_OF(survey));
		expect_table("audit", due);
		stats_fini(&stats);
	}
}

/* Nothing was left that could have been found. */
static void where_all_was_audited_nothing_is_uncertain(void **state)
{
	static const char all[] = "mx -\nsource MX direct\naudit MX data";
	static struct facts facts;
	struct text text;

	(void)state;
	stats_init(&stats);
	facts_make(&facts, all);
	direct_stats_add(&stats.direct, &facts.observation);
	text_open_memory(&text);
	assert_true(stats_tables_put(&stats, "audit", &text));
	text_char(&text, '\0');
	assert_non_null(strstr(text.data, "all,data,1,1,1.000000,1.000000,1.000000,few\n"));
	text_free(&text);
	stats_fini(&stats);
}

static void without_direct_there_are_no_rows(void **state)
{
	struct scan_headers headers;

	(void)state;
	count(0, &headers, COUNT_OF(survey) - 1, 1);
	expect_table("direct", "question,source,fall_back,domains\n");
	expect_table("audit", "question,kind,answers,of,share,share_low,share_high,note\n");
	stats_fini(&stats);
}

static void counts_of_threads_add_up(void **state)
{
	struct direct_stats sum = { 0 }, part = { 0 };
	struct scan_headers headers;
	static struct facts facts;
	struct direct_counts all, direct = { 0 };

	(void)state;
	count(0, &headers, 0, COUNT_OF(survey));
	for (size_t i = 0; i < COUNT_OF(survey); i++) {
		facts_make(&facts, survey[i]);
		direct_counts_add(&direct, &facts.observation);
		direct_stats_add(&part, &facts.observation);
		if (i % 2 > 0) {
			direct_stats_merge(&sum, &part);
			part = (struct direct_stats){ 0 };
		}
	}
	direct_stats_merge(&sum, &part);
	assert_memory_equal(&sum, &stats.direct, sizeof(sum));
	all = direct_stats_counts(&sum); /* as the trailer has it */
	assert_memory_equal(&all, &direct, sizeof(all));
	stats_fini(&stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_stand_beside_the_reasons),
		cmocka_unit_test(audits_have_the_interval_of_a_sample),
		cmocka_unit_test(where_all_was_audited_nothing_is_uncertain),
		cmocka_unit_test(without_direct_there_are_no_rows),
		cmocka_unit_test(counts_of_threads_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
