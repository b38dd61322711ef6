/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_text.h"

#include "parsers/field.h"
#include "parsers/utf8.h"

enum {
	DIGITS_MAX = 10,     /* of max_age, RFC 8461 3.2 */
	EXPONENT_MAX = 1000, /* of a number of JavaScript; beyond, it is 0 or infinite all the same */
};

bool sender_is_space(enum sender_space space, uint32_t c)
{
	switch (space) {
	case SENDER_SPACE_WSP:
		return c == ' ' || c == '\t';
	case SENDER_SPACE_CONTROL: /* Java's String.trim */
		return c <= ' ';
	case SENDER_SPACE_PYTHON:
		if (c >= 0x1c && c <= 0x1f)
			return true;
		break;
	case SENDER_SPACE_JAVASCRIPT:
		if (c == 0x85 || c == 0xfeff)
			return c == 0xfeff;
		break;
	case SENDER_SPACE_UNICODE: /* Go and Rust */
		break;
	}
	return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Octets of the white space that @s begins with; 0: there is none. */
static size_t space_in_front(enum sender_space space, struct span s)
{
	size_t n;

	if (s.n == 0 || ascii_is_alnum(s.p[0])) /* none, and nearly always */
		return 0;
	n = utf8_length(s);
	return n > 0 && sender_is_space(space, utf8_character(s, &n)) ? n : 0;
}

static size_t space_behind(enum sender_space space, struct span s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++) {
		struct span last = span_skip(s, s.n - n);

		if (((unsigned char)last.p[0] & 0xc0) != 0x80)
			return space_in_front(space, last) == n ? n : 0;
	}
	return 0;
}

struct span sender_trim(enum sender_space space, struct span s)
{
	for (size_t n = space_in_front(space, s); n > 0; n = space_in_front(space, s))
		s = span_skip(s, n);
	for (size_t n = space_behind(space, s); n > 0; n = space_behind(space, s))
		s.n -= n;
	return s;
}

bool sender_is_loose_name(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '.' && (name.p[i] != '_' || i == 0))
			return false;
	return name.n > 0 && name.n <= FIELD_NAME_MAX;
}

/* A run of digits: at most UINT64_MAX, and then `over`. */
struct digits {
	uint64_t value;
	size_t n; /* octets */
	bool over;
};

static void add_digit(struct digits *digits, unsigned base, unsigned digit)
{
	digits->over = digits->over || digits->value > (UINT64_MAX - digit) / base;
	digits->value = digits->over ? UINT64_MAX : digits->value * base + digit;
}

/* The digits that @s begins with. @joined: with Python's underscores between them. */
static struct digits read_digits(struct span s, bool joined)
{
	struct digits digits = { 0 };

	for (; digits.n < s.n; digits.n++) {
		size_t i = digits.n;

		if (ascii_is_digit(s.p[i]))
			add_digit(&digits, 10, (unsigned)(s.p[i] - '0'));
		else if (!joined || s.p[i] != '_' || i == 0 || i + 1 == s.n || s.p[i - 1] == '_' || s.p[i + 1] == '_')
			break;
	}
	return digits;
}

/* [ sign ] digits; a minus only where @minus. At most @most, or one more behind a minus. */
static bool read_integer(struct span s, bool minus, bool joined, uint64_t most, struct sender_number *number)
{
	bool negative = minus && s.n > 0 && s.p[0] == '-';
	struct digits digits;

	if (negative || (s.n > 0 && s.p[0] == '+'))
		s = span_skip(s, 1);
	digits = read_digits(s, joined);
	if (digits.n == 0 || digits.n != s.n || digits.over || digits.value - (negative && digits.value > 0) > most)
		return false;
	number->value = digits.value;
	number->negative = negative && digits.value > 0;
	return true;
}

/* C's atoi, kept in an unsigned: the low 32 bits of what strtol returns. */
static void read_atoi(struct span s, struct sender_number *number)
{
	bool negative;
	uint64_t value;

	s = span_strip(s);
	negative = s.n > 0 && s.p[0] == '-';
	if (s.n > 0 && (negative || s.p[0] == '+'))
		s = span_skip(s, 1);
	value = read_digits(s, false).value;
	if (value > INT64_MAX)
		value = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	number->value = (uint32_t)(negative ? 0 - value : value);
	number->negative = false;
}

static bool read_javascript_prefixed(struct span s, struct sender_number *number)
{
	static const struct {
		char letter;
		unsigned base;
	} prefixes[] = { { 'x', 16 }, { 'o', 8 }, { 'b', 2 } };

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		struct digits digits = { 0 };

		if (s.n < 3 || s.p[0] != '0' || ascii_lower(s.p[1]) != prefixes[i].letter)
			continue;
		for (size_t at = 2; at < s.n; at++) {
			char c = ascii_lower(s.p[at]);
			unsigned digit = ascii_is_digit(c)      ? (unsigned)(c - '0')
					 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
								: 16;

			if (digit >= prefixes[i].base)
				return false;
			add_digit(&digits, prefixes[i].base, digit);
		}
		number->value = digits.value;
		return true;
	}
	return false;
}

/* [ e [ sign ] digits ]; false for anything else. */
static bool read_exponent(struct span s, int *exponent)
{
	struct digits digits;
	bool negative;

	*exponent = 0;
	if (s.n == 0)
		return true;
	if (s.n < 2 || ascii_lower(s.p[0]) != 'e')
		return false;
	negative = s.p[1] == '-';
	s = span_skip(s, negative || s.p[1] == '+' ? 2 : 1);
	digits = read_digits(s, false);
	if (digits.n == 0 || digits.n != s.n)
		return false;
	*exponent = digits.value > EXPONENT_MAX ? EXPONENT_MAX : (int)digits.value;
	if (negative)
		*exponent = -*exponent;
	return true;
}

/* Number() of an ECMAScript string that is trimmed: "" is 0; Infinity is more than any limit. */
static bool read_javascript(struct span s, struct sender_number *number)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	struct digits whole, fraction = { 0 };
	double value, scale = 1;
	int exponent;

	number->negative = false;
	number->value = 0;
	if (s.n == 0 || read_javascript_prefixed(s, number))
		return true;
	if (negative || s.p[0] == '+')
		s = span_skip(s, 1);
	if (span_equal(s, SPAN_LITERAL("Infinity"))) {
		number->value = UINT64_MAX;
		number->negative = negative;
		return true;
	}
	whole = read_digits(s, false);
	s = span_skip(s, whole.n);
	value = (double)whole.value;
	if (s.n > 0 && s.p[0] == '.') {
		s = span_skip(s, 1);
		fraction = read_digits(s, false);
		for (size_t i = 0; i < fraction.n && i < DIGITS_MAX; i++)
			value += (double)(s.p[i] - '0') * (scale /= 10);
		s = span_skip(s, fraction.n);
	}
	if (whole.n + fraction.n == 0 || !read_exponent(s, &exponent))
		return false;
	for (; exponent > 0 && value < 1e19; exponent--)
		value *= 10;
	for (; exponent < 0 && value > 0; exponent++)
		value /= 10;
	number->value = value >= 1e19 ? UINT64_MAX : (uint64_t)value;
	number->fraction = value >= 1e19 ? 0 : value - (double)number->value;
	number->negative = negative && value > 0;
	return true;
}

bool sender_number_read(enum sender_max_age_number kind, struct span s, struct sender_number *number)
{
	*number = (struct sender_number){ 0 };
	switch (kind) {
	case SENDER_MAX_AGE_NUMBER_DIGITS:
		return s.n <= DIGITS_MAX && span_decimal(s, UINT64_MAX, &number->value);
	case SENDER_MAX_AGE_NUMBER_SIGNED: /* Go's Atoi */
		return read_integer(s, true, false, INT64_MAX, number);
	case SENDER_MAX_AGE_NUMBER_PYTHON: /* has no largest; one that is larger than this is larger than any limit */
		return read_integer(s, true, true, INT64_MAX, number);
	case SENDER_MAX_AGE_NUMBER_UNSIGNED: /* Rust's u64 */
		return read_integer(s, false, false, UINT64_MAX, number);
	case SENDER_MAX_AGE_NUMBER_SIGNED_32: /* Java's int */
		return read_integer(s, true, false, INT32_MAX, number);
	case SENDER_MAX_AGE_NUMBER_JAVASCRIPT:
		return read_javascript(s, number);
	case SENDER_MAX_AGE_NUMBER_ATOI:
		read_atoi(s, number);
		return s.n > 0; /* atoi reads "" as 0, but strtok gives NULL instead of it */
	}
	return false;
}
