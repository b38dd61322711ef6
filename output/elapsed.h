/* SPDX-License-Identifier: BSD-2-Clause */
/* output/elapsed.h - how long something took, or takes still, as lines of progress tell it: "02h:05m:09s". */
#ifndef STSURVEY_OUTPUT_ELAPSED_H
#define STSURVEY_OUTPUT_ELAPSED_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ELAPSED_MAX = 28,    /* octets, NUL included, of as many hours as there can be */
	ELAPSED_LINE_S = 10, /* between lines of progress that are not redrawn */
};

/* @out, into which it is written. */
const char *elapsed_text(char out[static ELAPSED_MAX], uint64_t seconds);

/* Something that takes long, and says so now and then. */
struct elapsed {
	int64_t begun_s, told_s; /* of a clock that is never set */
};

void elapsed_begin(struct elapsed *elapsed);

/* Is a line due? Then it counts as told, and what it begins with is in @out. */
bool elapsed_is_due(struct elapsed *elapsed, char out[static ELAPSED_MAX]);

#endif
