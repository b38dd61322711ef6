/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/edit_distance.h"

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned edit_distance(struct span a, struct span b, unsigned most)
{
	unsigned row[EDIT_DISTANCE_WORD_MAX + 1];

	if (a.n > EDIT_DISTANCE_WORD_MAX || b.n > EDIT_DISTANCE_WORD_MAX)
		return most + 1;
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0], nearest = row[0] = i;

		for (unsigned j = 1; j <= b.n; j++) {
			unsigned change = ascii_lower(a.p[i - 1]) != ascii_lower(b.p[j - 1]);
			unsigned here = least(diagonal + change, least(row[j], row[j - 1]) + 1);

			diagonal = row[j];
			row[j] = here;
			nearest = least(nearest, here);
		}
		if (nearest > most) /* it only grows from here */
			return most + 1;
	}
	return least(row[b.n], most + 1);
}
