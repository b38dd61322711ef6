/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/direct_counts.h - what a scan with --direct counts of its questions: who answered, why it was not one of the
 * domain's own name servers, what audits came to. The progress of a scan, the trailer of its file, the reader that
 * holds the trailer against the records, and the tables all count here.
 *
 * A question counts where it has a source; so the sources, and the reasons (NONE among them), each sum to the
 * questions.
 */
#ifndef STSURVEY_PARSERS_DIRECT_COUNTS_H
#define STSURVEY_PARSERS_DIRECT_COUNTS_H

#include "parsers/observation.h"

enum { DIRECT_COUNTERS = SOURCE_COUNT + FALL_BACK_COUNT + AUDIT_KIND_COUNT };

struct direct_counts {
	union {
		struct {
			uint64_t source[SOURCE_COUNT]; /* questions; of NONE always 0 */
			uint64_t fall_back[FALL_BACK_COUNT];
			uint64_t audit[AUDIT_KIND_COUNT]; /* negative answers; of NONE always 0 */
		};
		uint64_t counter[DIRECT_COUNTERS]; /* all of them, in this order */
	};
};

/* Has the domain anything to be counted here? Inline: every domain is asked. */
static inline bool direct_counts_concern(const struct observation *observation)
{
	unsigned sources = observation->mx.answer.source;

	for (int q = 0; q < TXT_QUESTIONS; q++)
		sources |= observation->txt[q].answer.source;
	return sources != SOURCE_NONE || observation->audit_count > 0;
}

void direct_counts_add(struct direct_counts *counts, const struct observation *observation);

void direct_counts_merge(struct direct_counts *into, const struct direct_counts *from);

/* Questions that were put to anybody. */
uint64_t direct_counts_questions(const struct direct_counts *counts);

/* Of audits by kind, those that say something: the resolver could tell. What AUDIT_DATA is a share of. */
uint64_t direct_audits_decided(const uint64_t audit[static AUDIT_KIND_COUNT]);

/* What a counter counts: "questions of source" and "direct"; the word of NONE is "none". */
void direct_counts_word(unsigned counter, const char **what, const char **word);

#endif
