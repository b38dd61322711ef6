/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_profile.h - how real senders read a record and a policy, and what they then do: data.
 *
 * datasets/sender_switches.csv lists the switches, senders.csv what each sender has them at and where in its source
 * that stands. sender_record.c, sender_policy.c, sender_match.c and sender_judge.c look at switches alone and know no
 * sender.
 */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_PROFILE_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"
#include "sender_switches.h"

/* The first is the standard. */
extern const struct sender_profile sender_profiles[SENDER_PROFILE_COUNT];

/* NULL: nobody has that name. */
const struct sender_profile *sender_profile_find(struct span name);

/* What a profile makes of an input. Unknown: it depends on what is not documented, or was not kept. */
enum sender_answer { SENDER_NO, SENDER_YES, SENDER_UNKNOWN };

#endif
