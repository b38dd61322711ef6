/* SPDX-License-Identifier: BSD-2-Clause */
/* What senders reported beside what a scan saw: the last columns of agreement.csv. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "tests/analysis/facts.h"
#include "tests/analysis/run_command.h"

/* The domain of each scan, at 2027-01-15T08:00:00Z (FACTS_TIME) where nothing else is said. */
#define NAMED(name) "name " name "\nsan mta-sts." name "\n"
#define QUAY                                                                                                           \
	NAMED("quay.example")                                                                                          \
	"mx 10 mx1.quay.example\nbody version: STSv1|mode: enforce|mx: *.quay.example|max_age: 604800\n"
#define HOST "host\nhost-san mx1.quay.example\nchain-issued -864000\n"

#define POLICY "[\"version: STSv1\",\"mode: enforce\",\"mx: *.quay.example\",\"max_age: 604800\"]"
#define DAY_BEFORE "2027-01-14T00:00:00Z", "2027-01-14T23:59:59Z"

struct row {
	const char *scan[2]; /* facts of one domain each */
	/* the report */
	const char *organization, *start, *end, *type, *domain, *policy;
	const char *details; /* NULL: one success */
	const char *expected;
};

static const struct row rows[] = {
	/* successes */
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,usable,rfc8461,success,agrees," },
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  "[\"MAX_AGE:604800\",\"mx:*.Quay.example\",\"mode: enforce\",\"mode: enforce\",\"version: STSv1\",\"\"]",
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,usable,rfc8461,success,agrees," },
	{ { QUAY HOST "ends starttls success 501\n" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,fails,rfc8461,starttls-not-supported,differs,"
	  "scan-fails-success-reported" },
	/* another domain, another MX, no hosts */
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "pier.example",
	  POLICY,
	  NULL,
	  "success,1,,,,,,rfc8461,unknown,unknown,not-in-scan" },
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"starttls-not-supported\",\"failed-session-count\":1,\"receiving-mx-hostname\":\"mx9.quay."
	  "example\"}",
	  "starttls-not-supported,1,domain,2027-01-15T08:00:00.000Z,0.3,same,enforce-ok,rfc8461,unknown,unknown,mx-not-"
	  "seen" },
	{ { QUAY },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,enforce-ok,rfc8461,unknown,unknown,not-probed" },
	/* failures */
	{ { QUAY HOST "ends starttls success 501\n" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"starttls-not-supported\",\"failed-session-count\":1,\"receiving-mx-hostname\":\"mx1.quay."
	  "example\"}",
	  "starttls-not-supported,1,domain,2027-01-15T08:00:00.000Z,0.3,same,fails,rfc8461,starttls-not-supported,"
	  "agrees," },
	{ { QUAY HOST "ends starttls success 501\n" },
	  "Microsoft Corporation",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"validation-failure\",\"failed-session-count\":4}",
	  "validation-failure,4,domain,2027-01-15T08:00:00.000Z,0.3,same,fails,exchange-online,starttls-not-supported,"
	  "agrees,"
	  "less-specific" },
	{ { QUAY HOST "ends starttls success 501\n" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"certificate-expired\",\"failed-session-count\":1}",
	  "certificate-expired,1,domain,2027-01-15T08:00:00.000Z,0.3,same,fails,rfc8461,starttls-not-supported,differs,"
	  "other-result" },
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"starttls-not-supported\",\"failed-session-count\":1}",
	  "starttls-not-supported,1,domain,2027-01-15T08:00:00.000Z,0.3,same,usable,rfc8461,success,differs,"
	  "scan-ok-failures-reported" },
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  "[\"version: STSv1\",\"mode: enforce\",\"mx: old.example\"]",
	  "{\"result-type\":\"validation-failure\",\"failed-session-count\":1}",
	  "validation-failure,1,domain,2027-01-15T08:00:00.000Z,0.3,differs,usable,rfc8461,success,differs,policy-"
	  "differs" },
	/* Google: a pattern that does not match */
	{ { NAMED("quay.example") "mx 10 mx1.harbour.example\nbody version: STSv1|mode: enforce|mx: "
				  "*.quay.example|max_age: 604800\n" },
	  "Google Inc.",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"validation-failure\",\"failed-session-count\":2,\"sending-mta-ip\":\"\","
	  "\"receiving-mx-hostname\":\"mx1.harbour.example\"}",
	  "validation-failure,2,domain,2027-01-15T08:00:00.000Z,0.3,same,enforce-fail,gmail,validation-failure,"
	  "agrees," },
	/* a certificate that was renewed between them; and one that ended */
	{ { QUAY "host\nhost-san mx1.quay.example\nchain-issued -3600\n" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"certificate-expired\",\"failed-session-count\":1}",
	  "certificate-expired,1,domain,2027-01-15T08:00:00.000Z,0.3,same,usable,rfc8461,success,differs,"
	  "certificate-renewed-since" },
	{ { QUAY "host\nhost-san mx1.quay.example\nchain-expires 86400\n" },
	  "Buoy",
	  "2027-01-18T00:00:00Z",
	  "2027-01-18T23:59:59Z",
	  "sts",
	  "quay.example",
	  POLICY,
	  "{\"result-type\":\"certificate-expired\",\"failed-session-count\":1}",
	  "certificate-expired,1,domain,2027-01-15T08:00:00.000Z,-2.7,same,usable,rfc8461,success,differs,"
	  "certificate-expired-since" },
	/* the policy host */
	{ { NAMED("quay.example") "http 404" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  "[]",
	  "{\"result-type\":\"sts-policy-fetch-error\",\"failed-session-count\":1}",
	  "sts-policy-fetch-error,1,domain,2027-01-15T08:00:00.000Z,0.3,not-reported,no-policy,rfc8461,sts-policy-"
	  "fetch-error,agrees," },
	{ { NAMED("quay.example") "http 404" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,differs,no-policy,rfc8461,sts-policy-fetch-error,differs,"
	  "policy-differs" },
	/* no policy */
	{ { NAMED("quay.example") "sts -" },
	  "Buoy",
	  DAY_BEFORE,
	  "no-policy-found",
	  "quay.example",
	  "[]",
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,no-policy,rfc8461,unknown,unknown,not-probed" },
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "no-policy-found",
	  "quay.example",
	  "[]",
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,differs,enforce-ok,rfc8461,success,differs,policy-here" },
	{ { QUAY HOST },
	  "Buoy",
	  DAY_BEFORE,
	  "no-policy-found",
	  "mx1.quay.example",
	  "[]",
	  NULL,
	  "success,1,host,2027-01-15T08:00:00.000Z,0.3,,usable,rfc8461,success,agrees," },
	/* DANE: by host, and by domain */
	{ { QUAY HOST "mx-ad\nsecure\ntlsa 3 1 1 4\ndane match 0" },
	  "Buoy",
	  DAY_BEFORE,
	  "tlsa",
	  "mx1.quay.example",
	  "[\"3 1 1 00000000\"]",
	  NULL,
	  "success,1,host,2027-01-15T08:00:00.000Z,0.3,same,valid,rfc8461,success,agrees," },
	{ { QUAY HOST "mx-ad\nsecure\ntlsa 3 1 1 4\ndane match 0" },
	  "Microsoft Corporation",
	  DAY_BEFORE,
	  "tlsa",
	  "quay.example",
	  "\"[\\\"3 1 1 00 00 00 00\\\"]\"",
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,valid,exchange-online,success,agrees," },
	{ { QUAY HOST "mx-ad\nsecure\ntlsa 3 1 1 4\ndane mismatch 0" },
	  "Buoy",
	  DAY_BEFORE,
	  "tlsa",
	  "mx1.quay.example",
	  "[\"3 1 1 62\"]",
	  "{\"result-type\":\"validation-failure\",\"failed-session-count\":1}",
	  "validation-failure,1,host,2027-01-15T08:00:00.000Z,0.3,differs,mismatch,rfc8461,tlsa-invalid,agrees,less-"
	  "specific" },
	/* of two scans the nearer one */
	{ { QUAY HOST, QUAY "time 1790000000\n" HOST "ends starttls success 501\n" },
	  "Buoy",
	  DAY_BEFORE,
	  "sts",
	  "quay.example",
	  POLICY,
	  NULL,
	  "success,1,domain,2027-01-15T08:00:00.000Z,0.3,same,usable,rfc8461,success,agrees," },
	{ { QUAY HOST, QUAY "time 1790000000\n" HOST "ends starttls success 501\n" },
	  "Buoy",
	  "2026-10-11T00:00:00Z",
	  "2026-10-11T23:59:59Z",
	  "sts",
	  "quay.example",
	  POLICY,
	  NULL,
	  "success,1,domain,2026-09-21T14:13:20.000Z,-19.4,same,fails,rfc8461,starttls-not-supported,differs,"
	  "scan-fails-success-reported" },
};

static void write_scan(const char *name, const char *lines)
{
	static struct facts facts;
	struct record_option option = { SPAN_LITERAL("smtp"), SPAN_LITERAL("yes") };
	struct record_header header = { .tool = SPAN_LITERAL("test"),
					.major = RECORD_SCHEMA_MAJOR,
					.minor = RECORD_SCHEMA_MINOR,
					.option = &option,
					.input = SPAN_LITERAL("-") };
	struct record_trailer trailer = { .domains = 1 };
	struct sink_options options = { .path = path_of(name), .resume_at = -1, .buffers = 2 };
	struct record_buffer *buffer;
	struct error error;
	struct sink *sink;

	facts_make(&facts, lines);
	header.option_count = facts.hosts.count > 0;
	remove(path_of(name));
	assert_int_equal(sink_open(&sink, &options, &header, &error), 0);
	assert_non_null(buffer = sink_take(sink));
	assert_int_equal(record_put_domain(buffer, &facts.observation), 0);
	for (size_t i = 0; i < facts.hosts.count; i++, trailer.hosts++)
		assert_int_equal(record_put_host(buffer, &facts.hosts.host[i].host), 0);
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}

static void write_report(const struct row *row)
{
	FILE *file = fopen(path_of("report.json"), "w");

	assert_non_null(file);
	fprintf(file,
		"{\"organization-name\":\"%s\",\"report-id\":\"r\",\"date-range\":{\"start-datetime\":\"%s\","
		"\"end-datetime\":\"%s\"},\"policies\":[{\"policy\":{\"policy-type\":\"%s\",\"policy-domain\":\"%s\","
		"\"policy-string\":%s},\"summary\":{\"total-successful-session-count\":%d,"
		"\"total-failure-session-count\":%d},\"failure-details\":[%s]}]}",
		row->organization, row->start, row->end, row->type, row->domain, row->policy, !row->details,
		!!row->details, row->details ? row->details : "");
	assert_int_equal(fclose(file), 0);
}

/* Behind organization, report_id, start, domain, policy_type, mx. */
static const char *behind(const char *line, unsigned commas)
{
	for (; commas > 0; commas--)
		line = strchr(line, ',') + 1;
	return line;
}

static void each_row_says_whether_they_agree_and_why_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char table[4096], *line;

		write_scan("one.scan", rows[i].scan[0]);
		if (rows[i].scan[1])
			write_scan("two.scan", rows[i].scan[1]);
		write_report(&rows[i]);
		run(rows[i].scan[1] ? "tlsrpt %report.json --scan %one.scan --scan %two.scan -d %tables"
				    : "tlsrpt %report.json --scan %one.scan -d %tables");
		read_into(path_of("tables/agreement.csv"), table, sizeof(table));
		line = strchr(table, '\n');
		assert_non_null(line);
		line[1 + strcspn(line + 1, "\n")] = '\0';
		if (!line[1] || strcmp(behind(line + 1, 6), rows[i].expected) != 0)
			fail_msg("row %zu: %s instead of %s; it said %s", i, line[1] ? behind(line + 1, 6) : "nothing",
				 rows[i].expected, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_says_whether_they_agree_and_why_not),
	};

	return cmocka_run_group_tests(tests, command_folder_make, command_folder_remove);
}
