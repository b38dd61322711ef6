/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/words/sender_why_text.h - what made a sender's decision, as one text. */
#ifndef STSURVEY_ANALYSIS_WORDS_SENDER_WHY_TEXT_H
#define STSURVEY_ANALYSIS_WORDS_SENDER_WHY_TEXT_H

#include "analysis/senders/sender_why.h"

enum { SENDER_WHY_MAX = 200 /* octets of a reason, with NUL: a line of a policy, hardly more */ };

/* "line 3: mx: a.example." A stranger's octets are in it as they are; the caller has them shown (output/text.h,
 * output/csv.h). */
void sender_why_text(const struct sender_why *why, char text[static SENDER_WHY_MAX]);

#endif
