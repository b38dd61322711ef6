/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/log.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "parsers/span.h"
#include "tests/scanner/caught.h"

enum { TIME_SIZE = 25, NARROW = 12 }; /* "2026-11-27T10:00:00.000Z " */

static struct error error;

/* Without its time, which must look like one. Returns what stands behind the line's end. */
static const char *take_line(const char *text, char line[static LOG_LINE_MAX + 64])
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
	size_t n = strcspn(text, "\n");

	assert_true(text[n] == '\n' && n >= TIME_SIZE);
	for (size_t i = 0; i < TIME_SIZE; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			fail_msg("\"%.*s\" does not begin with a time", (int)n, text);
	snprintf(line, LOG_LINE_MAX + 64, "%.*s", (int)(n - TIME_SIZE), text + TIME_SIZE);
	return text + n + 1;
}

static void say_one_of_each(void)
{
	log_error("%s %d", "e", 1);
	log_warning("w");
	log_info("i");
	log_message(LOG_LEVEL_DEBUG, "d");
	log_message(LOG_LEVEL_TRACE, "t");
}

static void messages_above_the_level_are_dropped(void **state)
{
	static const char *const words[] = { "[error] e 1", "[warning] w", "[info] i", "[debug] d", "[trace] t" };
	char line[LOG_LINE_MAX + 64];

	(void)state;
	for (unsigned most = LOG_LEVEL_ERROR; most < COUNT_OF(words); most++) {
		const char *text;

		assert_int_equal(log_open(NULL, most, &error), 0);
		for (unsigned i = 0; i < COUNT_OF(words); i++)
			assert_int_equal(log_wants(i), i <= most);
		caught_begin();
		say_one_of_each();
		text = caught_end();
		for (unsigned i = 0; i <= most; i++) {
			text = take_line(text, line);
			assert_string_equal(line, words[i]);
		}
		assert_string_equal(text, "");
	}
	assert_int_equal(log_open(NULL, LOG_LEVEL_INFO, &error), 0);
}

static void control_characters_are_made_harmless(void **state)
{
	static const struct {
		const char *said, *due;
	} cases[] = {
		{ "line\nbreak", "[info] line\\x0abreak" },
		{ "\r\033[31mred\a\b\t\x7f", "[info] \\x0d\\x1b[31mred\\x07\\x08\\x09\\x7f" },
		{ "\x01\x1f ~", "[info] \\x01\\x1f ~" },
		{ "b\xc3\xbc"
		  "cher.example",
		  "[info] b\xc3\xbc"
		  "cher.example" }, /* UTF-8 is no control character */
		{ "100 %s", "[info] 100 %s" },
		{ "c1 \xc2\x9b"
		  "31m",
		  "[info] c1 \\u009b31m" }, /* as UTF-8 … */
		{ "c1 \x9b"
		  "31m \xff",
		  "[info] c1 \\x9b31m \\xff" }, /* … and alone */
		{ "cut \xe2\x80", "[info] cut \\xe2\\x80" },
		{ "", "[info] " },
	};
	char line[LOG_LINE_MAX + 64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		caught_begin();
		log_info("%s", cases[i].said);
		assert_string_equal(take_line(caught_end(), line), "");
		assert_string_equal(line, cases[i].due);
	}
}

static void a_long_message_is_cut(void **state)
{
	char line[LOG_LINE_MAX + 64];

	(void)state;
	caught_begin();
	log_info("%0*d", 2 * LOG_LINE_MAX, 0);
	assert_string_equal(take_line(caught_end(), line), "");
	assert_int_equal(strlen(line), strlen("[info] ") + LOG_LINE_MAX - 1);
}

static void a_file_is_added_to_until_it_is_closed(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX", line[LOG_LINE_MAX + 64];
	const char *text;

	(void)state;
	caught_put(path, "before\n", 7);
	caught_begin();
	assert_int_equal(log_open(path, LOG_LEVEL_WARNING, &error), 0);
	log_warning("in the file");
	log_info("dropped");
	caught_read(path); /* each line is there at once */
	assert_non_null(strstr(caught_text, "[warning] in the file\n"));
	log_progress("progress is no message");
	log_close();
	log_warning("on standard error");
	text = caught_end();
	assert_memory_equal(text, "progress is no message\n", 23);
	assert_string_equal(take_line(text + 23, line), "");
	assert_string_equal(line, "[warning] on standard error");
	text = caught_read(path);
	assert_memory_equal(text, "before\n", 7);
	assert_string_equal(take_line(text + 7, line), "");
	assert_string_equal(line, "[warning] in the file");
	unlink(path);
	assert_int_equal(log_open("/nonexistent/log", LOG_LEVEL_INFO, &error), -1);
	assert_string_equal(error.text, "/nonexistent/log: No such file or directory; choose another --log-file");
	assert_int_equal(log_open(NULL, LOG_LEVEL_INFO, &error), 0);
}

static void what_the_file_cannot_take_goes_to_standard_error(void **state)
{
	char line[LOG_LINE_MAX + 64];
	const char *text;

	(void)state;
	caught_begin();
	assert_int_equal(log_open("/dev/full", LOG_LEVEL_INFO, &error), 0);
	assert_true(log_is_file());
	log_error("one");
	assert_false(log_is_file());
	log_info("two");
	log_close();
	text = take_line(caught_end(), line);
	assert_string_equal(line, "[warning] /dev/full: No space left on device; from here on the log is on standard "
				  "error");
	text = take_line(text, line);
	assert_string_equal(line, "[error] one");
	assert_string_equal(take_line(text, line), "");
	assert_string_equal(line, "[info] two");
}

static void without_a_terminal_progress_is_a_line(void **state)
{
	(void)state;
	caught_begin();
	assert_false(log_is_terminal());
	log_progress("one");
	log_progress("two");
	log_progress_end();
	assert_string_equal(caught_end(), "one\ntwo\n");
}

/* A terminal @columns wide as standard error; caught_real keeps the old one. Returns its other end. */
static int begin_terminal(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), tty;

	if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
		print_message("no pseudo-terminal here\n");
		skip();
	}
	tty = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_int_equal(ioctl(tty, TIOCSWINSZ, &size), 0);
	caught_real = dup(STDERR_FILENO);
	dup2(tty, STDERR_FILENO);
	close(tty);
	return terminal;
}

/* What came, up to where @last stands at the end. */
static const char *end_terminal(int terminal, const char *last)
{
	size_t n = 0;

	dup2(caught_real, STDERR_FILENO);
	close(caught_real);
	do {
		ssize_t got = read(terminal, caught_text + n, sizeof(caught_text) - 1 - n);

		assert_true(got > 0);
		n += (size_t)got;
		caught_text[n] = '\0';
	} while (!span_ends_with(span_of(caught_text), span_of(last)));
	close(terminal);
	return caught_text;
}

static void a_terminal_keeps_the_line_below_the_messages(void **state)
{
	int terminal = begin_terminal(80);
	char line[LOG_LINE_MAX + 64];
	const char *text;

	(void)state;
	log_info("first");
	log_progress("one");
	log_progress("two");
	log_info("second");
	log_progress_end();
	log_info("third");
	text = take_line(end_terminal(terminal, "third\r\n"), line);
	assert_string_equal(line, "[info] first\r");
	assert_memory_equal(text, "\r\033[Kone\r\033[Ktwo\r\033[K", 18);
	text = take_line(text + 18, line);
	assert_string_equal(line, "[info] second\r");
	assert_memory_equal(text, "two\r\n", 5);
	assert_string_equal(take_line(text + 5, line), ""); /* nothing is redrawn any more */
	assert_string_equal(line, "[info] third\r");
}

static void the_line_fits_the_terminal(void **state)
{
	int terminal = begin_terminal(NARROW);

	(void)state;
	log_progress("0123456789abcdef");
	assert_string_equal(end_terminal(terminal, "a"), "\r\033[K0123456789a"); /* the last column stays free */
	terminal = begin_terminal(NARROW);
	log_progress("12; 34; 5678"); /* 567 would be another number */
	assert_string_equal(end_terminal(terminal, "34"), "\r\033[K12; 34");
	terminal = begin_terminal(NARROW);
	log_progress("123; 456789; 0"); /* it just fits */
	assert_string_equal(end_terminal(terminal, "789"), "\r\033[K123; 456789");
	terminal = begin_terminal(NARROW);
	log_progress_end();
	assert_string_equal(end_terminal(terminal, "\n"), "\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_above_the_level_are_dropped),
		cmocka_unit_test(control_characters_are_made_harmless),
		cmocka_unit_test(a_long_message_is_cut),
		cmocka_unit_test(a_file_is_added_to_until_it_is_closed),
		cmocka_unit_test(what_the_file_cannot_take_goes_to_standard_error),
		cmocka_unit_test(without_a_terminal_progress_is_a_line),
		cmocka_unit_test(a_terminal_keeps_the_line_below_the_messages),
		cmocka_unit_test(the_line_fits_the_terminal),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
