/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/nearest.h"

#include "parsers/edit_distance.h"

enum { BEGINNING = 4 }; /* letters in common that make a longer or shorter word the one that was meant */

static size_t shared_beginning(struct span a, struct span b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && ascii_lower(a.p[n]) == ascii_lower(b.p[n]))
		n++;
	return n;
}

void nearest_try(struct nearest *nearest, struct span typed, const char *word)
{
	struct span other = span_of(word);
	unsigned most = (unsigned)typed.n / 3 + 1; /* farther is no misspelling but another word */
	unsigned far = edit_distance(typed, other, most);
	size_t shared = shared_beginning(typed, other);

	if (far > most && shared < BEGINNING)
		return;
	if (far > most) /* behind every misspelling */
		far = (unsigned)(typed.n + typed.n - shared + other.n - shared);
	if (!nearest->word || far < nearest->distance)
		*nearest = (struct nearest){ word, far };
}
