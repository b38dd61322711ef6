/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "output/elapsed.h"
#include "output/text.h"
#include "scanner/base/wall_clock.h"

enum {
	PROGRESS_MAX = 512,        /* octets; wider than any terminal's line of ours */
	REDRAWN_MS = 900,          /* between two of it on a terminal: whoever looks each second redraws it each time */
	READER_PATIENCE_MS = 1000, /* for room on a terminal or in a pipe; none where there was none the last time */
};

static struct {
	pthread_mutex_t lock;
	int fd;                      /* of the file; below 0: standard error */
	const char *path;            /* of the file */
	char progress[PROGRESS_MAX]; /* what stands on the terminal's last line; "" nothing */
	int terminal;                /* standard error where that is one, or a pipe, opened anew; below 0: neither */
	int patience_ms;             /* with it */
} logger = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1, .terminal = -1, .patience_ms = READER_PATIENCE_MS };

_Atomic int log_most = LOG_LEVEL_INFO;

static void write_to(int fd, const char *path)
{
	int old;

	pthread_mutex_lock(&logger.lock);
	old = logger.fd;
	logger.fd = fd;
	logger.path = path;
	pthread_mutex_unlock(&logger.lock);
	if (old >= 0)
		close(old);
}

static void keep_terminal(int terminal)
{
	int old;

	pthread_mutex_lock(&logger.lock);
	old = logger.terminal;
	logger.terminal = terminal;
	pthread_mutex_unlock(&logger.lock);
	if (old >= 0)
		close(old);
}

static bool is_fifo(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
}

/* Is standard error something whose reader may not read? */
static bool may_stand(void)
{
	return isatty(STDERR_FILENO) || is_fifo(STDERR_FILENO);
}

/* A descriptor of ours, since O_NONBLOCK would be the shell's, too. */
static int open_terminal(void)
{
	return may_stand() ? open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
}

int log_open(const char *path, enum log_level most, struct error *error)
{
	/* a resumed scan adds to its log */
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;

	if (path && fd < 0)
		return error_set(error, "%s: %s; choose another --log-file", path, strerror(errno));
	if (fd >= 0 && is_fifo(fd)) /* one that is full has failed, like a disk */
		fcntl(fd, F_SETFL, O_WRONLY | O_APPEND | O_NONBLOCK);
	atomic_store(&log_most, (int)most);
	keep_terminal(open_terminal());
	write_to(fd, path);
	return 0;
}

void log_close(void)
{
	write_to(-1, NULL);
	keep_terminal(-1);
}

bool log_is_file(void)
{
	bool is_file;

	pthread_mutex_lock(&logger.lock);
	is_file = logger.fd >= 0;
	pthread_mutex_unlock(&logger.lock);
	return is_file;
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

/* A terminal that shows nothing (a stopped one, a connection that hangs), or a pager in front of which nobody sits,
 * must not hold up a scan: what it does not take is lost. */
static void write_terminal(struct span text)
{
	struct pollfd room = { .fd = logger.terminal, .events = POLLOUT };

	while (text.n > 0) {
		ssize_t n = write(logger.terminal, text.p, text.n);

		if (n > 0)
			text = span_skip(text, (size_t)n);
		else if (n == 0 || (errno != EINTR && errno != EAGAIN) || poll(&room, 1, logger.patience_ms) <= 0)
			break;
	}
	logger.patience_ms = text.n > 0 ? 0 : READER_PATIENCE_MS;
}

/* One write, so that lines of other processes on the same terminal or pipe do not mix in. Nobody is left to
 * tell when standard error itself fails. */
static void write_stderr(const char *text, size_t n)
{
	if (logger.terminal >= 0 && may_stand())
		write_terminal((struct span){ text, n });
	else
		(void)!text_write_all(STDERR_FILENO, (struct span){ text, n });
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

/* Over and below what is redrawn. */
static void put_on_stderr(const char *when, const char *level, const char *text)
{
	char line[LOG_LINE_MAX + PROGRESS_MAX + 96];
	bool redraw = logger.progress[0] != '\0';
	int n = snprintf(line, sizeof(line), "%s%s [%s] %s\n%s", redraw ? "\r\033[K" : "", when, level, text,
			 logger.progress);

	write_stderr(line, (size_t)n);
}

/* False where there is none, or none any more: what it can't take is not lost, and that is told. */
static bool put_in_file(const char *when, const char *level, const char *text)
{
	char line[LOG_LINE_MAX + 96];
	int n, failure;

	if (logger.fd < 0)
		return false;
	n = snprintf(line, sizeof(line), "%s [%s] %s\n", when, level, text);
	failure = text_write_all(logger.fd, (struct span){ line, (size_t)n });
	if (failure == 0)
		return true;
	close(logger.fd);
	logger.fd = -1;
	snprintf(line, sizeof(line), "%s: %s; from here on the log is on standard error", logger.path,
		 strerror(failure));
	put_on_stderr(when, "warning", line);
	return false;
}

void log_message(enum log_level level, const char *format, ...)
{
	static const char *const names[] = { "error", "warning", "info", "debug", "trace" };
	char when[48], raw[LOG_LINE_MAX], text[LOG_LINE_MAX];
	va_list arguments;

	if (!log_wants(level))
		return;
	pthread_mutex_lock(&logger.lock);
	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	text_show(text, sizeof(text), span_of(raw));
	format_time(when, sizeof(when));
	if (!put_in_file(when, names[level], text))
		put_on_stderr(when, names[level], text);
	pthread_mutex_unlock(&logger.lock);
}

int log_progress_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
		return PROGRESS_MAX - 1;
	return size.ws_col - 1 < PROGRESS_MAX - 1 ? size.ws_col - 1 : PROGRESS_MAX - 1;
}

/* How many octets of @line a terminal @width wide is shown: whole parts, for half a number is another one. */
static int shown_of(const char *line, int width)
{
	static const char between[] = "; ";
	int n = width;

	if (strnlen(line, PROGRESS_MAX) <= (size_t)width)
		return width;
	while (n > 0 && strncmp(line + n, between, sizeof(between) - 1) != 0)
		n--;
	return n > 0 ? n : width;
}

void log_progress(const char *line)
{
	char out[PROGRESS_MAX + 16];
	int n;

	pthread_mutex_lock(&logger.lock);
	if (log_is_terminal()) {
		snprintf(logger.progress, sizeof(logger.progress), "%.*s", shown_of(line, log_progress_width()), line);
		n = snprintf(out, sizeof(out), "\r\033[K%s", logger.progress);
	} else {
		n = snprintf(out, sizeof(out), "%.*s\n", (int)PROGRESS_MAX, line);
	}
	write_stderr(out, (size_t)n);
	pthread_mutex_unlock(&logger.lock);
}

bool log_progress_is_due(uint64_t since_ms)
{
	return since_ms >= (log_is_terminal() ? REDRAWN_MS : ELAPSED_LINE_S * 1000);
}

void log_progress_end(void)
{
	pthread_mutex_lock(&logger.lock);
	if (logger.progress[0] != '\0')
		write_stderr("\n", 1);
	logger.progress[0] = '\0';
	pthread_mutex_unlock(&logger.lock);
}
