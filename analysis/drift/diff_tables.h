/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/diff_tables.h - the tables of stsurvey diff, from what was counted and put aside (docs/drift.md). */
#ifndef STSURVEY_ANALYSIS_DRIFT_DIFF_TABLES_H
#define STSURVEY_ANALYSIS_DRIFT_DIFF_TABLES_H

#include "analysis/drift/diff_count.h"
#include "analysis/pass/scan_files.h"

enum { DIFF_TABLES = 4 };
extern const char *const diff_table_names[DIFF_TABLES];

/* Two scans, and when each was begun. */
struct diff_pair {
	int64_t from_ms, to_ms;
	struct diff_counts counts;
};

struct diff_tables {
	const char *directory;
	const struct diff_pair *pair;
	unsigned pairs;                    /* where there is more than one, each row says which */
	double sample;                     /* the share of the list that was compared; 0: all of it */
	const struct scan_headers *labels; /* the columns of all scans */
	struct diff_rows *rows;            /* sorted_rows_start was called */
};

/* 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int diff_tables_write(const struct diff_tables *tables, struct error *error);

#endif
