/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
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
		{ "two\nlines", "two\\x0alines\n" },
		{ "cr\r", "cr\\x0d\n" },
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

/* What a spreadsheet would take for a formula is none with an apostrophe, and one away gives the text back. */
static void csv_texts_are_no_formulas(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "=cmd|calc!.com", "'=cmd|calc!.com\n" },
		{ "a\x1b]0;x\x07\xc2\x9b\tb", "a\\x1b]0;x\\x07\\x9b\\x09b\n" },
		{ "\xe2\x80\x83=cmd()", "'\xe2\x80\x83=cmd()\n" }, /* em space */
		{ "\xe3\x85\xa4=cmd()", "'\xe3\x85\xa4=cmd()\n" }, /* Hangul filler */
		{ "\xc2\xad=cmd()", "'\xc2\xad=cmd()\n" },         /* soft hyphen */
		{ "+1", "'+1\n" },
		{ "-1", "'-1\n" },
		{ "@SUM(A1)", "'@SUM(A1)\n" },
		{ "=1,2", "\"'=1,2\"\n" },
		{ "=\"x\"", "\"'=\"\"x\"\"\"\n" },
		{ "  =1", "\"'  =1\"\n" },
		{ "\xc2\xa0=1", "'\xc2\xa0=1\n" },
		{ "\xe2\x80\x8b=1", "'\xe2\x80\x8b=1\n" }, /* zero-width space */
		{ "\xa0=1", "'\xc2\xa0=1\n" },             /* Latin-1 */
		{ "\xef\xbc\x9d"
		  "1",
		  "'\xef\xbc\x9d"
		  "1\n" },
		{ "\xef\xbc\x8b"
		  "1",
		  "'\xef\xbc\x8b"
		  "1\n" },
		{ "\xef\xbc\x8d"
		  "1",
		  "'\xef\xbc\x8d"
		  "1\n" },
		{ "\xef\xbc\xa0"
		  "1",
		  "'\xef\xbc\xa0"
		  "1\n" },
		{ "\tx", "\\x09x\n" },
		{ "\t=x", "'\\x09=x\n" },
		{ "\rx", "\\x0dx\n" },
		{ "\nx", "\\x0ax\n" },
		{ "\x1f\x7f\x80\x9f", "\\x1f\\x7f\\x80\\x9f\n" },
		{ "'x", "''x\n" },
		{ "'", "''\n" },
		{ "''=1", "'''=1\n" },
		{ "a=1", "a=1\n" },
		{ "mx -1", "mx -1\n" },
		{ "-", "-\n" }, /* alone, a sign is a text */
		{ "=", "=\n" },
		{ "_dmarc", "_dmarc\n" },
		{ "7", "7\n" },
	};
	struct csv csv;

	(void)state;
	csv_init(&csv, &out);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		csv_string(&csv, cases[i].in);
		csv_end(&csv);
		expect(cases[i].out);
	}
	csv_number(&csv, -1, 0);
	csv_end(&csv);
	expect("-1\n");
	csv.raw = true;
	csv_string(&csv, "=1");
	csv_string(&csv, "'");
	csv_string(&csv, "=\"");
	csv_text(&csv, SPAN_LITERAL("a\0\n\x9b"));
	csv_end(&csv);
	expect("=1,',\"=\"\"\",a\\x00\\x0a\\x9b\n");
}

static void what_a_person_is_shown_steers_no_terminal(void **state)
{
	static const struct {
		const char *in, *shown;
	} cases[] = {
		{ "plain \\ caf\xc3\xa9 \xe6\x97\xa5", "plain \\ caf\xc3\xa9 \xe6\x97\xa5" },
		{ "\x1b]0;owned\a\x1b[2J", "\\x1b]0;owned\\x07\\x1b[2J" },
		{ "a\nb\tc\r\x7f", "a\\x0ab\\x09c\\x0d\\x7f" },
		{ "\xc2\x9b"
		  "2J",
		  "\\u009b2J" },
		{ "\x9b"
		  "2J",
		  "\\x9b2J" },
		{ "\xe2\x80\xae"
		  "moc",
		  "\\u202emoc" },
		{ "\xe2\x81\xa6"
		  "moc\xe2\x81\xa9",
		  "\\u2066moc\\u2069" },
		{ "\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8", "\\u061c\\u200f\\u2028" },
		{ "\xef\xbb\xbfx\xe2\x80\x8b", "\\ufeffx\\u200b" },
		{ "\xf3\xa0\x80\x81", "\\U000e0001" },
		{ "cut \xe2\x80", "cut \\xe2\\x80" },
		{ "", "" },
	};
	char shown[64], again[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		text_show(shown, sizeof(shown), span_of(cases[i].in));
		assert_string_equal(shown, cases[i].shown);
		text_show(again, sizeof(again), span_of(shown));
		assert_string_equal(again, shown);
		text_shown(&out, span_of(cases[i].in));
		expect(cases[i].shown);
	}
	/* Cut, it ends with a whole character. */
	text_show(shown, 6, SPAN_LITERAL("ab\x1b[2J"));
	assert_string_equal(shown, "ab");
	text_show(shown, 7, SPAN_LITERAL("ab\x1b[2J"));
	assert_string_equal(shown, "ab\\x1b");
	text_show(shown, 4, SPAN_LITERAL("ab\xc3\xa9"));
	assert_string_equal(shown, "ab");
	error_set(&error, "%s: no such file", "a\x1b[2J\n");
	assert_string_equal(error.text, "a\\x1b[2J\\x0a: no such file");
}

/* Standard output is one when nobody redirects it: lines and tabs are kept, in pieces of any size. */
static void a_terminal_is_shown_what_is_written(void **state)
{
	int ours = posix_openpt(O_RDWR | O_NOCTTY), theirs;
	char shown[64] = "";
	struct termios mode;
	struct text terminal;

	(void)state;
	assert_true(ours >= 0);
	assert_int_equal(grantpt(ours), 0);
	assert_int_equal(unlockpt(ours), 0);
	theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
	assert_int_equal(tcgetattr(theirs, &mode), 0);
	cfmakeraw(&mode);
	assert_int_equal(tcsetattr(theirs, TCSANOW, &mode), 0);
	assert_int_equal(text_open_fd(&terminal, "terminal", theirs), 0);
	text_string(&terminal, "a\tb\xc3\xa9\n\x1b[2J\xc2\x9b\n");
	text_flush(&terminal);
	assert_true(read(ours, shown, sizeof(shown) - 1) > 0);
	assert_string_equal(shown, "a\tb\xc3\xa9\n\\x1b[2J\\u009b\n");
	assert_int_equal(text_close(&terminal, &error), 0);
	close(ours);
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
	csv_time_ms(&csv, INT64_MAX);
	csv_time_ms(&csv, INT64_MIN);
	csv_share(&csv, 1, 3);
	csv_share(&csv, 0, 0);
	csv_end(&csv);
	csv_known(&csv, true, 0);
	csv_number(&csv, 41.6, 0);
	csv_share(&csv, 3, 3);
	csv_end(&csv);
	expect("a,b,c\nx,,18446744073709551615,,-0.67,2026-11-21T22:33:49.120Z,,,0.333333,\n0,42,1.000000\n");
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

static void a_text_in_memory_is_there_whole_and_can_be_written_anew(void **state)
{
	enum { LINES = 100000 };
	struct text text;

	(void)state;
	text_open_memory(&text);
	for (int i = 0; i < LINES; i++) {
		text_padded(&text, (uint64_t)i, 6);
		text_flush(&text);
	}
	assert_int_equal(text.used, 6 * LINES);
	assert_memory_equal(text.data, "000000000001", 12);
	assert_memory_equal(text.data + text.used - 12, "099998099999", 12);
	text.used = 0;
	text_literal(&text, "x");
	assert_int_equal(text.used, 1);
	assert_int_equal(text.data[0], 'x');
	assert_false(text_failed(&text));
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(csv_fields_are_quoted_where_they_must_be, setup, teardown),
		cmocka_unit_test_setup_teardown(csv_texts_are_no_formulas, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_person_is_shown_steers_no_terminal, setup, teardown),
		cmocka_unit_test(a_terminal_is_shown_what_is_written),
		cmocka_unit_test_setup_teardown(csv_rows_hold_numbers_and_shares, setup, teardown),
		cmocka_unit_test_setup_teardown(times_of_any_year, setup, teardown),
		cmocka_unit_test(long_text_reaches_the_file_whole),
		cmocka_unit_test(a_text_in_memory_is_there_whole_and_can_be_written_anew),
		cmocka_unit_test(failures_are_one_line_that_names_the_file),
		cmocka_unit_test(a_reader_that_goes_away_is_an_error_not_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
