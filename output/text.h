/* SPDX-License-Identifier: BSD-2-Clause */
/* output/text.h - buffered text to a file or standard output; CSV and JSON Lines share it.
 *
 * Errors stick: after the first failed write nothing more is written, text_failed tells and
 * text_close says what happened. The program ignores SIGPIPE, so that a reader that goes away is
 * an error like any other.
 */
#ifndef STSURVEY_OUTPUT_TEXT_H
#define STSURVEY_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

enum {
	TEXT_BUFFER = 128 * 1024, /* octets collected before a write */
	TEXT_SHOWN_TIMES = 4,     /* a text that is shown (text_show) may grow so much */
	TEXT_MEMORY = -1,
};

struct text {
	char *data; /* what is not yet written */
	size_t used, size;
	int fd;           /* TEXT_MEMORY: none, all of it stays in data */
	int error;        /* errno of the first failure; 0: none */
	const char *path; /* as given; lives as long as the text */
	bool is_terminal; /* which is shown the text: lines and tabs, and else what text_show makes of it */
};

/* Create or empty the file @path; "-" is standard output. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int text_open(struct text *text, const char *path, struct error *error);

/* Write to @fd, which is closed with the text; @path is what it is called. 0, or -1 and errno ENOMEM. */
__attribute__((warn_unused_result)) int text_open_fd(struct text *text, const char *path, int fd);

/* A text that is kept in memory, data and used: what fails is memory alone. text_free ends it; emptied with used = 0.
 */
void text_open_memory(struct text *text);
void text_free(struct text *text);

/* Write what is left and close. 0, or -1 with one line for the user in @error about the first failure. */
__attribute__((warn_unused_result)) int text_close(struct text *text, struct error *error);

/* How text_explain ends where who read the text went away (EPIPE). */
#define TEXT_READER_GONE "the reader went away before the end"

/* What an errno says of the text @path, as one line for the user; always -1. */
int text_explain(const char *path, int number, struct error *error);

static inline bool text_failed(const struct text *text)
{
	return text->error != 0;
}

/* Write all of @s to @fd: 0, or errno. */
__attribute__((warn_unused_result)) int text_write_all(int fd, struct span s);

/* Write what is buffered, e.g. once a second to a reader that waits. */
void text_flush(struct text *text);

/* Room for @n octets at data + used? False after a failure. */
bool text_make_room(struct text *text, size_t n);

static inline bool text_room(struct text *text, size_t n)
{
	return text->size - text->used >= n || text_make_room(text, n);
}

static inline void text_put(struct text *text, struct span s)
{
	if (s.n == 0 || !text_room(text, s.n))
		return;
	memcpy(text->data + text->used, s.p, s.n);
	text->used += s.n;
}

static inline void text_char(struct text *text, char c)
{
	if (text_room(text, 1))
		text->data[text->used++] = c;
}

static inline void text_string(struct text *text, const char *s)
{
	text_put(text, span_of(s));
}

#define text_literal(text, s) text_put((text), SPAN_LITERAL(s))

void text_uint(struct text *text, uint64_t value);

/* @value with @width digits, zeros in front; wider values are written whole. */
void text_padded(struct text *text, uint64_t value, unsigned width);

/* @octet as lower-case hexadecimal. */
void text_hex(struct text *text, const uint8_t *octet, size_t n);
/* The same to @out, which has room for 2 * @n octets and a NUL. */
void text_hex_to(char *out, const uint8_t *octet, size_t n);

/* Is it in the years 0 to 9999, which RFC 3339 and readers of dates know? */
static inline bool text_is_date(int64_t seconds_since_1970)
{
	return seconds_since_1970 >= INT64_C(-62167219200) && seconds_since_1970 <= INT64_C(253402300799);
}

/* RFC 3339 in UTC: 2026-11-21T22:33:49.120Z and 2026-11-21T22:33:49Z; proleptic Gregorian, any year. */
void text_time_ms(struct text *text, int64_t ms_since_1970);
void text_time(struct text *text, int64_t seconds_since_1970);

/* Octets read as Latin-1 characters, written as UTF-8. */
void text_latin1(struct text *text, struct span s);

/* @s, or if it is no UTF-8 its octets as Latin-1; instead of a character what @escape has for it, where that is not
 * NULL. @escape NULL: nothing is escaped. */
void text_escaped(struct text *text, struct span s, const char *(*escape)(uint32_t character));

/* May a person be shown @character as it is? Not what steers a terminal (C0, DEL, C1), what turns the order of the text
 * beside it (bidi), nor what is not seen at all. */
bool text_is_visible(uint32_t character);

/* @s as a person is shown it, in @size octets with the NUL: what is not visible, or no UTF-8, as \x1b (octets) or
 * \u202e (characters). Whatever a stranger wrote passes here on its way to a terminal, a log or an error. Twice is as
 * once. */
void text_show(char *out, size_t size, struct span s);
void text_shown(struct text *text, struct span s);

__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format, ...);

#endif
