/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fuzz/fuzz.h - what every fuzz target needs.
 *
 * A target is one file, fuzz_NAME.c, that defines LLVMFuzzerTestOneInput, checks what must hold
 * whatever the input, and has a corpus in tests/corpus/NAME. Register it with
 * stsurvey_fuzz(NAME LIBRARIES…) in tests/fuzz/CMakeLists.txt: every build then replays the corpus
 * as the test fuzz/NAME, and the fuzz preset links it with libFuzzer.
 */
#ifndef STSURVEY_TESTS_FUZZ_FUZZ_H
#define STSURVEY_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/finding.h"
#include "parsers/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the process, sanitizer or not, so that libFuzzer keeps the input. */
#define FUZZ_CHECK(holds)                                                                                              \
	do {                                                                                                           \
		if (!(holds)) {                                                                                        \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);                     \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static inline bool fuzz_is_inside(struct span inner, struct span outer)
{
	return (uintptr_t)inner.p >= (uintptr_t)outer.p && inner.n <= outer.n &&
	       (uintptr_t)inner.p - (uintptr_t)outer.p <= outer.n - inner.n;
}

static inline bool fuzz_same_findings(const struct finding_set *a, const struct finding_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Cut @data at each @separator into at most @max spans; the rest goes into the last. */
static inline size_t fuzz_split(const uint8_t *data, size_t size, char separator, struct span *part, size_t max)
{
	struct span rest = { (const char *)data, size };
	size_t count = 0;

	if (size == 0)
		return 0;
	while (count < max) {
		size_t end = count + 1 < max ? span_find(rest, 0, separator) : rest.n;

		part[count++] = (struct span){ rest.p, end };
		if (end == rest.n)
			break;
		rest = span_skip(rest, end + 1);
	}
	return count;
}

#endif
