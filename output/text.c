/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parsers/character.h"
#include "parsers/utf8.h"

enum {
	SHOWN_MAX = 16, /* octets of one character as it is shown: \U000e0001 with NUL */
};

int text_open_fd(struct text *text, const char *path, int fd)
{
	*text = (struct text){ .size = TEXT_BUFFER, .fd = fd, .path = path, .is_terminal = isatty(fd) };
	text->data = malloc(TEXT_BUFFER);
	if (text->data)
		return 0;
	errno = ENOMEM; /* of no terminal it is something else by now */
	return -1;
}

int text_open(struct text *text, const char *path, struct error *error)
{
	int fd = STDOUT_FILENO;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_set(error, "%s: cannot be written: %s", path, strerror(errno));
	if (text_open_fd(text, path, fd) == 0)
		return 0;
	if (fd != STDOUT_FILENO)
		close(fd);
	return error_set(error, "%s: no memory for the output buffer", path);
}

void text_open_memory(struct text *text)
{
	*text = (struct text){ .fd = TEXT_MEMORY, .path = "" };
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){ .fd = TEXT_MEMORY, .path = "" };
}

int text_write_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n == 0 || (n < 0 && errno != EINTR))
			return n < 0 ? errno : EIO;
		if (n > 0)
			s = span_skip(s, (size_t)n);
	}
	return 0;
}

bool text_is_visible(uint32_t character)
{
	return !(character_class(character) & (CHARACTER_CONTROL | CHARACTER_UNSEEN));
}

/* The first character of @s, which is not empty, as it is shown; its octets in @s. */
static size_t show_character(char out[static SHOWN_MAX], struct span s)
{
	size_t n;
	uint32_t character = utf8_character(s, &n);
	bool is_utf8 = utf8_length(s) > 0;

	if (is_utf8 && text_is_visible(character)) {
		memcpy(out, s.p, n);
		out[n] = '\0';
	} else if (!is_utf8 || character < 0x80) {
		snprintf(out, SHOWN_MAX, "\\x%02x", (unsigned char)s.p[0]);
	} else {
		snprintf(out, SHOWN_MAX, character <= 0xffff ? "\\u%04x" : "\\U%08x", (unsigned)character);
	}
	return n;
}

void text_show(char *out, size_t size, struct span s)
{
	char shown[SHOWN_MAX];
	size_t used = 0;

	while (s.n > 0) {
		size_t n = show_character(shown, s), length = strlen(shown);

		if (length >= size - used)
			break;
		memcpy(out + used, shown, length);
		used += length;
		s = span_skip(s, n);
	}
	out[used] = '\0';
}

void text_shown(struct text *text, struct span s)
{
	char shown[SHOWN_MAX];

	for (size_t n; s.n > 0; s = span_skip(s, n)) {
		n = show_character(shown, s);
		text_string(text, shown);
	}
}

/* @s to a terminal, line by line. 0, or errno. */
static int write_shown(int fd, struct span s)
{
	char out[4096];
	size_t used = 0;

	while (s.n > 0) {
		size_t n = 1;

		if (s.p[0] == '\n' || s.p[0] == '\t')
			memcpy(out + used, (char[]){ s.p[0], '\0' }, 2);
		else
			n = show_character(out + used, s);
		used += strlen(out + used);
		s = span_skip(s, n);
		if (s.n == 0 || used + SHOWN_MAX > sizeof(out)) {
			int error = text_write_all(fd, (struct span){ out, used });

			if (error)
				return error;
			used = 0;
		}
	}
	return 0;
}

void text_flush(struct text *text)
{
	struct span all = { text->data, text->used };

	if (text->fd == TEXT_MEMORY)
		return;
	if (text->error == 0)
		text->error = text->is_terminal ? write_shown(text->fd, all) : text_write_all(text->fd, all);
	text->used = 0;
}

bool text_make_room(struct text *text, size_t n)
{
	if (text->error != 0)
		return false;
	text_flush(text);
	if (text->size - text->used < n) {
		size_t size = text->used + n > 2 * text->size ? text->used + n : 2 * text->size;
		char *data = realloc(text->data, size);

		if (data) {
			text->data = data;
			text->size = size;
		} else {
			text->error = ENOMEM;
		}
	}
	return text->error == 0;
}

int text_explain(const char *path, int number, struct error *error)
{
	return error_set(error, "%s: %s", strcmp(path, "-") == 0 ? "standard output" : path,
			 number == EPIPE ? TEXT_READER_GONE : strerror(number));
}

int text_close(struct text *text, struct error *error)
{
	text_flush(text);
	/* A full disk may first show here (NFS, quotas). Standard output stays open for its owner. */
	if (text->fd != STDOUT_FILENO && close(text->fd) != 0 && text->error == 0)
		text->error = errno;
	free(text->data);
	text->data = NULL;
	return text->error == 0 ? 0 : text_explain(text->path, text->error, error);
}

void text_uint(struct text *text, uint64_t value)
{
	text_padded(text, value, 1);
}

void text_padded(struct text *text, uint64_t value, unsigned width)
{
	size_t n = 1;

	for (uint64_t left = value; left >= 10; left /= 10)
		n++;
	n = n < width ? width : n;
	if (!text_room(text, n))
		return;
	text->used += n;
	for (char *p = text->data + text->used; n > 0; n--, value /= 10)
		*--p = (char)('0' + value % 10);
}

static const char hex_digits[] = "0123456789abcdef";

void text_hex(struct text *text, const uint8_t *octet, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_char(text, hex_digits[octet[i] >> 4]);
		text_char(text, hex_digits[octet[i] & 15]);
	}
}

void text_hex_to(char *out, const uint8_t *octet, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = hex_digits[octet[i] >> 4];
		*out++ = hex_digits[octet[i] & 15];
	}
	*out = '\0';
}

/* The civil date of a day since 1970-01-01; H. Hinnant's days_from_civil, inverted. Certificates may hold any
 * year, which gmtime does not promise to manage. */
static void put_date(struct text *text, int64_t day)
{
	int64_t z = day + 719468; /* days since 0000-03-01 */
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * of_year + 2) / 153; /* month, March = 0 */
	int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	int64_t year = year_of_era + era * 400 + (month <= 2);

	if (year < 0)
		text_char(text, '-');
	text_padded(text, (uint64_t)(year < 0 ? -year : year), 4);
	text_char(text, '-');
	text_padded(text, (uint64_t)month, 2);
	text_char(text, '-');
	text_padded(text, (uint64_t)(of_year - (153 * shifted + 2) / 5 + 1), 2);
}

/* Date and time of day, without what follows the seconds. */
static void put_seconds(struct text *text, int64_t seconds)
{
	int64_t day = seconds / 86400 - (seconds % 86400 < 0);
	int64_t of_day = seconds % 86400 + (seconds % 86400 < 0 ? 86400 : 0);

	put_date(text, day);
	text_char(text, 'T');
	text_padded(text, (uint64_t)(of_day / 3600), 2);
	text_char(text, ':');
	text_padded(text, (uint64_t)(of_day / 60 % 60), 2);
	text_char(text, ':');
	text_padded(text, (uint64_t)(of_day % 60), 2);
}

void text_time_ms(struct text *text, int64_t ms)
{
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);

	put_seconds(text, seconds);
	text_char(text, '.');
	text_padded(text, (uint64_t)(ms % 1000 + (ms % 1000 < 0 ? 1000 : 0)), 3);
	text_char(text, 'Z');
}

void text_time(struct text *text, int64_t seconds)
{
	put_seconds(text, seconds);
	text_char(text, 'Z');
}

void text_latin1(struct text *text, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80 && text_room(text, 2)) { /* no flush may part the two */
			text_char(text, (char)(0xc0 | c >> 6));
			c = 0x80 | (c & 0x3f);
		}
		text_char(text, (char)c);
	}
}

static void put_piece(struct text *text, struct span s, bool is_utf8)
{
	if (is_utf8)
		text_put(text, s);
	else
		text_latin1(text, s);
}

void text_escaped(struct text *text, struct span s, const char *(*escape)(uint32_t character))
{
	bool is_utf8 = utf8_is_valid(s);
	size_t from = 0, n;

	for (size_t i = 0; escape && i < s.n; i += n) {
		uint32_t character = (unsigned char)s.p[i];
		const char *instead;

		n = 1;
		if (is_utf8 && character >= 0x80)
			character = utf8_character(span_skip(s, i), &n);
		instead = escape(character);
		if (!instead)
			continue;
		put_piece(text, (struct span){ s.p + from, i - from }, is_utf8);
		text_string(text, instead);
		from = i + n;
	}
	put_piece(text, span_skip(s, from), is_utf8);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (n < 0 || !text_room(text, (size_t)n + 1))
		return;
	va_start(list, format);
	vsnprintf(text->data + text->used, (size_t)n + 1, format, list);
	va_end(list);
	text->used += (size_t)n;
}
