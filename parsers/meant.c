/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/meant.h"

#include "parsers/character.h"
#include "parsers/utf8.h"

bool meant_as(struct span record, struct span beginning)
{
	size_t n, i = 0;

	while (i < beginning.n && record.n > 0) {
		uint32_t c = utf8_character(record, &n);

		if (c < 0x80 && ascii_lower((char)c) == beginning.p[i])
			i++;
		else if (!(character_class(c) & (CHARACTER_QUOTE | CHARACTER_SPACE | CHARACTER_UNSEEN)))
			return false;
		record = span_skip(record, n);
	}
	return i == beginning.n;
}
