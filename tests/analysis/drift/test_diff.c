/* SPDX-License-Identifier: BSD-2-Clause */
/* stsurvey diff as a command: the tables of two scans and more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/options/exit_status.h"
#include "tests/analysis/drift/scan_of_facts.h"
#include "tests/analysis/run_command.h"

#define WEEK "time 1800604800\n"
#define NO_RECORD "sts -\nrpt -"

enum { HOUR_MS = 3600 * 1000 };

/* Two weeks. */
static const struct scan_of_facts scans[] = {
	{ .name = "old",
	  .start_ms = INT64_C(1800000000) * 1000,
	  .domain = { OF("same.example", ""), OF("breaks.example", "a-cname pol.easydmarc.com"),
		      OF("mends.example", "http 404"), OF("plain.example", NO_RECORD), OF("gone.example", ""),
		      OF("gone-plain.example", NO_RECORD), OF("unknown.example", ""), OF("twice.example", ""),
		      OF("twice.example", "http 404"), OF("breaks2.example", "a-cname pol2.easydmarc.com"),
		      "name not a domain\ninput illegal" } },
	{ .name = "new",
	  .start_ms = INT64_C(1800604800) * 1000,
	  .domain = { OF("twice.example", WEEK "http 404"), OF("new-plain.example", WEEK NO_RECORD),
		      OF("breaks2.example", WEEK "a-cname pol2.easydmarc.com\nhttp 500"),
		      OF("breaks.example", WEEK "a-cname pol.easydmarc.com\nhttp 500"),
		      OF("unknown.example", WEEK "sts SERVFAIL"), OF("new.example", WEEK ""),
		      OF("same.example", WEEK ""), OF("mends.example", WEEK ""), OF("plain.example", WEEK NO_RECORD),
		      OF("twice.example", WEEK ""), OF("twice.example", WEEK ""),
		      "name not a domain\ninput illegal" } },
	{ .name = "third", .start_ms = INT64_C(1801209600) * 1000, .domain = { OF("same.example", "http 404") } },
	{ .name = "shard-b", .start_ms = 2 * HOUR_MS, .shards = 2, .shard = 1, .domain = { OF("b.example", "") } },
	{ .name = "shard-a", .start_ms = HOUR_MS, .shards = 2, .shard = 0, .domain = { OF("a.example", "") } },
	{ .name = "later-a",
	  .start_ms = 3 * HOUR_MS,
	  .shards = 2,
	  .shard = 0,
	  .domain = { OF("a.example", "http 404") } },
	{ .name = "later-b", .start_ms = 4 * HOUR_MS, .shards = 2, .shard = 1, .domain = { OF("b.example", "") } },
	{ .name = "labels-old",
	  .label = "agency",
	  .value = "old, one",
	  .domain = { OF("a.example", ""), OF("b.example", "") } },
	{ .name = "labels-new", .label = "via", .value = "NL", .domain = { OF("a.example", "http 404") } },
	{ .name = "half", .sample = 0.5, .key = 1, .domain = { OF("a.example", "") } },
	{ .name = "half-other", .sample = 0.5, .key = 2, .domain = { OF("a.example", "") } },
	{ .name = "piped-a", .shards = 2, .piped = true, .domain = { OF("a.example", "") } },
	{ .name = "piped-b", .shards = 2, .shard = 1, .piped = true, .domain = { OF("a.example", "http 404") } },
	{ .name = "moved-old", .domain = { OF("a.example", "a-cname a.easydmarc.com") } },
	{ .name = "moved-new", .domain = { OF("a.example", "a-cname a.easydmarc.com\nmx 10 mx.elsewhere.net") } },
	{ .name = "hosts-a", .of_hosts = true, .domain = { NULL } },
	{ .name = "hosts-b", .of_hosts = true, .domain = { NULL } },
	{ .name = "smtp-old", .smtp = true, .domain = { OF("a.example", "") } }, /* of whose MX nothing is known */
	{ .name = "smtp-new", .domain = { OF("a.example", "") } },
	{ .name = "empty", .domain = { NULL } },
};

static int write_scans(void **state)
{
	return command_folder_make(state) == 0 ? scans_of_facts_write(scans, COUNT_OF(scans)) : -1;
}

/* The rows of transitions.csv of a kind, without it. */
static void transitions_of(const char *folder, const char *kind, char *rows, size_t size)
{
	char text[16384], *save = NULL;
	size_t n = strlen(kind), used = 0;

	snprintf(text, sizeof(text), "%s", table_of(folder, "transitions"));
	rows[0] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, kind, n) == 0 && line[n] == ',')
			used += (size_t)snprintf(rows + used, size - used, "%s\n", line + n + 1);
}

static void changes_stand_by_name(void **state)
{
	(void)state;
	assert_int_equal(run("diff %old %new -d %d"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "12 domains, 11 before, 9 in both; 8 changes, tables in"));
	assert_string_equal(table_of("d", "changes"), "name,change,old,new,via\n"
						      "breaks.example,broken,ok,http,EasyDMARC\n"
						      "breaks2.example,broken,ok,http,EasyDMARC\n"
						      "gone.example,gone,ok,absent,\n"
						      "mends.example,fixed,http,ok,\n"
						      "new.example,new,absent,ok,\n"
						      "twice.example,broken,ok,http,\n" /* the first with the first */
						      "twice.example,fixed,http,ok,\n"
						      "twice.example,new,absent,ok,\n");
	assert_string_equal(table_of("d", "events"), "via,change,old,new,domains\n"
						     "EasyDMARC,broken,ok,http,2\n");
}

static void rows_of_a_kind_sum_to_both_lists(void **state)
{
	static const char *const kinds[] = { "status", "sts", "tlsrpt", "component", "mode", "verdict" };
	char rows[1024];

	(void)state;
	assert_int_equal(run("diff %old %new -d %d"), EXIT_COMPLETE);
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		unsigned long sum = 0;

		transitions_of("d", kinds[k], rows, sizeof(rows));
		for (char *comma = rows; (comma = strstr(comma, "\n"));) {
			char *start = comma;

			while (start > rows && start[-1] != ',')
				start--;
			sum += strtoul(start, NULL, 10);
			comma++;
		}
		assert_int_equal(sum, 9 + 2 + 3);
	}
	transitions_of("d", "component", rows, sizeof(rows));
	assert_string_equal(rows, "absent,no-record,1\nabsent,ok,2\nno-record,absent,1\nno-record,no-record,1\n"
				  "http,ok,2\nok,absent,1\nok,http,3\nok,ok,1\nok,unknown,1\nnot-asked,not-asked,1\n");
}

static void all_tells_of_domains_without_a_record(void **state)
{
	(void)state;
	assert_int_equal(run("diff --all %old %new -d %d"), EXIT_COMPLETE);
	assert_non_null(strstr(table_of("d", "changes"), "\ngone-plain.example,gone,no-record,absent,\n"));
	assert_non_null(strstr(table_of("d", "changes"), "\nnew-plain.example,new,absent,no-record,\n"));
	assert_null(strstr(table_of("d", "changes"), "\nplain.example"));
}

static void a_scan_does_not_differ_from_itself(void **state)
{
	char rows[1024];

	(void)state;
	assert_int_equal(run("diff --all %new %new -d %d"), EXIT_COMPLETE);
	assert_string_equal(table_of("d", "changes"), "name,change,old,new,via\n");
	assert_string_equal(table_of("d", "events"), "via,change,old,new,domains\n");
	transitions_of("d", "component", rows, sizeof(rows));
	assert_string_equal(rows,
			    "no-record,no-record,2\nhttp,http,3\nok,ok,5\nunknown,unknown,1\nnot-asked,not-asked,1\n");
}

static void pairs_count_what_is_known_in_both(void **state)
{
	(void)state;
	assert_int_equal(run("diff %old %new -d %d"), EXIT_COMPLETE);
	assert_string_equal(table_of("d", "pairs"), "metric,of,broken,fixed,net,low,high,note\n"
						    "sts_record,7,0,0,0.000000,,,\n"
						    "tlsrpt_record,8,0,0,0.000000,,,\n"
						    "policy_usable,7,3,2,-0.142857,,,\n"
						    "mode_enforce,7,3,2,-0.142857,,,\n"
						    "misconfigured,6,3,2,0.166667,,,\n"
						    "delivery_failure,6,0,0,0.000000,,,\n");
}

static void threads_and_memory_make_no_difference(void **state)
{
	static const char *const lines[] = {
		"diff --all %old %new %third -d %e",
		"diff --all -t7 %old %new %third -d %e",
		"diff --all --memory=16M %old %new %third -d %e",
	};
	static const char *const names[] = { "changes", "transitions", "events", "pairs" };
	char before[COUNT_OF(names)][16384];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_COMPLETE);
		for (size_t t = 0; t < COUNT_OF(names); t++) {
			const char *now = table_of("e", names[t]);

			assert_true(i == 0 || strcmp(before[t], now) == 0);
			strcpy(before[t], now);
		}
	}
}

static void several_scans_are_pairs_in_turn(void **state)
{
	char rows[4096];

	(void)state;
	assert_int_equal(run("diff %old %new %third -d %d"), EXIT_COMPLETE);
	assert_non_null(strstr(table_of("d", "changes"), ",via,from,to\n"));
	assert_non_null(strstr(table_of("d", "changes"),
			       "\nsame.example,broken,ok,http,,2027-01-22T08:00:00.000Z,2027-01-29T08:00:00.000Z\n"));
	assert_non_null(strstr(table_of("d", "changes"),
			       "\nmends.example,fixed,http,ok,,2027-01-15T08:00:00.000Z,2027-01-22T08:00:00.000Z\n"
			       "mends.example,gone,ok,absent,,2027-01-22T08:00:00.000Z,2027-01-29T08:00:00.000Z\n"));
	transitions_of("d", "component", rows, sizeof(rows));
	assert_non_null(strstr(rows, "ok,ok,1,2027-01-15T08:00:00.000Z,2027-01-22T08:00:00.000Z\n"));
	assert_non_null(strstr(rows, "ok,absent,4,2027-01-22T08:00:00.000Z,2027-01-29T08:00:00.000Z\n"));
	assert_non_null(strstr(table_of("d", "events"), ",domains,from,to\n"));
	assert_non_null(strstr(table_of("d", "pairs"), ",note,from,to\n"));
}

static void shards_of_one_list_are_one_scan(void **state)
{
	static const char *const lines[] = {
		"diff %shard-a %shard-b %later-a %later-b -d %d",
		"diff %shard-b %shard-a %later-b %later-a -d %d",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_COMPLETE);
		assert_string_equal(table_of("d", "changes"), "name,change,old,new,via\na.example,broken,ok,http,\n");
		assert_non_null(strstr(said, "2 domains, 2 before, 2 in both"));
	}
}

static void scans_in_the_wrong_order_are_warned_of(void **state)
{
	(void)state;
	assert_int_equal(run("diff %new %old -d %d"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "stsurvey diff: warning: "));
	assert_non_null(strstr(said, "the oldest scan comes first"));
	assert_int_equal(run("diff %old %new -d %d"), EXIT_COMPLETE);
	assert_null(strstr(said, "warning"));
}

static void mail_servers_belong_to_the_scan_in_front_of_them(void **state)
{
	static const char *const lines[] = {
		"diff %moved-old %hosts-a %moved-new %hosts-b -d %d",
		"diff %hosts-a %moved-old %moved-new -d %d",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(lines[i]), EXIT_COMPLETE);
		assert_non_null(strstr(said, "1 domains, 1 before, 1 in both; 3 changes"));
	}
}

/* Of lists that were piped nobody knows whether they are one, nor are two shards the same domains. */
static void other_shards_are_not_compared(void **state)
{
	static const char *const commands[] = {
		"diff %piped-a %piped-b -d %d",
		"diff %shard-a %shard-b %later-b -d %d",
		"diff %shard-a %old -d %d",
		"diff %shard-a %later-a %shard-b -d %d",
		"stats %shard-a %shard-b %later-b --series %d",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		assert_int_equal(run(commands[i]), EXIT_FATAL);
		assert_non_null(strstr(said, "not the same shards of their lists"));
	}
	assert_int_equal(run("diff %shard-a %later-a -d %d"), EXIT_COMPLETE);
	assert_int_equal(run("diff %shard-a %shard-b %old -d %d"), EXIT_COMPLETE);
}

/* A domain does not mend by being looked at less. */
static void mail_servers_of_one_scan_alone_are_left_out(void **state)
{
	static const char *const commands[] = { "diff %smtp-old %smtp-new -d %d", "diff %smtp-new %smtp-old -d %d" };
	char rows[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		assert_int_equal(run(commands[i]), EXIT_COMPLETE);
		assert_non_null(strstr(said, "smtp-new was made without --smtp: mail servers are left out"));
		transitions_of("d", "component", rows, sizeof(rows));
		assert_string_equal(rows, "ok,ok,1\n");
	}
	assert_int_equal(run("diff %smtp-old %smtp-old -d %d"), EXIT_COMPLETE);
	transitions_of("d", "component", rows, sizeof(rows));
	assert_string_equal(rows, "unknown,unknown,1\n");
}

static void lists_without_a_domain_in_common_are_warned_of(void **state)
{
	(void)state;
	assert_int_equal(run("diff %old %moved-new -d %d"), EXIT_COMPLETE);
	assert_non_null(strstr(said, "no domain in common"));
}

static void what_is_the_domains_own_is_no_part_of_an_event(void **state)
{
	(void)state;
	assert_int_equal(run("diff %moved-old %moved-new -d %d"), EXIT_COMPLETE);
	assert_string_equal(table_of("d", "events"), "via,change,old,new,domains\n"
						     "EasyDMARC,broken,ok,mx,1\n"
						     "EasyDMARC,outdated-policy,,,1\n");
}

static void labels_are_columns_of_changes(void **state)
{
	(void)state;
	assert_int_equal(run("diff %labels-old %labels-new -d %d"), EXIT_COMPLETE);
	assert_string_equal(table_of("d", "changes"), "name,change,old,new,via,agency,label_via\n"
						      "a.example,broken,ok,http,,,NL\n"
						      "b.example,gone,ok,absent,,\"old, one\",\n");
}

/* Whether a name is in the sample depends on the key alone. */
static void a_sample_is_compared_within_itself(void **state)
{
	(void)state;
	assert_int_equal(run("diff %half %half-other -d %d"), EXIT_FATAL);
	assert_non_null(strstr(said, "samples with different keys (--sample-key), so of different domains"));
	assert_int_equal(run("diff %half %old -d %d"), EXIT_COMPLETE);
	assert_null(strstr(said, " 11 domains,"));
	assert_non_null(strstr(table_of("d", "pairs"), "sts_record,0,0,0,,,,\n"));
	assert_int_equal(run("diff %half %half -d %d"), EXIT_COMPLETE);
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *line, *says;
		int status;
	} cases[] = {
		{ "diff", "no scan file given", EXIT_USAGE },
		{ "diff %old -d %d", "one scan file is too few", EXIT_USAGE },
		{ "diff %old %new", "-d DIR", EXIT_USAGE },
		{ "diff %old %new -d %d --memory 1", "--memory '1': not a whole number from 16777216", EXIT_USAGE },
		{ "diff %old %new -d %d --memory 1T", "with K, M or G behind it", EXIT_USAGE },
		{ "diff %old %new -d %d --memory M", "with K, M or G behind it", EXIT_USAGE },
		{ "diff %shard-a %shard-b -d %d", "are shards of one scan; give another scan", EXIT_FATAL },
		{ "diff %old %missing -d %d", "missing", EXIT_FATAL },
		{ "diff %old %empty -d %d", "there is no domain in", EXIT_FATAL },
		{ "diff %old %new -d %old", "", EXIT_FATAL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(run(cases[i].line), cases[i].status);
		assert_non_null(strstr(said, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_stand_by_name),
		cmocka_unit_test(rows_of_a_kind_sum_to_both_lists),
		cmocka_unit_test(all_tells_of_domains_without_a_record),
		cmocka_unit_test(a_scan_does_not_differ_from_itself),
		cmocka_unit_test(pairs_count_what_is_known_in_both),
		cmocka_unit_test(threads_and_memory_make_no_difference),
		cmocka_unit_test(several_scans_are_pairs_in_turn),
		cmocka_unit_test(shards_of_one_list_are_one_scan),
		cmocka_unit_test(scans_in_the_wrong_order_are_warned_of),
		cmocka_unit_test(mail_servers_belong_to_the_scan_in_front_of_them),
		cmocka_unit_test(other_shards_are_not_compared),
		cmocka_unit_test(mail_servers_of_one_scan_alone_are_left_out),
		cmocka_unit_test(lists_without_a_domain_in_common_are_warned_of),
		cmocka_unit_test(what_is_the_domains_own_is_no_part_of_an_event),
		cmocka_unit_test(labels_are_columns_of_changes),
		cmocka_unit_test(a_sample_is_compared_within_itself),
		cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, write_scans, command_folder_remove);
}
