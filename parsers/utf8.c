/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/utf8.h"

size_t utf8_length(struct span s)
{
	/* What the second octet may be rules out overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629 4).
	 */
	static const struct {
		unsigned char first, last, low, high;
		unsigned char octets;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *p = (const unsigned char *)s.p;

	if (p[0] < 0x80)
		return 1;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (s.n < forms[i].octets)
			return 0;
		if (p[1] < forms[i].low || p[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].octets; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].octets;
	}
	return 0;
}

/* What Windows-1252 has at 0x80 to 0x9f, as far as it is looked for: quotes and guillemets. */
static uint32_t windows_1252(unsigned char octet)
{
	static const uint16_t quotes[] = {
		[0x02] = 0x201a, [0x04] = 0x201e, [0x0b] = 0x2039, [0x11] = 0x2018,
		[0x12] = 0x2019, [0x13] = 0x201c, [0x14] = 0x201d, [0x1b] = 0x203a,
	};
	size_t at = octet - 0x80u;

	return at < COUNT_OF(quotes) && quotes[at] != 0 ? quotes[at] : octet;
}

uint32_t utf8_character(struct span s, size_t *n)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t character;

	*n = utf8_length(s);
	if (*n == 0) {
		*n = 1;
		return windows_1252(p[0]);
	}
	if (*n == 1)
		return p[0];
	character = p[0] & (0x7fu >> *n);
	for (size_t i = 1; i < *n; i++)
		character = character << 6 | (p[i] & 0x3fu);
	return character;
}

bool utf8_is_valid(struct span s)
{
	while (s.n > 0) {
		uint64_t octets = UINT64_MAX;
		size_t n;

		/* Nearly all of it is ASCII: eight octets a step. */
		if (s.n >= sizeof(octets))
			memcpy(&octets, s.p, sizeof(octets));
		if (!(octets & UINT64_C(0x8080808080808080)))
			n = sizeof(octets);
		else
			n = (unsigned char)s.p[0] < 0x80 ? 1 : utf8_length(s);
		if (n == 0)
			return false;
		s = span_skip(s, n);
	}
	return true;
}
