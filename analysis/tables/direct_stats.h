/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/direct_stats.h - scans with --direct: who answered which question, why it was not the first of the
 * domain's own name servers, and what audits of their negative answers came to: direct.csv and audit.csv.
 *
 * An audit is a sample of the negative answers, chosen by a keyed hash, so its shares have the intervals of one. What
 * the resolver could not tell is in no share but its own.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_DIRECT_STATS_H
#define STSURVEY_ANALYSIS_TABLES_DIRECT_STATS_H

#include "output/csv.h"
#include "parsers/direct_counts.h"

#define DIRECT_TABLE_COLUMNS "question,source,fall_back,domains"
#define AUDIT_TABLE_COLUMNS "question,kind,answers,of,share"

struct direct_stats {
	uint64_t domains[QUESTION_COUNT][SOURCE_COUNT][FALL_BACK_COUNT]; /* of NONE always 0 */
	uint64_t audit[QUESTION_COUNT][AUDIT_KIND_COUNT];                /* likewise */
	uint64_t negative[QUESTION_COUNT]; /* direct answers that say that nothing is there: what audits are of */
};

void direct_stats_add(struct direct_stats *stats, const struct observation *observation);

/* Add what @from counted. */
void direct_stats_merge(struct direct_stats *into, const struct direct_stats *from);

/* Over all questions. */
struct direct_counts direct_stats_counts(const struct direct_stats *stats);

/* Which share of the list's negative answers was audited, where the scan took the share @sample of the list (0: all);
 * never 0, and 1 where no more could have been. */
double direct_stats_audited(const struct direct_stats *stats, double sample);

/* A row for each question, source and reason that there is. */
void direct_stats_write(struct csv *csv, const struct direct_stats *stats);

/* A row for each kind, of all questions and of each; none where nothing was audited. */
void direct_stats_write_audit(struct csv *csv, const struct direct_stats *stats);

#endif
