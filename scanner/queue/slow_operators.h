/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/slow_operators.h - whose name servers a scan with --direct waited for: each second that somebody's line
 * was the longest counts for them. A few are kept; of more, those with the fewest seconds make room.
 */
#ifndef STSURVEY_SCANNER_QUEUE_SLOW_OPERATORS_H
#define STSURVEY_SCANNER_QUEUE_SLOW_OPERATORS_H

#include <stdint.h>

#include "parsers/domain.h"
#include "parsers/span.h"

enum { SLOW_OPERATORS_MAX = 8 };

struct slow_operator {
	char name[DOMAIN_NAME_MAX]; /* not terminated */
	uint8_t n;
	uint64_t seconds;
	uint64_t most; /* domains in the line */
};

/* All zero: none. */
struct slow_operators {
	unsigned count;
	struct slow_operator of[SLOW_OPERATORS_MAX]; /* most seconds first */
};

/* One second more: @waiting domains in the longest line, that of @operator; p NULL: nobody waits. */
void slow_operators_note(struct slow_operators *slow, struct span operator, uint64_t waiting);

#endif
