/* analysis/senders_text.h - what senders do with a domain's mail, told to a person. */
#ifndef STSURVEY_ANALYSIS_SENDERS_TEXT_H
#define STSURVEY_ANALYSIS_SENDERS_TEXT_H

#include "analysis/senders/sender_cache.h"

struct paper; /* analysis/paper.h */

enum { SENDER_WHY_MAX = 200 /* octets of a reason, with NUL: a line of a policy, hardly more */ };

/* What made the decision, as one text: "line 3: mx: a.example.". A stranger's octets are in it as they are; the caller
 * has them shown (output/text.h, output/csv.h). */
void sender_why_text(const struct sender_why *why, char text[static SENDER_WHY_MAX]);

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
