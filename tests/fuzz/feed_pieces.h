/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fuzz/feed_pieces.h - a list that comes in pieces. */
#ifndef STSURVEY_TESTS_FUZZ_FEED_PIECES_H
#define STSURVEY_TESTS_FUZZ_FEED_PIECES_H

#include <stdlib.h>
#include <string.h>

#include "scanner/feed/feed_format.h"
#include "tests/fuzz/fuzz.h"

/* @rest, @piece octets at a time; what the reader returned last. */
static inline int feed_pieces_push(struct feed_reader *reader, struct span rest, size_t piece)
{
	int result = 0;

	while (rest.n > 0 && result == 0) {
		size_t n = piece < rest.n ? piece : rest.n;
		char *copy = malloc(n); /* of its own, so that reading past it shows */

		FUZZ_CHECK(copy);
		memcpy(copy, rest.p, n);
		result = feed_reader_push(reader, copy, n);
		free(copy);
		rest = span_skip(rest, n);
	}
	return result;
}

#endif
