/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_text.h - white space and numbers as the libraries of several languages understand them. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_TEXT_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_TEXT_H

#include "analysis/senders/sender_profile.h"

bool sender_is_space(enum sender_space space, uint32_t c);

struct span sender_trim(enum sender_space space, struct span s);

/* As ext-name (RFC 8461 3.1, 3.2), but "-" and "." may come first. */
bool sender_is_loose_name(struct span name);

struct sender_number {
	uint64_t value;  /* without the sign, and what is behind the point; at most UINT64_MAX */
	double fraction; /* what is behind the point, below 1 */
	bool negative;   /* and not 0 */
};

/* False: not what @kind takes for a number. */
bool sender_number_read(enum sender_max_age_number kind, struct span s, struct sender_number *number);

#endif
