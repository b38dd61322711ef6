/* SPDX-License-Identifier: BSD-2-Clause */
/* output/nearest.h - the word that was probably meant, for "did you mean". */
#ifndef STSURVEY_OUTPUT_NEAREST_H
#define STSURVEY_OUTPUT_NEAREST_H

#include "parsers/span.h"

struct nearest {
	const char *word;  /* NULL: none so far is near */
	unsigned distance; /* of @word */
};

/* Take @word if it is nearer to what was typed than those before it. @nearest begins all zero. */
void nearest_try(struct nearest *nearest, struct span typed, const char *word);

#endif
