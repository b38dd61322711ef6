/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_line.h - the lines of a policy, as a sender splits them. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_LINE_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_LINE_H

#include "analysis/senders/sender_profile.h"

struct sender_line_walk {
	const struct sender_profile *profile;
	struct span rest;
	unsigned number; /* of the line that came last, from 1 */
};

enum sender_line_kind {
	SENDER_LINE_PAIR,
	SENDER_LINE_BLANK,
	SENDER_LINE_NO_COLON, /* key is the whole line */
	SENDER_LINE_TOO_LONG
};

struct sender_line {
	unsigned number;  /* counted as an editor does */
	struct span text; /* without its end */
	enum sender_line_kind kind;
	struct span key, value; /* without the white space that the profile takes away */
};

/* The walk over @body, already cut to what the profile reads of it. */
void sender_line_start(const struct sender_profile *profile, struct span body, struct sender_line_walk *walk);

/* False behind the last. */
bool sender_line_next(struct sender_line_walk *walk, struct sender_line *line);

#endif
