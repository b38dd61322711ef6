/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/span.h - a run of octets that are owned elsewhere.
 *
 * Every parser result is a span into the caller's bytes: nothing is copied, nothing is
 * freed, and a span lives exactly as long as the bytes it points into. Not NUL-terminated;
 * may hold any octet.
 */
#ifndef STSURVEY_PARSERS_SPAN_H
#define STSURVEY_PARSERS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Elements of an array; not of a pointer. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct span {
	const char *p; /* NULL only where "absent" differs from "empty" */
	size_t n;      /* octets */
};

#define SPAN_LITERAL(s) ((struct span){ (s), sizeof(s) - 1 })

static inline struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* By octets, a beginning first: below, at or above 0, as qsort asks. */
static inline int span_compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static inline bool span_starts_with(struct span s, struct span prefix)
{
	/* most differ in the first octet */
	return s.n >= prefix.n && (prefix.n == 0 || (*s.p == *prefix.p && memcmp(s.p, prefix.p, prefix.n) == 0));
}

static inline bool span_ends_with(struct span s, struct span suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The span without its first @n octets; @n <= s.n. */
static inline struct span span_skip(struct span s, size_t n)
{
	return (struct span){ s.p + n, s.n - n };
}

/* ASCII alone: DNS and RFC 8461 compare names without regard to case, and no locale
 * may change what that means. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* WSP of RFC 5234. */
static inline bool ascii_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* The white space of C: WSP, line ends and what old files hold. */
static inline bool ascii_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alnum(char c)
{
	return ascii_is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Comparison without regard to ASCII case. */
bool span_equal_nocase(struct span a, struct span b);

/* Does @s start with @prefix, without regard to ASCII case? */
bool span_starts_with_nocase(struct span s, struct span prefix);

/* Without leading and trailing WSP; without any white space there. */
struct span span_trim(struct span s);
struct span span_strip(struct span s);

/* Is no octet above 0x7f? */
bool span_is_ascii(struct span s);

/* A decimal number, 0 to @most: digits and nothing else, leading zeros too. False, and *value as it was, for anything
 * else. */
bool span_decimal(struct span s, uint64_t most, uint64_t *value);

/* Offset of the first @needle at or after @from, or s.n. */
size_t span_find(struct span s, size_t from, char needle);

/* The next part of a list with @separator between, trimmed; *@rest begins with all of it, is p NULL behind the last. An
 * empty list has one empty part. False: there is none left. */
bool span_next_part(struct span *rest, char separator, struct span *part);

#endif
