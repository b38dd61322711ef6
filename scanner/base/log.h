/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/log.h - messages for the one who runs the survey: one line each with UTC time and level, to standard
 * error or a file.
 *
 * One for the process. Any thread. On a terminal the progress line stands below the messages and is never torn: it goes
 * through here too. A terminal that takes nothing is not waited for, and what it does not take is lost. Messages are
 * shown as text_show has it: nothing a stranger published steers a terminal or looks like a second line.
 */
#ifndef STSURVEY_SCANNER_BASE_LOG_H
#define STSURVEY_SCANNER_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/error.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG, /* -v: each domain */
	LOG_LEVEL_TRACE, /* -vv: each question, and each connection of a policy fetch */
};

enum { LOG_LINE_MAX = 1024 }; /* octets of a message; the rest is cut */

/* Messages above @most are dropped. @path NULL: standard error; else it lives until log_close, and what that file can't
 * take goes to standard error, from the first failure on. Before this call: standard error, INFO.
 * 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int log_open(const char *path, enum log_level most, struct error *error);

/* Flush and close the file; messages go to standard error again. */
void log_close(void);

/* Do messages go to a file, and not to standard error? */
bool log_is_file(void);

extern _Atomic int log_most; /* log_open's @most; log.c alone writes it */

/* Would a message of @level be written? To be asked before the work for one that is rarely wanted. */
static inline bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&log_most, memory_order_relaxed);
}

__attribute__((format(printf, 2, 3))) void log_message(enum log_level level, const char *format, ...);

#define log_error(...) log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_message(LOG_LEVEL_INFO, __VA_ARGS__)

/* Show @line as the progress line: redrawn where standard error is a terminal, written as a line of its own
 * where not. */
void log_progress(const char *line);

/* Is it time for another one, @since_ms after the last? On a terminal each second, elsewhere every ten. */
bool log_progress_is_due(uint64_t since_ms);

/* Columns it has: a line wider than a terminal would wrap, and then could not be redrawn, so it is cut. */
int log_progress_width(void);

/* Leave the last progress line standing and go to the next line. */
void log_progress_end(void);

/* Is standard error a terminal, on which a line can be redrawn? */
bool log_is_terminal(void);

/* Does the user's terminal, if there is one, obey what ANSI terminals do? */
bool log_terminal_obeys(void);

#endif
