#include "scanner/options/nearest.h"

#include "parsers/edit_distance.h"

void nearest_try(struct nearest *nearest, struct span typed, const char *word)
{
	unsigned most = (unsigned)typed.n / 3 + 1; /* farther is no misspelling but another word */
	unsigned far = edit_distance(typed, span_of(word), most);

	if (far <= most && (!nearest->word || far < nearest->distance))
		*nearest = (struct nearest){ word, far };
}
