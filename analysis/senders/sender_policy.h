/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_policy.h - the body of a policy, as a sender reads it. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_POLICY_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_POLICY_H

#include "analysis/senders/sender_line.h"
#include "analysis/senders/sender_text.h"
#include "parsers/sts_policy.h"

struct sender_policy {
	const struct sender_profile *profile;
	struct span body;             /* what is read of it */
	bool accept;                  /* it is a policy */
	enum sts_mode mode;           /* UNSET without accept */
	struct sender_number max_age; /* as kept from the text; the cache may have limits of its own */
	size_t mx_count;
	unsigned line, mode_line; /* that had it refused, or ended the reading; that the mode is from; 0: none */
	struct span line_text, mode_text;
	const char *missing; /* the key for whose lack it was refused; NULL: none */
	bool too_large;      /* what it was refused for */
};

void sender_policy_read(const struct sender_profile *profile, struct span body, struct sender_policy *policy);

/* Walk the patterns as they stand in the body; @walk starts with sender_line_start(profile, policy->body). */
bool sender_policy_next_mx(struct sender_line_walk *walk, struct sender_line *line);

#endif
