/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_join.h - what senders reported beside what a scan saw: do they agree, and if not, why?
 *
 * A row of agreement.csv for the successes of each policy of a report, and one for each MX and result type of its
 * failures. Rows of type sts are joined by domain; of tlsa by MX host (Postfix) and else by domain (Microsoft);
 * no-policy-found by domain, and else by host.
 *
 * Rows wait in a temporary file until all reports have been read and the scans are.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_JOIN_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_JOIN_H

#include "analysis/tlsrpt/tlsrpt_report.h"
#include "analysis/tlsrpt/tlsrpt_seen.h"
#include "output/csv.h"

extern const char tlsrpt_join_columns[];

struct tlsrpt_join;

/* NULL: no memory. */
struct tlsrpt_join *tlsrpt_join_new(void);
void tlsrpt_join_free(struct tlsrpt_join *join);

/* A report that counts. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int tlsrpt_join_add(struct tlsrpt_join *join, const struct tlsrpt_report *report,
							struct error *error);

/* Read the scans, and write the rows. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int tlsrpt_join_write(struct tlsrpt_join *join, char **scan, int scans,
							  bool partial, struct csv *csv, struct error *error);

#endif
