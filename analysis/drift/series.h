/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/series.h - any number of scans as a series in time: series.csv, testing.csv, faults.csv, renewals.csv
 * (docs/drift.md). Each table is complete or not there.
 *
 * Rows of domains with an STS record are put aside in TMPDIR, of all scans; nothing is kept of the others.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_SERIES_H
#define STSURVEY_ANALYSIS_DRIFT_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "output/error.h"

struct series_options {
	const char *command; /* for warnings and progress, which go to standard error */
	char **path;         /* scans in any order; shards of one beside each other (scan_sets.h) */
	int count;
	const char *directory; /* created if it is missing */
	bool partial;          /* files that are not whole will do */
	size_t memory;         /* octets, about */
	unsigned threads;      /* at least 1 */
};

/* 0 and the number of scans in @scans, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int series_make(const struct series_options *options, unsigned *scans,
						    struct error *error);

#endif
