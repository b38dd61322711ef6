/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_reader.h - the events of JSON → a report, with all that deployed reporters do otherwise.
 *
 * A table says what stands where; what is not in it is an extension, and ignored (RFC 8460 4.4). The notes:
 *
 *   no-zone, no-time      a date as Microsoft's were; of the day alone: read as UTC, and as midnight
 *   bad-date, no-date     the report counts in sums, and in no day
 *   count-as-string       read; bad-count: none, negative, broken, above TLSRPT_COUNT_MAX: counts as 0
 *   no-count              none at all: counts as 0
 *   draft-key             a key that drafts and other programs have in place of RFC 8460's
 *   nested-json           Microsoft's policy-string, a string that holds an array of JSON
 *   not-an-array          policy-string, policies or failure-details that are one value; is-an-array: the reverse
 *   not-a-string          a number for a text, taken as one
 *   bad-address           kept as it is; bad-name: likewise
 *   unknown-result-type, unknown-policy-type   kept; no-result-type, no-policy-type, no-policy-domain
 *   no-policies, no-organization, no-report-id
 *   details-sum           the sessions of the details are not those of the summary
 *   end-before-start, range-of-N-days
 *   latin-1, lone-surrogate   what tlsrpt_json.h mends
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_READER_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_READER_H

#include "analysis/tlsrpt/tlsrpt_report.h"
#include "output/error.h"

struct tlsrpt_reader;

struct tlsrpt_reader_events {
	/* A whole report, which lives as long as the call. */
	void (*on_report)(void *arg, struct tlsrpt_report *report);
	/* A value that is no report at all: other programs' JSON. */
	void (*on_other)(void *arg);
};

/* NULL: no memory. */
struct tlsrpt_reader *tlsrpt_reader_new(const struct tlsrpt_reader_events *events, void *arg);
void tlsrpt_reader_free(struct tlsrpt_reader *reader);

/* A text of JSON in pieces, as tlsrpt_json.h has it. On -1 the report that was not whole is bad; is it one, by what was
 * read of it (tlsrpt_reader_is_report)? */
__attribute__((warn_unused_result)) int tlsrpt_reader_begin(struct tlsrpt_reader *reader);
__attribute__((warn_unused_result)) int tlsrpt_reader_feed(struct tlsrpt_reader *reader, struct span octets,
							   struct error *error);
__attribute__((warn_unused_result)) int tlsrpt_reader_end(struct tlsrpt_reader *reader, struct error *error);
bool tlsrpt_reader_is_report(const struct tlsrpt_reader *reader);

#endif
