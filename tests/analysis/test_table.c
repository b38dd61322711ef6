/* SPDX-License-Identifier: BSD-2-Clause */
/* What a table has behind its own columns where the scan is a sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/tables/table.h"

static char directory[] = "/tmp/stsurvey-table-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static void a_share_of_a_sample_has_its_interval(void **state)
{
	static const struct {
		const char *columns;
		double sample;
		bool has_share;
		uint64_t part, of;
		const char *text;
	} rows[] = {
		/* of all of a list the columns are those of the interface, and no more */
		{ "reason,domains,of,share", 0, true, 5, 10000, "reason,domains,of,share\nx,5,10000,0.000500\n" },
		{ "reason,domains,of,share", 0.1, true, 5, 10000,
		  "reason,domains,of,share,share_low,share_high,note\nx,5,10000,0.000500,0.000223,0.001123,\n" },
		{ "reason,domains,of,share", 0.1, true, 0, 10000,
		  "reason,domains,of,share,share_low,share_high,note\nx,0,10000,0.000000,0.000000,0.000346,few\n" },
		{ "reason,domains,of,share", 0.1, true, 0, 0,
		  "reason,domains,of,share,share_low,share_high,note\nx,0,0,,,,\n" },
		{ "reason,domains,of,share_sts", 1, true, 3, 10,
		  "reason,domains,of,share_sts,share_low,share_high,note\nx,3,10,0.300000,0.300000,0.300000,few\n" },
		{ "reason,domains,of", 0.1, false, 5, 10, "reason,domains,of\nx,5,10\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[256] = { 0 };
		struct table table;
		struct error error;
		FILE *file;

		assert_int_equal(table_open(&table, directory, "t", rows[i].columns, rows[i].sample, &error), 0);
		csv_string(&table.csv, "x");
		csv_uint(&table.csv, rows[i].part);
		csv_uint(&table.csv, rows[i].of);
		if (rows[i].has_share)
			csv_share(&table.csv, rows[i].part, rows[i].of);
		csv_end(&table.csv);
		assert_int_equal(table_close(&table, true, &error), 0);
		file = fopen(table.path, "r");
		assert_non_null(file);
		assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
		fclose(file);
		unlink(table.path);
		assert_string_equal(text, rows[i].text);
	}
}

/* Each share of a row has its own, and a row none of the row's before it; what is all there is needs none. */
static void every_share_of_a_row_has_its_own(void **state)
{
	static const char want[] = "x,share_sts,share_tlsrpt,share_low,share_high,note,share_tlsrpt_low,share_tlsrpt_"
				   "high,share_tlsrpt_note\n"
				   "a,0.500000,0.030000,0.403832,0.596168,,0.010255,0.084519,few\n"
				   "b,1.000000,0.500000,,,,0.403832,0.596168,\n"
				   "c,,,,,,\n";
	char text[512] = { 0 };
	struct table table;
	struct error error;
	FILE *file;

	(void)state;
	assert_int_equal(table_open(&table, directory, "t", "x,share_sts,share_tlsrpt", 1e-12, &error), 0);
	csv_string(&table.csv, "a");
	csv_share(&table.csv, 50, 100);
	csv_share(&table.csv, 3, 100);
	csv_end(&table.csv);
	csv_string(&table.csv, "b");
	csv_share_certain(&table.csv, 100);
	csv_share(&table.csv, 50, 100);
	csv_end(&table.csv);
	csv_string(&table.csv, "c");
	csv_end(&table.csv);
	assert_int_equal(table_close(&table, true, &error), 0);
	file = fopen(table.path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	unlink(table.path);
	assert_string_equal(text, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_of_a_sample_has_its_interval),
		cmocka_unit_test(every_share_of_a_row_has_its_own),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
