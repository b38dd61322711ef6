#include "scanner/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "output/text.h"
#include "parsers/utf8.h"
#include "scanner/base/wall_clock.h"

enum { PROGRESS_MAX = 512 }; /* octets; wider than any terminal's line of ours */

static struct {
	pthread_mutex_t lock;
	FILE *file;                  /* NULL: standard error */
	char progress[PROGRESS_MAX]; /* what stands on the terminal's last line; "" nothing */
} logger = { .lock = PTHREAD_MUTEX_INITIALIZER };

_Atomic int log_most = LOG_LEVEL_INFO;

static void write_to(FILE *file)
{
	FILE *old;

	pthread_mutex_lock(&logger.lock);
	old = logger.file;
	logger.file = file;
	pthread_mutex_unlock(&logger.lock);
	if (old)
		fclose(old);
}

int log_open(const char *path, enum log_level most, struct error *error)
{
	FILE *file = path ? fopen(path, "ae") : NULL; /* a resumed scan adds to its log */

	if (path && !file)
		return error_set(error, "%s: %s; choose another --log-file", path, strerror(errno));
	if (file)
		setvbuf(file, NULL, _IOLBF, BUFSIZ);
	atomic_store(&log_most, (int)most);
	write_to(file);
	return 0;
}

void log_close(void)
{
	write_to(NULL);
}

bool log_is_terminal(void)
{
	return log_terminal_obeys() && isatty(STDERR_FILENO);
}

bool log_terminal_obeys(void)
{
	const char *terminal = getenv("TERM");

	return !terminal || (terminal[0] != '\0' && strcmp(terminal, "dumb") != 0);
}

/* One write, so that lines of other processes on the same terminal or pipe do not mix in. Nobody is left to
 * tell when standard error itself fails. */
static void write_stderr(const char *text, size_t n)
{
	(void)!text_write_all(STDERR_FILENO, (struct span){ text, n });
}

static void make_printable(char *text)
{
	size_t n;

	for (struct span rest = span_of(text); rest.n > 0; text += n, rest = span_skip(rest, n)) {
		uint32_t character = utf8_character(rest, &n);

		if (utf8_length(rest) == 0 || character < ' ' || (character >= 0x7f && character <= 0x9f))
			memset(text, '?', n);
	}
}

static int format_time(char *out, size_t size)
{
	int64_t now = wall_clock_ms();
	time_t second = now / 1000;
	struct tm utc;
	char seconds[32];

	gmtime_r(&second, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	return snprintf(out, size, "%s.%03dZ", seconds, (int)(now % 1000));
}

void log_message(enum log_level level, const char *format, ...)
{
	static const char *const names[] = { "error", "warning", "info", "debug", "trace" };
	char when[48], text[LOG_LINE_MAX], line[LOG_LINE_MAX + PROGRESS_MAX + 96];
	va_list arguments;
	int n;

	if (!log_wants(level))
		return;
	pthread_mutex_lock(&logger.lock);
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	make_printable(text);
	format_time(when, sizeof(when));
	if (logger.file) {
		fprintf(logger.file, "%s [%s] %s\n", when, names[level], text);
	} else {
		bool redraw = logger.progress[0] != '\0';

		n = snprintf(line, sizeof(line), "%s%s [%s] %s\n%s", redraw ? "\r\033[K" : "", when, names[level], text,
			     logger.progress);
		write_stderr(line, (size_t)n);
	}
	pthread_mutex_unlock(&logger.lock);
}

/* A line wider than the terminal would wrap, and then could not be redrawn. */
static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
		return PROGRESS_MAX - 1;
	return size.ws_col - 1 < PROGRESS_MAX - 1 ? size.ws_col - 1 : PROGRESS_MAX - 1;
}

void log_progress(const char *line)
{
	char out[PROGRESS_MAX + 16];
	int n;

	pthread_mutex_lock(&logger.lock);
	if (log_is_terminal()) {
		snprintf(logger.progress, sizeof(logger.progress), "%.*s", terminal_width(), line);
		n = snprintf(out, sizeof(out), "\r\033[K%s", logger.progress);
	} else {
		n = snprintf(out, sizeof(out), "%.*s\n", (int)PROGRESS_MAX, line);
	}
	write_stderr(out, (size_t)n);
	pthread_mutex_unlock(&logger.lock);
}

void log_progress_end(void)
{
	pthread_mutex_lock(&logger.lock);
	if (logger.progress[0] != '\0')
		write_stderr("\n", 1);
	logger.progress[0] = '\0';
	pthread_mutex_unlock(&logger.lock);
}
