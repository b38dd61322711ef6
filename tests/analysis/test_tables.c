/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/tables/stats_tables.h"
#include "tests/analysis/facts.h"

/* A small survey that reaches every table. */
static const char *const survey[] = {
	"",
	"rank 1",
	"rank 1000\nname example.org\nmx 10 mail.example.com\nsan mta-sts.example.org",
	"rank 1001\nsts NXDOMAIN\nrpt NXDOMAIN",
	"rank 2000000000\nmx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED\nname gone.example.net",
	"input illegal\nname no name",
	"input blocklisted\nname blocked.example.net",
	"mx 0 .\nsts NXDOMAIN\nrpt NXDOMAIN",
	"sts SERVFAIL",
	"mx TIMEOUT",
	"sts v=STSv1;",
	"sts v=STSv1; id=1\nsts v=STSv1; id=2",
	"a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped",
	"a REFUSED\naddresses 0\nconnect skipped",
	"connect connection-refused",
	"connect handshake-error\nverify 10\nsan www.example.com",
	"connect handshake-error\ntls none\nalert 112\na-cname policy.provider.co.uk",
	"http 404\na-cname a.b.provider.co.uk",
	"connect io-timeout\nhttp 0",
	"body ",
	"body version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com||",
	"body version: STSv1|mode: testing|max_age: 86400|mx: mail.example.com|",
	"body version: STSv1|mode: none|max_age: 31557600|",
	"body version: STSv1|mode: testing|max_age: 60|mx: *.example.org|\nmx 10 mail.example.com",
	"mx 10 mail.elsewhere.net",
	"mx 10 mail.example.com\nmx 20 mx.example.com",
	"sts -",
	"sts -\nrpt v=TLSRPTv1; rua=https://reports.provider.co.uk:8443/x,mailto:a@b.example",
	"sts -\nrpt v=TLSRPTv1; rua=mailto://a@b.example,https://user@reports.provider.co.uk./x",
	"rpt v=TLSRPTv1;",
	/* delegated to a host of policies, and to a platform */
	"ns ns-1.awsdns-00.com\na-cname d_mta_sts.easydmarc.pro\na-cname mta.easydmarc.com",
	"a NXDOMAIN\na-cname d_mta_sts.easydmarc.pro\naddresses 0\nconnect skipped",
	"a-cname mta.easydmarc.com\nhttp 404",
	"a-cname mta.easydmarc.com\nsan mta.easydmarc.com\nconnect handshake-error",
	"a-cname owner.github.io",
};

enum { DOMAINS = COUNT_OF(survey), ROWS_MAX = 256, FIELDS_MAX = 16 };

static char directory[] = "/tmp/stsurvey-tables-XXXXXX";

struct rows {
	char text[65536];
	char *field[ROWS_MAX][FIELDS_MAX];
	unsigned count; /* header left out */
};

/* None of these tables needs quotes. */
static void read_table(const char *name, struct rows *rows)
{
	char path[256], *save_line = NULL, *line;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.csv", directory, name);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(rows->text, 1, sizeof(rows->text) - 1, file);
	fclose(file);
	rows->text[n] = '\0';
	rows->count = 0;
	line = strtok_r(rows->text, "\n", &save_line);
	while ((line = strtok_r(NULL, "\n", &save_line))) {
		unsigned f = 0;

		assert_null(strchr(line, '"'));
		for (char *p = line; p && f < FIELDS_MAX; f++)
			rows->field[rows->count][f] = strsep(&p, ",");
		rows->count++;
		assert_true(rows->count < ROWS_MAX);
	}
}

static unsigned long long value_of(const struct rows *rows, const char *first, const char *second, unsigned column)
{
	for (unsigned i = 0; i < rows->count; i++)
		if (strcmp(rows->field[i][0], first) == 0 && (!second || strcmp(rows->field[i][1], second) == 0))
			return strtoull(rows->field[i][column], NULL, 10);
	fail_msg("no row %s %s", first, second ? second : "");
	return 0;
}

static unsigned long long sum_of(const struct rows *rows, const char *first, unsigned column)
{
	unsigned long long sum = 0;

	for (unsigned i = 0; i < rows->count; i++)
		if (!first || strcmp(rows->field[i][0], first) == 0)
			sum += strtoull(rows->field[i][column], NULL, 10);
	return sum;
}

static int write_all(void **state)
{
	static const struct sharing_limits limits = { SHARING_THIRD_PARTY_AT, SHARING_SELF_AT_MOST };
	static struct stats stats;
	static struct facts facts;
	struct sharing *sharing;
	struct text rows;
	struct error error;

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	stats_init(&stats);
	text_open_memory(&rows);
	stats.rows = &rows;
	for (size_t i = 0; i < DOMAINS; i++) {
		struct classification result;
		struct sender_result sender[SENDER_PROFILE_COUNT];

		facts_make(&facts, survey[i]);
		classify(&facts.observation, &result);
		stats_add(&stats, &facts.observation, &result);
		if (judgement_has_record(&result.judgement, TXT_STS))
			stats_add_senders(&stats, &facts.observation, &result, sender);
	}
	sharing = sharing_new(SHARING_PARTITIONS, &error);
	if (!sharing || sharing_take(sharing, (struct span){ rows.data, rows.used }, &error) != 0 ||
	    manager_stats_finish(&stats.managers, sharing, &limits, &error) != 0 ||
	    stats_tables_write(&stats, directory, &error) != 0)
		return -1;
	sharing_free(sharing);
	text_free(&rows);
	stats_fini(&stats);
	return 0;
}

static int remove_all(void **state)
{
	static const char *const names[] = { "overview",       "funnel",        "by_tld",       "by_rank",
					     "by_label",       "components",    "findings",     "tls",
					     "http",           "syntax",        "mode_max_age", "mx_consistency",
					     "tlsrpt",         "providers",     "mx_tls",       "dane",
					     "delivery",       "interplay",     "expiry",       "first_break",
					     "sender_outcome", "dnssec",        "managed",      "inconsistency",
					     "orphans",        "concentration", "direct",       "audit" };
	char path[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s.csv", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory); /* fails where a table has left something else behind */
}

static void overview(void **state)
{
	static const struct {
		const char *metric;
		unsigned domains, of;
	} want[] = {
		{ "scanned", DOMAINS, DOMAINS }, { "complete", 30, DOMAINS },     { "unknown", 3, DOMAINS },
		{ "blocklisted", 1, DOMAINS },   { "illegal_input", 1, DOMAINS }, { "nxdomain", 1, DOMAINS },
		{ "null_mx", 1, DOMAINS },       { "sts_record", 26, DOMAINS },   { "sts_valid_record", 24, 26 },
		{ "policy_fetched", 14, 24 },    { "policy_valid", 12, 14 },      { "policy_tolerated", 1, 14 },
		{ "policy_usable", 13, 14 },     { "mode_enforce", 10, 13 },      { "mode_testing", 2, 13 },
		{ "mode_none", 1, 13 },          { "misconfigured", 15, 26 },     { "delivery_failure", 1, 26 },
		{ "delivery_partial", 1, 26 },   { "tlsrpt_valid", 29, 30 },
	};
	static struct rows rows;

	(void)state;
	read_table("overview", &rows);
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		if (value_of(&rows, want[i].metric, NULL, 1) != want[i].domains ||
		    value_of(&rows, want[i].metric, NULL, 2) != want[i].of)
			fail_msg("%s: got %llu of %llu, want %u of %u", want[i].metric,
				 value_of(&rows, want[i].metric, NULL, 1), value_of(&rows, want[i].metric, NULL, 2),
				 want[i].domains, want[i].of);
	}
	assert_int_equal(value_of(&rows, "scanned", NULL, 1),
			 value_of(&rows, "complete", NULL, 1) + value_of(&rows, "unknown", NULL, 1) +
				 value_of(&rows, "blocklisted", NULL, 1) + value_of(&rows, "illegal_input", NULL, 1));
	assert_string_equal(rows.field[0][3], "1.000000");
}

/* Every table that splits a population sums to it, and names it beside each row. */
static void splits_sum_to_their_population(void **state)
{
	static const struct {
		const char *table;
		unsigned domains, of;
		bool parts; /* each with a sum of its own, by the first column */
	} split[] = { { "components", 2, 3, true }, { "tls", 1, 2, false },    { "http", 1, 2, false },
		      { "syntax", 1, 2, false },    { "managed", 2, 3, true }, { "inconsistency", 2, 3, true },
		      { "orphans", 2, 3, true } };
	static struct rows rows;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(split); i++) {
		read_table(split[i].table, &rows);
		assert_true(sum_of(&rows, NULL, split[i].domains) > 0);
		for (unsigned r = 0; r < rows.count; r++)
			assert_int_equal(strtoull(rows.field[r][split[i].of], NULL, 10),
					 sum_of(&rows, split[i].parts ? rows.field[r][0] : NULL, split[i].domains));
	}
}

static void parts_sum_to_the_overview(void **state)
{
	static struct rows overview, rows;

	(void)state;
	read_table("overview", &overview);
	read_table("by_tld", &rows);
	assert_int_equal(sum_of(&rows, NULL, 1), DOMAINS);
	assert_int_equal(sum_of(&rows, NULL, 2), value_of(&overview, "with_mx", NULL, 1));
	assert_int_equal(sum_of(&rows, NULL, 3), value_of(&overview, "sts_record", NULL, 1));
	assert_int_equal(sum_of(&rows, NULL, 4), value_of(&overview, "misconfigured", NULL, 1));
	assert_int_equal(sum_of(&rows, NULL, 5), value_of(&overview, "mode_enforce", NULL, 1));
	assert_int_equal(sum_of(&rows, NULL, 6), value_of(&overview, "tlsrpt_record", NULL, 1));
	assert_int_equal(sum_of(&rows, NULL, 9), value_of(&overview, "sts_record", NULL, 4));
	assert_int_equal(sum_of(&rows, NULL, 11), value_of(&overview, "tlsrpt_record", NULL, 4));
	read_table("dnssec", &rows);
	assert_int_equal(sum_of(&rows, "STS", 5), DOMAINS);
	assert_int_equal(sum_of(&rows, "TLSRPT", 5), DOMAINS);
	read_table("by_rank", &rows);
	assert_int_equal(sum_of(&rows, NULL, 8), value_of(&overview, "sts_record", NULL, 4));
	assert_int_equal(sum_of(&rows, NULL, 2), DOMAINS);
	assert_int_equal(sum_of(&rows, NULL, 4), value_of(&overview, "sts_record", NULL, 1));
	read_table("mode_max_age", &rows);
	assert_int_equal(sum_of(&rows, NULL, 2), value_of(&overview, "policy_usable", NULL, 1));
	assert_int_equal(sum_of(&rows, "none", 2), value_of(&overview, "mode_none", NULL, 1));
	read_table("tlsrpt", &rows);
	assert_int_equal(sum_of(&rows, "state", 2), DOMAINS);
	assert_int_equal(sum_of(&rows, "scheme", 2), value_of(&overview, "tlsrpt_valid", NULL, 1));
	assert_int_equal(sum_of(&rows, "host", 2), value_of(&overview, "tlsrpt_valid", NULL, 1));
	read_table("providers", &rows);
	assert_int_equal(sum_of(&rows, "policy-host", 2), value_of(&overview, "sts_record", NULL, 1));
	assert_int_equal(sum_of(&rows, "mx", 2), value_of(&overview, "sts_record", NULL, 1));
	assert_int_equal(sum_of(&rows, "mx", 3), value_of(&overview, "misconfigured", NULL, 1));
	read_table("sender_outcome", &rows);
	assert_int_equal(sum_of(&rows, "rfc8461", 2), value_of(&overview, "sts_record", NULL, 1));
	assert_int_equal(sum_of(&rows, "courier", 2), value_of(&overview, "sts_record", NULL, 1));
	assert_int_equal(value_of(&rows, "mox", "delivers", 3), value_of(&overview, "sts_record", NULL, 1));
}

static void single_rows(void **state)
{
	static const struct {
		const char *table, *first, *second;
		unsigned column, value;
	} want[] = {
		{ "by_rank", "1", "1000", 2, 2 },
		{ "by_rank", "1001", "10000", 2, 1 },
		{ "by_rank", "1000000001", "", 2, 1 },
		{ "by_rank", "", "", 2, DOMAINS - 4 },
		{ "by_tld", "(illegal-input)", NULL, 1, 1 },
		{ "by_tld", "org", NULL, 3, 1 },
		{ "components", "all", "record", 2, 2 },
		{ "components", "all", "tls", 2, 3 },
		{ "components", "all", "unknown", 2, 3 },
		{ "components", "all", "mxtls", 2, 0 },
		{ "findings", "policy-tls-expired", NULL, 3, 1 },
		{ "findings", "policy-tls-name-mismatch", NULL, 3, 2 },
		{ "tls", "policy-tls-name-mismatch", NULL, 1, 2 },
		{ "tls", "policy-tls-expired", NULL, 1, 0 }, /* the lower number stands for the domain */
		{ "http", "policy-http-timeout", NULL, 1, 1 },
		{ "syntax", "policy-blank-line", NULL, 1, 1 },
		{ "syntax", "policy-empty", NULL, 1, 1 },
		{ "mode_max_age", "testing", "<1d", 2, 1 },
		{ "mode_max_age", "testing", "1d-1w", 2, 1 },
		{ "mode_max_age", "none", "1y", 2, 1 },
		{ "mx_consistency", "domain", "enforce", 2, 1 },
		{ "mx_consistency", "label", "enforce", 2, 1 },
		{ "mx_consistency", "tld", "testing", 2, 1 },
		{ "tlsrpt", "scheme", "both", 2, 1 },
		{ "tlsrpt", "scheme", "https", 2, 1 },
		{ "tlsrpt", "host", "provider.co.uk", 2, 2 },
		{ "tlsrpt", "host", "self", 2, 26 },
		{ "overview", "with_mx", NULL, 4, 30 },
		{ "overview", "sts_record", NULL, 4, 25 },
		{ "overview", "sts_record", NULL, 5, 30 },
		{ "dnssec", "STS", "unknown", 5, 1 },
		{ "dnssec", "STS", "not-asked", 5, 2 },
		{ "providers", "policy-host", "provider.co.uk", 2, 2 },
		{ "providers", "policy-host", "provider.co.uk", 3, 2 },
		{ "providers", "policy-host", "(none)", 2, 1 },
		{ "providers", "policy-host", "(unknown)", 2, 1 },
		{ "providers", "policy-host", "EasyDMARC", 2, 4 },
		{ "providers", "policy-host", "EasyDMARC", 3, 3 },
		{ "providers", "platform", "GitHub Pages", 2, 1 },
		{ "providers", "dns", "Amazon Route 53", 2, 1 },
		{ "providers", "mailbox", "elsewhere.net", 2, 1 },
		{ "components", "third-party", "http", 2, 1 },
		{ "components", "third-party", "ok", 2, 1 },
		{ "managed", "dns", "third-party", 2, 1 },
		{ "managed", "platform", "self", 2, 1 },
		{ "orphans", "EasyDMARC", "usable", 2, 1 },
		{ "orphans", "EasyDMARC", "target-gone", 2, 1 },
		{ "orphans", "EasyDMARC", "http-403-404", 2, 1 },
		{ "orphans", "EasyDMARC", "certificate-without-name", 2, 1 },
		{ "orphans", "EasyDMARC", "other", 2, 0 },
		{ "inconsistency", "self", "tld", 2, 1 },
		{ "inconsistency", "self", "label", 2, 1 },
		{ "inconsistency", "different-provider", "domain", 2, 1 },
		{ "inconsistency", "different-provider", "match", 2, 3 },
		{ "concentration", "policy-host", "1", 2, 4 },
		{ "concentration", "policy-host", "5", 2, 7 },
		{ "providers", "mx", "elsewhere.net", 2, 1 },
		{ "providers", "mx", "example.com", 2, 1 },
	};
	static struct rows rows;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		unsigned long long got;

		read_table(want[i].table, &rows);
		got = value_of(&rows, want[i].first, want[i].second, want[i].column);
		if (got != want[i].value)
			fail_msg("%s %s %s: got %llu, want %u", want[i].table, want[i].first,
				 want[i].second ? want[i].second : "", got, want[i].value);
	}
}

static void nothing_gives_empty_shares(void **state)
{
	static struct stats stats;
	static struct rows rows;
	struct error error;

	(void)state;
	stats_init(&stats);
	assert_int_equal(stats_tables_write(&stats, directory, &error), 0);
	stats_fini(&stats);
	read_table("overview", &rows);
	assert_string_equal(rows.field[0][1], "0");
	assert_string_equal(rows.field[0][3], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overview),
		cmocka_unit_test(splits_sum_to_their_population),
		cmocka_unit_test(parts_sum_to_the_overview),
		cmocka_unit_test(single_rows),
		cmocka_unit_test(nothing_gives_empty_shares), /* last: it replaces the tables */
	};

	return cmocka_run_group_tests(tests, write_all, remove_all);
}
