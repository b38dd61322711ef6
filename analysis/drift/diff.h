/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/diff.h - two scans or more, joined by name: transitions.csv, changes.csv, events.csv, pairs.csv
 * (docs/drift.md). Each table is complete or not there.
 *
 * Disk and memory: a row of 36 octets for each domain of two scans at a time is put aside in TMPDIR, and some hundred
 * octets more for each with a record; memory follows the limit, not the lists.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_DIFF_H
#define STSURVEY_ANALYSIS_DRIFT_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/error.h"

struct diff_options {
	const char *command; /* for warnings and progress, which go to standard error */
	char **path;         /* scans, the oldest first; shards of one beside each other (scan_sets.h) */
	int count;
	const char *directory; /* created if it is missing */
	bool partial;          /* files that are not whole will do */
	bool all;              /* new and gone of domains without a record, too */
	size_t memory;         /* octets, about */
	unsigned threads;      /* at least 1 */
};

/* Set by diff_make. */
struct diff_result {
	uint64_t old, new, both; /* domains of the last pair of scans */
	uint64_t changes;        /* rows of changes.csv */
};

/* 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int diff_make(const struct diff_options *options, struct diff_result *result,
						  struct error *error);

struct diff_counts; /* diff_count.h */

/* Without tables and @options->directory: what the two scans of @options tell of each other, and the share of the list
 * that was compared (0: all of it). 1; 0 where they cannot be laid side by side, as they are not two, can be read but
 * once or are samples of different keys; -1 with one line in @error. */
__attribute__((warn_unused_result)) int diff_count(const struct diff_options *options, struct diff_counts *counts,
						   double *sample, struct error *error);

#endif
