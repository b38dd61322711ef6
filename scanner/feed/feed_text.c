/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_text.h"

#include "parsers/character.h"
#include "parsers/utf8.h"

/* Octets of the white space that @s, which is not empty, begins with; what copying from a page leaves unseen is some,
 * too. The joiners U+200C and U+200D are letters of some names, but never their ends. */
static size_t space_at(struct span s)
{
	const unsigned space = CHARACTER_SPACE | CHARACTER_UNSEEN;
	size_t n;

	if ((unsigned char)s.p[0] < 0x80)
		return ascii_is_space(s.p[0]);
	n = utf8_length(s); /* what is no UTF-8 is no white space */
	return n > 1 && character_class(utf8_character(s, &n)) & space ? n : 0;
}

/* Octets of the white space that it ends with. */
static size_t space_before_end(struct span s)
{
	size_t n = 1;

	while (n < s.n && n < 4 && ((unsigned char)s.p[s.n - n] & 0xc0) == 0x80)
		n++; /* to the character's first octet */
	return space_at(span_skip(s, s.n - n)) == n ? n : 0;
}

static struct span strip_end(struct span s)
{
	size_t n;

	while (s.n > 0 && (n = space_before_end(s)) > 0)
		s.n -= n;
	return s;
}

struct span feed_text_strip(struct span s)
{
	size_t n;

	while (s.n > 0 && (n = space_at(s)) > 0)
		s = span_skip(s, n);
	return strip_end(s);
}

struct span feed_text_without_comment(struct span s)
{
	for (size_t at = span_find(s, 0, '#'); at < s.n; at = span_find(s, at + 1, '#')) {
		struct span before = strip_end((struct span){ s.p, at });

		if (before.n < at)
			return before;
	}
	return s;
}

bool feed_text_is_one_of(struct span s, const char *const words[])
{
	while (*words && !span_equal_nocase(s, span_of(*words)))
		words++;
	return *words;
}
