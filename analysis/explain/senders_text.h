/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/explain/senders_text.h - what senders do with a domain's mail, told to a person. */
#ifndef STSURVEY_ANALYSIS_EXPLAIN_SENDERS_TEXT_H
#define STSURVEY_ANALYSIS_EXPLAIN_SENDERS_TEXT_H

#include "analysis/senders/sender_cache.h"

struct paper; /* analysis/explain/paper.h */

/* What is asked beside: were this the MX, or that gone. */
struct senders_what_if {
	struct span mx; /* p NULL: nothing is asked */
	enum sender_gone gone;
};

/* The senders that part from the standard, and why; then what is asked beside. Nothing where no sender has a record to
 * read. */
void senders_explain(const struct paper *paper, const struct observation *observation,
		     const struct classification *classification, const struct senders_what_if *what_if);

#endif
