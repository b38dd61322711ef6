#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/csv.h"
#include "output/text.h"

static struct text out;
static struct error error;

static int setup(void **state)
{
	(void)state;
	return text_open(&out, "/dev/null", &error);
}

static int teardown(void **state)
{
	(void)state;
	return text_close(&out, &error);
}

static void expect(const char *expected)
{
	text_char(&out, '\0');
	assert_string_equal(out.data, expected);
	out.used = 0;
}

static void csv_fields_are_quoted_where_they_must_be(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain\n" },
		{ "", "\n" },
		{ "a,b", "\"a,b\"\n" },
		{ "say \"x\"", "\"say \"\"x\"\"\"\n" },
		{ "\"", "\"\"\"\"\n" },
		{ "two\nlines", "\"two\nlines\"\n" },
		{ "cr\r", "\"cr\r\"\n" },
		{ " lead", "\" lead\"\n" },
		{ "trail ", "\"trail \"\n" },
		{ "in side", "in side\n" },
		{ "caf\xc3\xa9", "caf\xc3\xa9\n" },
		{ "caf\xe9,", "\"caf\xc3\xa9,\"\n" },
	};
	struct csv csv;

	(void)state;
	csv_init(&csv, &out);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		csv_string(&csv, cases[i].in);
		csv_end(&csv);
		expect(cases[i].out);
	}
}

static void csv_rows_hold_numbers_and_shares(void **state)
{
	struct csv csv;

	(void)state;
	csv_init(&csv, &out);
	csv_header(&csv, "a,b,c");
	csv_string(&csv, "x");
	csv_known(&csv, false, 1);
	csv_uint(&csv, UINT64_MAX);
	csv_known(&csv, false, 7);
	csv_number(&csv, -2.0 / 3, 2);
	csv_time_ms(&csv, 1795300429120);
	csv_share(&csv, 1, 3);
	csv_share(&csv, 0, 0);
	csv_end(&csv);
	csv_known(&csv, true, 0);
	csv_number(&csv, 41.6, 0);
	csv_share(&csv, 3, 3);
	csv_end(&csv);
	expect("a,b,c\nx,,18446744073709551615,,-0.67,2026-11-21T22:33:49.120Z,0.333333,\n0,42,1.000000\n");
}

static void times_of_any_year(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 1795300429, "2026-11-21T22:33:49Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 4107542400, "2100-03-01T00:00:00Z" },
		{ -62135596800, "0001-01-01T00:00:00Z" },
		{ -62167219201, "-0001-12-31T23:59:59Z" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		text_time(&out, cases[i].seconds);
		expect(cases[i].text);
	}
	text_time_ms(&out, 1795300429120);
	expect("2026-11-21T22:33:49.120Z");
	text_time_ms(&out, -1);
	expect("1969-12-31T23:59:59.999Z");
	text_time(&out, INT64_MAX);
	text_time(&out, INT64_MIN);
	text_time_ms(&out, INT64_MIN);
	assert_true(out.used > 40);
	out.used = 0;
}

static void long_text_reaches_the_file_whole(void **state)
{
	char path[] = "/tmp/stsurvey-text-XXXXXX", *big = malloc(3 * TEXT_BUFFER);
	struct text file;
	FILE *in;
	int fd = mkstemp(path);
	size_t octets = 0;

	(void)state;
	close(fd);
	memset(big, 'x', 3 * TEXT_BUFFER);
	assert_int_equal(text_open(&file, path, &error), 0);
	for (int i = 0; i < 100000; i++)
		text_printf(&file, "%d,", 12345);
	text_put(&file, (struct span){ big, 3 * TEXT_BUFFER });
	assert_int_equal(text_close(&file, &error), 0);
	in = fopen(path, "r");
	while (fgetc(in) != EOF)
		octets++;
	fclose(in);
	assert_int_equal(octets, 600000 + 3 * TEXT_BUFFER);
	unlink(path);
	free(big);
}

static void failures_are_one_line_that_names_the_file(void **state)
{
	struct text file;

	(void)state;
	assert_int_equal(text_open(&file, "/nonexistent/x", &error), -1);
	assert_string_equal(error.text, "/nonexistent/x: cannot be written: No such file or directory");
	assert_int_equal(text_open(&file, "/dev/full", &error), 0);
	for (int i = 0; i < 2 * TEXT_BUFFER; i++)
		text_char(&file, 'x');
	assert_true(text_failed(&file));
	assert_int_equal(text_close(&file, &error), -1);
	assert_string_equal(error.text, "/dev/full: No space left on device");
}

static void a_reader_that_goes_away_is_an_error_not_a_signal(void **state)
{
	int ends[2], kept = dup(STDOUT_FILENO);
	struct text file;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(text_open(&file, "-", &error), 0);
	text_literal(&file, "x");
	text_flush(&file);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	assert_int_equal(text_close(&file, &error), -1);
	assert_string_equal(error.text, "standard output: the reader went away before the end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(csv_fields_are_quoted_where_they_must_be, setup, teardown),
		cmocka_unit_test_setup_teardown(csv_rows_hold_numbers_and_shares, setup, teardown),
		cmocka_unit_test_setup_teardown(times_of_any_year, setup, teardown),
		cmocka_unit_test(long_text_reaches_the_file_whole),
		cmocka_unit_test(failures_are_one_line_that_names_the_file),
		cmocka_unit_test(a_reader_that_goes_away_is_an_error_not_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
