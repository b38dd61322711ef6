/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/diff_count.h - what two scans tell of each other: counts of every pair, and a row of each change put
 * aside. What threads counted apart is added up.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_DIFF_COUNT_H
#define STSURVEY_ANALYSIS_DRIFT_DIFF_COUNT_H

#include <pthread.h>

#include "analysis/drift/drift_change.h"
#include "analysis/pass/sorted_rows.h"
#include "output/csv.h"

/* pairs.csv, in this order. */
enum diff_metric {
	DIFF_STS_RECORD,
	DIFF_TLSRPT_RECORD,
	DIFF_POLICY_USABLE,
	DIFF_MODE_ENFORCE,
	DIFF_MISCONFIGURED,
	DIFF_DELIVERY_FAILURE,
	DIFF_METRICS
};

/* Counters and nothing else: they are added up as such. */
struct diff_counts {
	uint64_t transition[DRIFT_KINDS][DRIFT_WORDS][DRIFT_WORDS]; /* old, new */
	uint64_t change[DRIFT_CHANGES];
	/* domains of which it is known in both scans; that have it in the new one alone, and in the old one alone */
	struct {
		uint64_t of, came, went;
	} metric[DIFF_METRICS];
	uint64_t both, old_alone, new_alone;
};

/* The rows of changes.csv and events.csv, in order in the end. A row of changes is: the name, NUL, the pair (two
 * octets), the change (one), the columns up to via, the labels as drift_domain has them, and the places of the last two
 * (four octets each). One of events: the pair, and the columns up to new. */
struct diff_rows {
	struct sorted_rows *changes, *events;
	uint16_t pair;
	pthread_mutex_t mutex;
};

/* A thread's own. */
struct diff_state {
	struct diff_counts counts;
	struct diff_rows *rows;
	struct text line, event;
};

/* @rows lives as long. */
void diff_state_init(struct diff_state *state, struct diff_rows *rows);
void diff_state_fini(struct diff_state *state);

/* Count a pair of rows (drift_join.h), and put its changes aside. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int diff_count_pair(struct diff_state *state, struct span old, struct span new,
							struct error *error);

void diff_counts_add(struct diff_counts *into, const struct diff_counts *from);

/* A row of changes in its parts. */
struct diff_change_row {
	uint16_t pair;
	struct span columns, labels;
};

void diff_change_row_read(struct span row, struct diff_change_row *parts);

struct diff_metric_info {
	const char *name;
	bool is_good; /* having it is what the owner wants: who has it no more is broken */
};

extern const struct diff_metric_info diff_metrics[DIFF_METRICS];

#endif
