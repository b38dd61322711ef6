/* The log: levels, what becomes of hostile octets, and the progress line of a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "parsers/span.h"
#include "scanner/base/log.h"

enum { TEXT_SIZE = 32 * 1024, TIME_SIZE = 25 /* "2026-11-21T22:26:41.000Z " */ };

static char text[TEXT_SIZE];
static struct error error;

static const char *const words[] = {
	[LOG_LEVEL_ERROR] = "[error]", [LOG_LEVEL_WARNING] = "[warning]", [LOG_LEVEL_INFO] = "[info]",
	[LOG_LEVEL_DEBUG] = "[debug]", [LOG_LEVEL_TRACE] = "[trace]",
};

/* A file for the log, and what was written there. */
static char path[] = "/tmp/stsurvey-test-XXXXXX";

static void open_log(enum log_level most)
{
	strcpy(path + strlen(path) - 6, "XXXXXX");
	close(mkstemp(path));
	assert_int_equal(log_open(path, most, &error), 0);
}

static const char *close_log(void)
{
	FILE *file;
	size_t n;

	log_close();
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	unlink(path);
	return text;
}

static void a_level_takes_those_above_it(void **state)
{
	(void)state;
	for (int most = 0; most < (int)COUNT_OF(words); most++) {
		open_log((enum log_level)most);
		for (int level = 0; level < (int)COUNT_OF(words); level++) {
			assert_int_equal(log_wants((enum log_level)level), level <= most);
			log_message((enum log_level)level, "message");
		}
		close_log();
		for (int level = 0; level < (int)COUNT_OF(words); level++) {
			bool written = strstr(text, words[level]);

			assert_int_equal(written, level <= most);
		}
	}
	open_log(LOG_LEVEL_INFO);
	close_log();
}

static void a_message_is_one_harmless_line_with_its_time(void **state)
{
	static const struct {
		const char *said, *written;
	} table[] = {
		{ "file: no space", "file: no space" },
		{ "line\nbreak\033[31m\177", "line?break?[31m?" },
		{ "b\xc3\xbc \xe2\x80\xa6", "b\xc3\xbc \xe2\x80\xa6" },
		{ "c1 \xc2\x9b"
		  "31m",
		  "c1 ??31m" }, /* as UTF-8 … */
		{ "c1 \x9b"
		  "31m \xff",
		  "c1 ?31m ?" }, /* … and alone */
		{ "cut \xe2\x80", "cut ??" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char expected[64];

		open_log(LOG_LEVEL_INFO);
		log_warning("%s", table[i].said);
		close_log();
		snprintf(expected, sizeof(expected), "[warning] %s\n", table[i].written);
		assert_memory_equal(text, "20", 2);
		assert_memory_equal(text + TIME_SIZE - 6, ".", 1);
		assert_memory_equal(text + TIME_SIZE - 2, "Z ", 2);
		assert_string_equal(text + TIME_SIZE, expected);
	}
}

static void a_message_that_is_too_long_is_cut(void **state)
{
	char said[2 * LOG_LINE_MAX];

	(void)state;
	memset(said, 'x', sizeof(said) - 1);
	said[sizeof(said) - 1] = '\0';
	open_log(LOG_LEVEL_INFO);
	log_info("%s", said);
	close_log();
	assert_int_equal(strlen(text), TIME_SIZE + strlen("[info] ") + LOG_LINE_MAX - 1 + 1);
}

static void a_file_that_cannot_be_opened_is_said(void **state)
{
	(void)state;
	assert_int_equal(log_open("/nonexistent/log", LOG_LEVEL_INFO, &error), -1);
	assert_string_equal(error.text, "/nonexistent/log: No such file or directory; choose another --log-file");
}

static void a_terminal_keeps_the_line_below_the_messages(void **state)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), real_stderr, tty;
	size_t used = 0;

	(void)state;
	if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
		print_message("no pseudo-terminal here\n");
		skip();
	}
	tty = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	real_stderr = dup(STDERR_FILENO);
	dup2(tty, STDERR_FILENO);
	log_progress("one");
	log_progress("two");
	assert_int_equal(log_open(NULL, LOG_LEVEL_INFO, &error), 0);
	log_info("message");
	log_progress_end();
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	while (used < sizeof(text) - 1 && (used == 0 || text[used - 1] != '\n' || !strstr(text, "message"))) {
		ssize_t got = read(terminal, text + used, sizeof(text) - 1 - used);

		assert_true(got > 0);
		used += (size_t)got;
		text[used] = '\0';
		if (strstr(text, "\r\ntwo\r\n"))
			break;
	}
	assert_memory_equal(text, "\r\033[Kone\r\033[Ktwo\r\033[K20", 20);
	assert_non_null(strstr(text, "Z [info] message\r\ntwo"));
	close(tty);
	close(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_takes_those_above_it),
		cmocka_unit_test(a_message_is_one_harmless_line_with_its_time),
		cmocka_unit_test(a_message_that_is_too_long_is_cut),
		cmocka_unit_test(a_file_that_cannot_be_opened_is_said),
		cmocka_unit_test(a_terminal_keeps_the_line_below_the_messages),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
