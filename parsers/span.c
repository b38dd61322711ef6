/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/span.h"

bool span_starts_with_nocase(struct span s, struct span prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
			return false;
	return true;
}

bool span_equal_nocase(struct span a, struct span b)
{
	return a.n == b.n && span_starts_with_nocase(a, b);
}

struct span span_trim(struct span s)
{
	while (s.n > 0 && ascii_is_wsp(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && ascii_is_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span span_strip(struct span s)
{
	while (s.n > 0 && ascii_is_space(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && ascii_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool span_is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

bool span_decimal(struct span s, uint64_t most, uint64_t *value)
{
	uint64_t sum = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (!ascii_is_digit(s.p[i]) || sum > most / 10 || digit > most - sum * 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

size_t span_find(struct span s, size_t from, char needle)
{
	const char *hit = from < s.n ? memchr(s.p + from, needle, s.n - from) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}

bool span_next_part(struct span *rest, char separator, struct span *part)
{
	size_t end;

	if (!rest->p)
		return false;
	end = span_find(*rest, 0, separator);
	*part = span_trim((struct span){ rest->p, end });
	*rest = end < rest->n ? span_skip(*rest, end + 1) : (struct span){ NULL, 0 };
	return true;
}
