/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_value.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

enum { EXPONENT_MAX = 10000 }; /* of a number that is no more than a count */

struct span tlsrpt_cut(struct span s, size_t most)
{
	if (s.n <= most)
		return s;
	for (s.n = most; s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80;)
		s.n--;
	return s;
}

/* ---- dates ---- */

/* @n digits and, where it is not 0, the character behind them. False: they are not there. */
static bool take_digits(struct span *s, unsigned n, char behind, int *value)
{
	*value = 0;
	if (s->n < n + (behind != 0))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!ascii_is_digit(s->p[i]))
			return false;
		*value = *value * 10 + (s->p[i] - '0');
	}
	if (behind && s->p[n] != behind)
		return false;
	*s = span_skip(*s, n + (behind != 0));
	return true;
}

static bool take_time(struct span *s, struct tm *tm)
{
	if (!take_digits(s, 2, ':', &tm->tm_hour) || !take_digits(s, 2, 0, &tm->tm_min))
		return false;
	if (s->n > 0 && s->p[0] == ':') { /* RFC 3339 has them; others leave them out */
		*s = span_skip(*s, 1);
		if (!take_digits(s, 2, 0, &tm->tm_sec))
			return false;
	}
	if (s->n > 1 && (s->p[0] == '.' || s->p[0] == ',') && ascii_is_digit(s->p[1])) {
		*s = span_skip(*s, 1);
		while (s->n > 0 && ascii_is_digit(s->p[0]))
			*s = span_skip(*s, 1);
	}
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

/* "", "Z", "+02:00", "+0200", "+02"; seconds east of Greenwich. */
static bool take_zone(struct span s, int *offset)
{
	int hours, minutes = 0, sign;

	*offset = 0;
	if (s.n == 0 || (s.n == 1 && ascii_lower(s.p[0]) == 'z'))
		return true;
	if (s.p[0] != '+' && s.p[0] != '-')
		return false;
	sign = s.p[0] == '-' ? -1 : 1;
	s = span_skip(s, 1);
	if (!take_digits(&s, 2, 0, &hours))
		return false;
	if (s.n > 0 && s.p[0] == ':')
		s = span_skip(s, 1);
	if (s.n > 0 && !take_digits(&s, 2, 0, &minutes))
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return s.n == 0 && hours < 24 && minutes < 60;
}

static bool is_day(const struct tm *tm)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = tm->tm_year + 1900;
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= days[tm->tm_mon] + (is_leap && tm->tm_mon == 1);
}

bool tlsrpt_date(struct span s, int64_t *seconds, const char **note)
{
	struct tm tm = { 0 };
	int offset = 0;

	*note = "";
	s = span_strip(s);
	if (!take_digits(&s, 4, '-', &tm.tm_year) || !take_digits(&s, 2, '-', &tm.tm_mon) ||
	    !take_digits(&s, 2, 0, &tm.tm_mday))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (!is_day(&tm))
		return false;
	if (s.n == 0) {
		*note = "no-time, read as midnight UTC";
	} else {
		if (ascii_lower(s.p[0]) != 't' && s.p[0] != ' ')
			return false;
		s = span_skip(s, 1);
		if (!take_time(&s, &tm))
			return false;
		s = span_strip(s);
		if (!take_zone(s, &offset))
			return false;
		if (s.n == 0)
			*note = "no-zone, read as UTC";
	}
	*seconds = (int64_t)timegm(&tm) - offset;
	return true;
}

/* ---- the rest ---- */

/* "e+03" at the end of a number, taken off; false: it is none, or so large that the number is no count. */
static bool take_exponent(struct span *s, int *exponent)
{
	size_t e = 0;
	bool is_negative;

	*exponent = 0;
	while (e < s->n && ascii_lower(s->p[e]) != 'e')
		e++;
	if (e == s->n)
		return true;
	is_negative = e + 1 < s->n && s->p[e + 1] == '-';
	for (size_t i = e + 1 + (is_negative || (e + 1 < s->n && s->p[e + 1] == '+')); i < s->n; i++) {
		if (!ascii_is_digit(s->p[i]) || *exponent > EXPONENT_MAX)
			return false;
		*exponent = *exponent * 10 + (s->p[i] - '0');
	}
	if (!ascii_is_digit(s->p[s->n - 1]))
		return false;
	*exponent = is_negative ? -*exponent : *exponent;
	s->n = e;
	return true;
}

/* Digits in front of the point as the exponent moves it, of which there may be any number; what is behind it is 0. */
bool tlsrpt_count(struct span s, uint64_t most, uint64_t *count)
{
	long long before;
	size_t point;
	int exponent;

	s = span_strip(s);
	*count = 0;
	if (s.n == 0 || !take_exponent(&s, &exponent))
		return false;
	point = span_find(s, 0, '.');
	if (point == 0 || s.n == 0 || (point < s.n && point + 1 == s.n))
		return false;
	before = (long long)point + exponent;
	for (size_t i = 0; i < s.n; i++) {
		if (i == point)
			continue;
		if (!ascii_is_digit(s.p[i]) || ((long long)(i - (i > point)) >= before && s.p[i] != '0'))
			return false;
		if ((long long)(i - (i > point)) < before)
			*count = *count * 10 + (uint64_t)(s.p[i] - '0');
		if (*count > most)
			return false;
	}
	for (long long i = (long long)(s.n - (point < s.n)); i<before && * count> 0; i++) {
		*count *= 10;
		if (*count > most)
			return false;
	}
	return true;
}

bool tlsrpt_address(struct span s, char text[static ADDRESS_TEXT_MAX])
{
	static const struct {
		int family;
		uint8_t name;
	} families[] = { { AF_INET, 4 }, { AF_INET6, 6 } };
	struct obs_address address;

	s = span_strip(s);
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = (struct span){ s.p + 1, s.n - 2 };
	if (s.n >= ADDRESS_TEXT_MAX)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		if (strlen(text) != s.n || inet_pton(families[i].family, text, address.octet) != 1)
			continue;
		address.family = families[i].name;
		address_text(&address, text);
		return true;
	}
	return false;
}

struct span tlsrpt_fold(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = ascii_lower(p[i]);
	if (n > 1 && p[n - 1] == '.')
		n--;
	return (struct span){ p, n };
}
