/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_match.h - an MX name against the patterns of a policy, as a sender compares them. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_MATCH_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_MATCH_H

#include "analysis/senders/sender_profile.h"

/* Is it a pattern that the profile keeps? */
bool sender_pattern_is_good(const struct sender_profile *profile, struct span pattern);

/* Unknown: it is a regular expression of a kind that is not modelled; or the names of the certificate decide, and this
 * name is not the one that they should have. */
enum sender_answer sender_pattern_matches(const struct sender_profile *profile, struct span pattern, struct span mx);

#endif
