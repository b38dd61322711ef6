#include "scanner/options/nearest.h"

enum { WORD_MAX = 32 }; /* octets; longer than any option: nothing is near */

/* Levenshtein's distance: inserted, dropped and changed octets. */
static unsigned distance(struct span a, struct span b)
{
	unsigned row[WORD_MAX + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

void nearest_try(struct nearest *nearest, struct span typed, const char *word)
{
	unsigned most = (unsigned)typed.n / 3 + 1; /* farther is no misspelling but another word */
	unsigned far;

	if (typed.n == 0 || typed.n > WORD_MAX)
		return;
	far = distance(typed, span_of(word));
	if (far > most || (nearest->word && far >= nearest->distance))
		return;
	*nearest = (struct nearest){ word, far };
}
