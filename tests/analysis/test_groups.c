/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels and samples, from the scan file to the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/options/exit_status.h"
#include "tests/analysis/labelled_scan.h"
#include "tests/analysis/run_command.h"

/* a file keeps the certificate that they share once, with its names */
#define NAMES "san mta-sts.example.com\nsan mta-sts.b.example\nsan mta-sts.d.example\n"

static const struct labelled_domain survey[] = {
	{ NAMES, "Example Inc|NL" },
	{ NAMES "name b.example\nhttp 404", "Example Inc|NL" },
	{ "name c.example\nsts -\nrpt -", "EXAMPLE inc|" },
	{ NAMES "name d.example\nmx 10 mail.elsewhere.net", "=cmd, Ltd|DE" },
	{ "name no name\ninput illegal", "|NL" },
	{ "name e.example\nmx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED", "|NL" },
};

static const struct labelled_domain others[] = {
	{ "name f.example\nsan mta-sts.f.example\nhttp 404", "public" },
};

static char text[65536];

static int write_scans(void **state)
{
	(void)state;
	if (command_folder_make(state) != 0)
		return -1;
	labelled_scan_write("labels.scan", "registrar|component", survey, COUNT_OF(survey), 0, 0);
	labelled_scan_write("sector.scan", "sector", others, COUNT_OF(others), 0, 0);
	labelled_scan_write("tenth.scan", "registrar|component", survey, COUNT_OF(survey), 0.1, 'k');
	labelled_scan_write("other-key.scan", "sector", others, COUNT_OF(others), 0.1, 'l');
	labelled_scan_write("half.scan", "sector", others, COUNT_OF(others), 0.5, 'k');
	labelled_scan_write("same.scan", "sector", others, COUNT_OF(others), 0.1, 'k');
	return 0;
}

static const char *table(const char *name)
{
	read_into(path_of(name), text, sizeof(text));
	return text;
}

/* Every label splits all domains; a value is what the list says, in its case; none is a value, too. */
static void every_label_sums_to_all_domains(void **state)
{
	static const char front[] = "label,value,domains,with_mx,sts,misconfigured,enforce,tlsrpt,share_sts";
	static const char *const rows[] = {
		"\nregistrar,Example Inc,2,2,2,1,1,2,1.000000",
		"\nregistrar,,2,0,0,0,0,0,0.000000",
		"\nregistrar,\"'=cmd, Ltd\",1,1,1,1,1,1,1.000000",
		"\nregistrar,EXAMPLE inc,1,1,0,0,0,0,0.000000",
		"\ncomponent,NL,4,2,2,1,1,2,0.500000",
		"\ncomponent,,1,1,0,0,0,0,0.000000",
		"\ncomponent,DE,1,1,1,1,1,1,1.000000",
	};

	(void)state;
	assert_int_equal(run("stats %labels.scan -d %labels"), EXIT_COMPLETE);
	table("labels/by_label.csv");
	assert_true(span_starts_with(span_of(text), span_of(front)));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (!strstr(text, rows[i]))
			fail_msg("%s is not in %s", rows[i], text);
	assert_true(strstr(text, rows[4]) < strstr(text, rows[5])); /* the largest first */
}

static void labels_are_the_last_columns_of_misconfigured(void **state)
{
	(void)state;
	assert_int_equal(run("stats %labels.scan %sector.scan -d %both"), EXIT_COMPLETE);
	table("both/misconfigured.csv");
	assert_true(
		span_starts_with(span_of(text), SPAN_LITERAL("domain,component,findings,verdict,contact,contact_kind,"
							     "advice,registrar,label_component,sector\n")));
	assert_non_null(strstr(text, "mta-sts.b.example/.well-known/mta-sts.txt.,Example Inc,NL,\n"));
	assert_non_null(strstr(text, ",\"'=cmd, Ltd\",DE,\n"));
	assert_non_null(strstr(text, "mta-sts.f.example/.well-known/mta-sts.txt.,,,public\n"));
	/* a file without a column counts where a line without a value does */
	table("both/by_label.csv");
	assert_non_null(strstr(text, "\nsector,,6,"));
	assert_non_null(strstr(text, "\nregistrar,,3,"));
}

static void a_list_without_labels_has_an_empty_table(void **state)
{
	static const struct labelled_domain plain = { "", "" };

	(void)state;
	labelled_scan_write("plain.scan", "", &plain, 1, 0, 0);
	assert_int_equal(run("stats %plain.scan -d %plain"), EXIT_COMPLETE);
	table("plain/by_label.csv");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strstr(text, "share_low"));
}

static void shares_of_a_sample_have_intervals(void **state)
{
	(void)state;
	assert_int_equal(run("stats %tenth.scan %same.scan -d %sample"), EXIT_COMPLETE);
	table("sample/overview.csv");
	assert_non_null(strstr(text, ",share_low,share_high,note,"));
	assert_non_null(strstr(text, "\nscanned,7,7,1.000000,5,5,1.000000,,,,,,\n"));
	/* 4 of 7, as of 7 / 0.9 */
	assert_non_null(strstr(text, "\nsts_record,4,7,0.571429,4,5,0.800000,0.262290,0.833337,few,"));
	table("sample/by_label.csv");
	assert_non_null(strstr(text, ",share_low,share_high,note,"));
}

static void a_sample_of_all_is_the_whole_list(void **state)
{
	static const struct labelled_domain plain = { "", "" };

	(void)state;
	labelled_scan_write("all.scan", "", &plain, 1, 1, 7);
	assert_int_equal(run("stats %all.scan %labels.scan -d %all"), EXIT_COMPLETE);
	table("all/overview.csv");
	assert_null(strstr(text, "share_low"));
}

static void samples_that_are_not_one_are_not_pooled(void **state)
{
	static const struct {
		const char *command, *said;
	} rows[] = {
		{ "stats %tenth.scan %half.scan -d %none", "half.scan is a sample of 50 % of its list" },
		{ "stats %tenth.scan %labels.scan -d %none", "labels.scan is a scan of all of its list" },
		{ "stats %tenth.scan %other-key.scan -d %none", "other-key.scan are samples with different keys" },
		{ "export %tenth.scan %half.scan -o %none.jsonl", "half.scan is a sample of 50 % of its list" },
		{ "report %tenth.scan %half.scan -o %none.html", "half.scan is a sample of 50 % of its list" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(run(rows[i].command), EXIT_FATAL);
		assert_non_null(strstr(said, rows[i].said));
		assert_non_null(strstr(said, "tenth.scan"));
	}
	assert_int_not_equal(access(path_of("none/overview.csv"), F_OK), 0);
	assert_int_not_equal(access(path_of("none.jsonl"), F_OK), 0);
	assert_int_not_equal(access(path_of("none.html"), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_label_sums_to_all_domains),
		cmocka_unit_test(labels_are_the_last_columns_of_misconfigured),
		cmocka_unit_test(a_list_without_labels_has_an_empty_table),
		cmocka_unit_test(shares_of_a_sample_have_intervals),
		cmocka_unit_test(a_sample_of_all_is_the_whole_list),
		cmocka_unit_test(samples_that_are_not_one_are_not_pooled),
	};

	return cmocka_run_group_tests(tests, write_scans, command_folder_remove);
}
